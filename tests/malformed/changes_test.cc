// Every prefix and every single-byte change of small files of each kind that heapbump reads: an answer that
// keeps its promises or a clean error. What exercise.h demands of an accepted module includes that it
// verifies and undoes to the input.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapter_builder.h"
#include "base/sha256.h"
#include "component_builder.h"
#include "exercise.h"
#include "go_program.h"
#include "record/record.h"
#include "reserve/reserve.h"

namespace heapbump {
namespace {

using ByteList = std::vector<std::byte>;
using Rooms = std::vector<std::string>;

ByteList small_module() {
  test::ModuleBuilder builder;
  const auto type = builder.type({test::kI32}, {test::kI32});
  builder.import("wasi_snapshot_preview1", "proc_exit", builder.type({test::kI32}, {}));
  builder.function(type, 1, test::Body().local_get(0).access(0x28, 8).i32_const(67984, 5).op({0x6a}));
  builder.global(65536, true);
  builder.memory(2, 100).exported("memory", 2, 0).exported("f", 0, 1).data(1024, "hello").data(2048, "world");
  return builder.names(1, {{1, "f"}}).build();
}

ByteList go_program(test::go_program::Era era) {
  test::go_program::Program program;
  program.era = era;
  if (era == test::go_program::Era::through_pointer) program.magic = 0xfffffffa;
  if (era == test::go_program::Era::gap) program.asks_for_size = false;
  return test::go_program::with_i64_locals(program.build());
}

ByteList reserved_go_program() {
  const ByteList original = go_program(test::go_program::Era::breaks);
  const auto module = read_module(original);
  const auto reservation = reserve(*module, {});
  return reservation ? reservation->output(original) : ByteList{};
}

ByteList component() {
  return test::ComponentBuilder()
      .module(reserved_go_program())
      .module(test::build_adapter())
      .instantiate(0, {})
      .alias(2, 0, "memory")
      .bag("memory", 2, 0)
      .instantiate(1, {{"env", 1}})
      .build();
}

void expect_kept(const Rooms& rooms, Bytes file, const std::string& how) {
  for (const std::string& room : rooms) {
    const auto broken = exercise::run(room, file);
    EXPECT_FALSE(broken) << room << ", " << how << ": " << *broken;
  }
}

/// One bit of each byte, each of its bits, or all its 255 other values.
enum class Values { one_bit, bits, all };

bool takes(Values values, std::size_t at, unsigned change) {
  if (values == Values::all) return true;
  return values == Values::bits ? std::has_single_bit(change) : change == 1u << at % 8;
}

void every_prefix(const Rooms& rooms, const ByteList& file) {
  ASSERT_FALSE(file.empty());
  for (std::size_t size = 0; size <= file.size() && !testing::Test::HasFailure(); ++size)
    expect_kept(rooms, Bytes(file).first(size), "the first " + std::to_string(size) + " bytes");
}

/// `check` is given the changed file and what was changed.
template <typename Check>
void every_byte(ByteList file, Values values, Check check) {
  ASSERT_FALSE(file.empty());
  for (std::size_t at = 0; at < file.size() && !testing::Test::HasFailure(); ++at) {
    const std::byte before = file[at];
    for (unsigned change = 1; change < 256; ++change) {
      if (!takes(values, at, change)) continue;
      file[at] = before ^ static_cast<std::byte>(change);
      check(file, at, change);
    }
    file[at] = before;
  }
}

void every_byte(const Rooms& rooms, const ByteList& file, Values values = Values::all) {
  every_byte(file, values, [&](const ByteList& changed, std::size_t at, unsigned) {
    for (const std::string& room : rooms) {
      const auto broken = exercise::run(room, changed);
      EXPECT_FALSE(broken) << room << ", byte " << at << " changed to " << u8(changed[at]) << ": " << *broken;
    }
  });
}

/// All values of each byte for the request that everybody makes; what holds for every request, for a second
/// reserve, for undo and for the reports is tried with one bit of each byte.
void every_byte_of_a_program(const ByteList& file) {
  every_prefix({"reader", "reserve"}, file);
  every_byte({"reserve"}, file, Values::one_bit);
  every_byte({"reserve-once"}, file);
}

TEST(Changes, OfASmallModule) {
  every_prefix({"reader", "reserve", "undo", "place", "check"}, small_module());
  every_byte({"reader", "reserve-once", "place"}, small_module());
  every_byte({"reserve", "undo", "check"}, small_module(), Values::one_bit);
}

// The seed must be one that is accepted, or the test says nothing.
TEST(Changes, TheGoProgramsAreAccepted) {
  for (const auto era :
       {test::go_program::Era::through_pointer, test::go_program::Era::gap, test::go_program::Era::breaks}) {
    const ByteList file = go_program(era);
    const auto module = read_module(file);
    ASSERT_TRUE(module);
    const auto reservation = reserve(*module, {});
    EXPECT_TRUE(reservation) << static_cast<int>(era) << ": " << reservation.error().message;
  }
}

TEST(Changes, OfAGoProgramThatReadsThroughAPointer) {
  every_byte_of_a_program(go_program(test::go_program::Era::through_pointer));
}

TEST(Changes, OfAGoProgramWithAGap) {
  every_byte_of_a_program(go_program(test::go_program::Era::gap));
}

TEST(Changes, OfAGoProgramWithABreak) {
  every_byte_of_a_program(go_program(test::go_program::Era::breaks));
}

TEST(Changes, OfAReservedModule) {
  const ByteList original = go_program(test::go_program::Era::breaks);
  const ByteList file = reserved_go_program();
  every_prefix({"undo", "reserve"}, file);
  const std::size_t record =
      static_cast<std::size_t>(read_module(file)->custom_section(kRecordSection)->offset);
  every_byte(file, Values::all, [&](const ByteList& changed, std::size_t at, unsigned change) {
    const auto broken = exercise::undo(changed);
    EXPECT_FALSE(broken) << "byte " << at << " changed to " << u8(changed[at]) << ": " << *broken;
    // The record is read by the same code, and refused, so its bits are enough.
    if (at > record && !std::has_single_bit(change)) return;
    const auto unnoticed = exercise::unnoticed(original, changed);
    EXPECT_FALSE(unnoticed) << "byte " << at << " changed to " << u8(changed[at]) << ": " << *unnoticed;
  });
}

TEST(Changes, OfAnAdapter) {
  every_prefix({"place", "reserve"}, test::build_adapter());
  every_byte({"place"}, test::build_adapter());
}

TEST(Changes, OfAComponent) {
  const ByteList file = component();
  every_prefix({"check", "reserve"}, file);
  // What the component itself says is tried in every value; the modules in it are tried so above, and bit by
  // bit here.
  std::vector<bool> embedded(file.size());
  for (const ByteList& module : {reserved_go_program(), test::build_adapter()}) {
    const auto found = std::ranges::search(file, module);
    ASSERT_FALSE(found.empty());
    std::fill_n(embedded.begin() + (found.begin() - file.begin()), module.size(), true);
  }
  every_byte(file, Values::all, [&](const ByteList& changed, std::size_t at, unsigned change) {
    if (embedded[at] && !std::has_single_bit(change)) return;
    const auto broken = exercise::check(changed);
    EXPECT_FALSE(broken) << "byte " << at << " changed to " << u8(changed[at]) << ": " << *broken;
  });
}

TEST(Changes, OfAManifest) {
  const ByteList original = go_program(test::go_program::Era::breaks);
  const auto module = read_module(original);
  const auto reservation = reserve(*module, {});
  ASSERT_TRUE(reservation);
  const std::string text = to_json(reservation->plan.manifest).dump(-1);
  const Bytes bytes = as_bytes(text);
  every_prefix({"manifest"}, ByteList(bytes.begin(), bytes.end()));
  every_byte({"manifest"}, ByteList(bytes.begin(), bytes.end()));
}

// Each file is named ROOM.WHAT: what was found once, by a fuzzer or by a person, stays found.
TEST(Regressions, KeepTheirPromises) {
  const std::filesystem::path folder = std::filesystem::path(HEAPBUMP_TESTS_FOLDER) / "fuzz" / "regressions";
  if (!std::filesystem::exists(folder)) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    expect_kept({name.substr(0, name.find('.'))}, as_bytes(text), name);
  }
}

}  // namespace
}  // namespace heapbump
