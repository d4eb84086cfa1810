// What the program says about its functions, and that keeping flows for later never costs an answer.
#include "analysis/program.h"

#include <gtest/gtest.h>

#include "module_builder.h"

namespace heapbump {
namespace {

using Functions = std::vector<std::uint32_t>;
using test::Body;
using test::kI32;

Functions list(std::span<const std::uint32_t> functions) {
  return {functions.begin(), functions.end()};
}

/// Function 0 is called by 1 and 2; 1 mentions 70000; 2 reads memory.size; 3 grows; 4 uses the global.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    test::ModuleBuilder builder;
    const auto type = builder.type({}, {});
    builder.memory(2);
    builder.global(1024, true);
    builder.function(type, 0, Body());
    builder.function(type, 0, Body().i32_const(70000).op({0x1a}).call(0).call(0));
    builder.function(type, 0, Body().call(0).op({0x3f, 0x00, 0x1a}));
    builder.function(type, 0, Body().i32_const(1).op({0x40, 0x00, 0x1a}));
    builder.function(type, 0, Body().global_get(0).global_set(0));
    builder.function(type, 0, Body().i32_const(0).access(0x28, 70001).op({0x1a}).i32_const(-2).op({0x1a}));
    builder.in_table(1).exported("run", 0, 2).start(4);
    file_ = builder.build();
    auto module = read_module(file_);
    ASSERT_TRUE(module) << module.error().message;
    module_ = *std::move(module);
  }
  std::vector<std::byte> file_;
  Module module_;
};

constexpr CodeIndex::Parts kAll = CodeIndex::kMentions | CodeIndex::kCalls | CodeIndex::kGlobals;

TEST_F(ProgramTest, who_mentions_a_number_is_found_by_constants_and_access_offsets) {
  Budget budget(file_.size());
  WholeProgram program(module_, budget);
  const auto index = program.index(kAll);
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ((*index)->mentions(70000), (Functions{1}));
  EXPECT_EQ((*index)->mentions(70000, 70001), (Functions{1, 5}));
  EXPECT_EQ((*index)->mentions(0xfffffffe), (Functions{5}));
  EXPECT_EQ((*index)->mentions(70002), (Functions{}));
}

TEST_F(ProgramTest, callers_come_once_each_however_often_they_call) {
  Budget budget(file_.size());
  WholeProgram program(module_, budget);
  const auto index = program.index(CodeIndex::kCalls);
  ASSERT_TRUE(index);
  EXPECT_EQ((*index)->callers(0), (Functions{1, 2}));
}

TEST_F(ProgramTest, a_function_that_others_than_callers_can_reach_escapes) {
  Budget budget(file_.size());
  WholeProgram program(module_, budget);
  const auto index = program.index(CodeIndex::kCalls);
  ASSERT_TRUE(index);
  EXPECT_TRUE((*index)->is_address_taken(1));
  EXPECT_FALSE((*index)->is_address_taken(2));
  EXPECT_TRUE((*index)->escapes(1)) << "it is in a table";
  EXPECT_TRUE((*index)->escapes(2)) << "it is exported";
  EXPECT_TRUE((*index)->escapes(4)) << "it is the start function";
  EXPECT_FALSE((*index)->escapes(0));
}

TEST_F(ProgramTest, who_reads_and_grows_the_memory_and_uses_a_global_is_known) {
  Budget budget(file_.size());
  WholeProgram program(module_, budget);
  const auto before = program.size_functions();
  ASSERT_TRUE(before);
  EXPECT_EQ(list(*before), (Functions{2})) << "without an index";
  const auto index = program.index(kAll);
  ASSERT_TRUE(index);
  EXPECT_EQ(list((*index)->size_functions()), (Functions{2}));
  EXPECT_EQ(list((*index)->grow_functions()), (Functions{3}));
  EXPECT_EQ((*index)->readers_of_global(0), (Functions{4}));
  EXPECT_EQ((*index)->writers_of_global(0), (Functions{4}));
}

