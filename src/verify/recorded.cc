// The record that the reserved module carries, against the difference that was found from the bytes: it must
// be that difference, no more and no less, and lead back to the original.
#include <algorithm>
#include <cstring>

#include "verify/context.h"

namespace heapbump::verify {
namespace {

struct FileRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

std::vector<FileRange> merged(std::vector<FileRange> ranges) {
  std::ranges::sort(ranges, {}, &FileRange::begin);
  std::vector<FileRange> out;
  for (const FileRange& range : ranges) {
    if (!out.empty() && range.begin <= out.back().end) {
      out.back().end = std::max(out.back().end, range.end);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

bool covered(const std::vector<FileRange>& ranges, const FileRange& range) {
  const auto after = std::ranges::upper_bound(ranges, range.begin, {}, &FileRange::begin);
  return after != ranges.begin() && std::prev(after)->end >= range.end;
}

bool same(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// The record applied backwards gives the original, checked piece by piece without building it.
void check_way_back(Context& c) {
  const std::uint64_t end = c.reserved.custom_section(kRecordSection)->offset;
  const Bytes original = c.original.file;
  std::uint64_t here = 0;  // in the reserved module
  std::size_t there = 0;   // in the original
  const auto unchanged = [&](std::uint64_t size) {
    const auto left = static_cast<std::size_t>(std::min<std::uint64_t>(size, original.size() - there));
    const Bytes a = original.subspan(there, left);
    const Bytes b = c.reserved.bytes_at(here, size);
    const std::size_t alike = c.first_difference(a, b.first(left));
    if (alike == size) {
      here += size;
      there += left;
      return true;
    }
    here += alike;
    c.mismatch(here,
               "the record does not lead back to the original: it has no edit here, and the bytes differ");
    return false;
  };
  for (const RecordedEdit& edit : c.record.edits) {
    if (!unchanged(edit.offset - here)) return;
    if (!same(c.reserved.bytes_at(here, edit.new_bytes.size()), edit.new_bytes))
      return c.mismatch(here, "the recorded new bytes are not there", show(edit.new_bytes),
                        show(c.reserved.bytes_at(here, edit.new_bytes.size())));
    if (edit.old_bytes.size() > original.size() - there ||
        !same(original.subspan(there, edit.old_bytes.size()), edit.old_bytes))
      return c.mismatch(here, "the recorded old bytes are not the original's",
                        show(original.subspan(
                            there, std::min<std::size_t>(edit.old_bytes.size(), original.size() - there))),
                        show(edit.old_bytes));
    here += edit.new_bytes.size();
    there += edit.old_bytes.size();
  }
  if (end - here != original.size() - there)
    c.mismatch(
        here,
        "the record does not lead back to the original: what follows the last recorded edit has another size",
        std::to_string(original.size() - there) + " bytes", std::to_string(end - here) + " bytes");
  else
    static_cast<void>(unchanged(end - here));
}

void check_edits(Context& c) {
  constexpr std::uint64_t kWord = 7;  // a recorded word may cover bytes beside the one that differs
  std::vector<FileRange> recorded;
  for (const RecordedEdit& edit : c.record.edits)
    recorded.push_back({edit.offset, edit.offset + edit.new_bytes.size()});
  std::vector<FileRange> found;
  const std::vector<FileRange> recorded_merged = merged(recorded);
  for (const Change& change : c.result.changes) {
    if (change.kind == ChangeKind::record) continue;
    const FileRange range{change.reserved_offset, change.reserved_offset + change.new_bytes.size()};
    if (!covered(recorded_merged, range))
      c.mismatch(range.begin, "a change is not in the record", "a recorded edit",
                 std::string(to_string(change.kind)) + " " + show(change.new_bytes));
    const std::uint64_t room = change.kind == ChangeKind::data_word ? kWord : 0;
    found.push_back({range.begin - room, range.end + room});
  }
  const std::vector<FileRange> found_merged = merged(found);
  for (const FileRange& range : recorded)
    if (!covered(found_merged, range))
      c.mismatch(range.begin, "the record holds an edit where nothing changed", "no edit",
                 std::to_string(range.end - range.begin) + " bytes");
}

}  // namespace

void check_record(Context& context) {
  const Section& section = *context.reserved.custom_section(kRecordSection);
  if (context.record.input_size != context.original.file.size())
    context.mismatch(section.offset, "the record is of a module of another size",
                     std::to_string(context.original.file.size()), std::to_string(context.record.input_size));
  if (context.manifest().input_sha256 != context.result.original_sha256)
    context.mismatch(section.offset, "the record is of a module with another hash",
                     context.result.original_sha256, context.manifest().input_sha256);
  const std::vector<std::byte> canonical = encode_record(context.record);
  const Bytes there = context.reserved.bytes_at(section.offset, section.end() - section.offset);
  if (const auto differs = std::ranges::mismatch(canonical, there);
      differs.in1 != canonical.end() || differs.in2 != there.end()) {
    const auto at = static_cast<std::size_t>(differs.in2 - there.begin());
    context.mismatch(section.offset + at, "the heapbump section is not written as it must be",
                     show(Bytes(canonical).subspan(at)), show(there.subspan(at)));
  }
  check_way_back(context);
  check_edits(context);
}

}  // namespace heapbump::verify
