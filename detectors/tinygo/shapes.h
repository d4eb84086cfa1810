// The shapes that TinyGo's rules look for on the other side of a use: block numbers and offsets, pointers
// that are checked against the heap's end, pointers that walk through static memory. The invariant: a shape
// that takes too much to follow is not there, and no rule decides by the absence of a shape that moves a
// value.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "detectors/tinygo/runtime.h"
#include "wasm/data_image.h"

namespace heapbump::tinygo {

/// Bytes around the heap base in which the compiler folds offsets.
inline constexpr std::int32_t kNear = 64;

/// Whether an effect takes this operand as an address.
[[nodiscard]] constexpr bool is_address_operand(const Effect& effect, std::uint32_t position) {
  switch (effect.kind) {
    case EffectKind::load:
    case EffectKind::store:
    case EffectKind::atomic:
      return position == 0;
    case EffectKind::bulk:
      return position == 0 || (position == 1 && effect.opcode == op::memory_copy);
    default:
      return false;
  }
}

class Shapes {
 public:
  Shapes(Program& program, const Runtime& runtime, const DataImage& image, std::uint32_t base,
         std::optional<std::uint32_t> global_base)
      : program_(program), runtime_(runtime), image_(image), base_(base), global_base_(global_base) {
    for (const FunctionBody& body : program.module().bodies) steps_left_ += 16 * body.size;
  }

  [[nodiscard]] Program& program() { return program_; }
  [[nodiscard]] const Runtime& runtime() const { return runtime_; }
  [[nodiscard]] const DataImage& image() const { return image_; }
  [[nodiscard]] std::uint32_t base() const { return base_; }
  /// The initial stack pointer, where the stack comes first.
  [[nodiscard]] std::optional<std::uint32_t> global_base() const { return global_base_; }

  /// The value and what it becomes through phis and selects; empty when that is too much to follow.
  [[nodiscard]] std::vector<Value> spread(Value value);
  /// heapEnd, metadataStart, heapStart or heapptr.
  [[nodiscard]] bool is_bound(Value value) { return runtime_.kind(program_, value) != HeapKind::none; }
  /// Compared with the heap's end or the metadata's start, or its distance from the heap base is a block
  /// number.
  [[nodiscard]] bool is_heap_pointer(Value value);
  /// A multiple of 16: a block number times the size of a block.
  [[nodiscard]] bool is_block_offset(Value value);
  /// Whether a difference is divided by the size of a block, or of the blocks in a byte of metadata, and the
  /// quotient leads to the metadata.
  [[nodiscard]] bool is_block_difference(Value difference);
  /// The constants that a pointer starts from, if it is stepped by constants from nothing else.
  [[nodiscard]] std::optional<std::vector<std::uint32_t>> walk_starts(Value value);
  /// Whether a pointer starts from static objects alone, and is stepped.
  [[nodiscard]] bool walks_static_data(Value pointer, bool from_global_base);
  /// Whether what is loaded from a fixed word, also by way of a pointer that begins there, is used as an
  /// address.
  [[nodiscard]] bool is_pointer_word(std::uint32_t address);
  [[nodiscard]] bool is_global_base(Value value);
  /// Whether a load, a store or a bulk instruction takes the value as its address.
  [[nodiscard]] bool is_accessed(Value address);
  /// Whether a constant is passed to a function beside __global_base.
  [[nodiscard]] bool is_beside_global_base(Value constant);
  /// Takes one step of what may be followed over all occurrences. False: there was too much.
  [[nodiscard]] bool step() {
    if (steps_left_ == 0) return false;
    --steps_left_;
    return true;
  }

 private:
  [[nodiscard]] bool indexes_metadata(Value block);
  [[nodiscard]] std::vector<Value> passed_on(const Value& value, const User& user);
  [[nodiscard]] bool meets_bounds(Value value);

  Program& program_;
  const Runtime& runtime_;
  const DataImage& image_;
  const std::uint32_t base_;
  const std::optional<std::uint32_t> global_base_;
  std::uint64_t steps_left_ = 0;  ///< over all occurrences: 16 for each byte of code
};

}  // namespace heapbump::tinygo
