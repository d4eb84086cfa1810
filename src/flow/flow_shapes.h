// How many operands each instruction takes and gives: the part of validation that value flow needs. Kept as a
// table so that the builder has no chain of ifs over opcodes. From the core specification's instruction index
// (2.0 with SIMD and threads), and the relaxed-simd proposal.
#pragma once

#include <cstdint>
#include <optional>

namespace heapbump {

enum class Access : std::uint8_t { none, load, store, atomic };

struct Shape {
  std::uint8_t pops = 0;
  std::uint8_t pushes = 0;
  Access access = Access::none;
};

/// The shape of a numeric, memory, table, vector or atomic instruction; empty for control flow, variables,
/// calls and constants (which the builder handles itself) and for opcodes that are not known.
[[nodiscard]] std::optional<Shape> instruction_shape(std::uint32_t opcode);

}  // namespace heapbump
