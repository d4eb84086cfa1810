// Value flow, shown on function bodies in WebAssembly text.
#include "flow/flow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/wat.h"

namespace heapbump {
namespace {

/// One function (param $p i32) (param $q i32) (result i32) with the locals $a to $d, in a module with a
/// memory, a stack pointer, a tag, and an imported function of the same type.
class FlowTest : public testing::Test {
 protected:
  Result<Flow> follow(const std::string& body, const FlowLimits& limits = {}) {
    file_ = test::wat(R"((module
      (type $two (func (param i32 i32) (result i32)))
      (import "env" "f" (func $f (type $two)))
      (memory 2)
      (global $sp (mut i32) (i32.const 65536))
      (tag $e (param i32 i32))
      (func (param $p i32) (param $q i32) (result i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    )" + body + "))");
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

  std::vector<std::byte> file_;
  Module module_;
};

using Values = std::vector<std::int64_t>;

TEST_F(FlowTest, a_constant_keeps_its_place_in_the_file_through_locals) {
  const auto flow = follow(R"(
    (local.set $b (local.tee $a (i32.const 67984)))
    (i32.store offset=16 (i32.const 0) (local.get $b))
    (local.get $a))");
  ASSERT_TRUE(flow) << flow.error().message;
  const Effect& store = only(*flow, EffectKind::store);
  EXPECT_EQ(store.value, 16);
  const Node& value = flow->nodes[flow->operands_of(store)[1]];
  EXPECT_EQ(value.kind, NodeKind::constant);
  EXPECT_EQ(value.value, 67984);
  EXPECT_EQ(value.width, 3);
  EXPECT_EQ(u8(file_[value.immediate_offset - 1]), op::i32_const);
  EXPECT_EQ(flow->users(flow->operands_of(store)[1]).size(), 2u);  // the store and the return
}

TEST_F(FlowTest, both_ways_of_an_if_reach_the_merge) {
  const auto flow = follow(R"(
    (if (local.get $p)
      (then (local.set $a (i32.const 70000)))
      (else (local.set $a (i32.const 80000))))
    (local.get $a))");
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]), (Values{70000, 80000}));
}

TEST_F(FlowTest, an_if_without_else_keeps_the_old_value_as_one_of_two) {
  const auto flow = follow(R"(
    (local.set $a (i32.const 1234567))
    (if (local.get $p) (then (local.set $a (i32.const 70000))))
    (local.get $a))");
  ASSERT_TRUE(flow);
  const NodeId returned = flow->operands_of(only(*flow, EffectKind::returns))[0];
  EXPECT_EQ(sources(*flow, returned), (Values{70000, 1234567}));
  EXPECT_FALSE(flow->constant(returned));
}

TEST_F(FlowTest, the_same_value_on_both_ways_stays_that_value) {
  const auto flow = follow(R"(
    (local.set $a (i32.const 70000))
    (if (local.get $p)
      (then (local.set $b (local.get $a)))
      (else (local.set $b (local.get $a))))
    (local.get $b))");
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->nodes[flow->operands_of(only(*flow, EffectKind::returns))[0]].kind, NodeKind::constant);
}

TEST_F(FlowTest, a_loop_carries_its_entry_value_and_what_goes_round) {
  const auto flow = follow(R"(
    (local.set $a (i32.const 70000))
    (loop $again
      (i32.store (i32.const 0) (local.get $a))
      (local.set $a (i32.const 90000))
      (br_if $again (local.get $p)))
    (local.get $a))");
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::store))[1]), (Values{70000, 90000}));
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]), (Values{90000}));
}

TEST_F(FlowTest, a_branch_out_of_nested_blocks_brings_the_locals_of_that_moment) {
  const auto flow = follow(R"(
    (block $outer
      (block
        (local.set $a (i32.const 70000))
        (br_if $outer (local.get $p))
        (local.set $a (i32.const 80000)))
      (local.set $a (i32.const 90000)))
    (local.get $a))");
  ASSERT_TRUE(flow);
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]), (Values{70000, 90000}));
}

