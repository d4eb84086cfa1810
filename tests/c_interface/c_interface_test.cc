// The contract of include/heapbump.h: answers have their parts and refusals their code, place and report;
// options of an older and of a newer caller are understood or refused; threads do not meet.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "heapbump.h"
#include "heapbump/heapbump.h"

namespace {

std::string read(const std::string& name) {
  std::ifstream file(std::string(HEAPBUMP_FIXTURES) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::string& go_module() {
  static const std::string bytes = read("go/busy-go1.26.wasm");
  return bytes;
}

struct Free {
  void operator()(heapbump_result* result) const { heapbump_result_free(result); }
};
using Answer = std::unique_ptr<heapbump_result, Free>;

std::string part(const Answer& answer, std::uint32_t what) {
  const heapbump_bytes bytes = heapbump_result_get(answer.get(), what);
  return bytes.data == nullptr ? std::string()
                               : std::string(static_cast<const char*>(bytes.data), bytes.size);
}

Answer reserve(std::string_view module, const heapbump_reserve_options* options = nullptr) {
  return Answer(heapbump_reserve(module.data(), module.size(), options));
}

std::string code(const Answer& answer) {
  return heapbump_result_code(answer.get());
}

TEST(CInterface, VersionIsTheLibrarys) {
  EXPECT_EQ(heapbump_version(), heapbump::version());
}

TEST(CInterface, ReservesAndGivesTheOriginalBack) {
  const Answer reserved = reserve(go_module());
  ASSERT_EQ(heapbump_result_exit_code(reserved.get()), 0) << heapbump_result_message(reserved.get());
  EXPECT_EQ(code(reserved), "");
  const std::string module = part(reserved, HEAPBUMP_MODULE);
  const std::string manifest = part(reserved, HEAPBUMP_MANIFEST);
  EXPECT_TRUE(module != go_module());
  EXPECT_TRUE(heapbump::read_manifest(manifest));
  EXPECT_NE(part(reserved, HEAPBUMP_REPORT).find("\"status\": \"reserved\""), std::string::npos);
  EXPECT_EQ(part(reserved, HEAPBUMP_COMPONENT), "");
  EXPECT_EQ(part(reserved, 99), "");

  const Answer verified(heapbump_verify(go_module().data(), go_module().size(), module.data(), module.size(),
                                        manifest.data(), manifest.size()));
  EXPECT_EQ(heapbump_result_exit_code(verified.get()), 0) << heapbump_result_message(verified.get());
  const Answer undone(heapbump_undo(module.data(), module.size(), nullptr, 0));
  EXPECT_TRUE(part(undone, HEAPBUMP_MODULE) == go_module());
}

TEST(CInterface, VerifyFindsAChangedByte) {
  const Answer reserved = reserve(go_module());
  std::string module = part(reserved, HEAPBUMP_MODULE);
  module[module.size() / 2] = static_cast<char>(module[module.size() / 2] ^ 1);
  const Answer verified(
      heapbump_verify(go_module().data(), go_module().size(), module.data(), module.size(), nullptr, 0));
  EXPECT_EQ(heapbump_result_exit_code(verified.get()), 7);
  EXPECT_NE(part(verified, HEAPBUMP_REPORT).find("\"status\": \"mismatch\""), std::string::npos);
}

TEST(CInterface, MakesAndChecksAComponent) {
  const Answer made(heapbump_component(go_module().data(), go_module().size(), nullptr));
  ASSERT_EQ(heapbump_result_exit_code(made.get()), 0) << heapbump_result_message(made.get());
  const std::string component = part(made, HEAPBUMP_COMPONENT);
  const Answer checked(heapbump_check(component.data(), component.size(), nullptr, 0));
  EXPECT_EQ(heapbump_result_exit_code(checked.get()), 0) << heapbump_result_message(checked.get());
  // A component is no module: refused with a report, a code and no part.
  const Answer refused = reserve(component);
  EXPECT_EQ(heapbump_result_exit_code(refused.get()), 4);
  EXPECT_EQ(part(refused, HEAPBUMP_MODULE), "");
  EXPECT_NE(part(refused, HEAPBUMP_REPORT).find(code(refused)), std::string::npos);
}

TEST(CInterface, ComponentTakesItsOptions) {
  heapbump_component_options options{};
  options.struct_size = sizeof options;
  options.strategy = HEAPBUMP_STRATEGY_APART;
  options.flavor = "command";
  const Answer made(heapbump_component(go_module().data(), go_module().size(), &options));
  ASSERT_EQ(heapbump_result_exit_code(made.get()), 0) << heapbump_result_message(made.get());
  EXPECT_NE(part(made, HEAPBUMP_REPORT).find("\"strategy\": \"apart\""), std::string::npos);
  EXPECT_FALSE(part(made, HEAPBUMP_MODULE).empty());
  options.adapter = "x";
  options.adapter_size = 1;
  const Answer both(heapbump_component(go_module().data(), go_module().size(), &options));
  EXPECT_EQ(heapbump_result_exit_code(both.get()), 2);
}

TEST(CInterface, MalformedBytesHaveAPlace) {
  const std::string cut = go_module().substr(0, 1000);
  const Answer answer(heapbump_detect(cut.data(), cut.size()));
  EXPECT_EQ(heapbump_result_exit_code(answer.get()), 3);
  std::uint64_t offset = 0;
  EXPECT_EQ(heapbump_result_offset(answer.get(), &offset), 1);
  EXPECT_LE(offset, cut.size());
  EXPECT_EQ(heapbump_result_offset(answer.get(), nullptr), 1);
  EXPECT_STRNE(heapbump_result_message(answer.get()), "");
  const Answer nothing(heapbump_detect(nullptr, 0));
  EXPECT_EQ(heapbump_result_exit_code(nothing.get()), 3);
  heapbump_result_free(nullptr);
}

TEST(CInterface, OptionsOfAnOlderCallerAreWhatTheyWere) {
  heapbump_reserve_options options{};
  options.struct_size = offsetof(heapbump_reserve_options, adapters);
  options.pages = 3;
  options.adapters = 77;  // behind what this caller's structure has
  const Answer answer = reserve(go_module(), &options);
  ASSERT_EQ(heapbump_result_exit_code(answer.get()), 0) << heapbump_result_message(answer.get());
  EXPECT_EQ(heapbump::read_manifest(part(answer, HEAPBUMP_MANIFEST))->region.pages, 3u);
}

TEST(CInterface, OptionsOfANewerCallerAreUnderstoodOrRefused) {
  struct Newer {
    heapbump_reserve_options known;
    std::uint64_t unknown;
  } options{};
  options.known.struct_size = sizeof options;
  EXPECT_EQ(heapbump_result_exit_code(reserve(go_module(), &options.known).get()), 0);
  options.unknown = 1;
  EXPECT_EQ(code(reserve(go_module(), &options.known)), "HB0201");
}

TEST(CInterface, WrongOptionsAreRefused) {
  heapbump_reserve_options unset{};
  EXPECT_EQ(code(reserve(go_module(), &unset)), "HB0201");
  const auto refused = [](auto set) {
    heapbump_reserve_options options{};
    options.struct_size = sizeof options;
    set(options);
    const Answer answer = reserve(go_module(), &options);
    return code(answer) == "HB0201" && heapbump_result_exit_code(answer.get()) == 2 &&
           part(answer, HEAPBUMP_MODULE).empty();
  };
  EXPECT_TRUE(refused([](auto& options) { options.strategy = HEAPBUMP_STRATEGY_APART; }));
  EXPECT_TRUE(refused([](auto& options) { options.placement = 4; }));
  EXPECT_TRUE(refused([](auto& options) { options.min_confidence = 3; }));
  EXPECT_TRUE(refused([](auto& options) { options.pages = 65537; }));
  EXPECT_TRUE(refused([](auto& options) { options.adapters = 1025; }));
  EXPECT_TRUE(refused([](auto& options) { options.struct_size = SIZE_MAX; }));
}

TEST(CInterface, ABadManifestIsRefused) {
  const std::string bad = "{\"slots\": 1}";
  const Answer checked(heapbump_check("x", 1, bad.data(), bad.size()));
  EXPECT_NE(heapbump_result_exit_code(checked.get()), 0);
  const Answer undone(heapbump_undo(go_module().data(), go_module().size(), bad.data(), bad.size()));
  EXPECT_NE(heapbump_result_exit_code(undone.get()), 0);
  const Answer verified(heapbump_verify(go_module().data(), go_module().size(), go_module().data(),
                                        go_module().size(), bad.data(), bad.size()));
  EXPECT_NE(heapbump_result_exit_code(verified.get()), 0);
}

TEST(CInterface, ThreadsDoNotMeet) {
  const std::string expected = part(reserve(go_module()), HEAPBUMP_MODULE);
  std::vector<std::string> found(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& one : found)
      threads.emplace_back([&one] { one = part(reserve(go_module()), HEAPBUMP_MODULE); });
  }
  for (const std::string& one : found) EXPECT_TRUE(one == expected);
}

}  // namespace
