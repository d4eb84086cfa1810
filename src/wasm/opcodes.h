// What is known of each opcode, from the one table in opcodes.def: its constant in namespace op, the facts of
// its row, and every predicate over opcodes that the program uses. The invariant: nobody else compares an
// opcode with a number or with a range; a question about opcodes is a column of the table or a function below
// over its columns. Opcodes with a prefix are written prefix << 16 | sub-opcode: memory.copy is 0xfc000a.
// The table is dense, so that looking a row up is one addition and one load.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace heapbump {

/// What follows an opcode (core specification, "Instructions", binary format).
enum class Immediate : std::uint8_t {
  invalid,  ///< no such opcode
  none,
  block_type,  ///< s33
  index,       ///< one u32: label, local, global, function, table, tag, segment, memory, type
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
  br_on_cast,  ///< one byte of flags, a label, two heap types
};

/// What an instruction does, as far as anything here asks.
enum class OpcodeClass : std::uint8_t {
  invalid,
  control,  ///< branches, `else`, `catch`, throws, `unreachable`, `nop`
  block_start,
  block_end,  ///< `end`, and `delegate`, which closes a legacy `try`
  call,
  parametric,  ///< drop, select
  variable,
  memory,  ///< memory.size, memory.grow
  bulk,    ///< memory.copy, memory.fill, memory.init
  constant,
  // From here on an instruction takes and gives a fixed number of values and changes no control flow.
  table,
  segment,  ///< data.drop, elem.drop
  load,
  store,
  atomic,  ///< accesses of the threads proposal, and its fence
  reference,
  vector,  ///< vectors that are not loaded or stored, v128.const included
  // Scalar numeric instructions: of one operand or of two.
  zero_test,       ///< eqz
  equality,        ///< eq and ne of integers
  signed_order,    ///< lt_s, gt_s, le_s, ge_s
  unsigned_order,  ///< lt_u, gt_u, le_u, ge_u
  float_compare,
  sum,       ///< add and sub of integers
  product,   ///< mul of integers
  quotient,  ///< div and rem of integers
  mask,      ///< and
  bits,      ///< or, xor
  shift,
  rotate,
  count,        ///< clz, ctz, popcnt
  resize,       ///< i32.wrap_i64, i64.extend_i32_s, i64.extend_i32_u
  sign_extend,  ///< extend8_s, extend16_s, extend32_s
  convert,      ///< between integers and floats, and between floats
  float_math,
};

/// The part of the specification that an instruction came with.
enum class Feature : std::uint8_t {
  mvp,
  sign_extension,
  saturating,
  bulk_memory,
  reference_types,
  simd,
  relaxed_simd,
  threads,
  legacy_exceptions,
  exceptions,
  tail_calls,
  typed_references,
  gc,
  unknown,  ///< of an opcode that does not exist
};

enum class OperandType : std::uint8_t { none, i32, i64, f32, f64, v128, reference, any, varies };

inline constexpr std::uint8_t kVaries = 0xff;  ///< a number of values that the immediate or the types decide

/// One row of the table. An opcode that does not exist has the immediate and the class `invalid`.
struct OpcodeFacts {
  Immediate immediate = Immediate::invalid;
  OpcodeClass kind = OpcodeClass::invalid;
  std::uint8_t pops = 0;                    ///< values, or kVaries
  std::uint8_t pushes = 0;                  ///< values, or kVaries
  std::uint8_t access_bytes = 0;            ///< of linear memory in one access; 0 if it makes none
  OperandType operand = OperandType::none;  ///< of the operand that is pushed first
  OperandType result = OperandType::none;   ///< of the first result
  Feature feature = Feature::unknown;
};

namespace op {
#define HEAPBUMP_OPCODE(code, identifier, ...) inline constexpr std::uint32_t identifier = code;
#include "wasm/opcodes.def"
#undef HEAPBUMP_OPCODE

inline constexpr std::uint32_t kPrefixGc = 0xfb, kPrefixMisc = 0xfc, kPrefixSimd = 0xfd, kPrefixAtomic = 0xfe;
[[nodiscard]] constexpr bool is_prefix(std::uint8_t byte) {
  return byte >= kPrefixGc && byte <= kPrefixAtomic;
}

// Rows in the dense table: the 256 opcodes of one byte, then room for each prefix's sub-opcodes.
inline constexpr std::array<std::uint32_t, 4> kRoom = {0x20, 0x20, 0x120, 0x50};
inline constexpr std::array<std::uint32_t, 4> kFirstRow = {0x100, 0x120, 0x140, 0x260};
inline constexpr std::size_t kRows = 0x2b0;
inline constexpr std::size_t kNoRow = 0xff;  ///< no instruction has this opcode
[[nodiscard]] constexpr std::size_t row_of(std::uint32_t opcode) {
  if (opcode < 0x100) return opcode;
  const std::uint32_t prefix = (opcode >> 16) - kPrefixGc, sub = opcode & 0xffff;
  return prefix < kRoom.size() && sub < kRoom[prefix] ? kFirstRow[prefix] + sub : kNoRow;
}
}  // namespace op

extern const std::array<OpcodeFacts, op::kRows> kOpcodeFacts;

/// How an instruction is read whose opcode and immediates have one byte each, as those of most have.
struct alignas(8) ShortForm {
  std::uint8_t before = 0;        ///< bytes in front of the immediate that counts; 0: never read like this
  std::uint8_t bits = 0;          ///< of the immediate's byte that are the value; 0: there is none
  std::uint8_t sign = 0;          ///< the sign among them
  std::uint8_t first_limit = 0;   ///< bits of the byte behind the opcode that say that there is more,
  std::uint8_t second_limit = 0;  ///< and of the byte behind that one
  std::int8_t opens = 0;          ///< blocks; -1 where it closes one
  Immediate immediate = Immediate::invalid;
};
extern const std::array<ShortForm, 0x100> kShortForms;

