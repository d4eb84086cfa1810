// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reserving a region in a module, and undoing it. `reserve` finds the heap, decides what to change and gives
// the reserved module, or refuses; `undo` gives the original back from the reserved module alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heapbump/detect.h"
#include "heapbump/error.h"
#include "heapbump/input.h"
#include "heapbump/manifest.h"

namespace heapbump {

struct Request {
  std::uint64_t pages = 2;             ///< at least this many; each adapter needs 2
  std::optional<Strategy> strategy{};  ///< nothing: the first sound one that has room
  std::optional<Placement>
      placement{};  ///< nothing: shim, unless the module already has a realloc for the adapter
  std::uint32_t adapters = 1;
  Confidence min_confidence = Confidence::strong;
  bool allow_moved_code = false;
};

/// What is done to a module.
struct Plan {
  /// not_needed: the module exports a realloc that a stock adapter uses. already: it carries a record that
  /// satisfies the request. In both cases there are no edits and the output is the input.
  enum class Outcome { reserve, already, not_needed };
  Outcome outcome = Outcome::reserve;
  std::string note;  ///< why nothing is to be done, for the outcomes without edits
  Strategy strategy = Strategy::bump;
  Placement placement = Placement::shim;
  EditList edits;     ///< everything but the record
  Manifest manifest;  ///< without hashes
  bool code_offsets_preserved = true;
  std::vector<std::string> warnings;
};

struct Reservation {
  std::optional<Finding> finding;  ///< absent where nothing was needed
  Plan plan;
  std::vector<std::byte> record;  ///< the custom section; empty where nothing was done
  std::string input_sha256;
  std::string output_sha256;
  std::uint64_t output_size = 0;
  /// The output in order: views into the module's file and into this object.
  [[nodiscard]] std::vector<std::span<const std::byte>> pieces(std::span<const std::byte> input) const;
  [[nodiscard]] std::vector<std::byte> output(std::span<const std::byte> input) const;
};

/// Errors: a record in the module that does not agree with the request (kReserveAgain, kModifiedSince,
/// kBadRecord); those of detect; the finding's first refusal; kLowConfidence, kStrategyUnsound; what does not
/// fit (HB06xx).
[[nodiscard]] Result<Reservation> reserve(const Input& input, const Request& request);

/// The original's bytes. Errors: kNotReserved; kBadRecord; kModifiedSince if the module was changed after it
/// was reserved.
[[nodiscard]] Result<std::vector<std::byte>> undo(const Input& reserved);

}  // namespace heapbump
