#include "reserve/undo.h"

#include <algorithm>

#include "base/sha256.h"
#include "record/record.h"

namespace heapbump {

namespace {

constexpr std::string_view kChanged = "the module was changed after it was reserved";

std::string bytes_of(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

/// Says where. `edit` is the first byte of an edit that is not as it was written, where that is known.
std::unexpected<Error> changed(const Record& record, Bytes body, std::optional<std::uint64_t> edit) {
  const std::uint64_t size = record.body_size();
  std::string message(kChanged);
  if (body.size() > size) message += ", and is " + bytes_of(body.size() - size) + " longer";
  if (body.size() < size) message += ", and is " + bytes_of(size - body.size()) + " shorter";
  const auto range = record.checkpoints ? first_difference(*record.checkpoints, size, body) : std::nullopt;
  // An edit's byte is the better answer, unless the first difference is known to lie before it.
  if (edit && (!range || *edit < range->end))
    return fail_at(Code::kModifiedSince, *edit, message + ": this byte is not the one that was written");
  if (!range) {
    if (body.size() != size) return fail(Code::kModifiedSince, message);
    if (record.checkpoints)
      return fail(Code::kModifiedSince,
                  message + ", or its record: it does not lead back to the module that it names");
    return fail(Code::kModifiedSince, message + ", outside the bytes that reserving wrote");
  }
  if (range->begin == size)
    return fail_at(Code::kModifiedSince, range->begin, message + ": the bytes from here on were not written");
  if (range->begin == range->end)
    return fail_at(Code::kModifiedSince, range->begin, message + ": the bytes that stood here are gone");
  return fail_at(
      Code::kModifiedSince, range->begin,
      message + ": the first difference lies between " + hex(range->begin) + " and " + hex(range->end));
}

}  // namespace

Result<std::vector<std::byte>> undo(const Module& reserved) {
  HEAPBUMP_TRY(const std::optional<Record> record, read_record(reserved));
  if (!record)
    return fail(Code::kNotReserved, "the module has no heapbump section, so there is nothing to undo");
  const Bytes body =
      reserved.file.first(static_cast<std::size_t>(reserved.custom_section(kRecordSection)->offset));
  const bool same_size = body.size() == record->body_size();
  EditList inverse;
  for (const RecordedEdit& edit : record->edits) {
    const Bytes there = reserved.bytes_at(edit.offset, edit.new_bytes.size());
    const auto differs = std::ranges::mismatch(there, edit.new_bytes);
    if (differs.in1 != there.end()) {
      const auto at = edit.offset + static_cast<std::uint64_t>(differs.in1 - there.begin());
      // Where bytes are missing or were added, every later edit stands elsewhere, which says little of where.
      return changed(*record, body, same_size || !record->checkpoints ? std::optional(at) : std::nullopt);
    }
    inverse.push_back({edit.offset, edit.new_bytes, edit.old_bytes, "undo"});
  }
  if (!same_size) return changed(*record, body, std::nullopt);
  std::vector<std::byte> original = join(apply_edits(body, inverse));
  if (sha256_hex(original) != record->manifest.input_sha256) return changed(*record, body, std::nullopt);
  return original;
}

}  // namespace heapbump