TEST_F(FlowTest, a_constant_condition_leaves_the_other_way_without_a_path) {
  const auto flow = follow(R"(
    (block $out
      (br_if $out (i32.const 1114112))
      (i32.store (i32.const 70000) (i32.const 1)))
    (local.get $p))");
  ASSERT_TRUE(flow);
  EXPECT_TRUE(
      std::ranges::none_of(flow->effects, [](const Effect& e) { return e.kind == EffectKind::store; }));
  ASSERT_EQ(flow->dead.size(), 3u);
  EXPECT_EQ(flow->dead[0].value, 70000);
}

TEST_F(FlowTest, code_after_a_branch_is_listed_as_without_a_path_with_its_nesting) {
  const auto flow = follow(R"(
    (block $out
      (br $out)
      (loop $again (drop (i32.const 70000)) (br $again)))
    (local.get $p))");
  ASSERT_TRUE(flow) << flow.error().message;
  ASSERT_EQ(flow->dead.size(), 1u);
  EXPECT_EQ(flow->dead[0].value, 70000);
}

TEST_F(FlowTest, select_and_multi_value_blocks_pass_values_on) {
  const auto flow = follow(R"(
    (block (result i32 i32) (i32.const 70000) (i32.const 80000))
    (select (local.get $p)))");
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]), (Values{70000, 80000}));
}

TEST_F(FlowTest, call_arguments_and_results_are_tied_to_their_call) {
  const auto flow = follow("(call $f (i32.const 67984) (local.get $q))");
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
  const auto flow = follow(R"(
    (i32.add (i32.add (i32.sub (local.get $p) (i32.const 70000)) (i32.const 8)) (i32.const 4)))");
  ASSERT_TRUE(flow);
  const Linear sum = linear_form(*flow, flow->operands_of(only(*flow, EffectKind::returns))[0]);
  EXPECT_EQ(flow->nodes[sum.base].kind, NodeKind::parameter);
  EXPECT_EQ(sum.offset, 12u - 70000u);
  EXPECT_EQ(sum.constants.size(), 3u);
}

TEST_F(FlowTest, phi_operands_follow_the_block_s_predecessors) {
  const auto flow = follow(R"(
    (local.set $a (i32.const 1234567))
    (if (local.get $p) (then (local.set $a (i32.const 70000))))
    (local.get $a))");
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
  const auto flow = follow(R"(
    (local.set $a (i32.const 60000))
    (try
      (do
        (local.set $a (i32.const 70000))
        (drop (call $f (local.get $p) (local.get $q)))
        (local.set $a (i32.const 80000)))
      (catch $e
        (drop) (drop)
        (i32.store (i32.const 0) (local.get $a))))
    (local.get $p))");
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(sources(*flow, flow->operands_of(only(*flow, EffectKind::store))[1]),
            (Values{60000, 70000, 80000}));
}

TEST_F(FlowTest, a_tail_call_is_a_call_and_a_return) {
  const auto flow = follow("(return_call $f (i32.const 67984) (local.get $q))");
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(flow->nodes[flow->operands_of(only(*flow, EffectKind::returns))[0]].kind, NodeKind::call);
}

/// Keeps 70000 in a word of the frame, perhaps hands an address in the frame to another function, and reads
/// the word.
std::string framed(std::int32_t escape) {
  const std::string called =
      "(drop (call $f (i32.add (local.get $a) (i32.const " + std::to_string(escape) + ")) (i32.const 0)))";
  return "(local.set $a (i32.sub (global.get $sp) (i32.const 16)))"
         "(i32.store offset=12 (local.get $a) (i32.const 70000))" +
         (escape >= 0 ? called : "") + "(i32.load offset=12 (local.get $a))";
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
      follow(framed(-1) + "(i32.load8_u offset=14 (local.get $a)) (i32.add)", {.frame_slots = true});
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_FALSE(flow->constant(flow->operand(flow->operands_of(only(*flow, EffectKind::returns))[0], 0)));
}

