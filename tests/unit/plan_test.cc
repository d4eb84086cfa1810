// What the plan promises: the region lies where the strategy says, limits rise in lock step, nothing is
// written that does not fit, code offsets stay, and applying and undoing are exact.
#include "reserve/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/shim.h"
#include "base/sha256.h"
#include "heapbump/verify.h"
#include "module_builder.h"
#include "record/record.h"
#include "reserve/reserve.h"
#include "reserve/undo.h"
#include "wasm/code.h"

namespace heapbump {
namespace {

constexpr std::int32_t kHeapBase = 67984;

struct Sample {
  std::vector<std::byte> file;
  Module module;
};

std::unique_ptr<Sample> load(std::vector<std::byte> bytes) {
  auto sample = std::make_unique<Sample>(std::move(bytes), Module{});
  auto module = read_module(sample->file);
  EXPECT_TRUE(module) << (module ? "" : module.error().message);
  sample->module = *std::move(module);
  return sample;
}

// One padded and one compact constant, a data word and a global that hold the heap start.
test::ModuleBuilder sample_module(std::uint32_t pages = 2, std::int64_t max = -1) {
  test::ModuleBuilder builder;
  builder.memory(pages, max);
  const auto type = builder.type({}, {});
  builder.function(type, 0, test::Body().i32_const(kHeapBase, 5).op({0x1a}).i32_const(kHeapBase).op({0x1a}));
  builder.global(kHeapBase, false);
  builder.exported("memory", 2, 0);
  builder.data(1024, std::string_view("\x90\x09\x01\x00", 4));  // 67984
  return builder;
}

Finding finding_for(const Module& module) {
  Finding finding;
  finding.confidence = Confidence::strong;
  finding.heap_base = kHeapBase;
  finding.bump_region_floor = kHeapBase;
  finding.strategies = {
      {Strategy::bump, true, "made up"}, {Strategy::tail, true, "made up"}, {Strategy::gap, false, "no gap"}};
  const auto constants = find_constants(module, kHeapBase);
  for (const Occurrence& c : *constants) finding.sites.push_back({c, Role::heap_start, 1, "base"});
  for (const Global& g : module.globals)
    finding.sites.push_back({initial_value(g), Role::heap_start, 1, "global"});
  for (const DataSegment& d : module.data)
    finding.sites.push_back(
        {{OccurrenceKind::data_word32, d.data_offset, 4, 1024, {}, kHeapBase}, Role::heap_start, 1, "word"});
  return finding;
}

std::vector<std::byte> apply(const Sample& sample, const Plan& plan) {
  return join(apply_edits(sample.file, plan.edits));
}

TEST(Plan, MovesEverySiteAndTheMinimumTogether) {
  const auto sample = load(sample_module().build());
  const auto plan = make_plan(sample->module, finding_for(sample->module), {.placement = Placement::none});
  ASSERT_TRUE(plan) << plan.error().message;
  const auto output = apply(*sample, *plan);
  EXPECT_EQ(output.size(), sample->file.size()) << "everything fits where it stood";
  const auto after = load(output);
  EXPECT_EQ(after->module.memories[0].min.value, 4u);
  EXPECT_EQ(find_constants(after->module, kHeapBase)->size(), 0u);
  EXPECT_EQ(find_constants(after->module, kHeapBase + 0x20000)->size(), 2u);
  EXPECT_EQ(after->module.globals[0].init.value, kHeapBase + 0x20000);
  EXPECT_EQ(load_u32(after->module.bytes_at(after->module.data[0].data_offset, 4)),
            static_cast<std::uint32_t>(kHeapBase) + 0x20000);
  EXPECT_EQ(plan->manifest.region.base, static_cast<std::uint64_t>(kHeapBase));
  EXPECT_EQ(plan->manifest.region.end(), *plan->manifest.heap_base_after);
  EXPECT_TRUE(plan->code_offsets_preserved);
}

TEST(Plan, AnUnalignedHeapStartCostsOnePageMore) {
  const auto sample = load(sample_module().build());
  Finding finding = finding_for(sample->module);
  finding.bump_region_floor = kHeapBase + 1;
  const auto plan = make_plan(sample->module, finding, {.placement = Placement::none});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->manifest.memory_min_after - plan->manifest.memory_min_before, 3u);
  EXPECT_EQ(plan->manifest.region.base % 16, 0u);
  EXPECT_LE(plan->manifest.region.end(), *plan->manifest.heap_base_after);
}

TEST(Plan, ACompactConstantThatNeedsAWiderEncodingIsRefusedNotMoved) {
  // 1,048,575 is the greatest value of three SLEB128 bytes; two pages more need four.
  test::ModuleBuilder builder;
  builder.memory(32);
  builder.function(builder.type({}, {}), 0, test::Body().i32_const(1048560).op({0x1a}));
  const auto sample = load(builder.build());
  Finding finding = finding_for(sample->module);
  finding.heap_base = finding.bump_region_floor = 1048560;
  const auto constants = find_constants(sample->module, 1048560);
  finding.sites = {{constants->at(0), Role::heap_start, 1, "base"}};
  const auto plan = make_plan(sample->module, finding, {.placement = Placement::none});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::kLebWidth);
  EXPECT_EQ(plan.error().offset, constants->at(0).file_offset);
}