/// A long list is kept in parts, of which no question may see anything.
TEST(Program, who_mentions_a_number_is_found_in_a_list_of_many_parts) {
  constexpr std::uint32_t kFunctions = 2000, kNumbers = 100, kFirst = 100'000;
  test::ModuleBuilder builder;
  const auto type = builder.type({}, {});
  builder.memory(2);
  Functions all;
  for (std::uint32_t function = 0; function < kFunctions; ++function) {
    Body body;
    for (std::uint32_t i = 0; i < kNumbers; ++i)
      body.i32_const(static_cast<std::int32_t>(kFirst + i)).op({0x1a});
    body.i32_const(static_cast<std::int32_t>(kFirst + kNumbers + function % 2)).op({0x1a});
    builder.function(type, 0, body);
    all.push_back(function);
  }
  const auto file = builder.build();
  const auto module = read_module(file);
  ASSERT_TRUE(module) << module.error().message;
  Budget budget(file.size());
  WholeProgram program(*module, budget);
  const auto index = program.index(CodeIndex::kMentions);
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ((*index)->mentions(kFirst), all);
  EXPECT_EQ((*index)->mentions(kFirst + kNumbers - 1), all);
  EXPECT_EQ((*index)->mentions(kFirst, kFirst + 1), all) << "once each";
  EXPECT_EQ((*index)->mentions(kFirst + kNumbers).size(), kFunctions / 2);
  EXPECT_EQ((*index)->mentions(kFirst + kNumbers + 2), (Functions{}));
}

TEST_F(ProgramTest, a_part_that_is_asked_for_later_leaves_the_first_index_true) {
  Budget budget(file_.size());
  WholeProgram program(module_, budget);
  const auto first = program.index(CodeIndex::kCalls);
  const auto second = program.index(CodeIndex::kMentions);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ((*first)->callers(0), (Functions{1, 2}));
  EXPECT_EQ((*first)->mentions(70000), (Functions{1}));
}

TEST_F(ProgramTest, an_index_is_made_once) {
  Budget budget(file_.size());
  WholeProgram program(module_, budget);
  ASSERT_TRUE(program.index(kAll));
  const std::uint64_t work = budget.work();
  ASSERT_TRUE(program.index(CodeIndex::kCalls));
  EXPECT_EQ(budget.work(), work);
}

TEST_F(ProgramTest, a_flow_that_is_asked_for_again_is_not_evaluated_again) {
  Budget budget(file_.size());
  WholeProgram program(module_, budget);
  const auto first = program.flow(1);
  ASSERT_TRUE(first);
  const std::uint64_t work = budget.work();
  const auto again = program.flow(1);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *first);
  EXPECT_EQ(budget.work(), work);
}

TEST_F(ProgramTest, kept_flows_give_way_when_their_memory_is_needed) {
  Budget budget(BudgetLimits{.work = 1'000'000, .held = 1'000'000});
  WholeProgram program(module_, budget);
  ASSERT_TRUE(program.flow(1));
  ASSERT_GT(budget.held(), 0u);
  EXPECT_TRUE(budget.hold(1'000'000)) << "only kept flows were in the way";
  EXPECT_FALSE(budget.hold(1)) << "now there is nothing to give back";
}

TEST_F(ProgramTest, a_flow_that_somebody_holds_stays_when_memory_is_needed) {
  Budget budget(BudgetLimits{.work = 1'000'000, .held = 1'000'000});
  WholeProgram program(module_, budget);
  const auto flow = program.flow(1);
  ASSERT_TRUE(flow);
  EXPECT_FALSE(budget.hold(1'000'000));
  EXPECT_EQ((*flow)->function, 1u);
  EXPECT_FALSE((*flow)->nodes.empty());
}

TEST_F(ProgramTest, a_budget_that_is_too_small_for_the_code_is_an_error) {
  Budget budget(BudgetLimits{.work = 3, .held = 1'000'000});
  WholeProgram program(module_, budget);
  const auto index = program.index(kAll);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code, heapbump::Code::kWorkLimit);
}

}  // namespace
}  // namespace heapbump
