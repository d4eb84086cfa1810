#include "sabotage.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/io.h"
#include "record/record.h"
#include "wasm/code.h"
#include "wasm/edit.h"

namespace heapbump::test {
namespace {

using Output = std::optional<std::vector<std::byte>>;

/// The pair, taken apart: the edits as offsets in the original, and what the detector would have to record.
struct Pair {
  Module original;
  Module reserved;
  Record record;
  EditList edits;

  [[nodiscard]] std::int64_t moved_by() const {
    const Manifest& m = record.manifest;
    return m.heap_base_before && m.heap_base_after
               ? static_cast<std::int64_t>(*m.heap_base_after - *m.heap_base_before)
               : 0;
  }
};

Result<Pair> take_apart(Bytes original, Bytes reserved) {
  Pair pair;
  HEAPBUMP_TRY(pair.original, read_module(original));
  HEAPBUMP_TRY(pair.reserved, read_module(reserved));
  HEAPBUMP_TRY(const std::optional<Record> record, read_record(pair.reserved));
  if (!record) return fail(Code::kNotReserved, "the module carries no record");
  pair.record = *record;
  std::uint64_t moved = 0;
  for (const RecordedEdit& edit : record->edits) {
    pair.edits.push_back({edit.offset - moved, edit.old_bytes, edit.new_bytes, ""});
    moved += edit.new_bytes.size() - edit.old_bytes.size();
  }
  return pair;
}

/// What a wrong detector would have written: these edits, and a record of them.
std::vector<std::byte> written(const Pair& pair, EditList edits) {
  std::ranges::stable_sort(edits, {}, &Edit::offset);
  const auto record = encode_record(make_record(pair.record.manifest, edits, pair.original).value());
  auto pieces = apply_edits(pair.original.file, edits);
  pieces.emplace_back(record);
  return join(pieces);
}

std::vector<std::byte> copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

bool in_section(const Module& module, SectionId id, std::uint64_t offset) {
  const Section* section = module.section(id);
  return section != nullptr && offset >= section->payload_offset && offset < section->end();
}

/// Indices of the edits that move a heap value: of the same width, in code or data.
std::vector<std::size_t> site_edits(const Pair& pair) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < pair.edits.size(); ++i) {
    const Edit& edit = pair.edits[i];
    const bool counts = edit.old_bytes.empty() || edit.old_bytes.size() != edit.new_bytes.size();
    const Section* code = pair.original.section(SectionId::code);
    const bool code_count = code != nullptr && edit.offset == code->payload_offset;
    if (!counts && !code_count &&
        (in_section(pair.original, SectionId::code, edit.offset) ||
         in_section(pair.original, SectionId::data, edit.offset)))
      found.push_back(i);
  }
  return found;
}

/// Constants in code that satisfy a predicate and can take `value` in their own width.
std::vector<Edit> constant_edits(const Pair& pair, const std::function<bool(std::int64_t)>& wanted,
                                 std::int64_t by) {
  std::vector<Edit> edits;
  for (const FunctionBody& body : pair.original.bodies) {
    InstructionReader reader(pair.original, body);
    Instruction i;
    while (reader.next(i)) {
      if (i.opcode != op::i32_const || !wanted(i.value)) continue;
      const auto edited = [&](const Edit& e) {
        return e.offset == i.immediate_offset && !e.old_bytes.empty();
      };
      if (std::ranges::any_of(pair.edits, edited)) continue;
      auto bytes = encode_sleb(i.value + by, i.immediate_width);
      if (bytes.empty()) continue;
      edits.push_back({i.immediate_offset,
                       copy(pair.original.bytes_at(i.immediate_offset, i.immediate_width)), std::move(bytes),
                       "sabotage"});
      if (edits.size() > 1000) return edits;
    }
  }
  return edits;
}

Output with_edit(const Pair& pair, const std::vector<Edit>& candidates, std::size_t number) {
  if (number >= candidates.size()) return std::nullopt;
  EditList edits = pair.edits;
  edits.push_back(candidates[number]);
  return written(pair, edits);
}

