// A static word or a global: somewhere that an allocator keeps a pointer.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "flow/flow.h"

namespace heapbump::wasm_ld {

struct Place {
  bool is_global = false;
  std::uint32_t index = 0;  ///< global index or linear-memory address
  auto operator<=>(const Place&) const = default;
};

/// The address of an access, where it is constant.
[[nodiscard]] inline std::optional<std::uint32_t> static_address(const Flow& flow, const Effect& access) {
  const Linear address = linear_form(flow, flow.operands_of(access)[0]);
  if (address.base != kNoNode) return std::nullopt;
  return address.offset + static_cast<std::uint32_t>(access.value);
}

/// Loads and stores of a whole word.
[[nodiscard]] constexpr bool is_word_access(std::uint32_t opcode) {
  return opcode == op::i32_load || opcode == op::i32_store;
}

}  // namespace heapbump::wasm_ld
