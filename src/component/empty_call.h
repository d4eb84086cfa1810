// Calls of preview1 that read or write no buffer at all. A host looks at the descriptor of such a call all
// the same; the adapters of wasmtime do not: they answer "0 bytes". Where the module is seen to make one,
// only an adapter that lives apart gives it the host's answer, because the bridge then passes one empty
// buffer (docs/components.md).
#pragma once

#include <cstdint>
#include <optional>

#include "base/budget.h"
#include "wasm/module.h"

namespace heapbump {

/// The file offset of a call that takes vectors of buffers, as fd_write does, and whose count of them is a
/// constant 0; none if there is no such call, or if the budget does not allow to look.
[[nodiscard]] std::optional<std::uint64_t> find_call_without_buffers(const Module& module, Budget& budget);

}  // namespace heapbump
