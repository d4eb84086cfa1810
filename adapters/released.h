// The adapters that are shipped: wasmtime's preview1 adapters of one release, as published, and for each a
// stand-in component that the stock encoder made of it and of a stand-in that serves all of preview1. With
// them a component can be made where no other tool is installed. adapters/released/README.md says where they
// are from; scripts/adapters makes the stand-in components anew.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"

namespace heapbump::adapters {

struct Released {
  std::string_view flavor;   ///< "command", "reactor", "proxy"
  std::string_view release;  ///< "wasmtime 49.0.3"
  std::string_view sha256;   ///< of `adapter`
  Bytes adapter;
  Bytes stand_in_component;
  std::string_view encoder;  ///< that made it: "wasm-tools 1.262.0"
};

[[nodiscard]] std::span<const Released> released();
/// nullptr for another flavor.
[[nodiscard]] const Released* find_released(std::string_view flavor);

}  // namespace heapbump::adapters
