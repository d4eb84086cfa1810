// Small programs, written byte by byte, that take their heap in each of the ways linked modules do; and
// decoys.
#include <gtest/gtest.h>

#include <algorithm>

#include "detectors/registry.h"
#include "detectors/wasm_ld/growth.h"
#include "detectors/wasm_ld/relocations.h"
#include "module_builder.h"

namespace heapbump {
namespace {

using test::Code;
using test::kI32;
using test::ModuleBuilder;

constexpr std::int32_t kBase = 70816;  // where the heap starts in most of these; two pages of memory

/// Builds a module around functions: type 0 (i32)->i32, 1 ()->(), 2 (i32 i32)->(), with stack pointer,
/// memory, data.
class Program {
 public:
  Program() {
    unary = builder.type({kI32}, {kI32});
    nullary = builder.type({}, {});
    pair = builder.type({kI32, kI32}, {});
    builder.memory(2);
    builder.global(kBase, true);
    builder.data(1024, "static data");
  }

  Finding find() {
    file = builder.build();
    auto read = read_module(file);
    EXPECT_TRUE(read) << read.error().message;
    module = *std::move(read);
    Budget budget(file.size());
    WholeProgram program(module, budget);
    auto found = detect_wasm_ld(program);
    EXPECT_TRUE(found) << found.error().message;
    return found && *found ? **std::move(found) : Finding{};
  }

  /// wasi-libc's sbrk: nothing asked for gives memory.size, otherwise memory.grow's result. Returns its
  /// index.
  std::uint32_t sbrk() {
    return builder.function(unary, 0,
                            Code()
                                .op({0x02, 0x40})
                                .local_get(0)
                                .op({0x0d, 0x00})
                                .op({0x3f, 0x00})
                                .i32_const(16)
                                .op({0x74, 0x0f, 0x0b})
                                .local_get(0)
                                .i32_const(16)
                                .op({0x76, 0x40, 0x00})
                                .local_tee(0)
                                .i32_const(-1)
                                .op({0x46})
                                .op({0x04, 0x40})
                                .i32_const(-1)
                                .op({0x0f, 0x0b})
                                .local_get(0)
                                .i32_const(16)
                                .op({0x74}));
  }

