#include "flow/flow.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "module_builder.h"

namespace heapbump {
namespace {

using test::Code;
using test::kI32;
using test::ModuleBuilder;

/// One function (param i32 i32) (result i32) with four more locals, in a module with a memory and a global.
class FlowTest : public testing::Test {
 protected:
  Result<Flow> follow(const Code& code, const FlowLimits& limits = {}) {
    ModuleBuilder builder;
    const auto type = builder.type({kI32, kI32}, {kI32});
    const auto pair = builder.type({}, {kI32, kI32});
    EXPECT_EQ(pair, 1u);
    builder.import("env", "f", type);
    builder.function(type, 4, code);
    builder.memory(2);
    builder.global(65536, true);
    builder.tag(type_of_tag_);
    file_ = builder.build();
    auto module = read_module(file_);
    EXPECT_TRUE(module) << module.error().message;
    module_ = *std::move(module);
    return evaluate_flow(module_, 1, limits);
  }

  /// Values of the constants that can reach an operand of an effect.
  static std::vector<std::int64_t> sources(const Flow& flow, NodeId node) {
    std::vector<NodeId> pending{node};
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < pending.size(); ++i) {
      const Node& at = flow.nodes[pending[i]];
      if (at.kind == NodeKind::constant) values.push_back(at.value);
      if (at.kind == NodeKind::phi || at.kind == NodeKind::select)
        for (const NodeId next : flow.operands_of(at))
          if (std::ranges::find(pending, next) == pending.end()) pending.push_back(next);
    }
    std::ranges::sort(values);
    return values;
  }
  static const Effect& only(const Flow& flow, EffectKind kind) {
    const auto found = std::ranges::find(flow.effects, kind, &Effect::kind);
    EXPECT_NE(found, flow.effects.end());
    return *found;
  }

  std::uint32_t type_of_tag_ = 0;
  std::vector<std::byte> file_;
  Module module_;
};

using Values = std::vector<std::int64_t>;

TEST_F(FlowTest, a_constant_keeps_its_place_in_the_file_through_locals) {
  const auto flow = follow(Code()
                               .i32_const(67984, 5)
                               .local_tee(2)
                               .local_set(3)
                               .i32_const(0)
                               .local_get(3)
                               .access(0x36, 16)
                               .local_get(2));
  ASSERT_TRUE(flow) << flow.error().message;
  const Effect& store = only(*flow, EffectKind::store);
  EXPECT_EQ(store.value, 16);
  const Node& value = flow->nodes[flow->operands_of(store)[1]];
  EXPECT_EQ(value.kind, NodeKind::constant);
  EXPECT_EQ(value.value, 67984);
  EXPECT_EQ(value.width, 5);
  EXPECT_EQ(u8(file_[value.immediate_offset - 1]), 0x41);
  EXPECT_EQ(flow->users(flow->operands_of(store)[1]).size(), 2u);  // the store and the return
}

TEST_F(FlowTest, both_ways_of_an_if_reach_the_merge) {
  const auto flow = follow(Code()
                               .local_get(0)
                               .op({0x04, 0x40})
                               .i32_const(70000)
                               .local_set(2)
                               .op({0x05})
                               .i32_const(80000)
                               .local_set(2)
                               .op({0x0b})
                               .local_get(2));
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]), (Values{70000, 80000}));
}

TEST_F(FlowTest, an_if_without_else_keeps_the_old_value_as_one_of_two) {
  const auto flow = follow(Code()
                               .i32_const(1234567)
                               .local_set(2)
                               .local_get(0)
                               .op({0x04, 0x40})
                               .i32_const(70000)
                               .local_set(2)
                               .op({0x0b})
                               .local_get(2));
  ASSERT_TRUE(flow);
  const NodeId returned = flow->operands_of(only(*flow, EffectKind::returns))[0];
  EXPECT_EQ(sources(*flow, returned), (Values{70000, 1234567}));
  EXPECT_FALSE(flow->constant(returned));
}

TEST_F(FlowTest, the_same_value_on_both_ways_stays_that_value) {
  const auto flow = follow(Code()
                               .i32_const(70000)
                               .local_set(2)
                               .local_get(0)
                               .op({0x04, 0x40})
                               .local_get(2)
                               .local_set(3)
                               .op({0x05})
                               .local_get(2)
                               .local_set(3)
                               .op({0x0b})
                               .local_get(3));
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->nodes[flow->operands_of(only(*flow, EffectKind::returns))[0]].kind, NodeKind::constant);
}

