#include "heapbump/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "base/sha256.h"
#include "component_builder.h"
#include "module_builder.h"
#include "record/record.h"
#include "reserve/plan.h"
#include "reserve/undo.h"

namespace heapbump {
namespace {

using test::kI32;

struct Main {
  std::vector<std::byte> bytes;
  Manifest manifest;
};

/// A main module of one page that imports one function `imports` times, and exports one more if that has a
/// name.
std::vector<std::byte> main_module(std::size_t imports = 0, std::string_view more = {}) {
  test::ModuleBuilder builder;
  const auto type = builder.type({}, {});
  for (std::size_t i = 0; i < imports; ++i) builder.import("wasi_snapshot_preview1", "sched_yield", type);
  const auto start = builder.function(type, 0, test::Body());
  builder.memory(1).exported("memory", 2, 0).exported("_start", 0, start).data(1024, "data");
  if (!more.empty()) builder.exported(more, 0, start);
  return builder.build();
}

/// Reserved by raising its minimum: region [0x10000, ...).
Main reserve_main(Placement placement, std::uint32_t adapters = 1,
                  const std::vector<std::byte>& original = main_module()) {
  const auto module = read_module(original);
  Finding finding;
  finding.confidence = Confidence::proven;
  finding.strategies = {{Strategy::tail, true, "a test"}};
  Request request;
  request.placement = placement;
  request.adapters = adapters;
  request.pages = std::uint64_t{adapters} * 2;
  auto plan = make_plan(*module, finding, request);
  EXPECT_TRUE(plan);
  plan->manifest.input_sha256 = sha256_hex(original);
  const auto record = encode_record(*make_record(plan->manifest, plan->edits, *module));
  auto pieces = apply_edits(original, plan->edits);
  pieces.push_back(record);
  Main main{join(pieces), plan->manifest};
  main.manifest.output_sha256 = sha256_hex(main.bytes);
  return main;
}

/// The module with every section's size in `width` bytes at least, as linkers pad them or as wit-component
/// writes them, and, for wit-component, without component types.
std::vector<std::byte> with_size_widths(Bytes bytes, unsigned width, bool strip = false) {
  const auto module = read_module(bytes);
  Writer out;
  out.bytes(bytes.first(8));
  for (const Section& section : module->sections) {
    if (strip && section.name.starts_with("component-type")) continue;
    out.u8(static_cast<std::uint8_t>(section.id));
    out.bytes(encode_uleb(section.payload_size, std::max(width, uleb_width(section.payload_size))));
    out.bytes(module->bytes_at(section.payload_offset, section.payload_size));
  }
  return out.take();
}

struct ClientShape {
  bool lazy_prefix = true;  // exports see to the stack first
  std::int32_t state_size = 65536;
  bool grows = false;
  bool start = false;
  std::int32_t placed_stack = 0;  // with placed_state: the addresses of a placed adapter
  std::int32_t placed_state = 0;
  std::int32_t allocation_state = 2;
};

/// What wit-component leaves of an adapter: nothing in it is named.
std::vector<std::byte> build_client(const ClientShape& shape) {
  const bool placed = shape.placed_state != 0;
  test::ModuleBuilder m;
  const auto realloc_type = m.type({kI32, kI32, kI32, kI32}, {kI32});
  const auto action = m.type({}, {});
  m.import_memory("env", "memory", 0);
  std::uint32_t realloc = 0;
  if (!placed) realloc = m.import("__main_module__", "cabi_realloc_adapter", realloc_type);
  const auto stack = m.global(shape.placed_stack, true);
  const auto state = m.global(0, true);
  const auto allocation = m.global(placed ? shape.allocation_state : 0, true);
  if (placed) realloc = m.function(realloc_type, 0, test::Body().i32_const(shape.placed_state));
  std::uint32_t lazy = 0;
  if (!placed) {
    test::Body code;
    code.global_get(allocation).i32_const(0).op({0x46, 0x04, 0x40});
    code.i32_const(1).global_set(allocation);
    code.i32_const(0).i32_const(0).i32_const(8).i32_const(65536).call(realloc);
    code.i32_const(65536).op({0x6a}).global_set(stack).i32_const(2).global_set(allocation).op({0x0b});
    lazy = m.function(action, 0, code);
  }
  test::Body write;
  if (!placed && shape.lazy_prefix) write.call(lazy);
  write.global_get(stack).i32_const(16).op({0x6b}).local_tee(0).global_set(stack);
  write.i32_const(0).i32_const(0).i32_const(8).i32_const(shape.state_size).call(realloc).global_set(state);
  if (shape.grows) write.i32_const(1).op({0x40, 0x00, 0x1a});
  write.local_get(0).i32_const(16).op({0x6a}).global_set(stack);
  const auto fd_write = m.function(action, 1, write);
  m.exported("fd_write", 0, fd_write);
  if (shape.start) m.start(m.function(action, 0, test::Body()));
  return m.build();
}

std::vector<std::byte> compose(Bytes main, const std::vector<std::vector<std::byte>>& clients,
                               std::string_view realloc = "cabi_realloc_adapter") {
  test::ComponentBuilder component;
  component.module(main).instantiate(0, {}).alias(2, 0, "memory").bag("memory", 2, 0);
  component.alias(0, 0, realloc).bag("cabi_realloc_adapter", 0, 0);
  std::uint32_t index = 1;
  for (const auto& client : clients)
    component.module(client).instantiate(index++, {{"env", 1}, {"__main_module__", 2}});
  return component.build();
}

/// The message of the first fault, "" when it passed, "error: ..." when it could not be checked.
std::string verdict(Bytes component, const Manifest* expected = nullptr) {
  const auto check = check_component(component, expected);
  if (!check) return "error: " + check.error().message;
  return check->passed() ? "" : check->first_fault()->message;
}

void expect_fault(const std::string& said, std::string_view part) {
  EXPECT_NE(said.find(part), std::string::npos) << "it said: " << said;
}

TEST(Check, PassesAStockAdapterThatAsksTheShim) {
  const Main main = reserve_main(Placement::shim);
  EXPECT_EQ(verdict(compose(main.bytes, {build_client({})}), &main.manifest), "");
  const auto check = check_component(compose(main.bytes, {build_client({})}), nullptr);
  ASSERT_EQ(check->modules.at(0).tenants.size(), 1u);
  EXPECT_EQ(check->modules[0].tenants[0].facts.tenure, Tenure::shim);
  EXPECT_EQ(check->modules[0].tenants[0].facts.requests, 2u);
}

TEST(Check, PassesAPlacedAdapterInItsSlots) {
  const Main main = reserve_main(Placement::adapter);
  EXPECT_EQ(verdict(compose(main.bytes, {build_client({.placed_stack = 0x30000, .placed_state = 0x10000})},
                            "_start")),
            "");
}

TEST(Check, FailsAStockAdapterThatGrowsTheMemory) {
  const Main main = reserve_main(Placement::shim);
  expect_fault(verdict(compose(main.bytes, {build_client({.grows = true})})),
               "grows or measures the memory itself");
}

TEST(Check, FailsAnAdapterPlacedAtTheWrongSlot) {
  const Main main = reserve_main(Placement::adapter, 2);
  expect_fault(verdict(compose(main.bytes, {build_client({.placed_stack = 0x30001, .placed_state = 0x10000})},
                               "_start")),
               "not the top of a stack slot");
  expect_fault(verdict(compose(main.bytes, {build_client({.placed_stack = 0x30000, .placed_state = 0x10008})},
                               "_start")),
               "not a State slot");
  expect_fault(verdict(compose(main.bytes, {build_client({.placed_stack = 0x30000, .placed_state = 0x30000})},
                               "_start")),
               "in those of adapter 1");
}

TEST(Check, FailsTwoPlacedAdaptersInOnePlace) {
  const Main main = reserve_main(Placement::adapter, 2);
  const auto client = build_client({.placed_stack = 0x30000, .placed_state = 0x10000});
  expect_fault(verdict(compose(main.bytes, {client, client}, "_start")), "same slots");
  const auto other = build_client({.placed_stack = 0x50000, .placed_state = 0x30000});
  EXPECT_EQ(verdict(compose(main.bytes, {client, other}, "_start")), "");
}

TEST(Check, FailsMoreRequestsThanTheShimAnswers) {
  const Main main = reserve_main(Placement::shim);
  const auto client = build_client({});
  expect_fault(verdict(compose(main.bytes, {client, client})), "ask for 4 slots and the region has 2");
  const Main roomy = reserve_main(Placement::shim, 2);
  EXPECT_EQ(verdict(compose(roomy.bytes, {client, client})), "");
}

TEST(Check, FailsARequestForAnotherSize) {
  const Main main = reserve_main(Placement::shim);
  expect_fault(verdict(compose(main.bytes, {build_client({.state_size = 65537})})),
               "other than one new slot");
}

TEST(Check, FailsAnExportThatDoesNotSeeToTheStackFirst) {
  const Main main = reserve_main(Placement::shim);
  expect_fault(verdict(compose(main.bytes, {build_client({.lazy_prefix = false})})),
               "does not first see to it");
}

TEST(Check, FailsAStartFunction) {
  const Main main = reserve_main(Placement::shim);
  expect_fault(verdict(compose(main.bytes, {build_client({.start = true})})), "start function");
}

TEST(Check, FailsAPlacedAdapterThatBelievesItHasNoStack) {
  const Main main = reserve_main(Placement::adapter);
  const auto client = build_client({.placed_stack = 0x30000, .placed_state = 0x10000, .allocation_state = 0});
  expect_fault(verdict(compose(main.bytes, {client}, "_start")), "allocation_state is not 2");
}

TEST(Check, FailsAStockAdapterBoundToAnotherRealloc) {
  // The main module has a shim, but what the adapter is given under its name is another export.
  const Main main = reserve_main(Placement::shim);
  expect_fault(verdict(compose(main.bytes, {build_client({})}, "_start")), "another realloc");
}

TEST(Check, FailsTheManifestOfAnotherModule) {
  const Main main = reserve_main(Placement::shim);
  const Main other = reserve_main(Placement::shim, 2);
  expect_fault(verdict(compose(main.bytes, {build_client({})}), &other.manifest),
               "belongs to another module");
  Manifest copy = other.manifest;
  copy.output_sha256.clear();
  expect_fault(verdict(compose(main.bytes, {build_client({})}), &copy), "differs from the one");
}

TEST(Check, FailsAnyChangedByteOfTheMainModule) {
  const Main main = reserve_main(Placement::shim);
  const std::uint64_t record = read_module(main.bytes)->custom_section(kRecordSection)->offset;
  for (std::size_t i = 0; i < main.bytes.size(); ++i) {
    auto changed = main.bytes;
    changed[i] ^= std::byte{1};
    const auto check = check_component(compose(changed, {build_client({})}), nullptr);
    if (!check || !check->passed()) continue;
    // In the record, text that is there to be read may change, but nothing that says where the region is.
    EXPECT_GT(i, record);
    const Manifest& m = check->modules.at(0).manifest;
    EXPECT_EQ(
        std::tie(m.region, m.slots, m.placement, m.memory_min_before, m.memory_min_after, m.input_sha256),
        std::tie(main.manifest.region, main.manifest.slots, main.manifest.placement,
                 main.manifest.memory_min_before, main.manifest.memory_min_after,
                 main.manifest.input_sha256));
  }
}

TEST(Check, KnowsAModuleAgainWhoseSectionSizesWitComponentWroteAnew) {
  const Main main = reserve_main(Placement::shim, 1, with_size_widths(main_module(), 5));
  const auto rewritten = with_size_widths(main.bytes, 1);
  ASSERT_LT(rewritten.size(), main.bytes.size());
  const auto check = check_component(compose(rewritten, {build_client({})}), &main.manifest);
  ASSERT_TRUE(check && check->passed()) << (check ? check->first_fault()->message : check.error().message);
  EXPECT_EQ(check->modules.at(0).origin, ModuleOrigin::rewritten);
  EXPECT_EQ(check->modules.at(0).sha256, main.manifest.output_sha256);
  const std::uint64_t record = read_module(rewritten)->custom_section(kRecordSection)->offset;
  for (std::size_t i = 0; i < record; ++i) {
    auto changed = rewritten;
    changed[i] ^= std::byte{1};
    const auto again = check_component(compose(changed, {build_client({})}), nullptr);
    EXPECT_FALSE(again && again->passed()) << "byte " << i;
  }
}

/// The module without its section heapbump, and what that section held.
std::pair<std::vector<std::byte>, std::string> without_record(Bytes bytes) {
  const std::uint64_t record = read_module(bytes)->custom_section(kRecordSection)->offset;
  const Bytes rest = bytes.first(record);
  return {{rest.begin(), rest.end()}, record_text(bytes.subspan(record))};
}

TEST(Check, KnowsAModuleAgainWhoseRecordOnlyTheManifestKept) {
  const Main main = reserve_main(Placement::shim, 1, with_size_widths(main_module(), 5));
  for (const unsigned width : {5U, 1U}) {
    const auto [bare, record] = without_record(with_size_widths(main.bytes, width));
    const auto component = compose(bare, {build_client({})});
    expect_fault(verdict(component, &main.manifest), "no core module in this component carries");
    const auto check = check_component(component, main.manifest, record);
    ASSERT_TRUE(check && check->passed()) << (check ? check->first_fault()->message : check.error().message);
    EXPECT_EQ(check->modules.at(0).sha256, main.manifest.output_sha256);
    for (std::size_t i = 0; i < bare.size(); ++i) {
      auto changed = bare;
      changed[i] ^= std::byte{1};
      const auto again = check_component(compose(changed, {build_client({})}), main.manifest, record);
      EXPECT_FALSE(again && again->passed()) << "byte " << i;
    }
  }
}

TEST(Check, DoesNotTakeAnotherModulesRecord) {
  const Main main = reserve_main(Placement::shim);
  const Main other = reserve_main(Placement::shim, 1, main_module(1));
  const auto bare = without_record(main.bytes).first;
  const auto record = without_record(other.bytes).second;
  const auto check = check_component(compose(bare, {build_client({})}), other.manifest, record);
  EXPECT_FALSE(check && check->passed());
}

TEST(Undo, TakesTheRecordFromTheManifestWhereTheModuleLostIt) {
  const auto original = with_size_widths(main_module(), 5);
  const Main main = reserve_main(Placement::shim, 1, original);
  for (const unsigned width : {5U, 1U}) {
    const auto [bare, record] = without_record(with_size_widths(main.bytes, width));
    const auto module = read_module(bare);
    EXPECT_EQ(undo_with(*module, {}).error().code, Code::kNotReserved);
    const auto undone = undo_with(*module, record);
    ASSERT_TRUE(undone) << undone.error().message;
    EXPECT_EQ(*undone, original);
  }
  const auto other = without_record(reserve_main(Placement::shim, 1, main_module(1)).bytes).second;
  EXPECT_FALSE(undo_with(*read_module(without_record(main.bytes).first), other));
}

TEST(Check, KnowsAModuleAgainWhoseDoubleImportsWitComponentRenamed) {
  const auto original = with_size_widths(main_module(3), 5);
  const Main main = reserve_main(Placement::shim, 1, original);
  // What wit-component makes of three imports of one name; the builder's import section comes first.
  test::ModuleBuilder renamed;
  const auto type = renamed.type({}, {});
  for (const std::string_view name : {"sched_yield", "sched_yield [v2]", "sched_yield [v3]"})
    renamed.import("wasi_snapshot_preview1", name, type);
  const auto donor = renamed.build();
  const auto donor_module = read_module(donor);
  const auto module = read_module(main.bytes);
  Writer out;
  out.bytes(Bytes(main.bytes).first(8));
  for (const Section& section : module->sections) {
    const bool imports = section.id == SectionId::import;
    const Section& from = imports ? *donor_module->section(SectionId::import) : section;
    const Bytes payload =
        (imports ? *donor_module : *module).bytes_at(from.payload_offset, from.payload_size);
    out.u8(static_cast<std::uint8_t>(section.id)).uleb(payload.size()).bytes(payload);
  }
  const auto check = check_component(compose(out.view(), {build_client({})}), &main.manifest);
  ASSERT_TRUE(check && check->passed()) << (check ? check->first_fault()->message : check.error().message);
  EXPECT_EQ(check->modules.at(0).origin, ModuleOrigin::rewritten);
}

TEST(Check, KnowsAModuleAgainThatHadComponentTypes) {
  auto original = with_size_widths(main_module(), 5);
  const auto types = Writer().name("component-type:bindings").u8(1).take();
  const auto section = Writer().u8(0).uleb(types.size()).bytes(types).take();
  original.insert(original.end(), section.begin(), section.end());
  const Main main = reserve_main(Placement::shim, 1, original);
  const auto stripped = with_size_widths(main.bytes, 1, true);
  const auto check = check_component(compose(stripped, {build_client({})}), &main.manifest);
  ASSERT_TRUE(check && check->passed()) << (check ? check->first_fault()->message : check.error().message);
  EXPECT_EQ(check->modules.at(0).origin, ModuleOrigin::kept_content);
  const std::uint64_t record = read_module(stripped)->custom_section(kRecordSection)->offset;
  for (std::size_t i = 0; i < record; ++i) {
    auto changed = stripped;
    changed[i] ^= std::byte{1};
    const auto again = check_component(compose(changed, {build_client({})}), nullptr);
    EXPECT_FALSE(again && again->passed()) << "byte " << i;
  }
}

TEST(Check, KnowsACommandAgainThatWasGivenComponentTypesForItsOtherExports) {
  const Main main = reserve_main(Placement::shim, 1, main_module(0, "_initialize"));
  // `component embed` adds sections of its own and writes sizes anew.
  const auto producers = Writer().name("producers").u8(0).take();
  auto embedded = with_size_widths(main.bytes, 1);
  const auto section = Writer().u8(0).uleb(producers.size()).bytes(producers).take();
  embedded.insert(embedded.end(), section.begin(), section.end());
  const auto check = check_component(compose(embedded, {build_client({})}), &main.manifest);
  ASSERT_TRUE(check && check->passed()) << (check ? check->first_fault()->message : check.error().message);
  EXPECT_EQ(check->modules.at(0).origin, ModuleOrigin::kept_content);
  // For one that has nothing but its start no such hash is kept, and what was added counts as a change.
  const Main plain = reserve_main(Placement::shim);
  auto changed = plain.bytes;
  changed.insert(changed.end(), section.begin(), section.end());
  expect_fault(verdict(compose(changed, {build_client({})})), "embed them first and reserve after that");
}

TEST(Check, SaysThatAComponentWithoutAReservedModuleWasNotReserved) {
  const auto component = test::ComponentBuilder().module(test::ModuleBuilder().build()).build();
  EXPECT_EQ(check_component(component, nullptr).error().code, Code::kNotReserved);
}

TEST(Check, LooksIntoNestedComponents) {
  const Main main = reserve_main(Placement::shim);
  const auto good = compose(main.bytes, {build_client({})});
  const auto bad = compose(main.bytes, {build_client({.start = true})});
  EXPECT_EQ(verdict(test::ComponentBuilder().component(good).build()), "");
  expect_fault(verdict(test::ComponentBuilder().component(good).component(bad).build()), "start function");
}

TEST(Check, NamesTheOffsetInTheComponent) {
  const Main main = reserve_main(Placement::shim);
  const auto client = build_client({.start = true});
  const auto component = compose(main.bytes, {client});
  const auto check = check_component(component, nullptr);
  const Error* fault = check->first_fault();
  ASSERT_TRUE(fault != nullptr && fault->offset);
  EXPECT_EQ(component[static_cast<std::size_t>(*fault->offset)], std::byte{8});  // the start section
}

}  // namespace
}  // namespace heapbump