Output site_left(const Pair& pair, std::size_t number) {
  const auto sites = site_edits(pair);
  if (number >= sites.size()) return std::nullopt;
  EditList edits = pair.edits;
  edits.erase(edits.begin() + static_cast<std::ptrdiff_t>(sites[number]));
  return written(pair, edits);
}

Output all_sites_left(const Pair& pair, std::size_t number) {
  const auto sites = site_edits(pair);
  if (number != 0 || sites.empty()) return std::nullopt;
  EditList edits;
  for (std::size_t i = 0; i < pair.edits.size(); ++i)
    if (std::ranges::find(sites, i) == sites.end()) edits.push_back(pair.edits[i]);
  return written(pair, edits);
}

Output site_too_far(const Pair& pair, std::size_t number) {
  const auto sites = site_edits(pair);
  if (number >= sites.size()) return std::nullopt;
  EditList edits = pair.edits;
  auto& bytes = edits[sites[number]].new_bytes;
  if (bytes.size() < 3) return std::nullopt;
  bytes[2] ^= std::byte{0x04};  // 64 KiB or more, in a LEB128 and in a word
  return written(pair, edits);
}

Output unrelated_moved(const Pair& pair, std::size_t number) {
  const auto base = static_cast<std::int64_t>(pair.record.manifest.heap_base_before.value_or(0));
  const auto unrelated = [&](std::int64_t v) {
    return v > 16384 && (v < base - 64 || v > base + 128) && v % 65536 != 0;
  };
  return with_edit(pair, constant_edits(pair, unrelated, pair.moved_by()), number);
}

Output root_end_moved(const Pair& pair, std::size_t number) {
  const auto base = static_cast<std::int64_t>(pair.record.manifest.heap_base_before.value_or(0));
  return with_edit(pair,
                   constant_edits(pair, [&](std::int64_t v) { return v == base; }, pair.moved_by()), number);
}

Output minimum_not_raised(const Pair& pair, std::size_t number) {
  EditList edits;
  for (const Edit& edit : pair.edits)
    if (!in_section(pair.original, SectionId::memory, edit.offset)) edits.push_back(edit);
  if (number != 0 || edits.size() == pair.edits.size()) return std::nullopt;
  return written(pair, edits);
}

Output stack_pointer_moved(const Pair& pair, std::size_t number) {
  std::vector<Edit> edits;
  for (const Global& global : pair.original.globals) {
    if (global.imported || !global.is_mutable || global.type != ValueType::i32 || !global.init.value ||
        *global.init.value < 1024)
      continue;
    auto bytes = encode_sleb(*global.init.value + pair.moved_by(), global.init.immediate_width);
    if (!bytes.empty())
      edits.push_back(
          {global.init.immediate_offset,
           copy(pair.original.bytes_at(global.init.immediate_offset, global.init.immediate_width)),
           std::move(bytes), ""});
  }
  return with_edit(pair, edits, number);
}

/// Changes one constant of the shim's body, found by value, as the detector's own shim writer would.
Output shim_constant(const Pair& pair, std::int64_t from, std::int64_t to) {
  const Manifest& m = pair.record.manifest;
  if (!m.function_index) return std::nullopt;
  const FunctionBody& body = *pair.reserved.body(*m.function_index);
  InstructionReader reader(pair.reserved, body);
  Instruction i;
  while (reader.next(i)) {
    if (i.opcode != op::i32_const || i.value != from) continue;
    const auto bytes = encode_sleb(to, i.immediate_width);
    if (bytes.empty()) return std::nullopt;
    EditList edits = pair.edits;
    for (std::size_t n = 0; n < edits.size(); ++n) {
      Edit& edit = edits[n];
      const std::uint64_t at = pair.record.edits[n].offset;
      const bool holds = edit.old_bytes.empty() && i.immediate_offset >= at &&
                         i.immediate_offset + bytes.size() <= at + edit.new_bytes.size();
      if (holds && in_section(pair.reserved, SectionId::code, at))
        std::ranges::copy(bytes,
                          edit.new_bytes.begin() + static_cast<std::ptrdiff_t>(i.immediate_offset - at));
    }
    return written(pair, edits);
  }
  return std::nullopt;
}

