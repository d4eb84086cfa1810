// The static check: what it accepts, and what it says about what it does not.
#include "heapbump/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "report/report.h"
#include "reserve/reserve.h"
#include "sabotage.h"
#include "specimen.h"
#include "wasm/code.h"

namespace heapbump::test {
namespace {

Verification checked(Bytes original, Bytes reserved, const std::optional<Manifest>& manifest = std::nullopt) {
  auto result = verify_modules(original, reserved, manifest);
  EXPECT_TRUE(result.has_value());
  return result ? *std::move(result) : Verification{};
}

TEST(Verify, AcceptsARightReservationInEveryPlacement) {
  for (const Placement placement : {Placement::shim, Placement::adapter, Placement::none}) {
    Request request;
    request.placement = placement;
    const Specimen specimen = make_specimen(request);
    const Verification v = checked(specimen.original, specimen.reserved, specimen.manifest);
    EXPECT_TRUE(v.ok()) << messages(v);
    EXPECT_TRUE(v.code_offsets_preserved);
  }
}

/// The bound of docs/verify.md: reading both files is one part of five, so checking may take four.
void expect_cheap(const Verification& v) {
  EXPECT_GT(v.checking_work, v.reading_work / 8) << "every byte is compared at least";
  EXPECT_LE(v.checking_work, 4 * v.reading_work);
}

TEST(Verify, CostsAtMostThreeTimesReadingBothFiles) {
  // The specimen is nothing but heap code; real modules are below (the Go fixtures), and in
  // tests/run/heapbump.mjs.
  for (const Placement placement : {Placement::shim, Placement::adapter, Placement::none}) {
    Request request;
    request.placement = placement;
    const Specimen specimen = make_specimen(request);
    const Verification v = checked(specimen.original, specimen.reserved);
    EXPECT_EQ(v.reading_work, specimen.original.size() + specimen.reserved.size());
    expect_cheap(v);
  }
}

TEST(Verify, AcceptsSeveralAdaptersAndMorePages) {
  for (const std::uint32_t adapters : {1U, 2U, 3U}) {
    Request request;
    request.adapters = adapters;
    request.pages = 5;
    const Specimen specimen = make_specimen(request);
    const Verification v = checked(specimen.original, specimen.reserved, specimen.manifest);
    EXPECT_TRUE(v.ok()) << adapters << ": " << messages(v);
  }
}

TEST(Verify, NamesEveryKindOfChange) {
  const Specimen specimen = make_specimen();
  const Verification v = checked(specimen.original, specimen.reserved);
  std::map<ChangeKind, int> kinds;
  for (const Change& change : v.changes) ++kinds[change.kind];
  EXPECT_EQ(kinds[ChangeKind::code_immediate], 3);
  EXPECT_EQ(kinds[ChangeKind::memarg_offset], 1);
  EXPECT_EQ(kinds[ChangeKind::data_word], 1);
  EXPECT_EQ(kinds[ChangeKind::global_initial], 1);
  EXPECT_EQ(kinds[ChangeKind::memory_limit], 1);
  for (const ChangeKind kind : {ChangeKind::shim_function, ChangeKind::shim_global, ChangeKind::shim_export,
                                ChangeKind::shim_body, ChangeKind::record})
    EXPECT_EQ(kinds[kind], 1) << to_string(kind);
  EXPECT_EQ(kinds[ChangeKind::shim_type], 0) << "fd_write has the shim's type, so it is reused";
}

TEST(Verify, TheChangesAreTheWholeDifference) {
  const Specimen specimen = make_specimen();
  const Verification v = checked(specimen.original, specimen.reserved);
  std::vector<std::byte> rebuilt;
  std::size_t at = 0;
  for (const Change& change : v.changes) {
    ASSERT_GE(change.original_offset, at);
    rebuilt.insert(rebuilt.end(), specimen.original.begin() + static_cast<std::ptrdiff_t>(at),
                   specimen.original.begin() + static_cast<std::ptrdiff_t>(change.original_offset));
    EXPECT_EQ(rebuilt.size(), change.reserved_offset) << change.reading;
    rebuilt.insert(rebuilt.end(), change.new_bytes.begin(), change.new_bytes.end());
    at = change.original_offset + change.old_bytes.size();
  }
  rebuilt.insert(rebuilt.end(), specimen.original.begin() + static_cast<std::ptrdiff_t>(at),
                 specimen.original.end());
  EXPECT_EQ(rebuilt, specimen.reserved);
}

TEST(Verify, RefusesTwoEqualFilesThatNeedARegion) {
  const std::vector<std::byte> program = specimen_program();
  const Verification v = checked(program, program);
  EXPECT_FALSE(v.ok());
  EXPECT_FALSE(v.nothing_reserved);
}

TEST(Verify, RefusesAReservedModuleAsTheOriginal) {
  const Specimen specimen = make_specimen();
  const Verification v = checked(specimen.reserved, specimen.reserved);
  ASSERT_FALSE(v.ok());
  EXPECT_EQ(v.mismatches.front().file, VerifiedFile::original);
}

TEST(Verify, SaysWhereAndWhatWhenASiteIsLeft) {
  const Specimen specimen = make_specimen();
  const auto broken = sabotage("site-left", specimen.original, specimen.reserved, 0);
  ASSERT_TRUE(broken && *broken);
  const Verification v = checked(specimen.original, **broken);
  ASSERT_FALSE(v.ok());
  ASSERT_TRUE(v.mismatches.front().offset.has_value());
  EXPECT_NE(messages(v).find("the old heap start, which did not move"), std::string::npos) << messages(v);
}

TEST(Verify, ListsEveryPlaceThatIsNotAsItMustBe) {
  // Behind the specimen, a section of text that no edit touches.
  std::vector<std::byte> program = specimen_program();
  Writer payload, section;
  payload.name("text").bytes(as_bytes(std::string(10'000, 't')));
  section.u8(0).uleb(payload.size()).bytes(payload.view());
  const std::size_t text = program.size() + 10;
  program.insert(program.end(), section.view().begin(), section.view().end());
  const Specimen specimen = make_specimen(program);
  std::vector<std::byte> changed = specimen.reserved;
  const auto module = read_module(changed);
  ASSERT_TRUE(module.has_value());
  std::vector<std::uint64_t> places;
  // An opcode in each of the first three functions: i32.const becomes nop, and what follows it some other
  // instruction.
  for (std::size_t f = 0; f < 3; ++f) {
    InstructionReader reader(*module, module->bodies[f]);
    Instruction i;
    while (reader.next(i) && i.opcode != op::i32_const) {
    }
    places.push_back(i.offset);
  }
  const std::size_t shift = static_cast<std::size_t>(module->custom_section("text")->content_offset) - text;
  for (const std::size_t at : {100U, 5000U, 5004U, 9999U}) {
    if (at != 5004) places.push_back(text + shift + at);
    changed[text + shift + at] ^= std::byte{1};
  }
  for (std::size_t f = 0; f < 3; ++f) changed[static_cast<std::size_t>(places[f])] = std::byte{0x43};
  const Verification v = checked(specimen.original, changed);
  for (const std::uint64_t place : places)
    EXPECT_EQ(std::ranges::count_if(v.mismatches,
                                    [&](const Mismatch& m) {
                                      return m.offset == place && m.what.find("changed") != std::string::npos;
                                    }),
              1)
        << place;
  EXPECT_EQ(to_json(v).find("mismatches")->as_array()->size(), v.mismatches.size());
}

TEST(Verify, AManifestOfAnotherModuleIsRefused) {
  const Specimen specimen = make_specimen();
  Manifest other = specimen.manifest;
  other.output_sha256 = std::string(64, '0');
  const Verification v = checked(specimen.original, specimen.reserved, other);
  ASSERT_FALSE(v.ok());
  EXPECT_EQ(v.mismatches.back().file, VerifiedFile::manifest);
}

TEST(Verify, AcceptsTheGoFixturesReservedByTheirDetector) {
  for (const char* name : {"busy-go1.21", "busy-go1.24", "busy-go1.26", "reactor-go1.24"}) {
    std::ifstream file(std::string(HEAPBUMP_FIXTURES) + "/go/" + name + ".wasm", std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(text.empty()) << name;
    const auto module = read_module(as_bytes(text));
    ASSERT_TRUE(module.has_value());
    const auto reservation = reserve(*module, Request{});
    ASSERT_TRUE(reservation.has_value()) << reservation.error().message;
    const auto output = reservation->output(as_bytes(text));
    const Verification v = checked(as_bytes(text), output, reservation->plan.manifest);
    EXPECT_TRUE(v.ok()) << name << ": " << messages(v);
    expect_cheap(v);
    // The whole table over a real module: whatever can be broken in it is caught from the bytes.
    for (const Way& way : sabotage_ways()) {
      if (way.name == "bit-flipped") continue;
      const auto broken = sabotage(way.name, as_bytes(text), output, 0);
      ASSERT_TRUE(broken.has_value()) << broken.error().message;
      if (!*broken) continue;
      EXPECT_FALSE(checked(as_bytes(text), **broken).ok()) << name << ": " << way.name;
    }
  }
}

}  // namespace
}  // namespace heapbump::test
