// The plan: finding + request -> edits, or a refusal. It alone decides what is done to a module; it trusts a
// finding's sites and verdicts but checks that the result fits: LEB128 widths, memory limits, the region
// against every data segment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "record/finding.h"
#include "record/manifest.h"
#include "wasm/edit.h"
#include "wasm/module.h"

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

/// Whether the module needs no finding at all for this request: it is reserved already, or has a realloc of
/// its own. Nothing if it does. Errors: kReserveAgain, kModifiedSince, kBadRecord.
[[nodiscard]] Result<std::optional<Plan>> plan_without_finding(const Module& module, const Request& request);

/// Errors: the finding's first refusal; kLowConfidence, kStrategyUnsound, kLebWidth, kMemoryLimit, kOverlap,
/// kSlots, kSegmentLimit, kExportTaken.
[[nodiscard]] Result<Plan> make_plan(const Module& module, const Finding& finding, const Request& request);

}  // namespace heapbump
