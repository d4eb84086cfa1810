// Whether a module gives a stock adapter memory by itself: "nothing needs to be reserved" must be shown.
#pragma once

#include "base/budget.h"
#include "wasm/module.h"

namespace heapbump {

/// The exported realloc that a stock adapter can call while a host call runs: its code returns, calls neither
/// the host nor through a table (both may enter the program's runtime, which is waiting for the host), and
/// runs no constructors or destructors around it, as wasm-ld's wrapper of a command's exports does. Null if
/// there is none, or if that cannot be shown. Errors: those of InstructionReader.
[[nodiscard]] Result<const Export*> own_realloc(const Module& module, Budget& budget);

}  // namespace heapbump