TEST_F(FlowTest, a_narrow_store_next_to_a_word_of_the_frame_leaves_it_a_local) {
  const auto flow =
      follow("(i32.store16 offset=10 (i32.sub (global.get $sp) (i32.const 16)) (i32.const 1))" + framed(-1),
             {.frame_slots = true});
  ASSERT_TRUE(flow) << flow.error().message;
  EXPECT_EQ(flow->constant(flow->operands_of(only(*flow, EffectKind::returns))[0]), 70000);
}

TEST_F(FlowTest, the_frame_of_an_inlined_function_lies_below_its_caller_s) {
  const auto inlined = [](const std::string& between) {
    return R"(
      (global.set $sp (local.tee $a (i32.sub (global.get $sp) (i32.const 16))))
      (i32.store offset=8 (local.get $a) (i32.const 0))
      )" + between +
           R"(
      (local.set $c (i32.sub (global.get $sp) (i32.const 16)))
      (i32.store offset=4 (local.get $c) (i32.const 70000))
      (if (local.get $p) (then (local.set $b (local.get $c))))
      (i32.load offset=4 (local.get $c)))";
  };
  const auto known = follow(inlined(""), {.frame_slots = true});
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(known->constant(known->operands_of(only(*known, EffectKind::returns))[0]), 70000);
  // The callee may have left the stack pointer elsewhere.
  const auto unknown = follow(inlined("(drop (call $f (i32.const 0) (i32.const 0)))"), {.frame_slots = true});
  ASSERT_TRUE(unknown) << unknown.error().message;
  EXPECT_EQ(unknown->nodes[unknown->operands_of(only(*unknown, EffectKind::returns))[0]].kind,
            NodeKind::load);
}

TEST_F(FlowTest, a_constant_that_is_asked_for_zero_decides_as_unoptimised_code_writes_it) {
  const auto asks = [&](const std::string& left, const std::string& right) {
    const auto flow =
        follow("(if (i32.eqz (i32.and (i32.eq (i32.const " + left + ") (i32.const " + right + R"())
                               (i32.const 1)))
                         (then (return (i32.const 1))))
                       (i32.const 2))");
    EXPECT_TRUE(flow) << flow.error().message;
    return flow ? std::ranges::count(flow->effects, EffectKind::returns, &Effect::kind) : 0;
  };
  EXPECT_EQ(asks("131072", "0"), 1);
  EXPECT_EQ(asks("0", "131072"), 1);
  EXPECT_EQ(asks("131072", "131072"), 2);  // either may be moved by an edit
}

TEST_F(FlowTest, a_stack_that_does_not_add_up_is_an_error_with_an_offset) {
  for (const char* body : {"i32.add", "local.get $p block drop end", "",
                           "local.get $p local.get $p block local.get $p end drop"}) {
    const auto flow = follow(body);
    ASSERT_FALSE(flow) << body;
    EXPECT_EQ(flow.error().code, Code::kBadInstruction);
    EXPECT_TRUE(flow.error().offset);
  }
}

TEST_F(FlowTest, indices_out_of_range_are_errors) {
  for (const char* body : {"local.get 6", "call 9", "global.get 1", "local.get $p br 5",
                           "loop local.get $p local.set 6 end local.get $p"}) {
    const auto flow = follow(body);
    ASSERT_FALSE(flow) << body;
    EXPECT_EQ(flow.error().code, Code::kBadIndex);
  }
}

TEST_F(FlowTest, calls_by_reference_and_try_table_are_refused) {
  // wabt's text parser knows no try_table, and call_ref only with its older syntax.
  const auto flow = follow("(ref.func $f) call_ref");
  ASSERT_FALSE(flow);
  EXPECT_EQ(flow.error().code, Code::kGcTypes);
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_F(FlowTest, work_is_bounded) {
  const std::string deep = repeated("block ", 1000) + repeated("end ", 1000) + "local.get $p";
  EXPECT_TRUE(follow(deep));
  EXPECT_EQ(follow(deep, {.max_depth = 100}).error().code, Code::kWorkLimit);
  const std::string many = repeated("i32.const 7 drop ", 100) + "local.get $p";
  EXPECT_EQ(follow(many, {.max_nodes = 10}).error().code, Code::kWorkLimit);
}

}  // namespace
}  // namespace heapbump
