// Constants in the reserved module's code, found without following values through a function: by their bytes,
// which functions may hold one at all; and, instruction by instruction, which operands are known to be one.
// The invariant: a function that holds a constant in the range is never left out, and an operand that is told
// is one on every path, since nothing is known across a change of control.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "heapbump/code.h"
#include "heapbump/flow_shapes.h"
#include "heapbump/verify/context.h"

namespace heapbump::verify {

/// Functions with bytes that may be an immediate in [low, high), or of a constant that is such an address
/// negated. None if the work is more than `context` may spend.
[[nodiscard]] std::vector<std::uint32_t> functions_that_may_hold(Context& context, std::uint64_t low,
                                                                 std::uint64_t high);

/// Whether an instruction is i32.const or i64.const.
[[nodiscard]] inline bool is_constant(const Instruction& instruction) {
  return instruction.immediate == Immediate::i32 || instruction.immediate == Immediate::i64;
}

/// An immediate, or an immediate negated, as the address it may be: 32 bits for an i32.
[[nodiscard]] inline std::uint64_t as_address(const Instruction& instruction, std::int64_t value) {
  return instruction.immediate == Immediate::i32 ? static_cast<std::uint32_t>(value)
                                                 : static_cast<std::uint64_t>(value);
}

/// What is known of the operand stack since the last change of control.
class KnownOperands {
 public:
  /// Takes one instruction, and tells `accessed` each address it accesses that is a constant.
  template <typename Accessed>
  void step(const Instruction& instruction, Accessed accessed) {
    if (is_constant(instruction)) {
      stack_.emplace_back(as_address(instruction, instruction.value));
      return;
    }
    const bool copies = instruction.opcode == op::memory_copy;
    if (copies || instruction.opcode == op::memory_fill || instruction.opcode == op::memory_init) {
      if (const auto to = operand(3)) accessed(*to);
      if (const auto from = operand(2); from && copies) accessed(*from);
      pop(3);
      return;
    }
    const auto shape = instruction_shape(instruction.opcode);
    if (!shape) {
      const bool pushes_one = instruction.opcode == op::local_get || instruction.opcode == op::global_get;
      if (pushes_one)
        stack_.emplace_back(std::nullopt);
      else if (instruction.opcode != op::nop)
        stack_.clear();
      return;
    }
    if (shape->access != Access::none) {
      if (const auto base = operand(shape->pops); base && shape->pops > 0)
        accessed(*base + static_cast<std::uint64_t>(instruction.value));
    }
    std::optional<std::uint64_t> result;
    if (instruction.opcode == op::i32_add && operand(1) && operand(2))
      result = static_cast<std::uint32_t>(*operand(1) + *operand(2));
    pop(shape->pops);
    for (unsigned i = 0; i < shape->pushes; ++i) stack_.push_back(result);
  }

 private:
  [[nodiscard]] std::optional<std::uint64_t> operand(std::size_t from_top) const {
    return from_top <= stack_.size() ? stack_[stack_.size() - from_top] : std::nullopt;
  }

  void pop(std::size_t count) { stack_.resize(stack_.size() - std::min(stack_.size(), count)); }

  std::vector<std::optional<std::uint64_t>> stack_;
};

}  // namespace heapbump::verify
