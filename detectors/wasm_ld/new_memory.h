// Whether a value is where new memory begins: what memory.grow gave, or memory.size just before, as an
// address, in this function or in those whose result it is. The invariant: whatever is not seen to be that, a
// value from memory for instance, is not new memory.
#pragma once

#include "flow/flow.h"
#include "wasm/module.h"

namespace heapbump::wasm_ld {

/// True for 0 and -1 as well, which mean that there is none. Errors: kWorkLimit; a function that cannot be
/// evaluated gives no new memory.
[[nodiscard]] Result<bool> is_new_memory(const Module& module, const Flow& flow, NodeId value,
                                         Budget& budget);

}  // namespace heapbump::wasm_ld