TEST(Plan, AWiderMinimumIsInsertedWithoutMovingCodeOffsets) {
  const auto sample = load(sample_module(127).build());
  const auto plan = make_plan(sample->module, finding_for(sample->module),
                              {.strategy = Strategy::tail, .placement = Placement::none});
  ASSERT_TRUE(plan);
  const auto output = apply(*sample, *plan);
  EXPECT_EQ(output.size(), sample->file.size() + 1);
  const auto after = load(output);
  EXPECT_EQ(after->module.memories[0].min.value, 129u);
  const auto code_of = [](const Module& m) { return as_text(m.content(*m.section(SectionId::code))); };
  EXPECT_EQ(code_of(after->module), code_of(sample->module));
  EXPECT_TRUE(plan->code_offsets_preserved);
}

TEST(Plan, TheMaximumRisesWithTheMinimumAndStopsAtTheLimit) {
  const auto low = load(sample_module(2, 2).build());
  EXPECT_EQ(make_plan(low->module, finding_for(low->module), {.placement = Placement::none})
                ->manifest.memory_max_after,
            4u);
  const auto high = load(sample_module(2, 65535).build());
  EXPECT_EQ(make_plan(high->module, finding_for(high->module), {.placement = Placement::none})
                ->manifest.memory_max_after,
            65536u);
}

TEST(Plan, AHeapThatDoublesCanDoubleAsOftenAsBefore) {
  const auto doubling = [](std::uint32_t min, std::int64_t max) {
    const auto sample = load(sample_module(min, max).build());
    Finding finding = finding_for(sample->module);
    finding.grows_by_doubling = true;
    return make_plan(sample->module, finding, {.placement = Placement::none}).value();
  };
  EXPECT_EQ(doubling(2, 2).manifest.memory_max_after, 4u);
  EXPECT_EQ(doubling(2, 3).manifest.memory_max_after, 5u);    // no doubling fitted
  EXPECT_EQ(doubling(2, 22).manifest.memory_max_after, 32u);  // 2, 4, 8, 16: then 4, 8, 16, 32
  EXPECT_EQ(doubling(3, 12).manifest.memory_max_after, 20u);
  EXPECT_EQ(doubling(3, 65536).manifest.memory_max_after, 65536u);
  EXPECT_EQ(doubling(3, 65536).warnings.size(), doubling(3, 12).warnings.size() + 1);
}

TEST(Plan, AHeapOfAlignedPartsGetsAWholePartMore) {
  const auto sample = load(sample_module(2, 22).build());
  Finding finding = finding_for(sample->module);
  finding.growth_alignment = std::uint64_t{4} << 20;
  EXPECT_EQ(make_plan(sample->module, finding, {.pages = 2, .placement = Placement::none})
                ->manifest.memory_max_after,
            22u + 64u);
  EXPECT_EQ(make_plan(sample->module, finding, {.pages = 12, .placement = Placement::none})
                ->manifest.memory_max_after,
            22u + 64u);
}

