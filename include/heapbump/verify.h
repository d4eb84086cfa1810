// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Holds a reserved module against its original, from the two files' bytes alone. What `reserve` wrote down is
// a claim to be checked, never a premise; the plan and the detectors are not consulted. Every differing byte
// must be part of a change of an allowed kind, and what was left as it was must not need the region.
// docs/verify.md says what is required and why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heapbump/error.h"
#include "heapbump/manifest.h"

namespace heapbump {

enum class VerifiedFile { original, reserved, manifest };

/// One thing that is not as it must be.
struct Mismatch {
  VerifiedFile file = VerifiedFile::reserved;
  std::optional<std::uint64_t> offset;  ///< in that file
  std::string what;
  std::string expected;
  std::string found;
  /// The files differ as they may, but the two programs were not shown to do the same. False: a byte, a
  /// number or a claim is not what it must be.
  bool behaviour = false;
};

enum class ChangeKind {
  section_size,
  entry_count,
  code_immediate,  ///< i32.const or i64.const
  memarg_offset,
  data_word,
  segment_length,
  data_segment,  ///< a segment of its own for bytes of a word that lay in none
  memory_limit,
  global_initial,
  shim_type,
  shim_function,
  shim_global,
  shim_export,
  shim_body,
  record,
};

/// One differing range and what it is by verify's own reading.
struct Change {
  ChangeKind kind = ChangeKind::section_size;
  std::uint64_t original_offset = 0;
  std::span<const std::byte> old_bytes;  ///< empty for what was inserted
  std::uint64_t reserved_offset = 0;
  std::span<const std::byte> new_bytes;
  std::string reading;
};

struct Verification {
  std::vector<Mismatch>
      mismatches;  ///< in the order of the reserved file as far as they have an offset; empty: verified
  std::vector<Change> changes;
  std::vector<std::string> notes;    ///< what was looked at and is no mismatch
  std::optional<Manifest> manifest;  ///< as the reserved module carries it
  bool nothing_reserved = false;     ///< the files are the same and the module needs no region
  bool code_offsets_preserved = true;
  std::string original_sha256;
  std::string reserved_sha256;
  /// What reading the two files costs in units of work (budget.h), one for each of their bytes, and what
  /// checking took beyond it: docs/verify.md, Cost.
  std::uint64_t reading_work = 0;
  std::uint64_t checking_work = 0;

  [[nodiscard]] bool ok() const { return mismatches.empty(); }
};

/// "what: expected this, found that", as far as there is something expected and found.
[[nodiscard]] std::string to_string(const Mismatch& mismatch);
[[nodiscard]] std::string_view to_string(VerifiedFile value);
[[nodiscard]] std::string_view to_string(ChangeKind value);

/// The static check. `manifest` is the file the caller was given, if any. Errors: whatever reading the
/// original gives; a reserved module that cannot be read is a mismatch, not an error.
[[nodiscard]] Result<Verification> verify_modules(std::span<const std::byte> original,
                                                  std::span<const std::byte> reserved,
                                                  const std::optional<Manifest>& manifest);

}  // namespace heapbump
