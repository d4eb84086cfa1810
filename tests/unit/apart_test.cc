// What `apart` is made of: the outline of a module, the program and its edits, the generated modules, the
// record, and that the shipped stand-in components hold the stand-in as it is made.
#include "component/apart.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/released.h"
#include "base/sha256.h"
#include "component/glue.h"
#include "heapbump/check.h"
#include "heapbump/component.h"
#include "wasm/component.h"
#include "wasm/outline.h"

namespace heapbump {
namespace {

std::vector<std::byte> module_of(const std::vector<std::pair<int, std::vector<int>>>& sections) {
  Writer out;
  out.u32_le(0x6d736100).u32_le(1);
  for (const auto& [id, bytes] : sections) {
    out.u8(static_cast<std::uint8_t>(id)).uleb(bytes.size());
    for (const int byte : bytes) out.u8(static_cast<std::uint8_t>(byte));
  }
  return out.take();
}

std::vector<int> text(std::string_view name) {
  std::vector<int> out{static_cast<int>(name.size())};
  out.insert(out.end(), name.begin(), name.end());
  return out;
}

std::vector<int> operator+(std::vector<int> a, const std::vector<int>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A command that imports functions of type 0, (i32 i32 i32 i32) -> i32, and has an empty `_start` of type 1.
std::vector<std::byte> command(const std::vector<std::pair<std::string, std::string>>& imports,
                               bool start = false) {
  std::vector<int> list{static_cast<int>(imports.size())};
  for (const auto& [module, name] : imports) list = list + text(module) + text(name) + std::vector<int>{0, 0};
  const int main = static_cast<int>(imports.size());
  std::vector<std::pair<int, std::vector<int>>> sections = {
      {1, {2, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 0}},
      {2, list},
      {3, {1, 1}},
      {5, {1, 0, 1}},
      {7, std::vector<int>{2} + text("memory") + std::vector<int>{2, 0} + text("_start") +
              std::vector<int>{0, main}},
  };
  if (start) sections.push_back({8, {main}});
  sections.push_back({10, {1, 2, 0, 0x0b}});
  return module_of(sections);
}

Result<Program> program_of(const std::vector<std::byte>& file) {
  HEAPBUMP_TRY(const Outline outline, read_outline(file));
  return read_program(outline);
}

TEST(Calls, AreTheFortySixOfPreview1) {
  EXPECT_EQ(preview1_calls().size(), 46U);
  EXPECT_TRUE(std::ranges::is_sorted(preview1_calls(), {}, &HostCall::name));
  using enum emit::Type;
  EXPECT_EQ(find_preview1("path_open")->signature(),
            (emit::Signature{{i32, i32, i32, i32, i32, i64, i64, i32, i32}, {i32}}));
  EXPECT_EQ(find_preview1("proc_exit")->signature(), (emit::Signature{{i32}, {}}));
  EXPECT_FALSE(find_preview1("fd_seek")->parameters.empty());
  EXPECT_TRUE(find_preview1("fd_seek")->uses_memory());
  EXPECT_FALSE(find_preview1("fd_close")->uses_memory());
  EXPECT_FALSE(is_in_preview0("sock_accept"));
  EXPECT_EQ(find_preview1("fd_fly"), nullptr);
}

TEST(Outline, ReadsTypesOfLaterProposals) {
  // (rec (sub (struct (field (mut i32)))) (sub final 0 (array (ref null 1)))), (func (param (ref func))),
  // (func)
  const auto file = module_of({{1, {3,    0x4e, 2, 0x50, 0,    0x5f, 1,    0x7f, 1, 0x4f, 1, 0,
                                    0x5e, 0x63, 1, 0,    0x60, 1,    0x64, 0x70, 0, 0x60, 0, 0}},
                               {5, {2, 0x08, 5, 0, 0x03, 1, 2}}});
  const auto outline = read_outline(file);
  ASSERT_TRUE(outline) << outline.error().message;
  ASSERT_EQ(outline->types.size(), 4U);
  EXPECT_FALSE(outline->types[0].plain);
  EXPECT_FALSE(outline->types[2].plain);
  EXPECT_TRUE(outline->types[3].plain);
  ASSERT_EQ(outline->memories.size(), 2U);
  EXPECT_EQ(outline->memories[0].page_size_log2, 0U);
  EXPECT_TRUE(outline->memories[1].shared);
  EXPECT_EQ(outline->memories[1].maximum, 2U);
}

TEST(Outline, AFunctionInAGroupOfSeveralTypesIsNotPlain) {
  const auto outline = read_outline(module_of({{1, {1, 0x4e, 2, 0x60, 0, 0, 0x60, 0, 0}}}));
  ASSERT_TRUE(outline);
  EXPECT_FALSE(outline->types[0].plain);
}

TEST(Outline, EveryTruncationIsAnErrorOrAnOutline) {
  const auto whole = command({{"wasi_snapshot_preview1", "fd_write"}});
  for (std::size_t size = 0; size < whole.size(); ++size) (void)read_outline(Bytes(whole).first(size));
  EXPECT_TRUE(read_outline(whole));
  EXPECT_FALSE(read_outline(Bytes(whole).first(whole.size() - 1)));
}

TEST(Program, ListsEveryImportThatNothingServes) {
  const auto program = program_of(
      command({{"env", "a"}, {"wasi_snapshot_preview1", "fd_write"}, {"wasi_unstable", "sock_accept"}}));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, Code::kForeignImports);
  EXPECT_NE(program.error().message.find("`env` `a`, `wasi_unstable` `sock_accept`"), std::string::npos);
  EXPECT_EQ(program.error().message.find("fd_write"), std::string::npos);
}

TEST(Program, RefusesAHostCallOfAnotherType) {
  const auto program = program_of(command({{"wasi_snapshot_preview1", "fd_close"}}));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, Code::kImportType);
}

TEST(Program, ImportsThatStandTwiceGetNamesOfTheirOwn) {
  const auto file = command({{"wasi_snapshot_preview1", "fd_write"},
                             {"wasi_snapshot_preview1", "fd_write"},
                             {"wasi_unstable", "fd_write"},
                             {"wasi_snapshot_preview1", "fd_read"}});
  const auto program = program_of(file);
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ(program->imports[1].name, "fd_write [v2]");
  EXPECT_EQ(program->imports[1].call.export_name, "fd_write");
  EXPECT_EQ(program->imports[2].name, "fd_write [v3]");
  EXPECT_TRUE(program->imports[2].call.preview0);
  EXPECT_EQ(program->services().size(), 2U);
  const auto embedded = join(apply_edits(file, program->edits));
  const auto outline = read_outline(embedded);
  ASSERT_TRUE(outline) << outline.error().message;
  EXPECT_EQ(outline->imports[2].name, "fd_write [v3]");
  EXPECT_TRUE(read_module(make_fixup(*program, true)));
}

TEST(Program, AStartFunctionIsExportedAndItsSectionLeftOut) {
  const auto file = command({{"wasi_snapshot_preview1", "fd_write"}}, true);
  const auto program = program_of(file);
  ASSERT_TRUE(program) << program.error().message;
  const auto embedded = join(apply_edits(file, program->edits));
  const auto module = read_module(embedded);
  ASSERT_TRUE(module) << module.error().message;
  const auto outline = read_outline(embedded);
  ASSERT_TRUE(outline);
  EXPECT_FALSE(outline->start);
  EXPECT_NE(outline->find_export(kStartExport, ExternalKind::function), nullptr);
}

TEST(Program, ACommandThatExportsInitializeIsStillACommand) {
  const auto file = module_of({
      {1, {1, 0x60, 0, 0}},
      {3, {1, 0}},
      {7, std::vector<int>{2} + text("_initialize") + std::vector<int>{0, 0} + text("_start") +
              std::vector<int>{0, 0}},
      {10, {1, 2, 0, 0x0b}},
  });
  const auto program = program_of(file);
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ(program->kind, ProgramKind::command);
  EXPECT_EQ(program->initialize, "_initialize");
  const auto initializer = make_initializer(*program);
  const auto outline = read_outline(initializer);
  ASSERT_TRUE(outline) << outline.error().message;
  ASSERT_EQ(outline->imports.size(), 1U);
  EXPECT_EQ(outline->imports[0].name, "_initialize");
  EXPECT_EQ(outline->start, 0U);
}

TEST(Apart, EveryGeneratedModuleIsReadByTheReader) {
  const auto file = command({{"wasi_snapshot_preview1", "fd_write"}, {"wasi_snapshot_preview1", "fd_read"}});
  const auto program = program_of(file);
  ASSERT_TRUE(program);
  for (const StandInScope scope : {StandInScope::all, StandInScope::program}) {
    for (const bool run : {true, false}) {
      ApartRecord record;
      record.scope = scope;
      record.command = run;
      const ApartModules modules = make_apart_modules(file, *program, record);
      for (const auto* bytes : {&modules.stand_in, &modules.shim, &modules.bridge, &modules.fixup}) {
        const auto module = read_module(*bytes);
        EXPECT_TRUE(module) << module.error().message;
      }
      EXPECT_EQ(modules.program, file);
    }
  }
}

TEST(Apart, TheShippedComponentsHoldTheStandInAndTheAdaptersTheirHashes) {
  ASSERT_EQ(adapters::released().size(), 3U);
  for (const adapters::Released& adapter : adapters::released()) {
    EXPECT_EQ(sha256_hex(adapter.adapter), adapter.sha256) << adapter.flavor;
    const auto component = read_component(adapter.stand_in_component);
    ASSERT_TRUE(component) << adapter.flavor << ": " << component.error().message;
    const auto stand_in = make_stand_in(all_services(), adapter.flavor == "command");
    EXPECT_TRUE(std::ranges::any_of(
        component->modules,
        [&](const EmbeddedModule& module) { return std::ranges::equal(module.bytes, stand_in); }))
        << adapter.flavor << ": run scripts/adapters";
  }
}

TEST(Apart, TheRecordComesBackAsItWas) {
  ApartRecord record;
  record.program_sha256 = std::string(64, 'a');
  record.program_size = 12;
  record.scope = StandInScope::program;
  record.command = false;
  record.adapter_sha256 = std::string(64, 'b');
  record.encoder = "some encoder";
  record.edits = {{3, {std::byte{1}}, {}, "why"}};
  const std::string json = to_json(record).dump(-1);
  const auto read = read_apart_record(as_bytes(json));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(record));
  EXPECT_FALSE(read_apart_record(as_bytes(std::string_view("{\"strategy\":\"apart\"}"))));
}

