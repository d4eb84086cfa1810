// A walk that was not finished never answers "no".
#include "analysis/walk.h"

#include <gtest/gtest.h>

#include "module_builder.h"

namespace heapbump {
namespace {

using test::Body;
using test::kI32;

class WalkTest : public testing::Test {
 protected:
  /// Local 0 with 1, 2, ..., `sums` added to it one after the other, then stored to.
  Flow chain(int sums) {
    Body code;
    code.local_get(0);
    for (int i = 1; i <= sums; ++i) code.i32_const(i).op({0x6a});
    code.i32_const(7).access(0x36);
    test::ModuleBuilder builder;
    builder.function(builder.type({kI32}, {}), 0, code);
    file_ = builder.memory(1).build();
    const auto module = read_module(file_);
    EXPECT_TRUE(module) << module.error().message;
    auto flow = evaluate_flow(*module, 0);
    EXPECT_TRUE(flow) << flow.error().message;
    return *std::move(flow);
  }
  static NodeId parameter(const Flow& flow) {
    NodeId id = 0;
    while (flow.nodes[id].kind != NodeKind::parameter) ++id;
    return id;
  }
  /// Whether the parameter, or a sum that it goes into, is the address of the store.
  static Result<Reached> find_store(const Flow& flow, Budget& budget, const WalkLimits& limits) {
    const NodeId start = parameter(flow);
    return walk_forward(flow, std::span(&start, 1), budget, limits, [&](NodeId, const User& user) {
      if (takes_address(flow, user)) return Step::found;
      return user.is_effect ? Step::pass : Step::follow;
    });
  }
  std::vector<std::byte> file_;
};

TEST_F(WalkTest, a_walk_that_finds_what_it_looks_for_says_yes) {
  const Flow flow = chain(10);
  Budget budget(file_.size());
  const auto walk = find_store(flow, budget, {});
  ASSERT_TRUE(walk);
  EXPECT_EQ(walk->found, Found::yes);
  EXPECT_EQ(walk->nodes.size(), 11u);
}

TEST_F(WalkTest, a_walk_that_meets_its_limit_says_unknown_and_not_no) {
  const Flow flow = chain(10);
  Budget budget(file_.size());
  const auto walk = find_store(flow, budget, {.most_nodes = 10});
  ASSERT_TRUE(walk);
  EXPECT_EQ(walk->found, Found::unknown);
  EXPECT_TRUE(walk->stopped_early());
}

TEST_F(WalkTest, a_walk_that_looked_at_everything_says_no) {
  const Flow flow = chain(10);
  Budget budget(file_.size());
  const NodeId start = parameter(flow);
  const auto walk =
      walk_forward(flow, std::span(&start, 1), budget, {.most_nodes = 11},
                   [](NodeId, const User& user) { return user.is_effect ? Step::pass : Step::follow; });
  ASSERT_TRUE(walk);
  EXPECT_EQ(walk->found, Found::no);
}

TEST_F(WalkTest, a_walk_beyond_the_budget_is_an_error) {
  const Flow flow = chain(10);
  Budget budget(BudgetLimits{.work = 10, .held = 0});
  const auto walk = find_store(flow, budget, {});
  ASSERT_FALSE(walk);
  EXPECT_EQ(walk.error().code, heapbump::Code::kWorkLimit);
}

TEST_F(WalkTest, walking_backward_reaches_what_a_value_is_made_of) {
  const Flow flow = chain(3);
  Budget budget(file_.size());
  const auto store = std::ranges::find(flow.effects, EffectKind::store, &Effect::kind);
  ASSERT_NE(store, flow.effects.end());
  const NodeId address = flow.operands_of(*store)[0];
  std::int64_t added = 0;
  const auto walk = walk_backward(flow, std::span(&address, 1), budget, {}, [&](NodeId at, std::uint32_t p) {
    const NodeId operand = flow.operand(at, p);
    added += flow.constant(operand).value_or(0);
    return operand == parameter(flow) ? Step::found : Step::follow;
  });
  ASSERT_TRUE(walk);
  EXPECT_EQ(walk->found, Found::yes);
  EXPECT_EQ(added, 3 + 2);  // the parameter comes before the first constant
}

TEST(WalkList, an_item_is_looked_at_once_however_often_it_is_reached) {
  WalkList<int> list(1000, {0});
  int looked_at = 0;
  while (const auto at = list.next()) {
    ++looked_at;
    for (int next = 0; next < 200; ++next) list.add((*at + next) % 200);
  }
  EXPECT_EQ(looked_at, 200);
  EXPECT_FALSE(list.stopped_early());
}

TEST(WalkList, a_list_that_is_not_gone_through_to_its_end_says_so) {
  WalkList<int> list(3, {1, 2, 3});
  while (list.next()) {
  }
  EXPECT_FALSE(list.stopped_early());
  WalkList<int> longer(3, {1, 2, 3, 4});
  while (longer.next()) {
  }
  EXPECT_TRUE(longer.stopped_early());
}

}  // namespace
}  // namespace heapbump
