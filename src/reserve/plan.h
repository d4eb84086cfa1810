// The plan: finding + request -> edits, or a refusal. It alone decides what is done to a module; it trusts a
// finding's sites and verdicts but checks that the result fits: LEB128 widths, memory limits, the region
// against every data segment.
#pragma once

#include <optional>

#include "heapbump/reserve.h"
#include "wasm/module.h"

namespace heapbump {

/// Whether the module needs no finding at all for this request: it is reserved already, or has a realloc of
/// its own. Nothing if it does. Errors: kReserveAgain, kModifiedSince, kBadRecord.
[[nodiscard]] Result<std::optional<Plan>> plan_without_finding(const Module& module, const Request& request);

/// Errors: the finding's first refusal; kLowConfidence, kStrategyUnsound, kLebWidth, kMemoryLimit, kOverlap,
/// kSlots, kSegmentLimit, kExportTaken.
[[nodiscard]] Result<Plan> make_plan(const Module& module, const Finding& finding, const Request& request);

}  // namespace heapbump