  ModuleBuilder builder;
  std::uint32_t unary = 0, nullary = 0, pair = 0;
  std::vector<std::byte> file;
  Module module;
};

/// `size = memory.size * 65536 - base`, and dlmalloc's malloc_state at `state` set from it; local 1 is the
/// size. The header of the first chunk is written at base + 12 and the footer at base + size - 36, as
/// dlmalloc does.
Code dlmalloc_init(std::int32_t base, std::int32_t state, unsigned width = 0) {
  return Code()
      .op({0x3f, 0x00})
      .i32_const(16)
      .op({0x74})
      .i32_const(base, width)
      .op({0x6b})
      .local_set(1)
      .i32_const(state + 16)
      .i32_const(base, width)
      .access(0x36)
      .i32_const(state + 448)
      .i32_const(base, width)
      .access(0x36)
      .i32_const(state + 452)
      .local_get(1)
      .access(0x36)
      .i32_const(base + 8, width)
      .local_get(1)
      .access(0x36, 4)
      .local_get(1)
      .i32_const(base, width)
      .op({0x6a})
      .i32_const(40)
      .op({0x6b})
      .i32_const(40)
      .access(0x36, 4);
}

/// A malloc that takes what memory.grow returns: the way of Zig, dlmalloc-rs and wee_alloc.
Code grow_and_return() {
  return Code()
      .local_get(0)
      .op({0x40, 0x00})
      .local_tee(1)
      .i32_const(-1)
      .op({0x46, 0x04, 0x40})
      .i32_const(0)
      .op({0x0f, 0x0b})
      .local_get(1)
      .i32_const(16)
      .op({0x74});
}

const Site* site_at_value(const Finding& finding, std::int64_t value, int moves) {
  const auto found = std::ranges::find_if(
      finding.sites, [&](const Site& s) { return s.value == value && s.moves == moves; });
  return found == finding.sites.end() ? nullptr : &*found;
}
bool sound(const Finding& finding, Strategy strategy) {
  const StrategyVerdict* verdict = finding.verdict(strategy);
  return verdict != nullptr && verdict->sound;
}
std::string why(const Finding& finding, Strategy strategy) {
  const StrategyVerdict* verdict = finding.verdict(strategy);
  return verdict == nullptr ? "" : verdict->why;
}

TEST(WasmLd, without_memory_size_and_grow_the_tail_is_proven) {
  Program program;
  program.builder.function(program.unary, 0, Code().local_get(0));
  const Finding finding = program.find();
  EXPECT_TRUE(sound(finding, Strategy::tail));
  EXPECT_EQ(finding.confidence, Confidence::proven);
  EXPECT_TRUE(finding.refusals.empty());
}

TEST(WasmLd, an_address_above_a_memory_that_cannot_grow_has_no_tail) {
  // It trapped; in the region it would not.
  for (const std::int32_t address : {4096, 131072 + 16}) {
    Program program;
    program.builder.function(program.unary, 0, Code().i32_const(address).access(0x28));
    const Finding finding = program.find();
    EXPECT_EQ(sound(finding, Strategy::tail), address == 4096) << why(finding, Strategy::tail);
  }
}

TEST(WasmLd, a_memory_without_pages_has_no_tail) {
  ModuleBuilder builder;
  builder.memory(0);
  builder.function(builder.type({kI32}, {kI32}), 0, Code().local_get(0));
  const auto file = builder.build();
  const auto module = read_module(file);
  ASSERT_TRUE(module);
  Budget budget(file.size());
  WholeProgram program(*module, budget);
  const auto finding = detect_wasm_ld(program);
  ASSERT_TRUE(finding && *finding);
  EXPECT_FALSE(sound(**finding, Strategy::tail));
}

TEST(WasmLd, an_allocator_that_takes_what_grow_returns_leaves_the_tail_alone) {
  Program program;
  program.builder.function(program.unary, 1, grow_and_return());
  const Finding finding = program.find();
  EXPECT_TRUE(sound(finding, Strategy::tail)) << why(finding, Strategy::tail);
  EXPECT_EQ(finding.confidence, Confidence::strong);
  EXPECT_FALSE(sound(finding, Strategy::bump));
}

TEST(WasmLd, memory_size_kept_as_the_heap_s_end_makes_the_tail_unsound) {
  Program program;
  program.builder.function(program.nullary, 0,
                           Code().i32_const(2000).op({0x3f, 0x00}).i32_const(16).op({0x74}).access(0x36));
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::tail));
  EXPECT_NE(why(finding, Strategy::tail).find("stored"), std::string::npos);
  EXPECT_FALSE(finding.refusals.empty());
}

TEST(WasmLd, memory_size_kept_in_a_global_or_passed_on_makes_the_tail_unsound) {
  Program kept;
  kept.builder.function(kept.nullary, 0, Code().op({0x3f, 0x00}).global_set(0));
  EXPECT_FALSE(sound(kept.find(), Strategy::tail));
  Program passed;
  const auto callee = passed.builder.function(passed.pair, 0, Code());
  passed.builder.function(passed.nullary, 0, Code().op({0x3f, 0x00}).i32_const(1).call(callee));
  EXPECT_FALSE(sound(passed.find(), Strategy::tail));
}

TEST(WasmLd, memory_that_is_grown_in_place_makes_the_tail_unsound) {
  // end += 65536 if memory.grow(1) did not fail
  Program program;
  program.builder.function(program.nullary, 0,
                           Code()
                               .i32_const(1)
                               .op({0x40, 0x00})
                               .i32_const(-1)
                               .op({0x46, 0x04, 0x40, 0x0f, 0x0b})
                               .i32_const(2000)
                               .i32_const(2000)
                               .access(0x28)
                               .i32_const(65536)
                               .op({0x6a})
                               .access(0x36));
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::tail));
  EXPECT_NE(why(finding, Strategy::tail).find("in place"), std::string::npos);
}

