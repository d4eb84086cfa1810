// Gives back the module that was reserved, byte for byte, from the reserved module alone.
#pragma once

#include <string_view>

#include "wasm/module.h"

namespace heapbump {

/// The original's bytes. Errors: kNotReserved; kBadRecord; kModifiedSince if the module was changed after it
/// was reserved, with the offset of the first byte known to differ, or of the block of the file that holds
/// the first difference.
[[nodiscard]] Result<std::vector<std::byte>> undo(const Module& reserved);
/// The same for a module that a later tool took the record from: `record` is what its manifest kept
/// (record_in_manifest). Only what gives the original byte for byte is undone, so the tool may have removed
/// that section and written the sizes of the others anew, and nothing else.
[[nodiscard]] Result<std::vector<std::byte>> undo_with(const Module& reserved, std::string_view record);

}  // namespace heapbump
