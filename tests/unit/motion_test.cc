// The lattice of motions: what each operation does to a value that moves with the heap, and that an operation
// which it does not know gives "unknown".
#include "analysis/motion.h"

#include <gtest/gtest.h>

#include "module_builder.h"

namespace heapbump {
namespace {

using test::Body;
using test::kI32;
using test::ModuleBuilder;
using Kind = Motion::Kind;

constexpr std::int64_t kPage = 65536;

/// The motion of what a body returns; parameter 0 is an address of the heap, parameter 1 is foreign.
Motion of(const Body& body) {
  ModuleBuilder builder;
  const std::uint32_t type = builder.type({kI32, kI32}, {kI32});
  builder.memory(2);
  builder.function(type, 0, body);
  const auto file = builder.build();
  const auto module = read_module(file);
  EXPECT_TRUE(module) << module.error().message;
  Budget budget(file.size());
  const auto flow = evaluate_flow(*module, 0, budget);
  EXPECT_TRUE(flow) << flow.error().message;
  std::vector<std::pair<NodeId, Motion>> seeds;
  for (NodeId id = 0; id < flow->nodes.size(); ++id)
    if (flow->nodes[id].kind == NodeKind::parameter)
      seeds.emplace_back(id, flow->nodes[id].value == 0 ? Motion::moved(kPage) : Motion::foreign());
  const auto motions = compute_motions(*flow, seeds, budget, MotionView::allocator);
  EXPECT_TRUE(motions);
  for (const Effect& effect : flow->effects)
    if (effect.kind == EffectKind::returns) return (*motions)[flow->operands_of(effect)[0]];
  return {};
}

Body address() {
  return Body().local_get(0);
}
Body with(std::int32_t constant, std::uint8_t opcode) {
  return address().i32_const(constant).op({opcode});
}

constexpr std::uint8_t kAdd = 0x6a, kSub = 0x6b, kMul = 0x6c, kAnd = 0x71, kOr = 0x72, kXor = 0x73,
                       kShl = 0x74, kShrU = 0x76, kRotl = 0x77, kClz = 0x67;

TEST(Motion, sums_keep_an_address_and_differences_of_two_are_sizes) {
  EXPECT_TRUE(of(with(24, kAdd)).address());
  EXPECT_TRUE(of(with(24, kSub)).address());
  EXPECT_TRUE(of(address().local_get(0).op({kSub})).is(Kind::fixed));
  EXPECT_TRUE(of(address().local_get(1).op({kAdd})).address());
  EXPECT_TRUE(of(address().local_get(1).op({kSub})).is(Kind::foreign));
}

TEST(Motion, a_distance_from_static_data_is_unknown) {
  EXPECT_TRUE(of(with(4096, kSub)).is(Kind::unknown));
  EXPECT_TRUE(of(with(-4096, kAdd)).is(Kind::unknown));
}

TEST(Motion, shifts_scale_as_long_as_nothing_is_lost) {
  EXPECT_EQ(of(with(16, kShrU)).scale, 1);
  EXPECT_EQ(of(with(4, kShrU)).scale, kPage / 16);
  EXPECT_TRUE(of(with(17, kShrU)).is(Kind::unknown));
  EXPECT_EQ(of(with(1, kShl)).scale, 2 * kPage);
  EXPECT_EQ(of(with(3, kMul)).scale, 3 * kPage);
}

TEST(Motion, masks_below_a_page_are_fixed_and_alignments_up_to_a_page_keep_the_address) {
  EXPECT_TRUE(of(with(0xffff, kAnd)).is(Kind::fixed));
  EXPECT_TRUE(of(with(-16, kAnd)).address());
  EXPECT_TRUE(of(with(-65536, kAnd)).address());
  EXPECT_TRUE(of(with(-131072, kAnd)).is(Kind::unknown));
  EXPECT_TRUE(of(with(0x1ffff, kAnd)).is(Kind::unknown));
  EXPECT_TRUE(of(with(1, kOr)).address());
}

TEST(Motion, what_is_not_known_is_unknown) {
  EXPECT_TRUE(of(with(5, kXor)).is(Kind::unknown));
  EXPECT_TRUE(of(with(5, kRotl)).is(Kind::unknown));
  EXPECT_TRUE(of(address().op({kClz})).is(Kind::unknown));
  EXPECT_TRUE(of(address().local_get(0).op({kMul})).is(Kind::unknown));
}

TEST(Motion, the_low_bits_of_what_is_unknown_are_known) {
  EXPECT_TRUE(of(with(5, kXor).i32_const(0xff).op({kAnd})).is(Kind::fixed));
  EXPECT_TRUE(of(with(5, kRotl).i32_const(0xff).op({kAnd})).is(Kind::unknown));
}

TEST(Motion, a_join_with_a_number_is_unknown_and_with_no_memory_is_not) {
  const auto joined = [](std::int32_t number) {
    return of(address().i32_const(number).local_get(1).op({0x1b}));  // select
  };
  EXPECT_TRUE(joined(0).address());
  EXPECT_TRUE(joined(-1).address());
  EXPECT_TRUE(joined(4096).is(Kind::unknown));
}

}  // namespace
}  // namespace heapbump
