#include "wasm/opcodes.h"

namespace heapbump {
namespace {

constexpr OperandType type_of(char letter) {
  switch (letter) {
    case 'i':
      return OperandType::i32;
    case 'I':
      return OperandType::i64;
    case 'f':
      return OperandType::f32;
    case 'F':
      return OperandType::f64;
    case 'v':
      return OperandType::v128;
    case 'r':
      return OperandType::reference;
    case 't':
      return OperandType::any;
    default:
      return OperandType::varies;
  }
}

constexpr OperandType first_type(std::string_view types) {
  return types.empty() ? OperandType::none : type_of(types.front());
}

constexpr std::uint8_t count_of(std::string_view types) {
  return types.contains('*') ? kVaries : static_cast<std::uint8_t>(types.size());
}

struct Row {
  std::uint32_t code;
  std::string_view name;
  OpcodeFacts facts;
};

constexpr Row kWritten[] = {
#define HEAPBUMP_OPCODE(code, identifier, name, immediate, operands, results, bytes, kind, feature) \
  {code,                                                                                            \
   name,                                                                                            \
   {Immediate::immediate, OpcodeClass::kind, count_of(operands), count_of(results), bytes,          \
    first_type(operands), first_type(results), Feature::feature}},
#include "wasm/opcodes.def"
#undef HEAPBUMP_OPCODE
};

constexpr std::array<std::string_view, op::kRows> kNames = [] {
  std::array<std::string_view, op::kRows> names{};
  for (const Row& row : kWritten) names[op::row_of(row.code)] = row.name;
  return names;
}();

/// No two rows share a place, and none has the place that stands for "no such opcode".
constexpr bool rows_are_unique() {
  std::array<bool, op::kRows> taken{};
  for (const Row& row : kWritten) {
    const std::size_t at = op::row_of(row.code);
    if (at == op::kNoRow || taken[at]) return false;
    taken[at] = true;
  }
  return true;
}
static_assert(rows_are_unique());

/// For each row of i64 comparisons and arithmetic, the opcode of the same name on i32; itself for the others.
constexpr std::array<std::uint8_t, 0x100> kOnI32 = [] {
  std::array<std::uint8_t, 0x100> table{};
  for (std::size_t opcode = 0; opcode < table.size(); ++opcode)
    table[opcode] = static_cast<std::uint8_t>(opcode);
  for (const Row& wide : kWritten) {
    const OpcodeClass kind = wide.facts.kind;
    const bool integer = (kind >= OpcodeClass::zero_test && kind <= OpcodeClass::unsigned_order) ||
                         (kind >= OpcodeClass::sum && kind <= OpcodeClass::rotate);
    if (!integer || wide.facts.operand != OperandType::i64) continue;
    for (const Row& narrow : kWritten)
      if (narrow.facts.operand == OperandType::i32 && narrow.facts.kind == kind &&
          narrow.name.substr(3) == wide.name.substr(3))
        table[wide.code] = static_cast<std::uint8_t>(narrow.code);
  }
  return table;
}();

}  // namespace

constinit const std::array<OpcodeFacts, op::kRows> kOpcodeFacts = [] {
  std::array<OpcodeFacts, op::kRows> table{};
  for (const Row& row : kWritten) table[op::row_of(row.code)] = row.facts;
  return table;
}();

constinit const std::array<ShortForm, 0x100> kShortForms = [] {
  constexpr std::uint8_t kMore = 0x80, kMemory = 0x40, kSign = 0x40, kBits = 0x7f;
  std::array<ShortForm, 0x100> table{};
  for (const Row& row : kWritten) {
    const OpcodeFacts& facts = row.facts;
    if (row.code >= table.size() || facts.feature >= Feature::typed_references) continue;
    ShortForm& form = table[row.code];
    switch (facts.immediate) {
      case Immediate::none:
        form = {.before = 1};
        break;
      case Immediate::index:
        form = {.before = 1, .bits = kBits, .first_limit = kMore};
        break;
      case Immediate::block_type:
      case Immediate::heap_type:
      case Immediate::i32:
      case Immediate::i64:
        form = {.before = 1, .bits = kBits, .sign = kSign, .first_limit = kMore};
        break;
      case Immediate::memarg:
        form = {.before = 2, .bits = kBits, .first_limit = kMore | kMemory, .second_limit = kMore};
        break;
      default:
        break;
    }
    if (facts.kind == OpcodeClass::block_start) form.opens = 1;
    if (facts.kind == OpcodeClass::block_end) form.opens = -1;
    form.immediate = facts.immediate;
  }
  return table;
}();

std::string_view name_of(std::uint32_t opcode) {
  return kNames[op::row_of(opcode)];
}

std::uint32_t op::same_on_i32(std::uint32_t opcode) {
  return opcode < kOnI32.size() ? kOnI32[opcode] : opcode;
}

}  // namespace heapbump