TEST_F(FlowTest, a_loop_carries_its_entry_value_and_what_goes_round) {
  // local2 = 70000; do { store(0, local2); local2 = 90000 } while (local0); return local2
  const auto flow = follow(Code()
                               .i32_const(70000)
                               .local_set(2)
                               .op({0x03, 0x40})
                               .i32_const(0)
                               .local_get(2)
                               .access(0x36)
                               .i32_const(90000)
                               .local_set(2)
                               .local_get(0)
                               .op({0x0d, 0x00})
                               .op({0x0b})
                               .local_get(2));
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::store))[1]), (Values{70000, 90000}));
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]), (Values{90000}));
}

TEST_F(FlowTest, a_branch_out_of_nested_blocks_brings_the_locals_of_that_moment) {
  // block block local2=70000; br_if 1; local2=80000 end local2=90000 end return local2
  const auto flow = follow(Code()
                               .op({0x02, 0x40, 0x02, 0x40})
                               .i32_const(70000)
                               .local_set(2)
                               .local_get(0)
                               .op({0x0d, 0x01})
                               .i32_const(80000)
                               .local_set(2)
                               .op({0x0b})
                               .i32_const(90000)
                               .local_set(2)
                               .op({0x0b})
                               .local_get(2));
  ASSERT_TRUE(flow);
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]), (Values{70000, 90000}));
}

TEST_F(FlowTest, a_constant_condition_leaves_the_other_way_without_a_path) {
  // block br_if 0 (114112) ; store(70000, 1) end
  const auto flow = follow(Code()
                               .op({0x02, 0x40})
                               .i32_const(1114112)
                               .op({0x0d, 0x00})
                               .i32_const(70000)
                               .i32_const(1)
                               .access(0x36)
                               .op({0x0b})
                               .local_get(0));
  ASSERT_TRUE(flow);
  EXPECT_TRUE(
      std::ranges::none_of(flow->effects, [](const Effect& e) { return e.kind == EffectKind::store; }));
  ASSERT_EQ(flow->dead.size(), 3u);
  EXPECT_EQ(flow->dead[0].value, 70000);
}

TEST_F(FlowTest, code_after_a_branch_is_listed_as_without_a_path_with_its_nesting) {
  const auto flow = follow(Code()
                               .op({0x02, 0x40})
                               .op({0x0c, 0x00})
                               .op({0x03, 0x40})
                               .i32_const(70000)
                               .op({0x1a, 0x0c, 0x00, 0x0b})
                               .op({0x0b})
                               .local_get(0));
  ASSERT_TRUE(flow) << flow.error().message;
  ASSERT_EQ(flow->dead.size(), 1u);
  EXPECT_EQ(flow->dead[0].value, 70000);
}

TEST_F(FlowTest, select_and_multi_value_blocks_pass_values_on) {
  const auto flow = follow(Code()
                               .op({0x02, 0x01})  // block (result i32 i32)
                               .i32_const(70000)
                               .i32_const(80000)
                               .op({0x0b})
                               .local_get(0)
                               .op({0x1b}));
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]), (Values{70000, 80000}));
}

TEST_F(FlowTest, call_arguments_and_results_are_tied_to_their_call) {
  const auto flow = follow(Code().i32_const(67984).local_get(1).call(0));
  ASSERT_TRUE(flow);
  const Effect& call = only(*flow, EffectKind::call);
  EXPECT_EQ(call.value, 0);
  EXPECT_EQ(flow->nodes[flow->operands_of(call)[0]].value, 67984);
  EXPECT_EQ(flow->nodes[flow->operands_of(call)[1]].kind, NodeKind::parameter);
  const Node& result = flow->nodes[flow->operands_of(only(*flow, EffectKind::returns))[0]];
  EXPECT_EQ(result.kind, NodeKind::call);
  EXPECT_EQ(&flow->effects[result.effect], &call);
}

