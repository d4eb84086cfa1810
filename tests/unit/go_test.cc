// Big Go's detector on modules made up for the purpose: the structure, the code that reads it, and each way
// to be wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "detectors/detect.h"
#include "detectors/registry.h"
#include "go_program.h"
#include "reserve/plan.h"
#include "reserve/reserve.h"
#include "reserve/undo.h"
#include "wasm/data_image.h"

namespace heapbump {
namespace {

using namespace test::go_program;

struct Found {
  std::vector<std::byte> file;
  Module module;
  Result<std::optional<Finding>> finding;
};

std::unique_ptr<Found> find(const Program& program) {
  auto found = std::make_unique<Found>(with_i64_locals(program.build()), Module{}, std::optional<Finding>{});
  auto module = read_module(found->file);
  EXPECT_TRUE(module) << (module ? "" : module.error().message);
  found->module = *std::move(module);
  Budget budget(found->file.size());
  WholeProgram all(found->module, budget);
  found->finding = detect_go(all);
  EXPECT_TRUE(found->finding) << (found->finding ? "" : found->finding.error().message);
  return found;
}

bool refused(const Found& found, Code code) {
  return *found.finding && !(**found.finding).refusals.empty() &&
         (**found.finding).refusals.front().code == code;
}

TEST(Go, TakesTheBreakFromTheRoundedEndWord) {
  const auto found = find({});
  ASSERT_TRUE(*found->finding);
  const Finding& f = **found->finding;
  ASSERT_TRUE(f.refusals.empty()) << f.refusals.front().message;
  EXPECT_EQ(f.confidence, Confidence::proven);
  EXPECT_EQ(f.heap_base, 0x40000u);
  EXPECT_TRUE(f.verdict(Strategy::bump)->sound);
  EXPECT_FALSE(f.verdict(Strategy::tail)->sound);
  EXPECT_FALSE(f.verdict(Strategy::gap)->sound);
  EXPECT_EQ(std::ranges::count_if(f.sites, [](const Site& s) { return s.moves != 0; }), 1);
}

TEST(Go, EveryLayoutHasItsEndWordWhereItsMagicSays) {
  for (const std::uint32_t magic : {0xfffffffbu, 0xfffffffau, 0xfffffff0u, 0xfffffff1u}) {
    Program program;
    program.magic = magic;
    program.era = Era::through_pointer;
    const auto found = find(program);
    ASSERT_TRUE(*found->finding) << std::hex << magic;
    const Finding& f = **found->finding;
    ASSERT_TRUE(f.refusals.empty()) << f.refusals.front().message;
    EXPECT_EQ(f.heap_base, 0x3fab0u);
    const auto moved = std::ranges::find_if(f.sites, [](const Site& s) { return s.moves != 0; });
    ASSERT_NE(moved, f.sites.end());
    EXPECT_EQ(moved->address, program.end_address());
  }
}

TEST(Go, SparesTheBytesThatTheOldestEntryWritesAboveEnd) {
  Program program;
  program.magic = 0xfffffffb;
  program.era = Era::through_pointer;
  const auto found = find(program);
  const auto plan = make_plan(found->module, **found->finding, {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_GE(plan->manifest.region.base, program.end + 16);
  EXPECT_LE(plan->manifest.region.end(), *plan->manifest.heap_base_after);
}

TEST(Go, AGapIsProvenWhereTheBreakIsOnlyCompared) {
  Program program;
  program.era = Era::gap;
  program.asks_for_size = false;
  const auto found = find(program);
  const Finding& f = **found->finding;
  ASSERT_TRUE(f.refusals.empty()) << f.refusals.front().message;
  EXPECT_TRUE(f.verdict(Strategy::gap)->sound);
  const auto plan = make_plan(found->module, f, {});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->strategy, Strategy::gap);
  EXPECT_EQ(plan->manifest.memory_min_after, plan->manifest.memory_min_before);
  EXPECT_GE(plan->manifest.region.base, program.end);
}

TEST(Go, PagesThatTheGapHasNoRoomForComeFromTheTail) {
  Program program;
  program.era = Era::gap;
  program.asks_for_size = false;
  const auto found = find(program);
  const Finding& f = **found->finding;
  const std::uint64_t more = found->module.memory_bytes() / kPageSize;
  const auto plan = make_plan(found->module, f, {.pages = more});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->strategy, Strategy::tail);
  EXPECT_EQ(plan->manifest.region.base, found->module.memory_bytes());
  const auto asked_for = make_plan(found->module, f, {.pages = more, .strategy = Strategy::gap});
  ASSERT_FALSE(asked_for);
  EXPECT_EQ(asked_for.error().code, Code::kSlots);
}

TEST(Go, AnEraThatNoVersionHasIsRefused) {
  Program reads_without_size;
  reads_without_size.asks_for_size = false;
  EXPECT_TRUE(refused(*find(reads_without_size), Code::kLayoutMismatch));
  Program compares_with_size;
  compares_with_size.era = Era::gap;
  EXPECT_TRUE(refused(*find(compares_with_size), Code::kLayoutMismatch));
}

TEST(Go, EachFieldThatDoesNotCheckOutRefuses) {
  const std::uint32_t sections = kModuleData + 176;
  const std::map<std::uint32_t, std::uint64_t> broken = {
      {kModuleData + 168, 0x10000000},  // maxpc = minpc
      {kModuleData + 136, 4},           // ftab's length
      {kModuleData + 8, kHeader + 1},   // funcnametab
      {kModuleData + 40, 0xfffffff},    // cutab's length
      {sections + 4 * 8, 0x20000},      // data below enoptrdata
      {sections + 12 * 8, 0x2ffff},     // end below enoptrbss
  };
  for (const auto& [address, value] : broken) {
    Program program;
    program.overrides[address] = value;
    EXPECT_TRUE(refused(*find(program), Code::kLayoutMismatch)) << hex(address);
  }
}

TEST(Go, AnEndBeyondTheDeclaredMemoryRefuses) {
  Program program;
  program.pages = 3;
  EXPECT_TRUE(refused(*find(program), Code::kLayoutMismatch));
}

TEST(Go, TwoStructuresThatCheckOutAreAmbiguous) {
  Program program;
  Program other;
  const auto once = program.build();
  // The same structure again, at another address in the data: copy it by overrides.
  auto module = read_module(once);
  const auto image = DataImage::make(*module);
  for (std::uint32_t offset = 0; offset < 288; offset += 8)
    other.overrides[kModuleData + 0x400 + offset] = image->load64(kModuleData + offset);
  EXPECT_TRUE(refused(*find(other), Code::kAmbiguous));
}

TEST(Go, AModuleWithoutAnyOfThisIsNotGo) {
  test::ModuleBuilder builder;
  builder.memory(2);
  builder.function(builder.type({}, {}), 0, test::Body());
  const auto file = builder.build();
  const auto module = read_module(file);
  Budget budget(file.size());
  WholeProgram all(*module, budget);
  EXPECT_FALSE(*detect_go(all));
}

// The bump carries into a byte that the linker left out with the zeros behind it: the segment is lengthened.
TEST(Go, AnEndWordThatLiesPartlyInNoSegmentIsStillMoved) {
  Program program;
  program.pages = 512;
  program.end = 0xfffab0;  // three bytes; 0x20000 more makes it four
  const auto file = with_i64_locals(program.build());
  const auto module = read_module(file);
  ASSERT_TRUE(module);
  const auto image = DataImage::make(*module);
  ASSERT_TRUE(image);
  const std::uint32_t word = program.end_address();
  ASSERT_TRUE(image->file_offset(word));
  ASSERT_FALSE(image->file_offset(word + 3)) << "the case this test is for: byte 3 is in no segment";
  const auto reservation = reserve(*module, {});
  ASSERT_TRUE(reservation) << reservation.error().message;
  const auto output = reservation->output(file);
  const auto after = read_module(output);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->data.size(), module->data.size());
  EXPECT_EQ(DataImage::make(*after)->load64(word), program.end + 0x20000);
  EXPECT_EQ(DataImage::make(*after)->load64(word - 8), program.end)
      << "its neighbour holds the same number and stays";
  EXPECT_EQ(*undo(*after), file);
}

}  // namespace
}  // namespace heapbump
