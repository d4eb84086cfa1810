// The encoder that needs nothing: of a relocated command it makes a component by putting it into the
// stand-in's place in the stand-in component that is shipped with the adapter. A program that exports
// `_initialize` gets one more core module behind it, which calls that.
#pragma once

#include <vector>

#include "adapters/released.h"

namespace heapbump {

/// `command`: a command that exports, as the stand-in does, `memory`, `_start` and `cabi_realloc_adapter`,
/// and imports nothing but preview1. Imports of one name are distinguished, as the stock encoder does.
/// Errors: those of read_outline and read_program.
[[nodiscard]] Result<std::vector<std::byte>> encode_builtin(const adapters::Released& adapter, Bytes command);

}  // namespace heapbump