TEST_F(FlowTest, sums_of_constants_are_gathered_with_their_sites) {
  // ((local0 - 70000) + 8) + local-constant 4
  const auto flow =
      follow(Code().local_get(0).i32_const(70000).op({0x6b}).i32_const(8).op({0x6a}).i32_const(4).op({0x6a}));
  ASSERT_TRUE(flow);
  const Linear sum = linear_form(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]);
  EXPECT_EQ(flow->nodes[sum.base].kind, NodeKind::parameter);
  EXPECT_EQ(sum.offset, 12u - 70000u);
  EXPECT_EQ(sum.constants.size(), 3u);
}

TEST_F(FlowTest, phi_operands_follow_the_block_s_predecessors) {
  const auto flow = follow(Code()
                               .i32_const(1234567)
                               .local_set(2)
                               .local_get(0)
                               .op({0x04, 0x40})
                               .i32_const(70000)
                               .local_set(2)
                               .op({0x0b})
                               .local_get(2));
  ASSERT_TRUE(flow);
  const Node& phi = flow->nodes[flow->operands_of(only(*flow, EffectKind::returns))[0]];
  ASSERT_EQ(phi.kind, NodeKind::phi);
  const auto ways = flow->predecessors(phi.block);
  ASSERT_EQ(ways.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const bool untaken = ways[i].condition != kNoNode && !ways[i].taken_if_true;
    EXPECT_EQ(flow->nodes[flow->operands_of(phi)[i]].value, untaken ? 1234567 : 70000);
  }
}

TEST_F(FlowTest, a_catch_sees_every_value_the_try_gave_a_local) {
  const auto flow = follow(Code()
                               .i32_const(60000)
                               .local_set(2)
                               .op({0x06, 0x40})
                               .i32_const(70000)
                               .local_set(2)
                               .local_get(0)
                               .local_get(1)
                               .call(0)
                               .op({0x1a})
                               .i32_const(80000)
                               .local_set(2)
                               .op({0x07, 0x00, 0x1a, 0x1a})  // catch tag 0: two payloads dropped
                               .i32_const(0)
                               .local_get(2)
                               .access(0x36)
                               .op({0x0b})
                               .local_get(0));
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::store))[1]),
            (Values{60000, 70000, 80000}));
}

TEST_F(FlowTest, a_tail_call_is_a_call_and_a_return) {
  const auto flow = follow(Code().i32_const(67984).local_get(1).op({0x12, 0x00}));
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(flow->nodes[flow->operands_of(only(*flow, EffectKind::returns))[0]].kind, NodeKind::call);
}

/// frame = sp - 16; *(frame + 12) = 70000; optionally f(frame + escape, 0); return *(frame + 12)
Code framed(std::int32_t escape) {
  Code code;
  code.global_get(0).i32_const(16).op({0x6b}).local_tee(2).i32_const(70000).access(0x36, 12);
  if (escape >= 0) code.local_get(2).i32_const(escape).op({0x6a}).i32_const(0).call(0).op({0x1a});
  return code.local_get(2).access(0x28, 12);
}

TEST_F(FlowTest, a_private_word_of_the_frame_is_a_local_when_asked_for) {
  const FlowLimits promote{.frame_slots = true};
  const auto flow = follow(framed(-1), promote);
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(flow->constant(flow->operands_of(only(*flow, EffectKind::returns))[0]), 70000);
  const auto plain = follow(framed(-1));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->nodes[plain->operands_of(only(*plain, EffectKind::returns))[0]].kind, NodeKind::load);
}

TEST_F(FlowTest, a_word_that_an_escaping_address_may_reach_stays_memory) {
  const FlowLimits promote{.frame_slots = true};
  for (const std::int32_t escape : {0, 8, 12}) {
    const auto flow = follow(framed(escape), promote);
    ASSERT_TRUE(flow) << flow.error().message;
    EXPECT_EQ(flow->nodes[flow->operands_of(only(*flow, EffectKind::returns))[0]].kind, NodeKind::load)
        << escape;
  }
  const auto above = follow(framed(16), promote);  // an object that starts after the word
  ASSERT_TRUE(above);
  EXPECT_EQ(above->constant(above->operands_of(only(*above, EffectKind::returns))[0]), 70000);
}

TEST_F(FlowTest, words_of_the_frame_that_overlap_stay_memory) {
  const auto flow =
      follow(framed(-1).local_get(2).op({0x2d, 0x00, 0x0e, 0x6a}), {.frame_slots = true});  // + byte at 14
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_FALSE(flow->constant(flow->operand(flow->operands_of(only(*flow, EffectKind::returns))[0], 0)));
}