TEST(WasmLd, only_the_end_of_new_memory_being_kept_makes_the_tail_unsound) {
  // end = (memory.grow(n) + n) << 16
  Program program;
  program.builder.function(program.unary, 1,
                           Code()
                               .i32_const(2000)
                               .local_get(0)
                               .op({0x40, 0x00})
                               .local_get(0)
                               .op({0x6a})
                               .i32_const(16)
                               .op({0x74})
                               .access(0x36)
                               .local_get(0));
  EXPECT_FALSE(sound(program.find(), Strategy::tail));
}

TEST(WasmLd, memory_size_read_just_before_growing_is_where_the_new_memory_begins) {
  // old = memory.size; if (memory.grow(n) == -1) return 0; return old << 16
  Program program;
  const auto body = [](bool call_between, std::uint32_t callee) {
    Code code;
    code.op({0x3f, 0x00}).local_set(1);
    if (call_between) code.i32_const(0).call(callee).op({0x1a});
    return code.local_get(0)
        .op({0x40, 0x00})
        .i32_const(-1)
        .op({0x46, 0x04, 0x40})
        .i32_const(0)
        .op({0x0f, 0x0b})
        .local_get(1)
        .i32_const(16)
        .op({0x74});
  };
  program.builder.function(program.unary, 1, body(false, 0));
  const Finding direct = program.find();
  EXPECT_TRUE(sound(direct, Strategy::tail)) << why(direct, Strategy::tail);

  // A call in between might have grown the memory, so the reading may be stale.
  Program stale;
  const auto callee = stale.builder.function(stale.unary, 0, Code().local_get(0));
  stale.builder.function(stale.unary, 1, body(true, callee));
  EXPECT_FALSE(sound(stale.find(), Strategy::tail));
}

TEST(WasmLd, an_assertion_against_memory_size_is_harmless_a_limit_is_not) {
  // p = load(2000); if (p >= memory.size << 16) trap; else p is used
  const auto body = [](std::initializer_list<int> then) {
    return Code()
        .i32_const(2000)
        .access(0x28)
        .op({0x3f, 0x00})
        .i32_const(16)
        .op({0x74, 0x4f, 0x04, 0x40})
        .op(then)
        .op({0x0b})
        .local_get(0);
  };
  Program assertion;
  assertion.builder.function(assertion.unary, 1, grow_and_return());
  assertion.builder.function(assertion.unary, 0, body({0x00}));
  const Finding harmless = assertion.find();
  EXPECT_TRUE(sound(harmless, Strategy::tail)) << why(harmless, Strategy::tail);
  Program limit;
  limit.builder.function(limit.unary, 1, grow_and_return());
  limit.builder.function(limit.unary, 0, body({0x41, 0x00, 0x0f}));  // return 0
  EXPECT_FALSE(sound(limit.find(), Strategy::tail));
}

TEST(WasmLd, a_constant_address_above_the_minimum_makes_the_tail_unsound) {
  Program program;
  program.builder.function(program.unary, 1, grow_and_return());
  program.builder.function(program.nullary, 0, Code().i32_const(131072).i32_const(1).access(0x36));
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::tail));
  EXPECT_NE(why(finding, Strategy::tail).find("0x20000"), std::string::npos);

  // The same number as a size, or as an offset from a pointer, is no address.
  Program number;
  number.builder.function(number.unary, 1, grow_and_return());
  number.builder.function(number.unary, 0,
                          Code().local_get(0).i32_const(131072).op({0x6a}).access(0x28, 131080));
  const Finding harmless = number.find();
  EXPECT_TRUE(sound(harmless, Strategy::tail)) << why(harmless, Strategy::tail);
}

TEST(WasmLd, sbrk_of_nothing_compared_with_new_memory_is_harmless) {
  // base = sbrk(0); br = sbrk(n); p = br == base ? base : br; store p
  Program program;
  const auto sbrk = program.sbrk();
  program.builder.function(program.unary, 3,
                           Code()
                               .i32_const(0)
                               .call(sbrk)
                               .local_set(1)
                               .op({0x02, 0x40})
                               .local_get(0)
                               .call(sbrk)
                               .local_tee(2)
                               .local_get(1)
                               .op({0x46, 0x0d, 0x00})
                               .local_get(2)
                               .local_set(1)
                               .op({0x0b})
                               .i32_const(2000)
                               .local_get(1)
                               .access(0x36)
                               .local_get(1));
  const Finding finding = program.find();
  EXPECT_TRUE(sound(finding, Strategy::tail)) << why(finding, Strategy::tail);
}

