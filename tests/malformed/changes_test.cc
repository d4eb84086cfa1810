// Every prefix and every single-byte change of small files of each kind that heapbump reads: an answer that keeps its
// promises or a clean error. What exercise.h demands of an accepted module includes that it verifies and undoes to the
// input.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapter_builder.h"
#include "component_builder.h"
#include "exercise.h"
#include "go_program.h"
#include "heapbump/record.h"
#include "heapbump/reserve.h"
#include "heapbump/sha256.h"

namespace heapbump {
namespace {

using ByteList = std::vector<std::byte>;
using Rooms = std::vector<std::string>;

ByteList small_module() {
  test::ModuleBuilder builder;
  const auto type = builder.type({test::kI32}, {test::kI32});
  builder.import("wasi_snapshot_preview1", "proc_exit", builder.type({test::kI32}, {}));
  builder.function(type, 1, test::Code().local_get(0).access(0x28, 8).i32_const(67984, 5).op({0x6a}));
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
      .module(small_module())
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

// A small file is cut at every byte and gets all 255 changes of each; of a larger one every 16th byte is taken, and one bit of
// it. HEAPBUMP_ALL_CHANGES asks for all of all (many minutes).
constexpr std::size_t kSmall = 512;

bool all_asked_for() { return std::getenv("HEAPBUMP_ALL_CHANGES") != nullptr; }
std::size_t stride(const ByteList& file) { return file.size() <= kSmall || all_asked_for() ? 1 : 16; }

void every_prefix(const Rooms& rooms, const ByteList& file) {
  ASSERT_FALSE(file.empty());
  for (std::size_t size = 0; size <= file.size() && !testing::Test::HasFailure(); size += stride(file))
    expect_kept(rooms, Bytes(file).first(size), "the first " + std::to_string(size) + " bytes");
}

void every_byte(const Rooms& rooms, ByteList file) {
  ASSERT_FALSE(file.empty());
  const bool all = file.size() <= kSmall || all_asked_for();
  for (std::size_t at = 0; at < file.size() && !testing::Test::HasFailure(); at += stride(file)) {
    const std::byte before = file[at];
    for (unsigned change = 1; change < 256; ++change) {
      if (!all && change != 1u << at % 8) continue;
      file[at] = before ^ static_cast<std::byte>(change);
      expect_kept(rooms, file, "byte " + std::to_string(at) + " changed to " + std::to_string(u8(file[at])));
    }
    file[at] = before;
  }
}

TEST(Changes, OfASmallModule) {
  every_prefix({"reader", "reserve", "undo", "place", "check"}, small_module());
  every_byte({"reader", "reserve", "place"}, small_module());
}

// The seed must be one that is accepted, or the test says nothing.
TEST(Changes, TheGoProgramsAreAccepted) {
  for (const auto era : {test::go_program::Era::through_pointer, test::go_program::Era::gap, test::go_program::Era::breaks}) {
    const ByteList file = go_program(era);
    const auto module = read_module(file);
    ASSERT_TRUE(module);
    const auto reservation = reserve(*module, {});
    EXPECT_TRUE(reservation) << static_cast<int>(era) << ": " << reservation.error().message;
  }
}

TEST(Changes, OfAGoProgramThatReadsThroughAPointer) {
  const ByteList file = go_program(test::go_program::Era::through_pointer);
  every_prefix({"reader", "reserve"}, file);
  every_byte({"reserve"}, file);
}

TEST(Changes, OfAGoProgramWithAGap) {
  const ByteList file = go_program(test::go_program::Era::gap);
  every_prefix({"reader", "reserve"}, file);
  every_byte({"reserve"}, file);
}

TEST(Changes, OfAGoProgramWithABreak) {
  const ByteList file = go_program(test::go_program::Era::breaks);
  every_prefix({"reader", "reserve"}, file);
  every_byte({"reserve"}, file);
}

TEST(Changes, OfAReservedModule) {
  const ByteList file = reserved_go_program();
  every_prefix({"undo", "reserve"}, file);
  every_byte({"undo"}, file);
}

TEST(Changes, OfAnAdapter) {
  every_prefix({"place", "reserve"}, test::build_adapter());
  every_byte({"place"}, test::build_adapter());
}

TEST(Changes, OfAComponent) {
  every_prefix({"check", "reserve"}, component());
  every_byte({"check"}, component());
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