TEST(Plan, VerifyTakesTheMaximumOfADoublingHeapAndNoOther) {
  const auto sample = load(sample_module(2, 22).build());
  const auto plan = make_plan(sample->module, finding_for(sample->module), {.placement = Placement::none});
  ASSERT_TRUE(plan);
  for (const unsigned max : {24u, 32u, 86u, 23u, 31u, 33u, 64u, 85u}) {
    Plan changed = *plan;
    changed.manifest.input_sha256 = sha256_hex(sample->file);
    changed.manifest.memory_max_after = max;
    for (Edit& edit : changed.edits) {
      if (edit.reason.contains("declared maximum")) edit.new_bytes = {std::byte(max)};
    }
    Sha256 hash;
    const auto record = make_record(changed.manifest, changed.edits, sample->module, hash);
    ASSERT_TRUE(record);
    auto output = apply(*sample, changed);
    const auto section = encode_record(*record);
    output.insert(output.end(), section.begin(), section.end());
    const auto verified = verify_modules(sample->file, output, std::nullopt);
    ASSERT_TRUE(verified);
    const bool told = std::ranges::any_of(
        verified->mismatches, [](const Mismatch& m) { return m.what.contains("memory's maximum"); });
    EXPECT_EQ(told, max != 24 && max != 32 && max != 86) << max;
  }
}

TEST(Plan, MoreThanTheAddressSpaceIsRefused) {
  const auto sample = load(sample_module(65535).build());
  EXPECT_EQ(
      make_plan(sample->module, finding_for(sample->module), {.placement = Placement::none}).error().code,
      Code::kMemoryLimit);
}

TEST(Plan, ADataSegmentInTheRegionIsRefused) {
  test::ModuleBuilder builder = sample_module();
  builder.data(kHeapBase + 100, "x");
  const auto sample = load(builder.build());
  Finding finding = finding_for(sample->module);
  finding.sites.clear();
  EXPECT_EQ(make_plan(sample->module, finding, {.placement = Placement::none}).error().code, Code::kOverlap);
}

TEST(Plan, RefusesWhatTheFindingDoesNotCarry) {
  const auto sample = load(sample_module().build());
  Finding weak = finding_for(sample->module);
  weak.confidence = Confidence::weak;
  EXPECT_EQ(make_plan(sample->module, weak, {}).error().code, Code::kLowConfidence);
  EXPECT_EQ(make_plan(sample->module, finding_for(sample->module), {.strategy = Strategy::gap}).error().code,
            Code::kStrategyUnsound);
  Finding refused = finding_for(sample->module);
  refused.refusals.push_back({Code::kUnexplained, "x", 7});
  const auto plan = make_plan(sample->module, refused, {});
  EXPECT_EQ(plan.error().code, Code::kUnexplained);
  EXPECT_EQ(plan.error().offset, 7u);
}

TEST(Plan, TheShimIsAppendedAndNothingIsRenumbered) {
  const auto sample = load(sample_module().build());
  const auto plan = make_plan(sample->module, finding_for(sample->module), {});
  ASSERT_TRUE(plan) << plan.error().message;
  const auto after = load(apply(*sample, *plan));
  const Module& m = after->module;
  ASSERT_EQ(m.functions.size(), 2u);
  const Export* shim = m.find_export("cabi_realloc_adapter", ExternalKind::function);
  ASSERT_NE(shim, nullptr);
  EXPECT_EQ(shim->index, 1u);
  EXPECT_EQ(m.function_type(1), realloc_type());
  EXPECT_EQ(m.globals.size(), 2u);
  EXPECT_TRUE(m.globals[1].is_mutable);
  const FunctionBody& body = *m.body(1);
  const auto expected = shim_body(plan->manifest.region, 1, 1);
  EXPECT_EQ(as_text(m.bytes_at(body.file_offset, body.size)), as_text(Bytes(expected).subspan(1)));
}

