// The memory section, read by our own cursor before wabt sees the file: wabt 1.0.32 does not know custom page
// sizes, and the plan needs the file offset of each limit.
#pragma once

#include "wasm/module.h"

namespace heapbump {

/// Appends the memories that the module defines. Errors: kMultiMemory above 100; kMalformed; kSectionSize.
[[nodiscard]] Status read_memories(Module& module);

}  // namespace heapbump
