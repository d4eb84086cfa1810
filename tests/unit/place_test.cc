#include <gtest/gtest.h>

#include "adapter_builder.h"
#include "adapters/placing.h"
#include "adapters/registry.h"
#include "heapbump/component.h"

namespace heapbump {
namespace {

using test::AdapterShape;
using test::build_adapter;

Manifest manifest_at(std::uint64_t base, std::uint32_t adapters = 1) {
  Manifest manifest;
  manifest.placement = Placement::adapter;
  manifest.region = {base, adapters * 2 * kSlotSize, adapters * 2};
  manifest.slots = make_slots(manifest.region, adapters);
  return manifest;
}

Code refusal(const AdapterShape& shape, const Manifest& manifest = manifest_at(0x20000),
             std::uint32_t slot = 0) {
  const auto placed = place_adapter(build_adapter(shape), manifest, slot);
  return placed ? Code{} : placed.error().code;
}

TEST(Place, PutsTheStackBelowTheTopOfItsSlotAndStateIntoTheOther) {
  const auto placed = place_adapter(build_adapter(), manifest_at(0x20000), 0);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(placed->stack_top, 0x40000u);
  EXPECT_EQ(placed->state_base, 0x20000u);
  const auto module = read_module(placed->bytes);
  ASSERT_TRUE(module);
  EXPECT_EQ(module->globals[0].init.value, 0x40000);
  EXPECT_EQ(module->globals[1].init.value, 0);
  EXPECT_EQ(module->globals[2].init.value, 2);
}

TEST(Place, KeepsImportsExportsAndTheIndicesOfGlobalsAndFunctions) {
  const auto original = build_adapter();
  const auto placed = place_adapter(original, manifest_at(0x20000), 0);
  ASSERT_TRUE(placed);
  const auto before = read_module(original);
  const auto after = read_module(placed->bytes);
  ASSERT_TRUE(before && after);
  ASSERT_EQ(after->imports.size(), before->imports.size());
  ASSERT_EQ(after->exports.size(), before->exports.size());
  for (std::size_t i = 0; i < before->exports.size(); ++i)
    EXPECT_EQ(after->exports[i].index, before->exports[i].index);
  EXPECT_EQ(after->globals.size(), before->globals.size());
  EXPECT_EQ(after->functions.size(), before->functions.size() + 1);
}

TEST(Place, NoCallOfTheImportedReallocIsLeft) {
  const auto placed = place_adapter(build_adapter(), manifest_at(0x20000), 0);
  ASSERT_TRUE(placed);
  const auto module = read_module(placed->bytes);
  ASSERT_TRUE(module);
  const auto anatomy = adapters::read_anatomy(*module);
  ASSERT_TRUE(anatomy);
  ASSERT_EQ(anatomy->realloc_calls.size(), 1u);
  EXPECT_FALSE(anatomy->is_realloc_import(anatomy->realloc_calls[0].callee));
  EXPECT_EQ(anatomy->constant_reallocs.at(anatomy->realloc_calls[0].callee), 0x20000);
}

TEST(Place, NamesThatWitComponentLooksForAreGone) {
  const auto placed = place_adapter(build_adapter(), manifest_at(0x20000), 0);
  ASSERT_TRUE(placed);
  const auto module = read_module(placed->bytes);
  const NameSection names = read_names(*module);
  for (const auto& [index, name] : names.globals) {
    EXPECT_NE(name, "__stack_pointer");
    EXPECT_NE(name, "allocation_state");
  }
  EXPECT_EQ(names.globals.at(1), "internal_state_ptr");
  EXPECT_EQ(names.functions.at(static_cast<std::uint32_t>(module->functions.size() - 1)),
            "heapbump.state_slot");
}

TEST(Place, ACallWhoseOperandIsTooNarrowMakesItsBodyLonger) {
  AdapterShape shape;
  shape.call_width = 1;
  shape.padding_functions = 200;
  const auto placed = place_adapter(build_adapter(shape), manifest_at(0x20000), 0);
  ASSERT_TRUE(placed) << placed.error().message;
  const auto module = read_module(placed->bytes);
  ASSERT_TRUE(module) << module.error().message;
}

TEST(Place, EachSlotNumberHasItsOwnPlace) {
  const auto placed = place_adapter(build_adapter(), manifest_at(0x20000, 3), 2);
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->state_base, 0x60000u);
  EXPECT_EQ(placed->stack_top, 0x80000u);
  EXPECT_EQ(refusal({}, manifest_at(0x20000, 3), 3), Code::kSlots);
}

TEST(Place, AnAdapterWithoutAllocationStateGetsAPlaceToo) {
  AdapterShape shape;
  shape.allocation_state = false;
  const auto placed = place_adapter(build_adapter(shape), manifest_at(0x20000), 0);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(read_module(placed->bytes)->globals[2].init.value, 0);
}

TEST(Place, EachThingThatCannotBePlacedHasItsOwnMessage) {
  EXPECT_EQ(refusal({.names = false}), Code::kAdapterUnnamed);
  EXPECT_EQ(refusal({.stack_name = "heapbump.stack_pointer"}), Code::kAdapterPlaced);
  EXPECT_EQ(refusal({.stack_init = 65536}), Code::kAdapterPlaced);
  EXPECT_EQ(refusal({.state_size = 65537}), Code::kSlots);
  EXPECT_EQ(refusal({.state_align = 32}), Code::kSlots);
  EXPECT_EQ(refusal({.asks_twice = true}), Code::kSlots);
  EXPECT_EQ(refusal({.computed_size = true}), Code::kForeignAdapter);
  EXPECT_EQ(refusal({.grows_memory = true}), Code::kForeignAdapter);
  EXPECT_EQ(refusal({.data_segment = true}), Code::kForeignAdapter);
  EXPECT_EQ(refusal({.start_function = true}), Code::kForeignAdapter);
  EXPECT_EQ(refusal({.extra_global = true}), Code::kForeignAdapter);
  EXPECT_EQ(refusal({.frame = 70000}), Code::kSlots);
}

TEST(Place, AViceroyAdapterWithItsAddressesCompiledInIsRefused) {
  EXPECT_EQ(refusal({.asks_for_state = false, .foreign_import = "fastly:compute/acl@0.1.0"}),
            Code::kAdapterPlaced);
  const auto placed =
      place_adapter(build_adapter({.foreign_import = "fastly:compute/acl@0.1.0"}), manifest_at(0x20000), 0);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(placed->family, "viceroy");
}

TEST(Place, AMainModuleAndAComponentAreToldFromAnAdapter) {
  test::ModuleBuilder main;
  const auto type = main.type({test::kI32}, {test::kI32});
  main.import("wasi_snapshot_preview1", "fd_write", type);
  main.memory(1).exported("memory", 2, 0);
  EXPECT_EQ(place_adapter(main.build(), manifest_at(0x20000), 0).error().code, Code::kAdapterExpected);
  const std::string_view component("\0asm\x0d\0\1\0", 8);
  EXPECT_EQ(place_adapter(as_bytes(component), manifest_at(0x20000), 0).error().code, Code::kComponent);
}

TEST(Place, AManifestWhoseModuleHasAShimIsRefused) {
  Manifest manifest = manifest_at(0x20000);
  manifest.placement = Placement::shim;
  EXPECT_EQ(refusal({}, manifest), Code::kSlots);
}

TEST(Place, TheCheckOfItsOwnResultSeesEveryOtherDifference) {
  const auto original = build_adapter();
  const auto module = read_module(original);
  const auto anatomy = adapters::read_anatomy(*module);
  const auto needs = adapters::examine(*module, *anatomy);
  ASSERT_TRUE(needs);
  const adapters::Place place{0x30000, 0x10000, 0x20000, 0x10000};
  const auto edits = adapters::plan_placing(*module, *anatomy, *needs, place);
  ASSERT_TRUE(edits);
  const auto placed = join(apply_edits(original, *edits));
  ASSERT_TRUE(adapters::verify_placing(*module, *needs, place, placed));
  const auto placed_module = read_module(placed);
  const std::uint64_t names = placed_module->custom_section("name")->offset;
  std::size_t undetected = 0;
  for (std::size_t i = 8; i < names; ++i) {
    auto changed = placed;
    changed[i] ^= std::byte{1};
    if (adapters::verify_placing(*module, *needs, place, changed)) ++undetected;
  }
  EXPECT_EQ(undetected, 0u);
}

TEST(StackBound, AddsTheDeepestChainsAndGivesUpOnRecursion) {
  const auto bound = [](const AdapterShape& shape) {
    const auto bytes = build_adapter(shape);
    const auto module = read_module(bytes);
    const auto anatomy = adapters::read_anatomy(*module);
    return adapters::stack_bound(*anatomy);
  };
  EXPECT_EQ(bound({.frame = 1000}), 1016u);  // fd_write, and cabi_import_realloc called by the host meanwhile
  EXPECT_EQ(bound({.recursive = true}), std::nullopt);
}

}  // namespace
}  // namespace heapbump
