// The instruction decoder: which bytes are the number of an instruction, and what is refused.
#include "wasm/code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "module_builder.h"
#include "support/wat.h"

namespace heapbump {
namespace {

struct Decoded {
  std::vector<std::byte> file;
  Module module;
  std::vector<Instruction> instructions;
  std::optional<Error> error;
  std::uint32_t depth = 0;
};

Decoded decode_file(std::vector<std::byte> file) {
  Decoded out{.file = std::move(file), .module = {}, .instructions = {}, .error = {}};
  auto module = read_module(out.file);
  EXPECT_TRUE(module) << module.error().message;
  if (!module) return out;
  out.module = *std::move(module);
  InstructionReader reader(out.module, out.module.bodies.back());
  Instruction instruction;
  while (reader.next(instruction)) out.instructions.push_back(instruction);
  EXPECT_FALSE(reader.next(instruction)) << "a reader that ended goes on";
  out.error = reader.error();
  out.depth = reader.depth();
  return out;
}

/// The last function of a module with a memory, a table, a tag and what else the texts below name.
Decoded decode(const std::string& body) {
  return decode_file(
      test::wat("(module (memory 1) (table $t 1 funcref) (tag $e) (global $g (mut i32) (i32.const 0))"
                "(type $none (func)) (data $d \"x\") (func (local i32 i64)" +
                body + "))"));
}

/// A body of bytes, which need not be well formed; its `end` is added.
Decoded decode_bytes(std::initializer_list<int> bytes) {
  test::ModuleBuilder builder;
  builder.memory(1);
  builder.function(builder.type({}, {}), 0, test::Body().op(bytes));
  return decode_file(builder.build());
}

TEST(InstructionReader, NamesThePlaceAndWidthOfEachNumber) {
  const Decoded code = decode(R"(
    (i32.store offset=70000 (i32.const -1) (i32.const 67984))
    (i64.store8 (i32.const 64) (i64.const 0x8000000000000000)))");
  ASSERT_FALSE(code.error);
  ASSERT_EQ(code.instructions.size(), 7U);
  struct Expected {
    std::uint32_t opcode;
    std::int64_t value;
    unsigned width;
  };
  const Expected expected[] = {
      {op::i32_const, -1, 1}, {op::i32_const, 67984, 3},      {op::i32_store, 70000, 3},
      {op::i32_const, 64, 2}, {op::i64_const, INT64_MIN, 10}, {op::i64_store8, 0, 1},
      {op::end, 0, 0}};
  std::uint64_t next = code.instructions.front().offset;
  for (std::size_t i = 0; i < 7; ++i) {
    const Instruction& at = code.instructions[i];
    EXPECT_EQ(at.opcode, expected[i].opcode);
    EXPECT_EQ(at.value, expected[i].value);
    EXPECT_EQ(at.immediate_width, expected[i].width);
    EXPECT_EQ(at.offset, next) << "instructions follow each other";
    if (at.immediate_width != 0) {
      EXPECT_EQ(at.immediate_offset + at.immediate_width, at.end_offset);
    }
    next = at.end_offset;
  }
  EXPECT_EQ(code.depth, 0U);
}

TEST(InstructionReader, ReadsPaddedNumbersAsLinkersWriteThem) {
  test::ModuleBuilder builder;
  builder.memory(1);
  builder.function(
      builder.type({}, {}), 0,
      test::Body().i32_const(-67984, 5).op({0x1a}).i32_const(3, 5).access(0x28, 9, 5).op({0x1a}));
  const Decoded code = decode_file(builder.build());
  ASSERT_FALSE(code.error);
  EXPECT_EQ(code.instructions[0].value, -67984);
  EXPECT_EQ(code.instructions[0].immediate_width, 5U);
  EXPECT_EQ(code.instructions[2].value, 3);
  EXPECT_EQ(code.instructions[3].value, 9);
  EXPECT_EQ(code.instructions[3].immediate_width, 5U);
}

TEST(InstructionReader, PassesOverEveryKindOfImmediate) {
  const Decoded code = decode(R"(
    (block (loop (if (i32.const 1) (then nop) (else nop))))
    (try (do) (catch $e) (catch_all))
    (try (do) (delegate 0))
    (drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))
    (block (block (br_table 0 1 2 (i32.const 0))))
    (drop (f32.const 1.5)) (drop (f64.const 2.5))
    (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (v128.const i64x2 1 2) (v128.const i64x2 3 4)))
    (drop (i8x16.extract_lane_u 7 (v128.const i32x4 1 2 3 4)))
    (drop (v128.load16_lane offset=12 3 (i32.const 0) (v128.const i32x4 0 0 0 0)))
    (drop (i32.atomic.rmw.add offset=4 (i32.const 0) (i32.const 1))) (atomic.fence)
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop $d)
    (memory.copy (i32.const 0) (i32.const 0) (i32.const 1)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))
    (drop (ref.is_null (ref.null func)))
    (table.set $t (i32.const 0) (table.get $t (i32.const 0)))
    (call_indirect (type $none) (i32.const 0))
    (drop (i32.trunc_sat_f64_s (f64.const 1))) (drop (memory.grow (memory.size))))");
  ASSERT_FALSE(code.error) << code.error->message;
  EXPECT_EQ(code.instructions.back().opcode, op::end);
  EXPECT_EQ(code.depth, 0U);
  const auto table = std::ranges::find(code.instructions, op::br_table, &Instruction::opcode);
  EXPECT_EQ(table->targets, (std::vector<std::uint32_t>{0, 1, 2}));
  const auto lane = std::ranges::find(code.instructions, op::v128_load16_lane, &Instruction::opcode);
  EXPECT_EQ(lane->value, 12);
}

