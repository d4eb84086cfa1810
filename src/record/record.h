// The custom section `heapbump`, last in a reserved module: the manifest and what undo needs. It makes a
// reserved module recognisable, reversible, and the second `reserve` a no-op.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/checkpoints.h"
#include "record/manifest.h"
#include "wasm/edit.h"
#include "wasm/module.h"

namespace heapbump {

inline constexpr std::string_view kRecordSection = "heapbump";
inline constexpr int kRecordVersion = 1;

/// One edit seen from the reserved module: at `offset` are `new_bytes` where the original had `old_bytes`.
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
  /// Of the reserved module without the record, so that undo can say where it was changed. Absent in records
  /// that were written before there were any.
  std::optional<Checkpoints> checkpoints;
  /// What `check` needs to know the module again after wit-component rewrote its section sizes: bytes of each
  /// section's size field in the reserved module, a digit a section, the record left out.
  std::string size_widths;
  /// Only where needs_component_types: see kept_content_sha256.
  std::string kept_sha256;

  /// Bytes of the reserved module without the record, as it was written.
  [[nodiscard]] std::uint64_t body_size() const;
};

/// The section's bytes as they are appended to the file: id, size, name, JSON on one line.
[[nodiscard]] std::vector<std::byte> encode_record(const Record& record);
/// `edits` are those of the plan, applied to `input`. `hash` is new and is fed what is before the record,
/// so that the caller need not read it once more. Errors: those of reading the result, for a module with
/// component types.
[[nodiscard]] Result<Record> make_record(const Manifest& manifest, const EditList& edits, const Module& input,
                                         Sha256& hash);
[[nodiscard]] Result<Record> make_record(const Manifest& manifest, const EditList& edits,
                                         const Module& input);
/// The text of an encoded record: what the section holds after its name.
[[nodiscard]] std::string record_text(Bytes section);
/// The record that a manifest's file keeps (its member `record`), as the text of the section; empty where it
/// keeps none. Errors: kBadJson, kBadManifest.
[[nodiscard]] Result<std::string> record_in_manifest(std::string_view manifest);
/// The module with such a text as its section again, for one that a later tool took the section from.
[[nodiscard]] std::vector<std::byte> with_record(Bytes module, std::string_view text);
/// What a later tool likely did to a module, for a message: "`component-type` follows it, ...". Empty where
/// nothing can be said. Of a module without the section: what else is gone, for after "removed the section".
[[nodiscard]] std::string likely_cause(const Module& module, const Record* record);

/// Nothing if the module carries no record. Errors: kBadRecord (damaged, not last, or twice), kBadManifest.
[[nodiscard]] Result<std::optional<Record>> read_record(const Module& module);
/// As read_record, for a module whose bytes may have moved since: the edits' offsets may lie outside it, and
/// the record need not be the last section.
[[nodiscard]] Result<std::optional<Record>> read_moved_record(const Module& module);

}  // namespace heapbump
