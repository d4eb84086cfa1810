// Gives back the module that was reserved, byte for byte, from the reserved module alone.
#pragma once

#include "wasm/module.h"

namespace heapbump {

/// The original's bytes. Errors: kNotReserved; kBadRecord; kModifiedSince if the module was changed after it
/// was reserved, with the offset of the first byte known to differ, or of the block of the file that holds
/// the first difference.
[[nodiscard]] Result<std::vector<std::byte>> undo(const Module& reserved);

}  // namespace heapbump
