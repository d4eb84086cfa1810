// The table of opcodes: it agrees with wabt's, row by row; every predicate holds for the opcodes that are
// spelled out here and for no others; and no other file decides by an opcode's number.
#include "wasm/opcodes.h"

#include <gtest/gtest.h>
#include <wabt/opcode.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace heapbump {
namespace {

struct Row {
  std::uint32_t code;
  std::string name;
  std::string operands;
  std::string results;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
#define HEAPBUMP_OPCODE(code, identifier, name, immediate, operands, results, ...) \
  {code, name, operands, results},
#include "wasm/opcodes.def"
#undef HEAPBUMP_OPCODE
  };
  return all;
}

wabt::Opcode in_wabt(std::uint32_t code) {
  const auto prefix = static_cast<std::uint8_t>(code >> 16);
  return prefix == 0 ? wabt::Opcode::FromCode(code) : wabt::Opcode::FromCode(prefix, code & 0xffff);
}

bool is_newer_than_wabt(const OpcodeFacts& facts) {
  return facts.feature == Feature::typed_references || facts.feature == Feature::gc ||
         facts.feature == Feature::exceptions;
}

char letter(wabt::Type type) {
  switch (type) {
    case wabt::Type::I32:
      return 'i';
    case wabt::Type::I64:
      return 'I';
    case wabt::Type::F32:
      return 'f';
    case wabt::Type::F64:
      return 'F';
    case wabt::Type::V128:
      return 'v';
    default:
      return 0;
  }
}

std::string letters(std::initializer_list<wabt::Type> types) {
  std::string out;
  for (const wabt::Type type : types)
    if (const char c = letter(type)) out += c;
  return out;
}

template <typename Predicate>
std::set<std::string> names_of(Predicate holds) {
  std::set<std::string> names;
  for (const Row& row : rows())
    if (holds(row.code)) names.insert(row.name);
  return names;
}

using Names = std::set<std::string>;

Names with_prefix(const std::string& prefix, std::initializer_list<const char*> names) {
  Names out;
  for (const char* name : names) out.insert(prefix + name);
  return out;
}
Names operator+(Names a, const Names& b) {
  a.insert(b.begin(), b.end());
  return a;
}

const std::initializer_list<const char*> kEqualities = {"eq", "ne"};
const std::initializer_list<const char*> kSignedOrders = {"lt_s", "gt_s", "le_s", "ge_s"};
const std::initializer_list<const char*> kUnsignedOrders = {"lt_u", "gt_u", "le_u", "ge_u"};
const std::initializer_list<const char*> kFloatCompares = {"eq", "ne", "lt", "gt", "le", "ge"};

TEST(Opcodes, HaveTheNamesAndAccessSizesThatWabtKnows) {
  for (const Row& row : rows()) {
    const OpcodeFacts& facts = facts_of(row.code);
    const wabt::Opcode wabts = in_wabt(row.code);
    EXPECT_EQ(name_of(row.code), row.name);
    if (row.code >> 16 == op::kPrefixGc) continue;  // wabt's table has no room for this prefix
    if (wabts.IsInvalid()) {
      EXPECT_TRUE(is_newer_than_wabt(facts) || row.code == op::return_call_ref) << row.name;
      continue;
    }
    std::string name = row.name;
    // wabt 1.0.32 has these two without `relaxed_`.
    if (name.find("relaxed_dot") != std::string::npos && name != wabts.GetName())
      name.erase(name.find("relaxed_"), std::string("relaxed_").size());
    EXPECT_EQ(name, wabts.GetName());
    EXPECT_EQ(facts.access_bytes, wabts.GetMemorySize()) << row.name;
  }
}

TEST(Opcodes, TakeAndGiveTheTypesThatWabtKnows) {
  unsigned compared = 0;
  for (const Row& row : rows()) {
    const wabt::Opcode wabts = in_wabt(row.code);
    // wabt has no reference types in its table, and repeats the operand of a float's one-operand arithmetic.
    if (row.code >> 16 == op::kPrefixGc || wabts.IsInvalid() || !op::is_plain(row.code) ||
        row.operands.find('r') != std::string::npos || row.results.find('r') != std::string::npos ||
        row.code == op::table_size ||
        (op::class_of(row.code) == OpcodeClass::float_math && row.operands.size() == 1))
      continue;
    ++compared;
    EXPECT_EQ(row.operands, letters({wabts.GetParamType1(), wabts.GetParamType2(), wabts.GetParamType3()}))
        << row.name;
    EXPECT_EQ(row.results, letters({wabts.GetResultType()})) << row.name;
  }
  EXPECT_GT(compared, 450U);
}