TEST(WasmLd, dlmalloc_of_2020_to_2022_is_bumped_with_every_folded_constant) {
  Program program;
  program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::tail));
  ASSERT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  EXPECT_EQ(finding.heap_base, kBase);
  EXPECT_EQ(finding.confidence, Confidence::proven);
  EXPECT_EQ(std::ranges::count(finding.sites, 1, &Site::moves), 5);
  EXPECT_NE(site_at_value(finding, kBase + 8, 1), nullptr);
  // The stack pointer starts at the same number and stays.
  const auto stack = std::ranges::find(finding.sites, OccurrenceKind::global_init, &Site::kind);
  ASSERT_NE(stack, finding.sites.end());
  EXPECT_EQ(stack->role, Role::stack_top);
  EXPECT_EQ(stack->moves, 0);
}

TEST(WasmLd, a_start_that_reaches_an_address_only_through_a_computed_padding_moves) {
  // padding = (-8 - base) & 15, computed at run time; the first header goes to base + padding + 4
  Program program;
  Code code = dlmalloc_init(kBase, 3680);
  code.i32_const(-8).i32_const(kBase).op({0x6b}).i32_const(15).op({0x71}).local_set(0);
  code.local_get(0).i32_const(kBase).op({0x6a}).local_get(1).access(0x36, 4);
  program.builder.function(program.unary, 1, code.local_get(0));
  const Finding finding = program.find();
  ASSERT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  EXPECT_EQ(std::ranges::count(finding.sites, 1, &Site::moves), 6);
  // The one whose low bits alone are kept may stay.
  EXPECT_EQ(std::ranges::count_if(finding.sites,
                                  [](const Site& s) {
                                    return s.value == kBase && s.moves == 0 &&
                                           s.kind == OccurrenceKind::i32_const;
                                  }),
            1);
}

TEST(WasmLd, a_negated_start_moves_the_other_way) {
  Program program;
  Code code = Code().op({0x3f, 0x00}).i32_const(16).op({0x74}).i32_const(-kBase).op({0x6a}).local_set(1);
  code.i32_const(2000).i32_const(kBase).access(0x36).i32_const(2004).local_get(1).access(0x36).local_get(0);
  program.builder.function(program.unary, 1, code);
  const Finding finding = program.find();
  ASSERT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  EXPECT_NE(site_at_value(finding, -kBase, -1), nullptr);
  EXPECT_NE(site_at_value(finding, kBase, 1), nullptr);
}

TEST(WasmLd, sbrk_called_with_zero_counts_as_memory_size) {
  Program program;
  const auto sbrk = program.sbrk();
  Code code = Code().i32_const(0).call(sbrk).i32_const(kBase).op({0x6b}).local_set(1);
  code.i32_const(2000).i32_const(kBase).access(0x36).i32_const(2004).local_get(1).access(0x36).local_get(0);
  program.builder.function(program.unary, 1, code);
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::tail));
  EXPECT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  EXPECT_EQ(finding.heap_base, kBase);
}

TEST(WasmLd, an_address_made_from_a_size_and_a_constant_below_the_start_is_refused) {
  // store(size + (base - 36)): the footer's address, folded into a constant that looks like static data
  Program program;
  Code code = Code().op({0x3f, 0x00}).i32_const(16).op({0x74}).i32_const(kBase).op({0x6b}).local_set(1);
  code.i32_const(2000)
      .i32_const(kBase)
      .access(0x36)
      .local_get(1)
      .i32_const(40)
      .access(0x36, kBase - 36)
      .local_get(0);
  program.builder.function(program.unary, 1, code);
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::bump));
  ASSERT_FALSE(finding.refusals.empty());
  EXPECT_EQ(finding.refusals.front().code, heapbump::Code::kUnexplained);
}