TEST_F(FlowTest, the_frame_of_an_inlined_function_lies_below_its_caller_s) {
  // outer = sp - 16; sp = outer; [a call]; inner = sp - 16; *(inner + 4) = 70000; local 3 joins inner on one
  // way only; return *(inner + 4)
  const auto inlined = [](bool calls) {
    Code code;
    code.global_get(0).i32_const(16).op({0x6b}).local_tee(2).global_set(0);
    code.local_get(2).i32_const(0).access(0x36, 8);
    if (calls) code.i32_const(0).i32_const(0).call(0).op({0x1a});
    code.global_get(0).i32_const(16).op({0x6b}).local_tee(4).i32_const(70000).access(0x36, 4);
    code.local_get(0).op({0x04, 0x40}).local_get(4).local_set(3).op({0x0b});
    return code.local_get(4).access(0x28, 4);
  };
  const auto known = follow(inlined(false), {.frame_slots = true});
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(known->constant(known->operands_of(only(*known, EffectKind::returns))[0]), 70000);
  const auto unknown =
      follow(inlined(true), {.frame_slots = true});  // the callee may have left the stack pointer elsewhere
  ASSERT_TRUE(unknown) << unknown.error().message;
  EXPECT_EQ(unknown->nodes[unknown->operands_of(only(*unknown, EffectKind::returns))[0]].kind,
            NodeKind::load);
}

TEST_F(FlowTest, a_constant_that_is_asked_for_zero_decides_as_unoptimised_code_writes_it) {
  // if (((left == right) & 1) == 0) return 1; return 2
  const auto asks = [&](std::int32_t left, std::int32_t right) {
    const auto flow = follow(Code()
                                 .i32_const(left)
                                 .i32_const(right)
                                 .op({0x46})
                                 .i32_const(1)
                                 .op({0x71, 0x45, 0x04, 0x40})
                                 .i32_const(1)
                                 .op({0x0f, 0x0b})
                                 .i32_const(2));
    EXPECT_TRUE(flow) << flow.error().message;
    return flow ? std::ranges::count(flow->effects, EffectKind::returns, &Effect::kind) : 0;
  };
  EXPECT_EQ(asks(131072, 0), 1);
  EXPECT_EQ(asks(0, 131072), 1);
  EXPECT_EQ(asks(131072, 131072), 2);  // either may be moved by an edit
}

TEST_F(FlowTest, a_stack_that_does_not_add_up_is_an_error_with_an_offset) {
  for (const Code& code : {Code().op({0x6a}), Code().local_get(0).op({0x02, 0x40, 0x1a, 0x0b}), Code(),
                           Code().local_get(0).local_get(0).op({0x02, 0x40}).local_get(0).op({0x0b, 0x1a})}) {
    const auto flow = follow(code);
    ASSERT_FALSE(flow);
    EXPECT_EQ(flow.error().code, heapbump::Code::kBadInstruction);
    EXPECT_TRUE(flow.error().offset);
  }
}

TEST_F(FlowTest, indices_out_of_range_are_errors) {
  for (const Code& code :
       {Code().local_get(6), Code().call(9), Code().global_get(1), Code().local_get(0).op({0x0c, 0x05}),
        Code().op({0x03, 0x40}).local_get(0).local_set(6).op({0x0b}).local_get(0)}) {
    const auto flow = follow(code);
    ASSERT_FALSE(flow);
    EXPECT_EQ(flow.error().code, heapbump::Code::kBadIndex);
  }
}

TEST_F(FlowTest, work_is_bounded) {
  Code deep;
  for (int i = 0; i < 1000; ++i) deep.op({0x02, 0x40});
  for (int i = 0; i < 1000; ++i) deep.op({0x0b});
  deep.local_get(0);
  EXPECT_TRUE(follow(deep));
  FlowLimits shallow;
  shallow.max_depth = 100;
  EXPECT_EQ(follow(deep, shallow).error().code, heapbump::Code::kWorkLimit);
  FlowLimits small;
  small.max_nodes = 10;
  Code many;
  for (int i = 0; i < 100; ++i) many.i32_const(i).op({0x1a});
  many.local_get(0);
  EXPECT_EQ(follow(many, small).error().code, heapbump::Code::kWorkLimit);
}

}  // namespace
}  // namespace heapbump