MadeComponent made(const std::vector<std::byte>& file) {
  ComponentRequest request;
  request.may_relocate = false;
  request.encoder = "builtin";
  auto result = make_component(file, request);
  EXPECT_TRUE(result) << result.error().message;
  return result ? *std::move(result) : MadeComponent{};
}

TEST(Apart, WhatIsMadePassesTheCheckAndIsTheSameEachTime) {
  const auto file =
      command({{"wasi_snapshot_preview1", "fd_write"}, {"wasi_snapshot_preview1", "fd_write"}}, true);
  const MadeComponent first = made(file);
  EXPECT_EQ(first.strategy, "apart");
  EXPECT_EQ(first.component, made(file).component);
  const auto check = check_component(first.component, nullptr);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_TRUE(check->passed());
  ASSERT_EQ(check->apart.size(), 1U);
  EXPECT_EQ(check->apart[0].tenants.size(), 1U);
}

// One byte changed anywhere in what heapbump appended, or in the stand-in, is seen.
TEST(Apart, EveryChangedByteOfItsModulesFailsTheCheck) {
  const auto file = command({{"wasi_snapshot_preview1", "fd_write"}});
  const MadeComponent whole = made(file);
  const auto component = read_component(whole.component);
  ASSERT_TRUE(component);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (std::size_t i = component->modules.size() - 4; i < component->modules.size(); ++i)
    ranges.emplace_back(component->modules[i].file_offset, component->modules[i].bytes.size());
  ranges.emplace_back(component->modules[0].file_offset, component->modules[0].bytes.size());
  for (const auto& [offset, size] : ranges) {
    for (std::uint64_t i = 0; i < size; i += 1 + size / 40) {
      std::vector<std::byte> changed = whole.component;
      changed[offset + i] ^= std::byte{0x01};
      const auto check = check_component(changed, nullptr);
      EXPECT_TRUE(!check || !check->passed()) << "byte " << offset + i;
    }
  }
}