TEST(WasmLd, a_user_s_number_that_equals_the_start_is_left_alone_where_it_meets_none_but_numbers) {
  Program program;
  program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  program.builder.function(program.unary, 0,
                           Code().local_get(0).i32_const(2).op({0x74}).i32_const(kBase).op({0x49}));
  const Finding finding = program.find();
  ASSERT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  EXPECT_NE(site_at_value(finding, kBase, 0), nullptr);
}

TEST(WasmLd, a_number_that_equals_the_start_and_is_stored_is_refused_by_name_and_place) {
  Program program;
  program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  program.builder.function(program.nullary, 0, Code().i32_const(2000).i32_const(kBase).access(0x36));
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::bump));
  ASSERT_FALSE(finding.refusals.empty());
  EXPECT_EQ(finding.refusals.front().code, heapbump::Code::kUnexplained);
  EXPECT_NE(finding.refusals.front().message.find("function 1"), std::string::npos);
  EXPECT_TRUE(finding.refusals.front().offset);
  EXPECT_EQ(std::ranges::count_if(finding.sites, [](const Site& s) { return s.moves != 0; }), 0);
}

TEST(WasmLd, where_relocations_kept_their_width_a_short_constant_is_no_address) {
  Program program;
  const auto init = program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680, 5).local_get(0));
  Code calls;
  for (int i = 0; i < 4; ++i) calls.i32_const(1).call(init, 5).op({0x1a});
  program.builder.function(program.nullary, 0, calls.i32_const(2000).i32_const(kBase).access(0x36));
  const Finding finding = program.find();
  ASSERT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  EXPECT_EQ(std::ranges::count(finding.sites, 1, &Site::moves), 5);
  EXPECT_NE(site_at_value(finding, kBase, 0), nullptr);
}

TEST(WasmLd, an_address_in_the_heap_that_the_owner_does_not_use_is_refused) {
  Program program;
  program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  program.builder.function(program.unary, 0, Code().i32_const(kBase + 100).access(0x28));
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::bump));
  ASSERT_FALSE(finding.refusals.empty());
  EXPECT_EQ(finding.refusals.front().code, heapbump::Code::kUnexplained);
}

