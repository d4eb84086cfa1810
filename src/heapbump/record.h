// The custom section `heapbump`, last in a reserved module: the manifest and what undo needs. It makes a reserved module
// recognisable, reversible, and the second `reserve` a no-op.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heapbump/edit.h"
#include "heapbump/manifest.h"
#include "heapbump/module.h"

namespace heapbump {

inline constexpr std::string_view kRecordSection = "heapbump";
inline constexpr int kRecordVersion = 1;

/// One edit seen from the reserved module: at `offset` stand `new_bytes` where the original had `old_bytes`.
struct RecordedEdit {
  std::uint64_t offset = 0;  ///< file offset in the reserved module
  std::vector<std::byte> old_bytes;
  std::vector<std::byte> new_bytes;
  bool operator==(const RecordedEdit&) const = default;
};

struct Record {
  Manifest manifest;  ///< without output_sha256
  std::uint64_t input_size = 0;
  std::vector<RecordedEdit> edits;  ///< ascending by offset
};

/// The section's bytes as they are appended to the file: id, size, name, JSON on one line.
[[nodiscard]] std::vector<std::byte> encode_record(const Record& record);
[[nodiscard]] Record make_record(const Manifest& manifest, const EditList& edits, std::uint64_t input_size);
/// Nothing if the module carries no record. Errors: kBadRecord (damaged, not last, or twice), kBadManifest.
[[nodiscard]] Result<std::optional<Record>> read_record(const Module& module);

}  // namespace heapbump
