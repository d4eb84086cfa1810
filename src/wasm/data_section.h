// The data section, read by a loop of its own where it is as linkers write it. The invariant: what it takes,
// wabt would read the same; whatever else there is, is left to wabt, errors too.
#pragma once

#include "wasm/module.h"

namespace heapbump {

/// Reads the data section where it is as linkers write it, every segment of memory 0 at an `i32.const`: a
/// linker that leaves out zeros makes a hundred thousand of them, for which wabt takes most of its time.
/// False, and no segment, for whatever wabt has to judge. `memory`: whether the module defines one.
[[nodiscard]] bool read_plain_data(Module& module, bool memory, PagesUsed* pages);

}  // namespace heapbump