TEST(InstructionReader, RefusesWhatIsNotAnInstruction) {
  EXPECT_EQ(decode_bytes({0x27}).error->code, Code::kBadInstruction);
  EXPECT_EQ(decode_bytes({0xfd, 0x9a, 0x01}).error->code, Code::kBadInstruction);  // a hole among the vectors
  EXPECT_EQ(decode_bytes({0xfc, 0xff, 0xff, 0x7f}).error->code, Code::kBadInstruction);
  EXPECT_EQ(decode_bytes({0xfb, 0x1c}).error->code, Code::kGcTypes);  // ref.i31
  EXPECT_EQ(decode_bytes({0xfb, 0x7f}).error->code, Code::kGcTypes);
  EXPECT_EQ(decode_bytes({0xd4}).error->code, Code::kGcTypes);        // ref.as_non_null
  EXPECT_EQ(decode_bytes({0x14, 0x00}).error->code, Code::kGcTypes);  // call_ref
}

TEST(InstructionReader, RefusesWhatIsCutShortOrTooWide) {
  EXPECT_EQ(decode_bytes({0x41, 0x80, 0x80, 0x80, 0x80, 0x10}).error->code, Code::kBadLeb);
  EXPECT_EQ(decode_bytes({0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}).error->code, Code::kBadLeb);
  EXPECT_EQ(decode_bytes({0x20, 0xff, 0xff, 0xff, 0xff, 0x1f}).error->code, Code::kBadLeb);
  EXPECT_EQ(decode_bytes({0x43, 0x00}).error->code, Code::kTruncated);
  EXPECT_EQ(decode_bytes({0x02, 0x40}).error->code, Code::kBadInstruction);  // a block without its end
  EXPECT_EQ(decode_bytes({0x0b}).error->code, Code::kBadInstruction);        // bytes after the body's end
  EXPECT_EQ(decode_bytes({0x0e, 0x7f}).error->code, Code::kTruncated);
}

TEST(InstructionReader, TakesTheLastByteOfItsTypeOnlyIfItFits) {
  EXPECT_EQ(decode_bytes({0x41, 0x80, 0x80, 0x80, 0x80, 0x78, 0x1a}).instructions[0].value, INT32_MIN);
  EXPECT_EQ(decode_bytes({0x41, 0xff, 0xff, 0xff, 0xff, 0x07, 0x1a}).instructions[0].value, INT32_MAX);
  EXPECT_EQ(decode_bytes({0x41, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x1a}).error->code, Code::kBadLeb);
  EXPECT_EQ(decode_bytes({0x23, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x1a}).instructions[0].value, UINT32_MAX);
}

TEST(FindConstants, FindsANumberOfEitherWidthAndNothingElse) {
  const auto file = test::wat(R"((module (memory 1)
    (func (drop (i32.const 67984)))
    (func (drop (i32.const 67985)) (drop (i32.load offset=67984 (i32.const 0))))
    (func (drop (i64.const 67984)))))");
  const auto module = read_module(file);
  const auto found = find_constants(*module, 67984);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].kind, OccurrenceKind::i32_const);
  EXPECT_EQ((*found)[0].function, 0U);
  EXPECT_EQ((*found)[1].kind, OccurrenceKind::i64_const);
  EXPECT_EQ((*found)[1].function, 2U);
  EXPECT_EQ((*found)[1].width, 3U);
  EXPECT_EQ(u8(file[(*found)[1].file_offset - 1]), op::i64_const);
}

}  // namespace
}  // namespace heapbump
