// The bridge's functions for calls of a described interface. Like those of preview1 (bridge.h) they touch
// nothing but what the description gives the call, and trap where that is not all inside the program's memory
// or has no room. What is their own:
//   - what a call may write is copied in, and copied back whatever the call returns; what is behind
//     pointers in it first, then it itself, in the order of the parameters;
//   - pointers that are in memory lead to a copy. One that does not lead into the program's memory stays
//     useless (it is set to the last address), since fields that a call does not look at may hold anything;
//   - a null pointer stays one, and what it leads to is at address 0 of the stand-in's memory too;
//   - a call that changed a pointer in what it may write traps: where it leads would be known to nobody.
#pragma once

#include "component/bridge.h"
#include "component/bridge_helpers.h"

namespace heapbump {

/// Adds what the functions of described calls share. `page_size_log2`: of the program's memory.
void add_described_helpers(emit::ModuleBuilder& module, BridgeFunctions& functions, unsigned page_size_log2);

/// The body for this call; adds to `module` the functions that it takes.
[[nodiscard]] emit::Body described_code(emit::ModuleBuilder& module, const BridgeCall& call,
                                        const BridgeFunctions& functions);

}  // namespace heapbump