TEST(Opcodes, LackNoneThatWabtKnows) {
  unsigned known = 0;
  for (std::uint32_t prefix : {0x00U, 0xfcU, 0xfdU, 0xfeU}) {
    for (std::uint32_t sub = 0; sub < 0x200; ++sub) {
      if (prefix == 0 && sub >= 0xe0) break;  // the interpreter's own
      const std::uint32_t code = prefix << 16 | sub;
      if (in_wabt(code).IsInvalid()) continue;
      ++known;
      EXPECT_NE(facts_of(code).kind, OpcodeClass::invalid) << in_wabt(code).GetName();
    }
  }
  EXPECT_GT(known, 500U);
}

TEST(Opcodes, OfNoInstructionHaveNoFacts) {
  for (const std::uint32_t code :
       {0x16U, 0x27U, 0xc5U, 0xffU, 0xfaU, 0xfb001fU, 0xfc0012U, 0xfd009aU, 0xfd0114U, 0xfdffffU, 0xfe0004U,
        0xfe004fU, 0xff0000U, 0x010000U, 0xffffffffU}) {
    EXPECT_EQ(facts_of(code).kind, OpcodeClass::invalid) << code;
    EXPECT_EQ(facts_of(code).immediate, Immediate::invalid) << code;
    EXPECT_TRUE(name_of(code).empty()) << code;
  }
}

TEST(Opcodes, AreComparisonsOfFiveKinds) {
  const Names i32_two = with_prefix("i32.", kEqualities) + with_prefix("i32.", kSignedOrders) +
                        with_prefix("i32.", kUnsignedOrders);
  const Names i64_two = with_prefix("i64.", kEqualities) + with_prefix("i64.", kSignedOrders) +
                        with_prefix("i64.", kUnsignedOrders);
  const Names integer = i32_two + i64_two + Names{"i32.eqz", "i64.eqz"};
  EXPECT_EQ(names_of(op::is_comparison),
            integer + with_prefix("f32.", kFloatCompares) + with_prefix("f64.", kFloatCompares));
  EXPECT_EQ(names_of(op::is_integer_comparison), integer);
  EXPECT_EQ(names_of(op::is_i32_comparison), i32_two + Names{"i32.eqz"});
  EXPECT_EQ(names_of(op::compares_two_i32), i32_two);
  EXPECT_EQ(names_of(op::is_equality), with_prefix("i32.", kEqualities) + with_prefix("i64.", kEqualities));
  EXPECT_EQ(names_of(op::is_i32_equality), with_prefix("i32.", kEqualities));
  const Names i32_order = with_prefix("i32.", kSignedOrders) + with_prefix("i32.", kUnsignedOrders);
  EXPECT_EQ(names_of(op::is_i32_order), i32_order);
  EXPECT_EQ(names_of(op::is_order),
            i32_order + with_prefix("i64.", kSignedOrders) + with_prefix("i64.", kUnsignedOrders));
  EXPECT_EQ(names_of(op::is_i32_unsigned_order), with_prefix("i32.", kUnsignedOrders));
}

TEST(Opcodes, AreSumsScalesMasksAndResizes) {
  EXPECT_EQ(names_of(op::is_sum), (Names{"i32.add", "i32.sub", "i64.add", "i64.sub"}));
  EXPECT_EQ(names_of(op::is_i32_sum), (Names{"i32.add", "i32.sub"}));
  EXPECT_EQ(names_of(op::is_i32_quotient), with_prefix("i32.", {"div_s", "div_u", "rem_s", "rem_u"}));
  EXPECT_EQ(names_of(op::is_i32_scale), with_prefix("i32.", {"mul", "div_s", "div_u", "rem_s", "rem_u"}));
  EXPECT_EQ(names_of(op::is_mask), (Names{"i32.and", "i64.and"}));
  EXPECT_EQ(names_of(op::is_resize), (Names{"i32.wrap_i64", "i64.extend_i32_s", "i64.extend_i32_u"}));
}