// 127 functions: one more makes the count's LEB128 a byte wider, which would move every code offset.
TEST(Plan, AFunctionCountThatWouldMoveCodeIsRefusedUnlessAllowed) {
  test::ModuleBuilder builder;
  builder.memory(2);
  const auto type = builder.type({}, {});
  for (int i = 0; i < 127; ++i) builder.function(type, 0, test::Body());
  const auto sample = load(builder.build());
  Finding finding = finding_for(sample->module);
  EXPECT_EQ(make_plan(sample->module, finding, {}).error().code, Code::kLebWidth);
  const auto plan = make_plan(sample->module, finding, {.allow_moved_code = true});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_FALSE(plan->code_offsets_preserved);
  EXPECT_EQ(load(apply(*sample, *plan))->module.bodies.size(), 128u);
}

TEST(Plan, SeveralAdaptersGetTwoSlotsEach) {
  const auto sample = load(sample_module().build());
  const auto plan = make_plan(sample->module, finding_for(sample->module), {.adapters = 3});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->manifest.region.pages, 6u);
  ASSERT_EQ(plan->manifest.slots.size(), 6u);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Slot* state = plan->manifest.slot(i, SlotName::state);
    const Slot* stack = plan->manifest.slot(i, SlotName::stack);
    EXPECT_EQ(state->base, plan->manifest.region.base + i * 0x20000);
    EXPECT_EQ(stack->base, state->base + 0x10000) << "an overflowing stack must meet State's magic";
  }
}

// The same bytes in the region's place whether it is won at once or in two steps.
TEST(Plan, NPagesThenMPagesAreNPlusM) {
  const auto sample = load(sample_module().build());
  const auto once = apply(*sample, *make_plan(sample->module, finding_for(sample->module),
                                              {.pages = 5, .placement = Placement::none}));
  const auto first = load(apply(*sample, *make_plan(sample->module, finding_for(sample->module),
                                                    {.pages = 2, .placement = Placement::none})));
  Finding moved = finding_for(first->module);
  moved.heap_base = moved.bump_region_floor = kHeapBase + 0x20000;
  moved.sites = finding_for(sample->module).sites;
  for (Site& site : moved.sites) site.value += 0x20000;
  const auto twice =
      apply(*first, *make_plan(first->module, moved, {.pages = 3, .placement = Placement::none}));
  EXPECT_EQ(twice, once);
}

TEST(Record, UndoGivesTheOriginalBackAndNoticesEveryChangedByte) {
  const auto sample = load(sample_module().build());
  auto plan = make_plan(sample->module, finding_for(sample->module), {});
  ASSERT_TRUE(plan);
  plan->manifest.input_sha256 = sha256_hex(sample->file);
  auto output = apply(*sample, *plan);
  const std::size_t body_size = output.size();
  const auto record = encode_record(*make_record(plan->manifest, plan->edits, sample->module));
  output.insert(output.end(), record.begin(), record.end());
  const auto reserved = load(output);
  ASSERT_EQ(*undo(reserved->module), sample->file);
  for (std::size_t i = 8; i < body_size; ++i) {
    auto changed = output;
    changed[i] ^= std::byte{1};
    const auto module = read_module(changed);
    if (!module) continue;
    const auto undone = undo(*module);
    EXPECT_FALSE(undone) << "byte " << i << " was changed and undo did not notice";
  }
}

TEST(Plan, TailTakesNoMorePagesThanItWasShownFor) {
  const auto sample = load(sample_module(2).build());
  Finding finding = finding_for(sample->module);
  finding.tail_pages = 3;
  const auto plan = [&](std::uint64_t pages) {
    return make_plan(sample->module, finding,
                     {.pages = pages, .strategy = Strategy::tail, .placement = Placement::none});
  };
  EXPECT_TRUE(plan(3));
  ASSERT_FALSE(plan(4));
  EXPECT_EQ(plan(4).error().code, Code::kStrategyUnsound);
}

}  // namespace
}  // namespace heapbump
