#include "adapters/released.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace heapbump::embedded {
extern const unsigned char adapter_command[], adapter_reactor[], adapter_proxy[];
extern const std::size_t adapter_command_size, adapter_reactor_size, adapter_proxy_size;
extern const unsigned char stand_in_command[], stand_in_reactor[], stand_in_proxy[];
extern const std::size_t stand_in_command_size, stand_in_reactor_size, stand_in_proxy_size;
}  // namespace heapbump::embedded

namespace heapbump::adapters {
namespace {

constexpr std::string_view kRelease = "wasmtime 49.0.3";
constexpr std::string_view kEncoder = "wasm-tools 1.262.0";

Bytes view(const unsigned char* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

}  // namespace

std::span<const Released> released() {
  using namespace embedded;
  static const std::array list = {
      Released{"command", kRelease, "5fa17adc6c9585b9782955ccab376ed93ea3d2bfd41ed6e32b496736c9897a89",
               view(adapter_command, adapter_command_size), view(stand_in_command, stand_in_command_size),
               kEncoder},
      Released{"reactor", kRelease, "79fa20ff8d49f1aba13d25af4fd616a1431028fff954b2927e55fcac4fefd6e3",
               view(adapter_reactor, adapter_reactor_size), view(stand_in_reactor, stand_in_reactor_size),
               kEncoder},
      Released{"proxy", kRelease, "a87e4f47865ab299a29e402658b203809c07d8958be40542cf2bc6d3bd12269d",
               view(adapter_proxy, adapter_proxy_size), view(stand_in_proxy, stand_in_proxy_size), kEncoder},
  };
  return list;
}

const Released* find_released(std::string_view flavor) {
  const auto found = std::ranges::find(released(), flavor, &Released::flavor);
  return found == released().end() ? nullptr : &*found;
}

}  // namespace heapbump::adapters