[[nodiscard]] inline const OpcodeFacts& facts_of(std::uint32_t opcode) {
  return kOpcodeFacts[op::row_of(opcode)];
}
/// The name in the text format; empty for an opcode that does not exist.
[[nodiscard]] std::string_view name_of(std::uint32_t opcode);

namespace op {
[[nodiscard]] inline OpcodeClass class_of(std::uint32_t opcode) {
  return facts_of(opcode).kind;
}
[[nodiscard]] inline bool takes_i32(std::uint32_t opcode) {
  return facts_of(opcode).operand == OperandType::i32;
}

[[nodiscard]] inline bool opens_block(std::uint32_t opcode) {
  return class_of(opcode) == OpcodeClass::block_start;
}
[[nodiscard]] inline bool closes_block(std::uint32_t opcode) {
  return class_of(opcode) == OpcodeClass::block_end;
}
/// Whether an instruction only pops and pushes a fixed number of values, and perhaps accesses memory or a
/// table: no control flow, call, variable or constant, no memory.size, memory.grow or bulk instruction.
[[nodiscard]] inline bool is_plain(std::uint32_t opcode) {
  const OpcodeFacts& facts = facts_of(opcode);
  return facts.kind >= OpcodeClass::table && facts.pops != kVaries && facts.pushes != kVaries;
}
/// Arithmetic, comparisons and conversions of scalars.
[[nodiscard]] inline bool is_numeric(std::uint32_t opcode) {
  return class_of(opcode) >= OpcodeClass::zero_test;
}
/// i32.const and i64.const.
[[nodiscard]] inline bool is_integer_constant(std::uint32_t opcode) {
  return opcode == i32_const || opcode == i64_const;
}

/// Whether the result is a truth: eqz, and any comparison of two integers or two floats.
[[nodiscard]] inline bool is_comparison(std::uint32_t opcode) {
  const OpcodeClass kind = class_of(opcode);
  return kind >= OpcodeClass::zero_test && kind <= OpcodeClass::float_compare;
}
[[nodiscard]] inline bool is_integer_comparison(std::uint32_t opcode) {
  return is_comparison(opcode) && class_of(opcode) != OpcodeClass::float_compare;
}
[[nodiscard]] inline bool is_i32_comparison(std::uint32_t opcode) {
  return is_comparison(opcode) && takes_i32(opcode);
}
/// Arithmetic of two integers that gives an integer of the same type.
[[nodiscard]] inline bool is_integer_arithmetic(std::uint32_t opcode) {
  const OpcodeClass kind = class_of(opcode);
  return kind >= OpcodeClass::sum && kind <= OpcodeClass::rotate;
}
/// The opcode that does to i32 what this comparison or arithmetic does to i64; any other opcode is given
/// back.
[[nodiscard]] std::uint32_t same_on_i32(std::uint32_t opcode);

/// Whether two integers are compared for less or greater.
[[nodiscard]] inline bool is_order(std::uint32_t opcode) {
  const OpcodeClass kind = class_of(opcode);
  return kind == OpcodeClass::signed_order || kind == OpcodeClass::unsigned_order;
}
[[nodiscard]] inline bool is_i32_order(std::uint32_t opcode) {
  return is_order(opcode) && takes_i32(opcode);
}
[[nodiscard]] inline bool is_i32_unsigned_order(std::uint32_t opcode) {
  return class_of(opcode) == OpcodeClass::unsigned_order && takes_i32(opcode);
}
/// Whether two integers are compared for being the same.
[[nodiscard]] inline bool is_equality(std::uint32_t opcode) {
  return class_of(opcode) == OpcodeClass::equality;
}
[[nodiscard]] inline bool is_i32_equality(std::uint32_t opcode) {
  return is_equality(opcode) && takes_i32(opcode);
}
/// Whether two i32 are compared: the order and the equality of them, without eqz.
[[nodiscard]] inline bool compares_two_i32(std::uint32_t opcode) {
  return is_i32_order(opcode) || is_i32_equality(opcode);
}

[[nodiscard]] inline bool is_sum(std::uint32_t opcode) {
  return class_of(opcode) == OpcodeClass::sum;
}
[[nodiscard]] inline bool is_i32_sum(std::uint32_t opcode) {
  return is_sum(opcode) && takes_i32(opcode);
}
[[nodiscard]] inline bool is_i32_quotient(std::uint32_t opcode) {
  return class_of(opcode) == OpcodeClass::quotient && takes_i32(opcode);
}
/// mul, div and rem.
[[nodiscard]] inline bool is_i32_scale(std::uint32_t opcode) {
  return opcode == i32_mul || is_i32_quotient(opcode);
}
[[nodiscard]] inline bool is_mask(std::uint32_t opcode) {
  return class_of(opcode) == OpcodeClass::mask;
}
/// Whether an integer is made wider or narrower: the low 32 bits stay what they are.
[[nodiscard]] inline bool is_resize(std::uint32_t opcode) {
  return class_of(opcode) == OpcodeClass::resize;
}

/// Whether 8 or 16 bits are loaded into an integer.
[[nodiscard]] inline bool is_narrow_load(std::uint32_t opcode) {
  const OpcodeFacts& facts = facts_of(opcode);
  return facts.kind == OpcodeClass::load && facts.access_bytes <= 2 && facts.result != OperandType::v128;
}
}  // namespace op

}  // namespace heapbump