Output shim_third_call(const Pair& pair, std::size_t number) {
  const auto slots = static_cast<std::int64_t>(pair.record.manifest.slots.size());
  return number == 0 ? shim_constant(pair, slots, slots + 1) : std::nullopt;
}

Output shim_slot_outside(const Pair& pair, std::size_t number) {
  const Region& region = pair.record.manifest.region;
  const auto base = static_cast<std::int64_t>(region.base);
  return number == 0 ? shim_constant(pair, base, base + static_cast<std::int64_t>(region.size))
                     : std::nullopt;
}

Output shim_size_unchecked(const Pair& pair, std::size_t number) {
  return number == 0 ? shim_constant(pair, 65536, 65537) : std::nullopt;
}

Output segment_in_region(const Pair& pair, std::size_t number) {
  const Section* data = pair.original.section(SectionId::data);
  if (number != 0 || data == nullptr) return std::nullopt;
  Writer segment;
  segment.u8(0)
      .u8(0x41)
      .sleb(static_cast<std::int32_t>(pair.record.manifest.region.base + 256))
      .u8(0x0b)
      .name("here");
  EditBuilder builder(pair.original);
  builder.append_entry(SectionId::data, segment.take(), "sabotage");
  auto more = std::move(builder).finish();
  if (!more) return std::nullopt;
  EditList edits = pair.edits;
  for (Edit& edit : *more) {
    std::erase_if(edits, [&](const Edit& e) {
      return e.offset == edit.offset && !e.old_bytes.empty() && e.old_bytes == edit.old_bytes;
    });
    edits.push_back(edit);
  }
  return written(pair, edits);
}

Output region_shifted(const Pair& pair, std::size_t number) {
  if (number != 0) return std::nullopt;
  Pair wrong = pair;
  Manifest& m = wrong.record.manifest;
  m.region.base += 8;
  for (Slot& slot : m.slots) slot.base += 8;
  return written(wrong, pair.edits);
}

// Careless post-processing: the record stays.

Output bit_flipped(const Pair& pair, std::size_t number) {
  auto bytes = copy(pair.reserved.file);
  if (number >= bytes.size() * 8) return std::nullopt;
  bytes[number / 8] ^= static_cast<std::byte>(1U << (number % 8));
  return bytes;
}

Output record_dropped(const Pair& pair, std::size_t number) {
  if (number != 0) return std::nullopt;
  return copy(pair.reserved.file.first(
      static_cast<std::size_t>(pair.reserved.custom_section(kRecordSection)->offset)));
}

/// What `strip` tools do: every custom section but ours goes, and section sizes are written anew in their
/// shortest form.
Output stripped(const Pair& pair, std::size_t number) {
  if (number != 0) return std::nullopt;
  Writer out;
  out.bytes(pair.reserved.file.first(8));
  for (const Section& section : pair.reserved.sections) {
    if (section.id == SectionId::custom && section.name != kRecordSection) continue;
    out.u8(static_cast<std::uint8_t>(section.id))
        .uleb(section.payload_size)
        .bytes(pair.reserved.bytes_at(section.payload_offset, section.payload_size));
  }
  auto bytes = out.take();
  return bytes.size() == pair.reserved.file.size() ? std::nullopt : std::optional(std::move(bytes));
}

/// A tool that appends a section of its own after everything.
Output section_appended(const Pair& pair, std::size_t number) {
  if (number != 0) return std::nullopt;
  Writer out;
  out.bytes(pair.reserved.file).u8(0).uleb(5).name("tool");
  return out.take();
}