TEST(Opcodes, AreConstantsNarrowLoadsAndBlocks) {
  EXPECT_EQ(names_of(op::is_integer_constant), (Names{"i32.const", "i64.const"}));
  const std::initializer_list<const char*> narrow = {"load8_s", "load8_u", "load16_s", "load16_u"};
  EXPECT_EQ(names_of(op::is_narrow_load), with_prefix("i32.", narrow) + with_prefix("i64.", narrow));
  EXPECT_EQ(names_of(op::opens_block), (Names{"block", "loop", "if", "try", "try_table"}));
  EXPECT_EQ(names_of(op::closes_block), (Names{"end", "delegate"}));
}

TEST(Opcodes, AreNumericFromEqzToTheSaturatingTruncations) {
  Names expected;
  for (const Row& row : rows())
    if ((row.code >= 0x45 && row.code <= 0xc4) || (row.code >= 0xfc0000 && row.code <= 0xfc0007))
      expected.insert(row.name);
  EXPECT_EQ(names_of(op::is_numeric), expected);
}

TEST(Opcodes, ArePlainUnlessTheyChangeControlVariablesOrTheMemorysSize) {
  const Names others = names_of([](std::uint32_t code) { return !op::is_plain(code); });
  EXPECT_EQ(others, (Names{"unreachable", "nop",
                           "block",       "loop",
                           "if",          "else",
                           "try",         "catch",
                           "throw",       "rethrow",
                           "throw_ref",   "end",
                           "br",          "br_if",
                           "br_table",    "return",
                           "call",        "call_indirect",
                           "return_call", "return_call_indirect",
                           "call_ref",    "return_call_ref",
                           "delegate",    "catch_all",
                           "drop",        "select",
                           "try_table",   "local.get",
                           "local.set",   "local.tee",
                           "global.get",  "global.set",
                           "memory.size", "memory.grow",
                           "i32.const",   "i64.const",
                           "f32.const",   "f64.const",
                           "br_on_null",  "br_on_non_null",
                           "struct.new",  "array.new_fixed",
                           "br_on_cast",  "br_on_cast_fail",
                           "memory.init", "memory.copy",
                           "memory.fill"}));
}

TEST(Opcodes, OfI64HaveATwinOnI32WhereBothDoTheSame) {
  EXPECT_EQ(op::same_on_i32(op::i64_add), op::i32_add);
  EXPECT_EQ(op::same_on_i32(op::i64_rotr), op::i32_rotr);
  EXPECT_EQ(op::same_on_i32(op::i64_eqz), op::i32_eqz);
  EXPECT_EQ(op::same_on_i32(op::i64_ge_u), op::i32_ge_u);
  for (const std::uint32_t other :
       {op::i32_sub, op::f64_add, op::i64_clz, op::i64_extend_i32_u, op::memory_copy})
    EXPECT_EQ(op::same_on_i32(other), other);
}

// A range or a number outside the table is a second table, which nobody keeps true.
TEST(Opcodes, AreComparedWithNamesOnlyOutsideTheTable) {
  const std::regex forbidden[] = {
      std::regex(R"((<|>|<=|>=) *op::\w+)"),
      std::regex(R"(op::\w+ *(<|>|<=|>=|\+ *\d))"),
      std::regex(R"(opcode *(==|!=|<|>|<=|>=) *(0x)?\d)"),
      std::regex(R"(uint(8|32)_t k\w*(Wrap|Get|Set|Add|Sub|And|Eq|Ne|Signed|Unsigned|Const|End) *= *0x)"),
  };
  const std::regex numbered_case(R"(case 0x[0-9a-f]{2}:)");
  const std::filesystem::path top = HEAPBUMP_SOURCE_DIR;
  unsigned read = 0;
  for (const char* folder : {"src", "detectors", "adapters"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
      const std::string extension = entry.path().extension();
      const std::string path = std::filesystem::relative(entry.path(), top);
      if ((extension != ".cc" && extension != ".h") || path.starts_with("src/wasm/opcodes.")) continue;
      ++read;
      std::ifstream file(entry.path());
      std::string line;
      for (unsigned number = 1; std::getline(file, line); ++number) {
        for (const std::regex& pattern : forbidden)
          EXPECT_FALSE(std::regex_search(line, pattern)) << path << ":" << number << ": " << line;
        if (!path.starts_with("src/wasm/")) {
          EXPECT_FALSE(std::regex_search(line, numbered_case)) << path << ":" << number << ": " << line;
        }
      }
    }
  }
  EXPECT_GT(read, 100U);
}

}  // namespace
}  // namespace heapbump