// Whatever the bytes, the answer is an error or a component that passes its check.
TEST(Apart, HostileModulesGiveAnErrorOrAComponentThatPasses) {
  const auto file = command({{"wasi_snapshot_preview1", "fd_write"}, {"wasi_unstable", "fd_write"}}, true);
  unsigned refused = 0;
  for (std::size_t i = 8; i < file.size(); ++i) {
    for (const int bit : {0, 3, 6, 7}) {
      std::vector<std::byte> changed = file;
      changed[i] ^= static_cast<std::byte>(1 << bit);
      ComponentRequest request;
      request.may_relocate = false;
      request.encoder = "builtin";
      const auto result = make_component(changed, request);
      refused += result ? 0 : 1;
      if (!result) {
        EXPECT_NE(result.error().code, Code::kInternal) << i;
        continue;
      }
      EXPECT_TRUE(check_component(result->component, nullptr)->passed()) << i;
    }
  }
  EXPECT_GT(refused, 100U);
}

TEST(Apart, AComponentIsToldThatItIsOne) {
  const auto file = command({});
  const auto again = make_component(made(file).component, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kComponent);
}

TEST(Apart, WhatCannotBeMadeIsRefusedBeforeAnyWork) {
  const auto check = [](const std::vector<std::byte>& file, Code code) {
    const auto result = make_component(file, {.encoder = "builtin"});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << result.error().message;
  };
  check(command({{"env", "f"}}), Code::kForeignImports);
  check(module_of({{0, text("component-type:x")}}), Code::kWitModule);
  check(module_of({{1, {1, 0x60, 1, 0x7f, 0}},
                   {2, std::vector<int>{1} + text("wasi_snapshot_preview1") + text("proc_exit") +
                           std::vector<int>{0, 0}},
                   {3, {1, 0}},
                   {7, std::vector<int>{1} + text("_start") + std::vector<int>{0, 1}},
                   {10, {1, 2, 0, 0x0b}}}),
        Code::kImportType);
  check(module_of({{1, {1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f}},
                   {2, std::vector<int>{1} + text("wasi_snapshot_preview1") + text("random_get") +
                           std::vector<int>{0, 0}}}),
        Code::kNoMemory);
}

}  // namespace
}  // namespace heapbump
