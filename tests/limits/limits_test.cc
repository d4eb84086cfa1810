// The worst inputs that we could think of, one for each kind of thing a file can hold too many of, against
// the promise that a command takes at most four times the input's size + 64 MB of memory and seconds of work
// (docs/limits.md). Memory is counted by the allocator, work by the request's budget and by the number of
// allocations; no clock is asked. Guards that these tests watch: make_room (functions, exports, globals,
// types), the limits of check_types (parameters), kMaxSections (sections), kMaxConstants (constants),
// kMaxProducers (producers), the limit in read_name_map (names), kMaxJsonValues (JSON), the charge in
// check_main (a component of many instances), Context::spend in verify (words and constants), the hold in
// the index of WholeProgram, squeeze in survey_code and kMaxTargets (calls and branch tables; only in 100 MB,
// by scripts/limits), the limit of dead immediates in FlowBuilder::skip, the holds in survey_code,
// read_relocations and explain_globals, FunctionGrowth::spend, the charge in classify_in, Context::mismatch
// and the modules that ComponentChecker pays for together.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <optional>
#include <string>

#include "component_builder.h"
#include "counting.h"
#include "detectors/detect.h"
#include "heapbump/check.h"
#include "heapbump/component.h"
#include "heapbump/verify.h"
#include "module_builder.h"
#include "record/manifest.h"
#include "report/report.h"
#include "reserve/reserve.h"
#include "reserve/undo.h"
#include "specimen.h"
#include "wasm/code.h"

namespace heapbump {
namespace {

/// Bytes of each input: in the suite so many that the constant parts of the promise do not hide the rest;
/// scripts/limits asks for the whole 100 MB, which takes minutes.
const std::size_t kSize = [] {
  const char* asked = std::getenv("HEAPBUMP_LIMITS_BYTES");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : std::size_t{16} << 20;
}();
constexpr std::size_t kSpare = 64'000'000;
/// Prints what each input took, for docs/limits.md. The time on a processor is told, never asserted.
const bool kTells = std::getenv("HEAPBUMP_LIMITS_TELL") != nullptr;

using ByteList = std::vector<std::byte>;

// A module of sections that are given whole, in order.
class Raw {
 public:
  Raw() { out_.bytes(as_bytes(std::string_view("\0asm\1\0\0\0", 8))); }
  Raw& section(std::uint8_t id, Bytes content) {
    out_.u8(id).uleb(content.size()).bytes(content);
    return *this;
  }
  /// A section of as many equal entries as fit.
  Raw& entries(std::uint8_t id, std::string_view entry, std::size_t size = kSize) {
    return entries_of(id, entry, size / entry.size());
  }
  Raw& entries_of(std::uint8_t id, std::string_view entry, std::size_t count) {
    Writer content;
    content.uleb(count);
    for (std::size_t i = 0; i < count; ++i) content.bytes(as_bytes(entry));
    return section(id, content.view());
  }
  Raw& one_function(std::string_view unit, std::string_view before = "", std::string_view after = "",
                    std::size_t size = kSize) {
    entries_of(1, {"\x60\0\0", 3}, 1).entries_of(3, {"\0", 1}, 1).entries_of(5, {"\0\2", 2}, 1);
    Writer body;
    body.uleb(0).bytes(as_bytes(before));
    for (std::size_t i = 0; i < size / unit.size(); ++i) body.bytes(as_bytes(unit));
    body.bytes(as_bytes(after)).u8(0x0b);
    Writer content;
    content.uleb(1).uleb(body.size()).bytes(body.view());
    return section(10, content.view());
  }
  ByteList take() { return out_.take(); }

