// Whether a module needs no region because a stock adapter gets its memory from the module itself. That a
// realloc is exported does not show it: the adapter calls it while the program waits for a host call.
#pragma once

#include <string>

#include "base/budget.h"
#include "wasm/module.h"

namespace heapbump::verify {

/// Empty if the module exports a realloc that can run inside a host call; otherwise why that is not shown.
/// Every function that it may come to is evaluated, and charged to the budget.
[[nodiscard]] std::string needs_region(const Module& module, Budget& budget);

}  // namespace heapbump::verify
