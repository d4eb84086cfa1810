// The linker's own record of addresses: believed as a whole or not at all.
#include "detectors/wasm_ld/relocations.h"

#include <gtest/gtest.h>

#include "module_builder.h"

namespace heapbump {
namespace {

using test::Body;
using test::kI32;
using test::ModuleBuilder;

constexpr std::int32_t kBase = 70816;  // __heap_base, as the symbol table says it
constexpr std::uint8_t kSleb = 4;
constexpr std::uint8_t kRelativeSleb = 11;  // from position-independent objects
constexpr std::uint8_t kTlsSleb = 21;

/// One five-byte constant relocated against __heap_base.
std::vector<std::byte> relocated(std::int32_t value, std::int32_t addend, std::uint8_t type = kSleb) {
  constexpr std::uint32_t kCodeSection = 4;  // type, function, memory, global, code
  constexpr std::uint32_t kImmediate = 4;    // count, body size, locals, i32.const
  ModuleBuilder builder;
  const std::uint32_t nullary = builder.type({}, {});
  builder.memory(2);
  builder.global(kBase, true);
  builder.data(1024, "static data");
  builder.function(nullary, 0, Body().i32_const(value, 5).op({0x3f, 0x00}).access(0x36));
  Writer symbol;
  symbol.uleb(1).u8(1).uleb(0x200).name("__heap_base").uleb(0).uleb(kBase).uleb(0);
  Writer linking;
  linking.uleb(2).u8(8).uleb(symbol.size()).bytes(symbol.view());
  builder.custom("linking", linking.view());
  Writer reloc;
  reloc.uleb(kCodeSection).uleb(1).u8(type).uleb(kImmediate).uleb(0).sleb(addend);
  builder.custom("reloc.CODE", reloc.view());
  return builder.build();
}

std::optional<Relocations> read(const std::vector<std::byte>& file) {
  Budget budget(file.size());
  const auto module = read_module(file);
  EXPECT_TRUE(module) << module.error().message;
  return module ? read_relocations(*module, budget) : std::nullopt;
}

TEST(Relocations, an_entry_names_its_symbol_its_addend_and_its_place) {
  for (const std::uint8_t type : {kSleb, kRelativeSleb}) {
    const auto file = relocated(kBase + 8, 8, type);
    const auto found = read(file);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->stale.empty());
    EXPECT_EQ(found->heap_base, kBase);
    ASSERT_EQ(found->addresses.size(), 1u);
    EXPECT_EQ(found->addresses.front().symbol, "__heap_base");
    EXPECT_EQ(found->addresses.front().addend, 8);
    EXPECT_EQ(found->addresses.front().value, kBase + 8);
    EXPECT_EQ(found->addresses.front().width, 5u);
  }
}

TEST(Relocations, entries_that_do_not_match_the_code_are_not_believed) {
  const auto file = relocated(kBase + 12, 8);
  const auto found = read(file);
  ASSERT_TRUE(found);
  EXPECT_NE(found->stale.find("does not match"), std::string_view::npos);
}

TEST(Relocations, addresses_of_another_kind_are_not_believed) {
  const auto file = relocated(kBase + 8, 8, kTlsSleb);
  const auto found = read(file);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->stale.empty());
}

TEST(Relocations, malformed_sections_are_passed_over) {
  const auto file = relocated(kBase + 8, 8);
  const auto whole = read_module(file);
  ASSERT_TRUE(whole);
  // Cut the last section's content at each length: whatever is left must not crash or be believed wrongly.
  const Section& last = whole->sections.back();
  ASSERT_EQ(last.name, "reloc.CODE");
  for (std::uint64_t keep = last.content_offset; keep < last.end(); ++keep) {
    std::vector<std::byte> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(keep));
    cut[static_cast<std::size_t>(last.size_offset)] = static_cast<std::byte>(keep - last.payload_offset);
    EXPECT_FALSE(read(cut)) << keep;
  }
}

}  // namespace
}  // namespace heapbump
