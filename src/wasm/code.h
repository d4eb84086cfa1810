// The instruction decoder: one function body, from its first byte, so that every immediate it reports is
// known to stand on an instruction boundary. It reports where each immediate stands in the file and how wide
// it is, which is what an edit needs; it does not type-check.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "wasm/module.h"

namespace heapbump {

/// What follows an opcode (core specification, "Instructions", binary format).
enum class Immediate : std::uint8_t {
  invalid,  ///< no such opcode
  none,
  block_type,  ///< s33
  index,       ///< one u32: label, local, global, function, table, tag, segment, memory
  index_pair,  ///< two u32
  br_table,
  select_types,
  memarg,  ///< align, (memory,) offset
  memarg_lane,
  i32,
  i64,
  f32,
  f64,
  v128,       ///< 16 bytes, also i8x16.shuffle
  lane,       ///< one byte, also atomic.fence
  heap_type,  ///< s33
  try_table,
};

/// Opcodes with a prefix are written prefix << 16 | sub-opcode: memory.copy is 0xfc000a.
namespace op {
inline constexpr std::uint32_t unreachable = 0x00, nop = 0x01, block = 0x02, loop = 0x03, if_ = 0x04,
                               else_ = 0x05, try_ = 0x06, catch_ = 0x07, throw_ = 0x08, rethrow = 0x09,
                               throw_ref = 0x0a, end = 0x0b, br = 0x0c, br_if = 0x0d, br_table = 0x0e,
                               return_ = 0x0f, call = 0x10, call_indirect = 0x11, return_call = 0x12,
                               return_call_indirect = 0x13, delegate = 0x18, catch_all = 0x19, drop = 0x1a,
                               select = 0x1b, select_t = 0x1c, try_table = 0x1f, local_get = 0x20,
                               local_set = 0x21, local_tee = 0x22, global_get = 0x23, global_set = 0x24,
                               table_get = 0x25, table_set = 0x26, i32_load = 0x28, i64_load = 0x29,
                               i32_load8_s = 0x2c, i64_load32_u = 0x35, i32_store = 0x36, i64_store = 0x37,
                               i64_store32 = 0x3e, memory_size = 0x3f, memory_grow = 0x40, i32_const = 0x41,
                               i64_const = 0x42, f32_const = 0x43, f64_const = 0x44, i32_eqz = 0x45,
                               i32_eq = 0x46, i32_ne = 0x47, i32_lt_s = 0x48, i32_lt_u = 0x49,
                               i32_gt_s = 0x4a, i32_gt_u = 0x4b, i32_le_s = 0x4c, i32_le_u = 0x4d,
                               i32_ge_s = 0x4e, i32_ge_u = 0x4f, i32_add = 0x6a, i32_sub = 0x6b,
                               i32_mul = 0x6c, i32_div_s = 0x6d, i32_div_u = 0x6e, i32_and = 0x71,
                               i32_or = 0x72, i32_xor = 0x73, i32_shl = 0x74, i32_shr_s = 0x75,
                               i32_shr_u = 0x76, ref_null = 0xd0, ref_is_null = 0xd1, ref_func = 0xd2,
                               memory_init = 0xfc0008, data_drop = 0xfc0009, memory_copy = 0xfc000a,
                               memory_fill = 0xfc000b, i64_eqz = 0x50, i64_ge_u = 0x5a, i64_add = 0x7c,
                               i64_sub = 0x7d, i64_and = 0x83, i64_load16_u = 0x33;

/// Of 32 and of 64 bits, with `eqz`.
[[nodiscard]] inline bool is_integer_comparison(std::uint32_t opcode) {
  return opcode >= i32_eqz && opcode <= i64_ge_u;
}
[[nodiscard]] inline bool is_integer_sum(std::uint32_t opcode) {
  return opcode == i32_add || opcode == i32_sub || opcode == i64_add || opcode == i64_sub;
}
/// Of 8 or 16 bits.
[[nodiscard]] inline bool is_narrow_load(std::uint32_t opcode) {
  return opcode >= i32_load8_s && opcode <= i64_load16_u;
}
}  // namespace op

[[nodiscard]] Immediate immediate_of(std::uint32_t opcode);

/// The negative of an immediate; of INT64_MIN itself, as i64.sub gives it.
[[nodiscard]] constexpr std::int64_t negated(std::int64_t value) {
  return static_cast<std::int64_t>(std::uint64_t{0} - static_cast<std::uint64_t>(value));
}

struct Instruction {
  std::uint32_t opcode = 0;
  Immediate immediate = Immediate::none;
  std::uint64_t offset = 0;      ///< file offset of the opcode's first byte
  std::uint64_t end_offset = 0;  ///< file offset of the next instruction
  /// i32/i64: the constant, sign-extended. index: the index. memarg: the offset (bytes, unsigned). block_type
  /// and heap_type: the s33. lane: the lane.
  std::int64_t value = 0;
  std::uint32_t second = 0;  ///< index_pair: the second index. memarg: log2 of the alignment
  std::uint32_t memory = 0;  ///< memarg: the memory's index
  /// File offset and bytes of the immediate `value` was read from; for floats and v128, of their bytes.
  std::uint64_t immediate_offset = 0;
  unsigned immediate_width = 0;
  /// br_table: all targets, the default last.
  std::vector<std::uint32_t> targets;
};

struct LocalGroup {
  std::uint32_t count = 0;
  ValueType type = ValueType::i32;
};

/// The local declarations at a body's front. A body may declare 2^32 - 1 locals in ten bytes, so they stay
/// grouped.
struct Locals {
  std::vector<LocalGroup> groups;
  std::uint64_t total = 0;
  std::uint64_t code_offset = 0;  ///< file offset of the first instruction
};

/// Iterates over one body's instructions.
///   InstructionReader reader(module, body);
///   Instruction instruction;
///   while (reader.next(instruction)) { ... }
///   if (reader.error()) ...
/// The iteration ends after the `end` that closes the body. Errors: kBadInstruction, kBadLeb, kTruncated,
/// kGcTypes, kWorkLimit (each reader is charged its body's size).
class InstructionReader {
 public:
  InstructionReader(const Module& module, const FunctionBody& body);

  /// Reads one instruction into `out`, reusing its storage. False at the end or on an error.
  [[nodiscard]] bool next(Instruction& out);
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const Locals& locals() const { return locals_; }
  /// Open blocks, the body itself included, after the last instruction.
  [[nodiscard]] std::uint32_t depth() const { return depth_; }

 private:
  Status read_locals();
  Status read_instruction(Instruction& out);
  Status read_immediate(Instruction& out);
  Status read_memarg(Instruction& out);

  Cursor cursor_;
  Locals locals_;
  std::optional<Error> error_;
  std::uint32_t depth_ = 1;
};

/// One immediate in code: where it stands and what it holds.
struct CodeImmediate {
  std::uint32_t function = 0;
  std::uint32_t opcode = 0;
  std::int64_t value = 0;  ///< a constant sign-extended, or a memarg offset
  std::uint64_t file_offset = 0;
  unsigned width = 0;  ///< bytes
};

/// Every i32.const and i64.const whose value is `value`, in file order. For a magnitude of at least 2^14 all
/// legal encodings share their first two immediate bytes, so bodies without those bytes are never decoded;
/// for smaller ones all are. Errors: those of InstructionReader for a body that had to be decoded; kWorkLimit
/// beyond 65,536 hits.
[[nodiscard]] Result<std::vector<CodeImmediate>> find_constants(const Module& module, std::int64_t value);

}  // namespace heapbump
