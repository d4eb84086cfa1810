// Gives back the module that was reserved, byte for byte, from the reserved module alone.
#pragma once

#include "heapbump/module.h"

namespace heapbump {

/// The original's bytes. Errors: kNotReserved; kBadRecord; kModifiedSince, with the first offset known to differ, if the
/// module was changed after it was reserved.
[[nodiscard]] Result<std::vector<std::byte>> undo(const Module& reserved);

}  // namespace heapbump
