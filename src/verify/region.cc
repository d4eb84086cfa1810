// The region's place: inside the declared minimum, clear of every data segment, and the limits raised by
// exactly what the strategy needs.
#include <algorithm>

#include "verify/context.h"
#include "wasm/code.h"

namespace heapbump::verify {
namespace {

bool rose_with_minimum(const Memory& before, std::uint64_t after, std::uint64_t pages) {
  const auto is = [after](std::uint64_t value) { return after == std::min<std::uint64_t>(value, 65536); };
  // Go reserves memory in aligned arenas of 4 MiB, at first of 64 MiB: up to one may be lost below the
  // region's end.
  constexpr std::uint64_t kArenaPages = 64, kFirstArenaPages = 1024;
  const std::uint64_t max = before.max->value;
  return is(max + pages) || is(max + align_up(pages, kArenaPages)) ||
         is(max + align_up(pages, kFirstArenaPages)) ||
         is(std::max(max + pages, last_doubling(before, pages)));
}

void check_limits(Context& c) {
  const Manifest& m = c.manifest();
  const Memory& before = c.original.memories.front();
  const Memory& after = c.reserved.memories.front();
  const auto claim = [&](std::string_view name, std::uint64_t in_file, std::uint64_t claimed,
                         const LebField& field) {
    if (in_file != claimed)
      c.mismatch(field.file_offset, "the manifest's memory." + std::string(name) + " is not the module's",
                 std::to_string(claimed), std::to_string(in_file));
  };
  claim("min_before", before.min.value, m.memory_min_before, after.min);
  claim("min_after", after.min.value, m.memory_min_after, after.min);
  if (before.max) claim("max_before", before.max->value, m.memory_max_before.value_or(0), after.min);
  if (after.max) claim("max_after", after.max->value, m.memory_max_after.value_or(0), *after.max);

  std::uint64_t pages = 0;  // by which the minimum must have risen
  if (m.strategy == Strategy::bump) pages = c.moved_by() / kPageSize;
  if (m.strategy == Strategy::tail) pages = m.region.pages;
  if (after.min.value != before.min.value + pages)
    c.mismatch(after.min.file_offset, "the memory's minimum did not rise by what the strategy needs",
               std::to_string(before.min.value + pages) + " pages",
               std::to_string(after.min.value) + " pages");
  if (before.max && after.max && after.max->value != before.max->value &&
      !rose_with_minimum(before, after.max->value, pages))
    c.mismatch(after.max->file_offset, "the memory's maximum changed by something else than the minimum",
               std::to_string(before.max->value + pages) + " pages",
               std::to_string(after.max->value) + " pages");
  if (m.region.end() > after.min.value * kPageSize)
    c.mismatch(after.min.file_offset, "the region ends above the declared minimum",
               "at least " + hex(m.region.end()) + " bytes", hex(after.min.value * kPageSize) + " bytes");
  if (m.strategy == Strategy::tail && m.region.base < before.min.value * kPageSize)
    c.mismatch(after.min.file_offset, "the region of a tail begins below the old minimum",
               hex(before.min.value * kPageSize), hex(m.region.base));
  if (m.strategy != Strategy::bump && m.heap_base_before != m.heap_base_after)
    c.mismatch(after.min.file_offset, "the manifest moves the heap start, which this strategy does not do");
}

void check_segments(Context& c) {
  const Region& region = c.manifest().region;
  bool passive = false;
  for (const DataSegment& segment : c.reserved.data) {
    if (segment.mode == DataSegment::Mode::passive) passive = true;
    if (segment.mode == DataSegment::Mode::passive || segment.size == 0) continue;
    const auto address = segment.address();
    if (!address) {
      c.mismatch(segment.file_offset, "a data segment's address is no constant, so it may lie in the region");
    } else if (*address < region.end() && region.base < *address + segment.size) {
      c.mismatch(segment.file_offset, "a data segment lies in the region",
                 "nothing in " + show_range(region.base, region.end()),
                 show_range(*address, *address + segment.size));
    }
  }
  if (passive) c.note("passive data segments: where code copies them is checked for constant addresses only");
}

void check_slots(Context& c) {
  const Manifest& m = c.manifest();
  const std::uint64_t at = c.reserved.custom_section(kRecordSection)->offset;
  if (m.region.base == 0 && m.placement != Placement::none)
    c.mismatch(at, "the region begins at address 0, which an adapter takes for no address at all");
  for (const Slot& slot : m.slots) {
    if (slot.base < m.region.base || slot.base + slot.size > m.region.end())
      c.mismatch(at, "a slot lies outside the region", show_range(m.region.base, m.region.end()),
                 show_range(slot.base, slot.base + slot.size));
  }
}

}  // namespace

// Which heaps double is not judged here; more room takes nothing from any.
std::uint64_t last_doubling(const Memory& before, std::uint64_t pages) {
  std::uint64_t then = before.min.value;
  std::uint64_t now = before.min.value + pages;
  for (; then != 0 && then * 2 <= before.max->value; then *= 2) now *= 2;
  return now;
}

void check_region(Context& context) {
  if (context.original.memories.size() != 1 || context.reserved.memories.size() != 1) {
    context.mismatch(8, "a module with one memory is expected", "1",
                     std::to_string(context.reserved.memories.size()));
    return;
  }
  check_limits(context);
  check_segments(context);
  check_slots(context);
}

}  // namespace heapbump::verify
