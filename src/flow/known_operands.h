// Which operands are constants, instruction by instruction, without following values through a function.
// The invariant: an operand that is given is that constant on every path, since nothing is known across a
// change of control.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>

#include "wasm/code.h"

namespace heapbump {

/// Whether an instruction is i32.const or i64.const.
[[nodiscard]] inline bool is_constant(const BriefInstruction& instruction) {
  return instruction.immediate == Immediate::i32 || instruction.immediate == Immediate::i64;
}

/// An immediate, or an immediate negated, as the address it may be: 32 bits for an i32.
[[nodiscard]] inline std::uint64_t as_address(const BriefInstruction& instruction, std::int64_t value) {
  return instruction.immediate == Immediate::i32 ? static_cast<std::uint32_t>(value)
                                                 : static_cast<std::uint64_t>(value);
}

/// What is known of the operand stack since the last change of control, as far as its top kDeepest operands:
/// code behind `unreachable` may push without end.
class KnownOperands {
 public:
  /// Before another body.
  void forget() { known_.reset(); }
  /// Takes one instruction, and gives `accessed` each address it accesses that is a constant.
  template <typename Accessed>
  void step(const BriefInstruction& instruction, Accessed accessed) {
    if (is_constant(instruction)) {
      push(1);
      known_.set(0);
      values_[top_] = as_address(instruction, instruction.value);
      return;
    }
    if (known_.none()) return;  // as nearly always; then it does not matter how many operands there are
    const OpcodeFacts& facts = facts_of(instruction.opcode);
    if (facts.kind < OpcodeClass::table || facts.pops == kVaries || facts.pushes == kVaries)
      return other(instruction, accessed);
    if (facts.access_bytes != 0 && is_known(facts.pops))
      accessed(operand(facts.pops) + static_cast<std::uint64_t>(instruction.value));
    const bool adds = instruction.opcode == op::i32_add && is_known(1) && is_known(2);
    const std::uint64_t sum = adds ? static_cast<std::uint32_t>(operand(1) + operand(2)) : 0;
    pop(facts.pops);
    push(facts.pushes);
    if (!adds) return;
    known_.set(0);
    values_[top_] = sum;
  }

 private:
  /// Instructions that are not plain (op::is_plain).
  template <typename Accessed>
  void other(const BriefInstruction& instruction, Accessed accessed) {
    if (instruction.opcode == op::local_get || instruction.opcode == op::global_get) {
      push(1);
    } else if (instruction.opcode == op::memory_copy || instruction.opcode == op::memory_fill ||
               instruction.opcode == op::memory_init) {
      if (is_known(3)) accessed(operand(3));
      if (is_known(2) && instruction.opcode == op::memory_copy) accessed(operand(2));
      pop(3);
    } else if (instruction.opcode != op::nop) {
      forget();
    }
  }
  /// The first one is on top.
  [[nodiscard]] bool is_known(unsigned from_top) const { return from_top != 0 && known_[from_top - 1]; }
  [[nodiscard]] std::uint64_t operand(unsigned from_top) const {
    return values_[(top_ - from_top + 1) % kDeepest];
  }
  void push(unsigned count) {
    known_ <<= count;
    top_ = (top_ + count) % kDeepest;
  }
  void pop(unsigned count) {
    known_ >>= count;
    top_ = (top_ - count) % kDeepest;
  }

  static constexpr unsigned kDeepest = 128;
  std::bitset<kDeepest> known_;  ///< bit n: the operand n below the top
  unsigned top_ = 0;
  std::array<std::uint64_t, kDeepest> values_;  // a ring; set where they are known
};

}  // namespace heapbump
