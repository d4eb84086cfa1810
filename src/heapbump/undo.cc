#include "heapbump/undo.h"

#include <algorithm>

#include "heapbump/record.h"
#include "heapbump/sha256.h"

namespace heapbump {

Result<std::vector<std::byte>> undo(const Module& reserved) {
  HEAPBUMP_TRY(const std::optional<Record> record, read_record(reserved));
  if (!record) return fail(Code::kNotReserved, "the module has no heapbump section, so there is nothing to undo");
  EditList inverse;
  for (const RecordedEdit& edit : record->edits) {
    const Bytes there = reserved.bytes_at(edit.offset, edit.new_bytes.size());
    const auto differs = std::ranges::mismatch(there, edit.new_bytes);
    if (differs.in1 != there.end()) {
      const auto at = edit.offset + static_cast<std::uint64_t>(differs.in1 - there.begin());
      return fail_at(Code::kModifiedSince, at, "the module was changed after it was reserved: this byte is not the one that was written");
    }
    inverse.push_back({edit.offset, edit.new_bytes, edit.old_bytes, "undo"});
  }
  const Bytes body = reserved.file.first(static_cast<std::size_t>(reserved.custom_section(kRecordSection)->offset));
  std::vector<std::byte> original = join(apply_edits(body, inverse));
  if (original.size() != record->input_size)
    return fail(Code::kModifiedSince, "the module was changed after it was reserved: the original had another size");
  if (sha256_hex(original) != record->manifest.input_sha256)
    return fail(Code::kModifiedSince, "the module was changed after it was reserved, outside the bytes that reserving wrote");
  return original;
}

}  // namespace heapbump
