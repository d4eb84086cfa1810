// What an audit says about a module beside its verdict: its face, what was found of its heap, the picture of
// its memory, and what was or would be edited. Every list is cut at a length, so that no file can fill a
// report.
#pragma once

#include "base/json.h"
#include "heapbump/component.h"
#include "heapbump/reserve.h"
#include "wasm/module.h"
#include "wasm/outline.h"

namespace heapbump::audit {

/// Entry, imports by module, memory.
void add_face(Json& details, const Outline& outline);
/// Toolchain, heap, evidence and the memory as it is; `finding` may be null.
void add_finding(Json& details, const Module& module, const Finding* finding);
/// The same, and the region, the edits and the memory as it becomes.
void add_reservation(Json& details, const Module& module, const Reservation& reservation,
                     const Request& request);
/// Adapter, encoder and hashes of a component that was made.
[[nodiscard]] Json describe_making(const MadeComponent& made);

}  // namespace heapbump::audit