TEST(WasmLd, an_address_made_of_a_constant_below_the_line_and_an_offset_is_above_it) {
  for (const bool below : {false, true}) {
    Program bump;
    bump.builder.function(bump.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
    bump.builder.function(bump.unary, 0, Code().i32_const(40'000).access(0x28, below ? 30'000 : 40'000));
    EXPECT_EQ(sound(bump.find(), Strategy::bump), below);
    Program tail;
    tail.builder.function(tail.unary, 1, grow_and_return());
    tail.builder.function(tail.unary, 0, Code().i32_const(100'000).access(0x28, below ? 31'000 : 40'000));
    EXPECT_EQ(sound(tail.find(), Strategy::tail), below);
  }
}

TEST(WasmLd, an_address_far_above_the_start_is_as_good_as_one_near_it) {
  // Four padded calls show that relocated immediates kept their width; one of five bytes is an address then.
  const auto far = [](unsigned width, bool sums) {
    Program program;
    const auto callee = program.builder.function(program.nullary, 0, Code());
    Code calls;
    for (int i = 0; i < 4; ++i) calls.call(callee, 5);
    program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680, 5).local_get(0));
    calls.i32_const(2000).i32_const(kBase + 40000, width);
    if (sums) calls.i32_const(2000).access(0x28).op({0x6a});
    program.builder.function(program.nullary, 0, calls.access(0x36));
    return sound(program.find(), Strategy::bump);
  };
  EXPECT_TRUE(far(0, false));
  EXPECT_FALSE(far(5, false));
  EXPECT_TRUE(far(0, true));
  EXPECT_FALSE(far(5, true));
}

TEST(WasmLd, a_constant_below_the_start_moves_only_where_dlmalloc_ends_its_first_block_by_it) {
  // store(size + (base - 52), 56): wasm-opt's fold of base + size - 52, as cargo-wasi left it in Rust's
  // programs of 2020 to 2022
  const auto find = [](Code code, const Code& use) {
    Program program;
    for (const std::byte b : use.bytes()) code.op({static_cast<int>(b)});
    program.builder.function(program.unary, 1, code.local_get(0));
    return program.find();
  };
  const Code end = Code().local_get(1).i32_const(kBase - 52).op({0x6a}).i32_const(56).access(0x36);
  const Finding proven = find(dlmalloc_init(kBase, 3680), end);
  EXPECT_TRUE(sound(proven, Strategy::bump)) << why(proven, Strategy::bump);
  const Site* site = site_at_value(proven, kBase - 52, 1);
  ASSERT_NE(site, nullptr);
  EXPECT_NE(site->why.find("end"), std::string::npos);

  // No dlmalloc that checks out; a part of the size, which a static object may be indexed by; a sum that is
  // kept.
  const Code measured = Code()
                            .op({0x3f, 0x00})
                            .i32_const(16)
                            .op({0x74})
                            .i32_const(kBase)
                            .op({0x6b})
                            .local_set(1)
                            .i32_const(kBase)
                            .local_get(1)
                            .access(0x36);
  const Code part =
      Code().local_get(1).i32_const(4).op({0x6b}).i32_const(kBase - 52).op({0x6a}).i32_const(56).access(0x36);
  const Code keeps = Code().i32_const(3000).local_get(1).i32_const(kBase - 52).op({0x6a}).access(0x36);
  for (const Finding& finding : {find(measured, end), find(dlmalloc_init(kBase, 3680), part),
                                 find(dlmalloc_init(kBase, 3680), keeps)}) {
    EXPECT_FALSE(sound(finding, Strategy::bump));
    ASSERT_FALSE(finding.refusals.empty());
    EXPECT_EQ(finding.refusals.front().code, heapbump::Code::kUnexplained);
    EXPECT_NE(finding.refusals.front().message.find("distance"), std::string::npos)
        << finding.refusals.front().message;
  }
}

TEST(WasmLd, a_sum_with_the_start_outside_the_allocator_is_refused) {
  // *(&__heap_base + used): the function that measures the room is another one
  Program program;
  program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  program.builder.function(program.unary, 0, Code().local_get(0).i32_const(kBase).op({0x6a}).access(0x28));
  const Finding finding = program.find();
  ASSERT_FALSE(finding.refusals.empty());
  EXPECT_EQ(finding.refusals.front().code, heapbump::Code::kUnexplained);
  EXPECT_NE(finding.refusals.front().message.find("function 1"), std::string::npos);
}

TEST(WasmLd, a_number_that_multiplies_or_divides_is_no_address) {
  const auto calculates = [](int opcode) {  // *2000 = local 0 op number
    Program program;
    program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
    program.builder.function(
        program.nullary, 1,
        Code().i32_const(2000).local_get(0).i32_const(kBase + 284).op({opcode}).access(0x36));
    return sound(program.find(), Strategy::bump);
  };
  EXPECT_TRUE(calculates(0x6c));   // mul
  EXPECT_TRUE(calculates(0x6f));   // rem_s
  EXPECT_FALSE(calculates(0x6a));  // add
  EXPECT_FALSE(calculates(0x76));  // shr_u: the page of an address
}

TEST(WasmLd, a_second_word_that_holds_the_start_is_refused_unless_an_object_ends_there) {
  const std::string start("\xa0\x14\x01\x00", 4);
  Program second;
  second.builder.data(1040, start);
  second.builder.function(second.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  const Finding refused = second.find();
  ASSERT_FALSE(refused.refusals.empty());
  EXPECT_EQ(refused.refusals.front().code, heapbump::Code::kUnexplained);

  // {begin, end} of a static object that is the last one
  Program pair;
  pair.builder.data(1040, std::string("\xa0\x13\x01\x00", 4) + start);
  pair.builder.function(pair.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  const Finding end = pair.find();
  EXPECT_TRUE(sound(end, Strategy::bump)) << why(end, Strategy::bump);

  // the same pair, but the second word is read on its own
  Program read;
  read.builder.data(1040, std::string("\xa0\x13\x01\x00", 4) + start);
  read.builder.function(read.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  read.builder.function(read.unary, 0, Code().i32_const(1040).access(0x28, 4));
  EXPECT_FALSE(sound(read.find(), Strategy::bump));

  // or both words are copied together, or the second one's address is handed on
  for (const Code& takes : {Code().i32_const(1040).access(0x29).op({0xa7}), Code().i32_const(1044).call(0)}) {
    Program copied;
    copied.builder.data(1040, std::string("\xa0\x13\x01\x00", 4) + start);
    copied.builder.function(copied.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
    copied.builder.function(copied.unary, 0, takes);
    EXPECT_FALSE(sound(copied.find(), Strategy::bump));
  }
}

TEST(WasmLd, two_possible_starts_are_ambiguous) {
  Program program;
  program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  program.builder.function(program.unary, 1, dlmalloc_init(kBase + 1600, 4680).local_get(0));
  const Finding finding = program.find();
  ASSERT_FALSE(finding.refusals.empty());
  EXPECT_EQ(finding.refusals.front().code, heapbump::Code::kAmbiguous);
}

TEST(WasmLd, a_module_saved_with_its_heap_in_use_is_refused) {
  Program program;
  program.builder.function(program.unary, 1, dlmalloc_init(kBase - 2000, 3680).local_get(0));
  program.builder.data(kBase, "live");
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::bump));
}

/// new = break + n; if (new > memory.size << 16) grow by what is missing; break = new: Emscripten's sbrk.
Code break_sbrk(std::int32_t word) {
  return Code()
      .i32_const(word)
      .access(0x28)
      .local_tee(1)
      .local_get(0)
      .op({0x6a})
      .local_tee(2)
      .op({0x3f, 0x00})
      .i32_const(16)
      .op({0x74, 0x4b, 0x04, 0x40})
      .local_get(2)
      .op({0x3f, 0x00})
      .i32_const(16)
      .op({0x74, 0x6b})
      .i32_const(65535)
      .op({0x6a})
      .i32_const(16)
      .op({0x76, 0x40, 0x00})
      .i32_const(-1)
      .op({0x46, 0x04, 0x40})
      .i32_const(-1)
      .op({0x0f, 0x0b, 0x0b})
      .i32_const(word)
      .local_get(2)
      .access(0x36)
      .local_get(1);
}

TEST(WasmLd, a_break_kept_in_a_word_is_bumped_there) {
  Program program;
  program.builder.data(1040, std::string("\xa0\x14\x01\x00", 4));  // 70816
  program.builder.function(program.unary, 2, break_sbrk(1040));
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::tail));
  ASSERT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  EXPECT_EQ(finding.heap_base, kBase);
  const auto word = std::ranges::find(finding.sites, OccurrenceKind::data_word32, &Site::kind);
  ASSERT_NE(word, finding.sites.end());
  EXPECT_EQ(word->address, 1040u);
  EXPECT_EQ(word->moves, 1);
}

TEST(WasmLd, a_second_word_with_the_start_is_refused_though_its_zeros_were_trimmed) {
  Program program;
  program.builder.data(1040,
                       std::string("\xa0\x14\x01\x00\xa0\x14\x01", 7));  // the last zero is in no segment
  program.builder.function(program.unary, 2, break_sbrk(1040));
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::bump));
  EXPECT_NE(why(finding, Strategy::bump).find("0x414"), std::string::npos) << why(finding, Strategy::bump);
}

TEST(WasmLd, the_exported_symbol_moves_with_the_heap_and_the_stack_does_not) {
  Program program;
  const auto symbol = program.builder.global(kBase, false);
  program.builder.exported("__heap_base", 3, symbol);
  program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  const Finding finding = program.find();
  ASSERT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  int moved = 0;
  for (const Site& site : finding.sites)
    if (site.kind == OccurrenceKind::global_init && site.moves == 1) ++moved;
  EXPECT_EQ(moved, 1);
}

TEST(WasmLd, an_exported_symbol_that_contradicts_the_allocator_is_ambiguous) {
  Program program;
  const auto symbol = program.builder.global(kBase + 4096, false);
  program.builder.exported("__heap_base", 3, symbol);
  program.builder.function(program.unary, 1, dlmalloc_init(kBase, 3680).local_get(0));
  const Finding finding = program.find();
  ASSERT_FALSE(finding.refusals.empty());
  EXPECT_EQ(finding.refusals.front().code, heapbump::Code::kAmbiguous);
}

/// A linking section with __heap_base as an absolute symbol, and a reloc.CODE section with one entry.
void add_relocation(ModuleBuilder& builder, std::uint32_t code_section, std::uint32_t offset,
                    std::int32_t addend, std::uint8_t type) {
  Writer symbol;
  symbol.uleb(1).u8(1).uleb(0x200).name("__heap_base").uleb(0).uleb(kBase).uleb(0);
  Writer linking;
  linking.uleb(2).u8(8).uleb(symbol.size()).bytes(symbol.view());
  builder.custom("linking", linking.view());
  Writer reloc;
  reloc.uleb(code_section).uleb(1).u8(type).uleb(offset).uleb(0).sleb(addend);
  builder.custom("reloc.CODE", reloc.view());
}

constexpr std::uint8_t kSleb = 4;
constexpr std::uint8_t kRelativeSleb = 11;  // from position-independent objects
constexpr std::uint8_t kTlsSleb = 21;

/// One constant relocated against __heap_base, in a program that keeps memory.size.
Program relocated(std::int32_t value, std::int32_t addend, std::uint8_t type = kSleb) {
  constexpr std::uint32_t kCodeSection = 4;  // type, function, memory, global, code
  constexpr std::uint32_t kImmediate = 4;    // count, body size, locals, i32.const
  Program program;
  program.builder.function(program.nullary, 0, Code().i32_const(value, 5).op({0x3f, 0x00}).access(0x36));
  add_relocation(program.builder, kCodeSection, kImmediate, addend, type);
  return program;
}

TEST(WasmLd, relocations_name_every_site_exactly) {
  Program program = relocated(kBase + 8, 8);
  const Finding finding = program.find();
  ASSERT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  EXPECT_EQ(finding.confidence, Confidence::proven);
  EXPECT_EQ(finding.heap_base, kBase);
  EXPECT_NE(site_at_value(finding, kBase + 8, 1), nullptr);
}

TEST(WasmLd, relocations_of_position_independent_objects_are_addresses_too) {
  const Finding finding = relocated(kBase + 8, 8, kRelativeSleb).find();
  ASSERT_TRUE(sound(finding, Strategy::bump)) << why(finding, Strategy::bump);
  EXPECT_NE(site_at_value(finding, kBase + 8, 1), nullptr);
  EXPECT_FALSE(sound(relocated(kBase + 8, 8, kTlsSleb).find(), Strategy::bump));
}

TEST(WasmLd, relocations_that_do_not_match_the_code_are_not_believed) {
  Program program = relocated(kBase + 12, 8);
  const Finding finding = program.find();
  EXPECT_FALSE(sound(finding, Strategy::bump));
  ASSERT_EQ(finding.warnings.size(), 1u);
  EXPECT_NE(finding.warnings.front().find("does not match"), std::string::npos);
}

TEST(WasmLd, malformed_relocation_sections_are_passed_over) {
  Program whole = relocated(kBase + 8, 8);
  const Finding finding = whole.find();
  EXPECT_TRUE(sound(finding, Strategy::bump));
  // Cut the last section's content at each length: whatever is left must not crash or be believed wrongly.
  const Section& last = whole.module.sections.back();
  ASSERT_EQ(last.name, "reloc.CODE");
  for (std::uint64_t keep = last.content_offset; keep < last.end(); ++keep) {
    std::vector<std::byte> cut(whole.file.begin(), whole.file.begin() + static_cast<std::ptrdiff_t>(keep));
    cut[static_cast<std::size_t>(last.size_offset)] = static_cast<std::byte>(keep - last.payload_offset);
    Budget budget(cut.size());
    const auto module = read_module(cut);
    ASSERT_TRUE(module) << module.error().message;
    EXPECT_FALSE(read_relocations(*module, budget)) << keep;
  }
}

}  // namespace
}  // namespace heapbump
