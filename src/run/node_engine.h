// The other engine: the `node` on PATH, at full speed. A script of ours, embedded in the library, gets the
// module and the options on standard input and gives the same frames as the embedded engine, from the same
// host written once more.
#pragma once

#include <cstdio>

#include "run/engine.h"

namespace heapbump::run {

/// An unlinked temporary file with the options and the module, positioned at its start; null on failure.
[[nodiscard]] std::FILE* node_input(const Job& job);

/// In the child: becomes node. Frames go to `out`.
[[noreturn]] void exec_node(int input, int out);

}  // namespace heapbump::run