 private:
  Writer out_;
};

void run_commands(Bytes file, std::uint64_t& work) {
  const auto module = read_module(file);
  if (!module) {
    (void)failure_report(module.error(), nullptr, nullptr, std::nullopt).dump();
    return;
  }
  (void)read_names(*module);
  (void)read_producers(*module);
  (void)undo(*module);
  Budget budget(file.size());
  const auto reservation = reserve(*module, {}, budget);
  if (!reservation) (void)failure_report(reservation.error(), &*module, nullptr, std::string(64, '0')).dump();
  work = budget.work();
}

void expect_cheap(const std::string& what, const ByteList& file,
                  const std::function<void(Bytes, std::uint64_t&)>& command = run_commands) {
  std::uint64_t work = 0;
  counting::start();
  const std::clock_t begin = std::clock();
  command(file, work);
  if (kTells) {
    std::printf("%-45s %6.1f MB in, %6.1f MB at most, %6.1f million units, %9zu allocations, %5.2f s\n",
                what.c_str(), static_cast<double>(file.size()) / 1e6,
                static_cast<double>(counting::peak() + file.size()) / 1e6, static_cast<double>(work) / 1e6,
                static_cast<std::size_t>(counting::allocations()),
                static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  EXPECT_LE(counting::peak() + file.size(), 4 * file.size() + kSpare)
      << what << " of " << file.size() << " bytes: memory";
  EXPECT_LE(counting::allocations(), 3 * file.size() + 1'000'000) << what << ": allocations";
  // The last room to charge may go over by the body that it was about to decode.
  EXPECT_LE(work, 7 * file.size() + (64u << 20)) << what << ": work";
}

TEST(Limits, ManyOfEachThingThatASectionHolds) {
  expect_cheap("types", Raw().entries(1, {"\x60\0\0", 3}).take());
  expect_cheap("imports", Raw().entries_of(1, {"\x60\0\0", 3}, 1).entries(2, {"\0\0\0\0", 4}).take());
  expect_cheap("functions", Raw()
                                .entries_of(1, {"\x60\0\0", 3}, 1)
                                .entries(3, {"\0", 1}, kSize / 4)
                                .entries(10, {"\2\0\x0b", 3}, kSize / 4 * 3)
                                .take());
  expect_cheap("functions without code",
               Raw().entries_of(1, {"\x60\0\0", 3}, 1).entries(3, {"\0", 1}).take());
  expect_cheap("memories", Raw().entries(5, {"\0\0", 2}).take());
  expect_cheap("tables", Raw().entries(4, {"\x70\0\0", 3}).take());
  expect_cheap("globals", Raw().entries(6, {"\x7f\0\x41\0\x0b", 5}).take());
  expect_cheap("exports", Raw().entries_of(5, {"\0\2", 2}, 1).entries(7, {"\0\2\0", 3}).take());
  expect_cheap("data segments",
               Raw().entries_of(5, {"\0\2", 2}, 1).entries(11, {"\0\x41\0\x0b\0", 5}).take());
  expect_cheap("passive data segments", Raw().entries_of(5, {"\0\2", 2}, 1).entries(11, {"\1\0", 2}).take());
  expect_cheap("element segments",
               Raw().entries_of(4, {"\x70\0\0", 3}, 1).entries(9, {"\0\x41\0\x0b\0", 5}).take());
  Writer elements;
  elements.uleb(1).u8(0).u8(0x41).u8(0).u8(0x0b).uleb(kSize).bytes(ByteList(kSize));
  expect_cheap("elements", Raw()
                               .entries_of(1, {"\x60\0\0", 3}, 1)
                               .entries_of(3, {"\0", 1}, 1)
                               .entries_of(4, {"\x70\0\0", 3}, 1)
                               .section(9, elements.view())
                               .entries_of(10, {"\2\0\x0b", 3}, 1)
                               .take());
  Writer parameters;
  parameters.uleb(1).u8(0x60).uleb(kSize);
  for (std::size_t i = 0; i < kSize; ++i) parameters.u8(0x7f);
  expect_cheap("parameters", Raw().section(1, parameters.u8(0).view()).take());
}

TEST(Limits, ALittleOfEverythingAtOnce) {
  const std::size_t kPart = kSize / 6;
  expect_cheap("everything", Raw()
                                 .entries(1, {"\x60\0\0", 3}, kPart)
                                 .entries(2, {"\0\0\0\0", 4}, kPart)
                                 .entries(3, {"\0", 1}, kPart / 4)
                                 .entries_of(5, {"\0\2", 2}, 1)
                                 .entries(6, {"\x7f\0\x41\0\x0b", 5}, kPart)
                                 .entries(7, {"\0\2\0", 3}, kPart)
                                 .entries(10, {"\2\0\x0b", 3}, kPart / 4 * 3)
                                 .entries(11, {"\0\x41\0\x0b\0", 5}, kPart)
                                 .take());
}

TEST(Limits, ManyCustomSectionsAndWhatTheyHold) {
  Raw sections;
  for (std::size_t i = 0; i < kSize / 3; ++i) sections.section(0, as_bytes(std::string_view("\0", 1)));
  expect_cheap("sections", sections.take());

  Writer names;
  names.uleb(kSize / 2);
  for (std::size_t i = 0; i < kSize / 2; ++i) names.u8(static_cast<std::uint8_t>(i & 0x7f)).u8(0);
  Writer name_section;
  name_section.name("name").u8(1).uleb(names.size()).bytes(names.view());
  expect_cheap("names", Raw().entries_of(5, {"\0\2", 2}, 1).section(0, name_section.view()).take());

  Writer producers;
  producers.name("producers").uleb(1).name("language").uleb(kSize / 2);
  for (std::size_t i = 0; i < kSize / 2; ++i) producers.u8(0).u8(0);
  expect_cheap("producers", Raw().entries_of(5, {"\0\2", 2}, 1).section(0, producers.view()).take());

  for (const std::string_view name :
       {"linking", "reloc.CODE", "dylink.0", "target_features", "metadata.code.branch_hint"}) {
    Writer section;
    section.name(name).uleb(2).uleb(0).uleb(kSize / 4);
    for (std::size_t i = 0; i < kSize / 4; ++i) section.u8(0).u8(0).u8(0).u8(0);
    expect_cheap(std::string(name), Raw().entries_of(5, {"\0\2", 2}, 1).section(0, section.view()).take());
  }
}

TEST(Limits, CodeThatIsHardToLookThrough) {
  using namespace std::string_view_literals;
  expect_cheap("nested blocks",
               Raw().one_function("\x02\x40"sv, "", std::string(kSize / 2, '\x0b'), kSize).take());
  expect_cheap("constants that are a page's end", Raw().one_function("\x41\x80\x80\x04\x1a"sv).take());
  expect_cheap("constants that could be a heap start",
               Raw().one_function("\x41\x90\x93\x04\x1a"sv, "\x3f\x00\x1a"sv).take());
  expect_cheap("branch tables", Raw().one_function("\x41\0\x0e\x08\0\0\0\0\0\0\0\0\0"sv).take());
  expect_cheap("memory.size", Raw().one_function("\x3f\0\x1a"sv).take());
  expect_cheap("memory.grow", Raw().one_function("\x3f\0\x40\0\x1a"sv).take());
  expect_cheap("nops", Raw().one_function("\x01"sv, "\x3f\0\x1a"sv).take());
  expect_cheap("stores",
               Raw().one_function("\x41\x90\x93\x04\x41\x90\x93\x04\x36\x02\x00"sv, "\x3f\0\x1a"sv).take());
  expect_cheap("calls", Raw().one_function("\x10\x00"sv, "\x3f\0\x1a"sv).take());
  expect_cheap("values never dropped", Raw().one_function("\x41\x90\x93\x04"sv, "\x3f\0"sv).take());
  // Where ways meet, every local may have two values.
  const auto with_locals = [](std::string_view unit, std::string_view before, std::string_view after = "") {
    Writer body, content;
    body.uleb(1).uleb(40'000).u8(0x7f).bytes(as_bytes(before));
    while (body.size() + unit.size() + after.size() < kSize) body.bytes(as_bytes(unit));
    body.bytes(as_bytes(after)).u8(0x0b);
    content.uleb(1).uleb(body.size()).bytes(body.view());
    return Raw()
        .entries_of(1, {"\x60\0\0", 3}, 1)
        .entries_of(3, {"\0", 1}, 1)
        .entries_of(5, {"\0\2", 2}, 1)
        .section(10, content.view())
        .take();
  };
  expect_cheap("loops over many locals", with_locals("\x03\x40\x0b"sv, "\x3f\0\x1a"sv));
  expect_cheap("ways that meet over many locals", with_locals("\x02\x40\x20\0\x0d\0\x0b"sv, "\x3f\0\x1a"sv));
  expect_cheap("locals that change in loops",
               with_locals("\x03\x40\x3f\0\x22\x01\x21\x02\x20\x02\x0d\0\x0b"sv, "\x3f\0\x1a"sv));
  // One table of all targets.
  Writer targets;
  targets.u8(0x41).u8(0).u8(0x0e).uleb(kSize);
  const std::string before(as_text(targets.view()));
  expect_cheap("one branch table", Raw().one_function("\0"sv, before, "\0"sv).take());
  // Many functions, each with what a detector looks for. Shorter ones than the second kind are too many to be
  // read at all; those that keep the size in bytes may all be TinyGo's.
  const auto many = [](const std::string& what, std::string_view unit, std::size_t repeats) {
    std::string body("\0"sv);
    for (std::size_t i = 0; i < repeats; ++i) body += unit;
    body += '\x0b';
    Writer entry;
    entry.uleb(body.size()).bytes(as_bytes(body));
    const std::size_t count = kSize / (entry.size() + 1);
    expect_cheap(std::to_string(count) + " functions that " + what,
                 Raw()
                     .entries_of(1, {"\x60\0\0", 3}, 1)
                     .entries_of(3, {"\0", 1}, count)
                     .entries_of(5, {"\0\2", 2}, 1)
                     .entries_of(10, as_text(entry.view()), count)
                     .take());
  };
  constexpr std::string_view kAsk = "\x3f\0\x1a\x41\x90\x93\x04\x1a"sv,
                             kKeep = "\x41\xd0\x0f\x3f\0\x41\x10\x74\x36\2\0"sv;
  many("ask for the size", kAsk, 1);
  many("ask for the size", kAsk, 16);
  many("keep the size", kKeep, 12);
}

TEST(Limits, FunctionsThatAskAnotherForMemory) {
  using namespace std::string_view_literals;
  // grow(n) = memory.grow(n) << 16, and as many callers of it, each with sixteen calls, as fit; the results
  // are kept, or only dropped.
  constexpr std::string_view kGrow = "\x09\0\x20\0\x40\0\x41\x10\x74\x0b"sv;
  for (const bool keeps : {false, true}) {
    std::string body("\0"sv);
    for (int i = 0; i < 16; ++i) body += keeps ? "\x41\x80\x08\x41\1\x10\0\x36\2\0"sv : "\x41\1\x10\0\x1a"sv;
    body += '\x0b';
    Writer code, functions;
    const std::size_t count = kSize / (body.size() + 3);
    functions.uleb(count + 1).u8(0);
    code.uleb(count + 1).bytes(as_bytes(kGrow));
    for (std::size_t i = 0; i < count; ++i) {
      functions.u8(1);
      code.uleb(body.size()).bytes(as_bytes(body));
    }
    Writer types;
    types.uleb(2).bytes(as_bytes("\x60\1\x7f\1\x7f\x60\0\0"sv));
    expect_cheap(keeps ? "callers that keep new memory" : "callers that drop new memory",
                 Raw()
                     .section(1, types.view())
                     .section(3, functions.view())
                     .entries_of(5, {"\0\2", 2}, 1)
                     .section(10, code.view())
                     .take());
  }
}

TEST(Limits, ConstantsOfAProgramThatMayBeTinyGo) {
  // A function that stores the memory's size in bytes has the TinyGo detector list every constant of the
  // program. Fewer than this would fit in any case.
  Writer setup, constants, content;
  setup.uleb(0).u8(0x41).sleb(2000).u8(0x3f).u8(0).u8(0x41).u8(16).u8(0x74).u8(0x36).u8(2).u8(0).u8(0x0b);
  constants.uleb(0);
  for (std::uint32_t i = 0; constants.size() < 100'000'000; ++i)
    constants.u8(0x41).sleb(static_cast<std::int32_t>(1'100'000 + i));
  constants.u8(0x0b);
  content.uleb(2).uleb(setup.size()).bytes(setup.view()).uleb(constants.size()).bytes(constants.view());
  expect_cheap("constants that all differ", Raw()
                                                .entries_of(1, {"\x60\0\0", 3}, 1)
                                                .entries_of(3, {"\0", 1}, 2)
                                                .entries_of(5, {"\0\2", 2}, 1)
                                                .section(10, content.view())
                                                .take());
}

TEST(Limits, DataThatLooksLikeManyRuntimes) {
  Writer headers, pointers;
  headers.uleb(1).u8(0).u8(0x41).sleb(65536).u8(0x0b).uleb(kSize / 8 * 8);
  pointers.bytes(headers.view());
  for (std::size_t i = 0; i < kSize / 8; ++i) headers.u32_le(0xfffffff1).u32_le(0x08010000);
  for (std::size_t i = 0; i < kSize / 16; ++i) {
    pointers.u32_le(0xfffffff1).u32_le(0x08010000);
    pointers.u32_le(static_cast<std::uint32_t>(65536 + i * 16)).u32_le(0);
  }
  expect_cheap("pclntab headers",
               Raw().entries_of(5, {"\0\x80\x04", 3}, 1).section(11, headers.view()).take());
  expect_cheap("pclntab headers with pointers at them",
               Raw().entries_of(5, {"\0\x80\x04", 3}, 1).section(11, pointers.view()).take());
}

TEST(Limits, DataWordsThatAHeapBelowTheDeclaredEndMayStartFrom) {
  using namespace std::string_view_literals;
  // *((memory.grow(1) << 16) + 65528) = 17, and data of nothing but numbers between its end and the memory's.
  const std::string_view body = "\x01\x10\0\x41\x01\x40\0\x41\x10\x74\x41\x11\x36\2\xf8\xff\x03\x0b"sv;
  const std::uint64_t begin = 65536, words = kSize / 4, end = begin + words * 4;
  Writer memory, data;
  memory.uleb(1).u8(0).uleb(end / 65536 + 2);
  data.uleb(1).u8(0).u8(0x41).sleb(static_cast<std::int64_t>(begin)).u8(0x0b).uleb(words * 4);
  for (std::uint64_t i = 0; i < words; ++i) data.u32_le(static_cast<std::uint32_t>(align_up(end, 16) + 16));
  expect_cheap("data words that may be a heap start", Raw()
                                                          .entries_of(1, {"\x60\0\0", 3}, 1)
                                                          .entries_of(3, {"\0", 1}, 1)
                                                          .section(5, memory.view())
                                                          .section(10, as_bytes(body))
                                                          .section(11, data.view())
                                                          .take());
}

TEST(Limits, JsonBombs) {
  const auto as_manifest = [](Bytes file, std::uint64_t&) { (void)read_manifest(as_text(file)); };
  const auto as_record = [](Bytes file, std::uint64_t& work) {
    Writer content;
    run_commands(Raw().section(0, content.name("heapbump").bytes(file).view()).take(), work);
  };
  // As large as a document may be; what is larger is not looked at.
  constexpr std::size_t kBomb = kMaxJsonBytes - 64;
  const auto repeat = [](std::string_view front, std::string_view unit, std::string_view end) {
    std::string text(front);
    while (text.size() < kBomb) text += unit;
    text += end;
    const Bytes bytes = as_bytes(text);
    return ByteList(bytes.begin(), bytes.end());
  };
  std::string keys = "{";
  for (std::size_t i = 0; keys.size() < kBomb; ++i) keys += "\"" + std::to_string(i) + "\":0,";
  const std::pair<std::string_view, ByteList> bombs[] = {
      {"arrays in arrays", repeat("", "[", "")},
      {"many values", repeat("[", "0,", "0]")},
      {"many empty objects", repeat("[", "{},", "0]")},
      {"many keys", ByteList(as_bytes(keys).begin(), as_bytes(keys).end())},
      {"one long string", repeat("[\"", "a", "\"]")},
      {"one long string of escapes", repeat("[\"", "\\u0001", "\"]")},
      {"one long number", repeat("[", "1", "]")},
  };
  for (const auto& [what, file] : bombs) {
    expect_cheap(std::string(what) + " as a manifest", file, as_manifest);
    expect_cheap(std::string(what) + " as a record", file, as_record);
  }
}

/// A reserved module of kSize bytes, most of them in a custom section.
ByteList large_reserved_module() {
  Writer padding, section;
  padding.name("padding").bytes(ByteList(kSize));
  section.u8(0).uleb(padding.size()).bytes(padding.view());
  ByteList main = test::specimen_program();
  main.insert(main.end(), section.view().begin(), section.view().end());
  return test::make_specimen(std::move(main)).reserved;
}

TEST(Limits, AComponentThatInstantiatesOneModuleAThousandTimes) {
  test::ComponentBuilder component;
  component.module(large_reserved_module());
  for (unsigned i = 0; i < 1000; ++i) component.instantiate(0, {});
  const auto as_component = [](Bytes file, std::uint64_t&) {
    const auto checked = check_component(file, nullptr);
    ASSERT_FALSE(checked.has_value()) << "each instance is hashed, which must end somewhere";
    EXPECT_EQ(checked.error().code, Code::kWorkLimit);
  };
  expect_cheap("instances", component.build(), as_component);
}

TEST(Limits, AnAdapterOfNothingButCalls) {
  using namespace std::string_view_literals;
  Writer types, imports;
  types.uleb(2).bytes(as_bytes("\x60\0\0\x60\4\x7f\x7f\x7f\x7f\1\x7f"sv));
  imports.uleb(2)
      .name("env")
      .name("memory")
      .bytes(as_bytes("\2\0\0"sv))
      .name("__main_module__")
      .name("cabi_realloc")
      .bytes(as_bytes("\0\1"sv));
  const auto place = [](Bytes file, std::uint64_t&) {
    const auto placed = place_adapter(file, Manifest{}, 0);
    ASSERT_FALSE(placed.has_value());
    EXPECT_EQ(placed.error().code, Code::kWorkLimit);
  };
  for (const std::string_view unit : {"\x10\0"sv, "\x23\0"sv, "\xd2\0"sv, "\x21\0"sv}) {
    Writer body, code;
    body.u8(0);
    while (body.size() < std::min<std::size_t>(kSize, 14'000'000)) body.bytes(as_bytes(unit));
    body.u8(0x0b);
    code.uleb(1).uleb(body.size()).bytes(body.view());
    expect_cheap("an adapter of one instruction",
                 Raw()
                     .section(1, types.view())
                     .section(2, imports.view())
                     .entries_of(3, "\0"sv, 1)
                     .entries_of(6, "\x7f\1\x41\0\x0b"sv, 1)
                     .section(10, code.view())
                     .take(),
                 place);
  }
}

TEST(Limits, TwoHugeFilesAreCompared) {
  const ByteList a = Raw().one_function({"\x41\x90\x93\x04\x1a", 5}).take();
  const ByteList b = Raw().one_function({"\x41\x91\x93\x04\x1a", 5}).take();
  const auto compare = [&](Bytes file, std::uint64_t&) { (void)verify_modules(file, b, std::nullopt); };
  expect_cheap("two files that differ everywhere", a, compare);
}

TEST(Limits, WhatTakesMoreWorkThanItsBudgetIsRefused) {
  const ByteList file = Raw().one_function({"\x3f\0\x1a", 3}, "", "", 4096).take();
  const auto module = read_module(file);
  ASSERT_TRUE(module.has_value());
  for (const std::uint64_t work : {1u, 1000u, 4000u}) {
    Budget budget(BudgetLimits{work, 1 << 20});
    const auto reservation = reserve(*module, {}, budget);
    ASSERT_FALSE(reservation.has_value()) << work;
    EXPECT_EQ(reservation.error().code, Code::kWorkLimit) << work;
    EXPECT_LE(budget.work(), work);
  }
}

// What loops inside loops make of a file. `work` is the sum that is charged.

/// A module of these functions, all of one type, a mutable global and two pages of memory.
ByteList of_functions(std::string_view type, std::string_view body, std::size_t count = 1) {
  Writer entry, globals;
  entry.uleb(body.size()).bytes(as_bytes(body));
  return Raw()
      .entries_of(1, type, 1)
      .entries_of(3, {"\0", 1}, count)
      .entries_of(5, {"\0\2", 2}, 1)
      .entries_of(6, {"\x7f\1\x41\x80\x08\x0b", 6}, 1)
      .entries_of(10, as_text(entry.view()), count)
      .take();
}

std::string repeated(std::string_view unit, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += unit;
  return text;
}

TEST(Limits, CodeThatNoPathReaches) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  expect_cheap("constants behind unreachable", Raw().one_function("\x41\0"sv, "\x3f\0\x1a\0"sv).take());
  // Each is a hit in the range that no strategy may touch, at the memory's end.
  const std::string body =
      "\0\x3f\0\x41\x10\x74\x41\x80\x80\x04\x6b\x1a\0"s + repeated("\x41\x80\x80\x08"sv, 80'000) + "\x0b";
  expect_cheap("hits behind unreachable", of_functions("\x60\0\0"sv, body, 12));
}

TEST(Limits, RelocationsThatTakeManyTimesTheirSize) {
  Writer linking, relocations, symbols;
  symbols.uleb(kSize / 3);
  for (std::size_t i = 0; i < kSize / 3; ++i) symbols.u8(0).u8(0x10).u8(0);
  linking.name("linking").uleb(2).u8(8).uleb(symbols.size()).bytes(symbols.view());
  relocations.name("reloc.CODE").uleb(3).uleb(kSize / 4);
  for (std::size_t i = 0; i < kSize / 4; ++i) relocations.u8(3).u8(1).u8(0).u8(0);
  const auto module = [](Raw& sections) -> Raw& {
    return sections.entries_of(1, {"\x60\0\0", 3}, 1)
        .entries_of(3, {"\0", 1}, 1)
        .entries_of(5, {"\0\2", 2}, 1)
        .entries_of(10, {"\2\0\x0b", 3}, 1);
  };
  Raw symbols_only, both;
  expect_cheap("symbols", module(symbols_only)
                              .section(0, linking.view())
                              .section(0, as_bytes(std::string_view("\x0areloc.CODE\3\0", 13)))
                              .take());
  Writer few;
  few.name("linking").uleb(2).u8(8).uleb(4).uleb(1).u8(0).u8(0x10).u8(0);
  expect_cheap("relocations", module(both).section(0, few.view()).section(0, relocations.view()).take());
}

TEST(Limits, GlobalsInTheHeapsRange) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  // memory.size * 65536 - 65536 says where the heap starts; each global may be that address.
  constexpr std::string_view kBody = "\x0c\0\x3f\0\x41\x10\x74\x41\x80\x80\x04\x6b\x1a\x0b"sv;
  Writer code;
  code.uleb(1).u8(static_cast<std::uint8_t>(kBody.size() - 1)).bytes(as_bytes(kBody.substr(1)));
  const auto with_exports = [&](std::size_t globals, std::size_t exports) {
    Raw raw;
    raw.entries_of(1, "\x60\0\0"sv, 1)
        .entries_of(3, "\0"sv, 1)
        .entries_of(5, "\0\2"sv, 1)
        .entries_of(6, "\x7f\0\x41\x80\x80\x04\x0b"sv, globals);
    if (exports != 0) raw.entries_of(7, "\1a\3\0"sv, exports);
    return raw.section(10, code.view()).take();
  };
  expect_cheap("globals that equal the heap's start", with_exports(300'000, 0));
  expect_cheap("globals that equal the heap's start, and exports", with_exports(150'000, 1'000'000));
}

TEST(Limits, FunctionsInATableThatReturnTheSize) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  const std::size_t count = kSize / 1024;
  Writer elements;
  elements.uleb(1).u8(0).u8(0x41).u8(0).u8(0x0b).uleb(kSize / 4).bytes(ByteList(kSize / 4));
  expect_cheap("functions that return the size beside a table",
               Raw()
                   .entries_of(1, "\x60\0\1\x7f"sv, 1)
                   .entries_of(3, "\0"sv, count + 1)
                   .entries_of(4, "\x70\0\0"sv, 1)
                   .entries_of(5, "\0\2"sv, 1)
                   .section(9, elements.view())
                   .entries_of(10, "\4\0\x3f\0\x0b"sv, count + 1)
                   .take());
}

TEST(Limits, NamesThatAreRepeatedInReports) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  const std::string long_name(kSize / 4, 'a');
  const std::string worst(kSize / 4, '\1');  // six bytes each in JSON
  const std::string body = "\1\1\x7f\x3f\0\x21\0"s + repeated("\x20\0\x41\5\x49\x1a"sv, 100) + "\x0b";
  Writer entry, names, name_section, producers, exports;
  entry.uleb(body.size()).bytes(as_bytes(body));
  names.uleb(1).uleb(0).name(long_name);
  name_section.name("name").u8(1).uleb(names.size()).bytes(names.view());
  producers.name("producers").uleb(1).name("processed-by").uleb(1).name(worst).name(worst);
  exports.uleb(1).name(worst).u8(2).u8(0);
  const auto with = [&](const std::function<void(Raw&)>& add, bool exported) {
    Raw raw;
    raw.entries_of(1, "\x60\0\0"sv, 1).entries_of(3, "\0"sv, 1).entries_of(5, "\0\2"sv, 1);
    if (exported) raw.section(7, exports.view());
    raw.entries_of(10, as_text(entry.view()), 1);
    add(raw);
    return raw.take();
  };
  expect_cheap("a long name of a function",
               with([&](Raw& raw) { raw.section(0, name_section.view()); }, false));
  expect_cheap("long names of producers", with([&](Raw& raw) { raw.section(0, producers.view()); }, false));
  expect_cheap("a long name of the memory", with([](Raw&) {}, true));
  const auto report = [](Bytes file, std::uint64_t&) {
    const auto module = read_module(file);
    ASSERT_TRUE(module.has_value());
    (void)detect_report(*module, detect(*module), std::string(64, '0')).dump();
  };
  expect_cheap("a long name of the memory, detected", with([](Raw&) {}, true), report);
  expect_cheap("a long name of a function, detected",
               with([&](Raw& raw) { raw.section(0, name_section.view()); }, false), report);
}

TEST(Limits, AProgramWithTinyGosHeapAndNothingElse) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  // The word at 2000 is heapEnd, the one at 2004 heapptr: it is loaded, advanced, compared with heapEnd and
  // stored back.
  const std::string setup = "\0\x41\xd0\x0f\x3f\0\x41\x10\x74\x36\2\0\x0b"s;
  const auto program = [&](std::string_view unit, std::size_t count, std::size_t words) {
    const std::string alloc =
        "\1\2\x7f\x41\xd4\x0f\x28\2\0\x21\0\x20\0\x41\x10\x6a\x22\1\x41\xd0\x0f\x28\2\0\x4b\x1a"s +
        repeated(unit, count) + "\x41\xd4\x0f\x20\1\x36\2\0\x0b"s;
    Writer code, data;
    code.uleb(2).uleb(setup.size()).bytes(as_bytes(setup)).uleb(alloc.size()).bytes(as_bytes(alloc));
    data.uleb(1).u8(0).u8(0x41).sleb(2004).u8(0x0b).uleb(words * 4);
    for (std::size_t i = 0; i < words; ++i) data.u32_le(60'000'000);
    return Raw()
        .entries_of(1, "\x60\0\0"sv, 1)
        .entries_of(3, "\0"sv, 2)
        .entries_of(5, "\0\x80\x08"sv, 1)
        .section(10, code.view())
        .section(11, data.view())
        .take();
  };
  expect_cheap("data words that equal TinyGo's heap start", program("", 0, kSize / 4));
  expect_cheap("comparisons with TinyGo's heap end",
               program("\x20\1\x41\xd0\x0f\x28\2\0\x4b\x1a"sv, 20'000, 1));
  expect_cheap("constants that equal TinyGo's heap start",
               program("\x41\x80\x8e\xce\x1c\x41\xd0\x0f\x28\2\0\x4b\x1a"sv, 20'000, 1));
  expect_cheap("stores to TinyGo's heap pointer", program("\x41\xd4\x0f\x20\1\x36\2\0"sv, 12'000, 1));
}

TEST(Limits, ValuesThatDoubleAtEachStep) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  // grow(x + x + ...), nested 22 times: is it zero if the parameter is? Asked for each of a thousand
  // parameters.
  std::string type("\x60"sv);
  type += "\xe8\x07"sv;
  type += repeated("\x7f"sv, 1000) + "\1\x7f";
  const std::string body =
      "\1\1\x7f\x20\0"s + repeated("\x22\xe8\x07\x20\xe8\x07\x6a"sv, 22) + "\x40\0\x41\x10\x74\x0b"s;
  expect_cheap("sums of a parameter", of_functions(type, std::string("\1", 1) + body.substr(1)));
}

TEST(Limits, ConstantsThatMeetInOnePlaceWithManyUses) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  constexpr std::size_t kMany = 4'400;
  const std::string body = "\1\2\x7f\x3f\0\x1a\x02\x7f"s +
                           repeated("\x41\x80\x80\x08\x23\0\x0d\0\x1a"sv, kMany) +
                           "\x41\x80\x80\x08\x0b\x21\1"s + repeated("\x20\1\x45\x1a"sv, kMany) + "\x0b";
  expect_cheap("constants that meet", of_functions("\x60\0\0"sv, body, 8));
}

TEST(Limits, OneFunctionThatIsAsLargeAsItMayBe) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  const auto one = [](std::string_view what, std::string_view locals, std::string_view before,
                      std::string_view unit, std::size_t count, std::string_view middle = ""sv,
                      std::string_view other = ""sv, std::size_t others = 0) {
    expect_cheap(
        std::string(what),
        of_functions("\x60\1\x7f\0"sv, std::string(locals) + std::string(before) + repeated(unit, count) +
                                           std::string(middle) + repeated(other, others) + "\x0b"));
  };
  const std::string grown = "\x20\0\x40\0\x41\x10\x74\x21\1"s;  // local 1 = memory.grow(p) << 16
  one("stores and loads of one word of the frame", "\1\2\x7f"sv,
      grown + "\x23\0\x21\2\x20\2\x41\0\x3a\0\x08"s, "\x20\2\x20\1\x36\2\x08"sv, 90'000, ""sv,
      "\x20\2\x28\2\x08\x1a"sv, 90'000);
  const std::string size = "\x3f\0\x21\1"s;  // local 1 = memory.size
  const std::string grow = "\x20\0\x40\0\x1a"s;
  one("comparisons with one size", "\1\1\x7f"sv, grow + size, "\x20\1\x20\0\x49\x04\x40\0\x0b"sv, 60'000);
  one("ways that meet with the size", "\1\1\x7f"sv, size, "\x02\x7f\x20\1\x20\0\x0d\0\x1a\x20\0\x0b\x21\1"sv,
      40'000);
  one("ways that meet with the size after growth", "\1\2\x7f"sv, "\x20\0\x04\x40\0\x0b"s + size + grow,
      "\x02\x7f\x20\1\x20\0\x0d\0\x1a\x20\0\x0b\x21\2"sv, 40'000);
  one("branches between the size and its growth", "\1\1\x7f"sv, size, "\x20\0\x04\x40\x01\x0b"sv, 90'000,
      grow);
  one("one value of many ways, used as often", "\1\1\x7f"sv, size + "\x02\x7f"s, "\x41\1\x20\0\x0d\0\x1a"sv,
      60'000, "\x41\1\x0b\x21\1"sv, "\x20\0\x20\1\x6a\x1a"sv, 60'000);
  one("breaks that are compared with the size", "\1\1\x7f"sv, size + "\x20\1\x41\x10\x74\x21\1"s,
      "\x41\x80\x10\x28\2\0\x20\1\x49\x1a"sv, 250, ""sv, "\x41\x80\x10\x20\0\x36\2\0"sv, 120'000);
  one("constants near the heap's start", "\1\1\x7f"sv, size + "\x20\1\x41\x10\x74\x41\x80\x80\x04\x6b\x1a"s,
      "\x41\xa0\x8d\x06\x45\x1a"sv, 120'000);
}

// Two files that are fit for each other, and made so that following what was left or moved would take hours.

constexpr std::int32_t kHeap = 8 << 20;

/// Reserved by a finding that says that the first `moved` constants equal to kHeap are the heap's start.
test::Specimen as_found(test::ModuleBuilder& builder, std::size_t moved) {
  const ByteList program = builder.build();
  Finding finding;
  finding.detector = "tests";
  finding.toolchain = {"tests", "1", "tests"};
  finding.confidence = Confidence::proven;
  finding.heap_base = kHeap;
  finding.strategies = {{Strategy::bump, true, "so it says"}};
  finding.sites = test::constants_as_heap_starts(program, kHeap, moved);
  return test::reserve_as_found(program, finding);
}

/// Whether the check gives up: a test that means to try its limit must see that it did.
bool gives_up(const std::string& what, const test::Specimen& specimen) {
  bool gave_up = false;
  const auto compare = [&](Bytes file, std::uint64_t& work) {
    const auto verification = verify_modules(file, specimen.reserved, std::nullopt);
    ASSERT_TRUE(verification.has_value());
    const BudgetLimits limits =
        BudgetLimits::of_file(file.size()) + BudgetLimits::of_file(specimen.reserved.size());
    EXPECT_LE(verification->checking_work, limits.work + file.size() + specimen.reserved.size()) << what;
    work = 0;
    gave_up = std::ranges::any_of(verification->mismatches, [](const Mismatch& m) {
      return m.what.find("takes more work") != std::string::npos;
    });
  };
  expect_cheap(what, specimen.original, compare);
  return gave_up;
}

TEST(Limits, WordsThatEqualTheHeapStartAreNotLookedForWithoutEnd) {
  test::ModuleBuilder builder;
  const auto type = builder.type({}, {});
  test::Body stores;
  stores.i32_const(kHeap).i32_const(1).access(0x36);
  for (int i = 0; i < 200'000; ++i) stores.i32_const(70'000).op({0x1a});
  builder.exported("_start", 0, builder.function(type, 0, stores)).memory(256);
  std::string words;
  for (int i = 0; i < 500'000; ++i) words += std::string("\0\0\x80\0", 4);
  builder.data(65'536, words);
  EXPECT_FALSE(gives_up("data words that equal the heap start", as_found(builder, 1)));
}

TEST(Limits, ConstantsThatMovedAreNotFollowedWithoutEnd) {
  test::ModuleBuilder builder;
  const auto type = builder.type({}, {});
  test::Body stores;
  for (int i = 0; i < 30'000; ++i) stores.i32_const(kHeap).i32_const(1).access(0x36);
  builder.exported("_start", 0, builder.function(type, 0, stores)).memory(256);
  EXPECT_FALSE(gives_up("constants that moved", as_found(builder, 30'000)));
}

TEST(Limits, ConstantsThatWereLeftAreNotFollowedWithoutEnd) {
  test::ModuleBuilder builder;
  const auto type = builder.type({}, {});
  test::Body first, rest;
  first.i32_const(kHeap).i32_const(1).access(0x36);
  for (int i = 0; i < 60'000; ++i) rest.i32_const(kHeap).i32_const(3).op({0x6c, 0x1a});
  builder.exported("_start", 0, builder.function(type, 0, first)).memory(256);
  builder.function(type, 0, rest);
  EXPECT_FALSE(gives_up("constants that were left", as_found(builder, 1)));
}

TEST(Limits, ConstantsThatMeetAValueOfManyWaysAreNotFollowedWithoutEnd) {
  constexpr int kWays = 20'000;
  test::ModuleBuilder builder;
  const auto type = builder.type({test::kI32}, {});
  test::Body owner;  // takes the memory from kHeap up to its end
  owner.i32_const(1104).op({0x3f, 0x00}).i32_const(16).op({0x74}).i32_const(kHeap).op({0x6b}).access(0x36);
  owner.i32_const(kHeap).i32_const(1108).access(0x28).op({0x6a}).i32_const(1).access(0x36);
  test::Body meets;
  meets.op({0x02, test::kI32});
  for (int i = 0; i < kWays; ++i)
    meets.local_get(0).i32_const(i).op({0x6c}).local_get(0).op({0x0d, 0x00, 0x1a});
  meets.i32_const(2048).op({0x0b}).local_set(1).i32_const(kHeap).local_set(
      2);  // it may come from static data
  for (int i = 0; i < kWays; ++i) meets.local_get(1).i32_const(i).op({0x6a}).local_get(2).op({0x46, 0x1a});
  builder.exported("_start", 0, builder.function(builder.type({}, {}), 0, owner)).memory(256);
  builder.function(type, 2, meets);
  builder.data(1024, "static data");
  EXPECT_FALSE(gives_up("constants that meet a value of many ways", as_found(builder, 2)));
  expect_cheap("constants that meet a value of many ways", builder.build());
}

TEST(Limits, FunctionsThatAreCalledWithManySizesAreNotWalkedWithoutEnd) {
  constexpr int kFunctions = 120, kCalls = 8, kVariables = 22, kOperations = 40'000;
  test::ModuleBuilder builder;
  const auto type = builder.type({test::kI32}, {});
  test::Body first;
  for (std::uint8_t to = 1; to <= kFunctions; ++to)
    for (int i = 0; i < kCalls; ++i) first.op({0x3f, 0x00}).i32_const(i).op({0x6a, 0x10, to});
  first.i32_const(kHeap).i32_const(1).access(0x36);
  builder.exported("_start", 0, builder.function(builder.type({}, {}), 0, first)).memory(256);
  test::Body walked;  // each round of the loop takes the number of pages one variable further
  walked.op({0x03, 0x40});
  for (std::uint8_t i = 1; i < kVariables; ++i) walked.local_get(i + 1).local_set(i);
  walked.local_get(0).local_set(kVariables).local_get(1).op({0x0d, 0x00, 0x0b}).local_get(1);
  for (int i = 0; i < kOperations; ++i) walked.op({0x45});
  walked.op({0x1a});
  for (int i = 0; i < kFunctions; ++i) builder.function(type, kVariables, walked);
  EXPECT_TRUE(gives_up("functions that are called with many sizes", as_found(builder, 1)));
}

TEST(Limits, WhatDoesNotFitIsNotListedWithoutEnd) {
  test::ModuleBuilder builder;
  const auto type = builder.type({}, {});
  test::Body first, rest;
  first.i32_const(kHeap).i32_const(1).access(0x36);
  for (int i = 0; i < 1'000'000; ++i) rest.i32_const(kHeap + 16).op({0x1a});
  builder.exported("_start", 0, builder.function(type, 0, first)).memory(256);
  builder.function(type, 0, rest);
  const test::Specimen specimen = as_found(builder, 1);
  const auto compare = [&](Bytes file, std::uint64_t&) {
    EXPECT_FALSE(verify_modules(file, specimen.reserved, std::nullopt)->ok());
  };
  expect_cheap("constants in a function that is too large to follow", specimen.original, compare);
}

TEST(Limits, GlobalsThatWereLeftAreNotLookedUpWithoutEnd) {
  test::ModuleBuilder builder;
  const auto type = builder.type({}, {});
  test::Body first;
  first.i32_const(kHeap).i32_const(1).access(0x36);
  builder.exported("_start", 0, builder.function(type, 0, first)).memory(256);
  for (int i = 0; i < 200'000; ++i) builder.global(kHeap, false);
  const test::Specimen specimen = as_found(builder, 1);
  const auto compare = [&](Bytes file, std::uint64_t&) {
    EXPECT_FALSE(verify_modules(file, specimen.reserved, std::nullopt)->ok());
  };
  expect_cheap("globals that were left", specimen.original, compare);
}

TEST(Limits, AComponentThatExportsOneModuleAThousandTimes) {
  test::ComponentBuilder component;
  component.module(large_reserved_module());
  for (unsigned i = 0; i < 900; ++i)
    component.section(11, Writer().uleb(1).u8(0).name(std::to_string(i)).u8(0).u8(0x11).uleb(0).u8(0).view());
  for (unsigned i = 0; i < 900; ++i) component.instantiate(i, {});
  const auto as_component = [](Bytes file, std::uint64_t&) {
    const auto checked = check_component(file, nullptr);
    ASSERT_FALSE(checked.has_value()) << "each instance is hashed, which must end somewhere";
    EXPECT_EQ(checked.error().code, Code::kWorkLimit);
  };
  expect_cheap("instances of exported modules", component.build(), as_component);
}

}  // namespace
}  // namespace heapbump