/// An export renamed, one byte: what a linker of plug-ins might do.
Output export_renamed(const Pair& pair, std::size_t number) {
  if (number >= pair.reserved.exports.size()) return std::nullopt;
  auto bytes = copy(pair.reserved.file);
  const Export& exported = pair.reserved.exports[number];
  if (exported.name.empty()) return std::nullopt;
  const auto at = static_cast<std::size_t>(exported.name.data() - as_text(pair.reserved.file).data());
  bytes[at] ^= std::byte{0x01};
  return bytes;
}

/// The real one, run over the file: as it is, which encodes everything anew, and with passes. Nothing if it
/// cannot be run, which the table's test takes for a failure, as every way must be possible there.
Output wasm_opt(const Pair& pair, std::size_t number) {
  constexpr std::array kOptions = {"", "-O2", "--strip-debug"};
  if (number >= kOptions.size()) return std::nullopt;
  std::string folder = (std::filesystem::temp_directory_path() / "heapbump-sabotage-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return std::nullopt;
  const std::string in = folder + "/in.wasm";
  const std::string out = folder + "/out.wasm";
  Output result;
  const std::string command =
      "wasm-opt --all-features " + std::string(kOptions[number]) + " '" + in + "' -o '" + out + "'";
  if (write_file(in, {pair.reserved.file}, {}) && std::system(command.c_str()) == 0) {
    if (const auto written_anew = read_file(out)) result = copy(written_anew->bytes.view());
  } else {
    std::fputs("wasm-opt could not be run; `scripts/setup test` installs it\n", stderr);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return result;
}

struct Entry {
  Way way;
  Output (*make)(const Pair&, std::size_t);
};

constexpr std::array kWays = std::to_array<Entry>({
    {{"site-left", "one site is not moved"}, site_left},
    {{"all-sites-left", "only the memory grows, nothing moves"}, all_sites_left},
    {{"site-too-far", "one site moves by another distance"}, site_too_far},
    {{"unrelated-moved", "a constant that has nothing to do with the heap is moved"}, unrelated_moved},
    {{"minimum-not-raised", "the memory's minimum stays"}, minimum_not_raised},
    {{"root-end-moved", "a constant equal to the heap start that must stay is moved"}, root_end_moved},
    {{"stack-pointer-moved", "the stack pointer's initial value is moved"}, stack_pointer_moved},
    {{"shim-third-call", "the shim answers one request too many"}, shim_third_call},
    {{"shim-slot-outside", "the shim gives out addresses above the region"}, shim_slot_outside},
    {{"shim-size-unchecked", "the shim accepts another size"}, shim_size_unchecked},
    {{"segment-in-region", "a data segment is placed into the region"}, segment_in_region},
    {{"region-shifted", "the manifest's region is eight bytes off"}, region_shifted},
    {{"bit-flipped", "any one bit is changed"}, bit_flipped},
    {{"record-dropped", "the heapbump section is removed"}, record_dropped},
    {{"stripped", "other custom sections are removed and sizes written anew"}, stripped},
    {{"section-appended", "another tool adds a section"}, section_appended},
    {{"export-renamed", "an export gets another name"}, export_renamed},
    {{"wasm-opt", "wasm-opt is run over the module"}, wasm_opt},
});

}  // namespace

std::span<const Way> sabotage_ways() {
  static const auto ways = [] {
    std::array<Way, kWays.size()> list;
    std::ranges::transform(kWays, list.begin(), &Entry::way);
    return list;
  }();
  return ways;
}

Result<std::optional<std::vector<std::byte>>> sabotage(std::string_view way, Bytes original, Bytes reserved,
                                                       std::size_t number) {
  const auto found = std::ranges::find(kWays, way, [](const Entry& entry) { return entry.way.name; });
  if (found == kWays.end()) return fail(Code::kUsage, "there is no such way");
  HEAPBUMP_TRY(const Pair pair, take_apart(original, reserved));
  return found->make(pair, number);
}

}  // namespace heapbump::test
