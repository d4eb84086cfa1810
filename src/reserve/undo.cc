#include "reserve/undo.h"

#include <algorithm>

#include "base/sha256.h"
#include "record/reassemble.h"
#include "record/record.h"

namespace heapbump {

namespace {

constexpr std::string_view kChanged = "the module was changed after it was reserved";

std::string bytes_of(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

/// Says where. `edit` is the first byte of an edit that is not as it was written, where that is known.
std::unexpected<Error> changed_at(const Record& record, Bytes body, std::optional<std::uint64_t> edit) {
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
    return fail_at(Code::kModifiedSince, range->begin, message + ": the bytes that were here are gone");
  return fail_at(
      Code::kModifiedSince, range->begin,
      message + ": the first difference lies between " + hex(range->begin) + " and " + hex(range->end));
}

/// The same, and what likely did it.
std::unexpected<Error> changed(const Record& record, const Module& reserved, Bytes body,
                               std::optional<std::uint64_t> edit) {
  auto refusal = changed_at(record, body, edit);
  if (const std::string cause = likely_cause(reserved, &record); !cause.empty())
    refusal.error().message += "; " + cause;
  return refusal;
}

}  // namespace

Result<std::vector<std::byte>> undo_with(const Module& reserved, std::string_view record) {
  if (record.empty() || reserved.custom_section(kRecordSection) != nullptr) return undo(reserved);
  const std::vector<std::byte> whole = with_record(reserved.file, record);
  HEAPBUMP_TRY(const Module restored, read_module(whole));
  auto original = undo(restored);
  if (original) return original;
  // The sizes of sections may have been written anew; then the module can be put together again as it was.
  HEAPBUMP_TRY(const std::optional<Record> kept, read_moved_record(restored));
  const auto before = reassemble(restored, kept->size_widths);
  const auto again = before ? read_module(*before) : std::unexpected(before.error());
  auto second = again ? undo(*again) : std::unexpected(again.error());
  if (second) return second;
  // What does not fit the record is not the record's fault here.
  if (original.error().code == Code::kModifiedSince) return original;
  const std::string cause = likely_cause(restored, &*kept);
  return fail(Code::kModifiedSince, std::string(kChanged) + (cause.empty() ? "" : "; " + cause));
}

Result<std::vector<std::byte>> undo(const Module& reserved) {
  HEAPBUMP_TRY(const std::optional<Record> record, read_record(reserved));
  if (!record)
    return fail(Code::kNotReserved,
                "the module has no heapbump section, so there is nothing to undo; if it was reserved, a "
                "later tool removed the section" +
                    likely_cause(reserved, nullptr) + ": give its manifest, --manifest FILE");
  const Bytes body =
      reserved.file.first(static_cast<std::size_t>(reserved.custom_section(kRecordSection)->offset));
  const bool same_size = body.size() == record->body_size();
  EditList inverse;
  for (const RecordedEdit& edit : record->edits) {
    const Bytes there = reserved.bytes_at(edit.offset, edit.new_bytes.size());
    const auto differs = std::ranges::mismatch(there, edit.new_bytes);
    if (differs.in1 != there.end()) {
      const auto at = edit.offset + static_cast<std::uint64_t>(differs.in1 - there.begin());
      // Where bytes are missing or were added, every later edit is elsewhere, which says little of where.
      return changed(*record, reserved, body,
                     same_size || !record->checkpoints ? std::optional(at) : std::nullopt);
    }
    inverse.push_back({edit.offset, edit.new_bytes, edit.old_bytes, "undo"});
  }
  if (!same_size) return changed(*record, reserved, body, std::nullopt);
  std::vector<std::byte> original = join(apply_edits(body, inverse));
  if (sha256_hex(original) != record->manifest.input_sha256)
    return changed(*record, reserved, body, std::nullopt);
  return original;
}

}  // namespace heapbump
