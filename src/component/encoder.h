// Encoders: what makes a component of a core module and an adapter. The built-in one needs nothing: it takes
// a stand-in component that was made when the adapter was shipped. The others are the stock tools, run in a
// process of their own with files in a temporary folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "heapbump/component.h"

namespace heapbump {

/// `wanted`: auto (wasm-tools if it is on PATH, else builtin), builtin, wasm-tools, jco, or the path of one
/// of the two. Errors: kNoEncoder.
[[nodiscard]] Result<Encoder> find_encoder(std::string_view wanted);

/// An adapter as it is given to an encoder: the module name of the imports that it serves, and its bytes.
struct AdapterFile {
  std::string serves;
  Bytes bytes;
};

/// Runs a stock tool. Errors: kEncoderFailed with what the tool said, kIoWrite, kIoRead.
[[nodiscard]] Result<std::vector<std::byte>> encode_with(const Encoder& encoder, Bytes module,
                                                         const std::vector<AdapterFile>& adapters);

}  // namespace heapbump
