// Which operands are constants, instruction by instruction, without following values through a function.
// The invariant: an operand that is told is that constant on every path, since nothing is known across a
// change of control.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

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

/// What is known of the operand stack since the last change of control.
class KnownOperands {
 public:
  /// Before another body.
  void forget() { size_ = 0; }
  /// Takes one instruction, and tells `accessed` each address it accesses that is a constant.
  template <typename Accessed>
  void step(const BriefInstruction& instruction, Accessed accessed) {
    const OpcodeFacts& facts = facts_of(instruction.opcode);
    if (facts.kind < OpcodeClass::table || facts.pops == kVaries || facts.pushes == kVaries)
      return other(instruction, accessed);
    if (facts.access_bytes != 0) {
      if (const auto base = operand(facts.pops))
        accessed(*base + static_cast<std::uint64_t>(instruction.value));
    }
    std::optional<std::uint64_t> result;
    if (instruction.opcode == op::i32_add && operand(1) && operand(2))
      result = static_cast<std::uint32_t>(*operand(1) + *operand(2));
    pop(facts.pops);
    for (unsigned i = 0; i < facts.pushes; ++i) push(result);
  }

 private:
  /// Instructions that are not plain (op::is_plain).
  template <typename Accessed>
  void other(const BriefInstruction& instruction, Accessed accessed) {
    if (instruction.opcode == op::local_get || instruction.opcode == op::global_get) {
      push(std::nullopt);
    } else if (is_constant(instruction)) {
      push(as_address(instruction, instruction.value));
    } else if (instruction.opcode == op::memory_copy || instruction.opcode == op::memory_fill ||
               instruction.opcode == op::memory_init) {
      if (const auto to = operand(3)) accessed(*to);
      if (const auto from = operand(2); from && instruction.opcode == op::memory_copy) accessed(*from);
      pop(3);
    } else if (instruction.opcode != op::nop) {
      size_ = 0;
    }
  }
  [[nodiscard]] std::optional<std::uint64_t> operand(std::size_t from_top) const {
    if (from_top > size_ || !known_[size_ - from_top]) return std::nullopt;
    return values_[size_ - from_top];
  }

  /// What lies deep is forgotten: code behind `unreachable` may push without end.
  void push(std::optional<std::uint64_t> value) {
    if (size_ == kDeepest) {
      std::copy(values_.begin() + kDeepest / 2, values_.end(), values_.begin());
      std::copy(known_.begin() + kDeepest / 2, known_.end(), known_.begin());
      size_ = kDeepest / 2;
    }
    known_[size_] = value.has_value();
    values_[size_++] = value.value_or(0);
  }
  void pop(std::size_t count) { size_ -= std::min(size_, count); }

  static constexpr std::size_t kDeepest = 256;
  std::size_t size_ = 0;
  std::array<std::uint64_t, kDeepest> values_;  // set as far as `size_`
  std::array<bool, kDeepest> known_;
};

}  // namespace heapbump
