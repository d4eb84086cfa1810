// Allocators that people write by hand over &__heap_base: what is compared with memory.size starts at the
// heap's start at the first call, or the start is an array's base. Each has a sibling that must not be taken
// for one. Whatever is reserved here has to pass verify, which reads the roles on its own.
#include <gtest/gtest.h>

#include <algorithm>

#include "detectors/registry.h"
#include "heapbump/verify.h"
#include "module_builder.h"
#include "reserve/reserve.h"

namespace heapbump {
namespace {

using test::Code;
using test::kI32;
using test::ModuleBuilder;

constexpr std::int32_t kBase = 70816;  // two pages of memory
constexpr int kBreak = 1100, kRoom = 1104, kThread = 1200;

class Program {
 public:
  explicit Program(std::int32_t stack = kBase) {
    unary = builder.type({kI32}, {kI32});
    nullary = builder.type({}, {});
    builder.memory(2);
    builder.global(stack, true);
    builder.data(1024, "static data");
  }
  /// Why bump is not sound; nothing if it is, and verify agrees.
  std::string why_not() {
    file = builder.build();
    auto read = read_module(file);
    EXPECT_TRUE(read) << read.error().message;
    module = *std::move(read);
    Budget budget(file.size());
    WholeProgram program(module, budget);
    const auto found = detect_wasm_ld(program);
    EXPECT_TRUE(found) << found.error().message;
    if (!found || !*found) return "nothing found";
    finding = **found;
    const StrategyVerdict* bump = finding.verdict(Strategy::bump);
    if (bump == nullptr) return "no verdict";
    if (!bump->sound) return bump->why;
    const auto reservation = reserve(module, Request{.strategy = Strategy::bump});
    EXPECT_TRUE(reservation) << reservation.error().message;
    if (!reservation) return "not reserved";
    const auto output = reservation->output(file);
    const auto verdict = verify_modules(file, output, std::nullopt);
    EXPECT_TRUE(verdict) << verdict.error().message;
    if (!verdict) return "not verified";
    for (const Mismatch& mismatch : verdict->mismatches) ADD_FAILURE() << mismatch.what;
    return "";
  }
  [[nodiscard]] std::int64_t moved() const {
    return std::ranges::count_if(finding.sites, [](const Site& site) { return site.moves == 1; });
  }

  ModuleBuilder builder;
  std::uint32_t unary = 0, nullary = 0;
  std::vector<std::byte> file;
  Module module;
  Finding finding;
};

/// local 1 = *kBreak; if (!local 1) local 1 = (start + 15) & -16; *kBreak = local 1 + local 0;
/// if (*kBreak > memory.size << 16) { grow(1) }; return local 1
Code lazy_break(std::int32_t start, int compared = kBreak) {
  return Code()
      .i32_const(kBreak)
      .access(0x28)
      .local_tee(1)
      .op({0x45, 0x04, 0x40})
      .i32_const(start + 15)
      .i32_const(-16)
      .op({0x71})
      .local_set(1)
      .op({0x0b})
      .i32_const(kBreak)
      .local_get(1)
      .local_get(0)
      .op({0x6a})
      .access(0x36)
      .i32_const(compared)
      .access(0x28)
      .op({0x3f, 0x00})
      .i32_const(16)
      .op({0x74, 0x4b, 0x04, 0x40})
      .i32_const(1)
      .op({0x40, 0x00, 0x1a, 0x0b})
      .local_get(1);
}

TEST(BumpAllocators, a_break_that_is_set_at_the_first_call) {
  Program program;
  program.builder.function(program.unary, 1, lazy_break(kBase));
  EXPECT_EQ(program.why_not(), "");
  EXPECT_EQ(program.finding.heap_base, kBase);
  EXPECT_EQ(program.moved(), 1);
}

TEST(BumpAllocators, what_another_word_is_compared_for_says_nothing_about_the_break) {
  Program program;
  program.builder.function(program.unary, 1, lazy_break(kBase, kRoom));
  EXPECT_NE(program.why_not(), "");
}

TEST(BumpAllocators, a_size_that_is_chosen_is_not_where_the_heap_starts) {
  Program program;
  program.builder.data(kBreak, std::string("\xa0\x14\x01\x00", 4));  // kBase
  // *kBreak += local 0 ? 100000 : 64, compared with memory.size << 16
  program.builder.function(program.unary, 1,
                           Code()
                               .i32_const(kBreak)
                               .i32_const(kBreak)
                               .access(0x28)
                               .i32_const(100000)
                               .i32_const(64)
                               .local_get(0)
                               .op({0x1b, 0x6a})
                               .local_tee(1)
                               .access(0x36)
                               .i32_const(kBreak)
                               .access(0x28)
                               .op({0x3f, 0x00})
                               .i32_const(16)
                               .op({0x74, 0x4b, 0x04, 0x40})
                               .i32_const(1)
                               .op({0x40, 0x00, 0x1a, 0x0b})
                               .local_get(1));
  EXPECT_EQ(program.why_not(), "");
  EXPECT_EQ(program.finding.heap_base, kBase);
}

TEST(BumpAllocators, an_arena_that_starts_among_static_data_is_no_heap) {
  Program program;
  program.builder.function(program.unary, 1, lazy_break(1008));
  EXPECT_NE(program.why_not(), "");
}

/// *kRoom = (memory.size << 16) - start; returns start + *kBreak, and adds to it; or 0
Code arena(std::int32_t start, bool takes) {
  Code code;
  code.i32_const(kRoom).op({0x3f, 0x00}).i32_const(16).op({0x74}).i32_const(start).op({0x6b}).access(0x36);
  if (!takes) return code.i32_const(0);
  return code.i32_const(start)
      .i32_const(kBreak)
      .access(0x28)
      .local_tee(1)
      .op({0x6a})
      .i32_const(kBreak)
      .local_get(1)
      .local_get(0)
      .op({0x6a})
      .access(0x36);
}

TEST(BumpAllocators, an_arena_measured_from_the_start_and_indexed) {
  Program program;
  program.builder.function(program.unary, 1, arena(kBase, true));
  EXPECT_EQ(program.why_not(), "");
  EXPECT_EQ(program.moved(), 2);
}

TEST(BumpAllocators, a_heap_whose_end_is_a_constant_too) {
  Program program;
  program.builder.function(program.unary, 1,
                           arena(kBase, true).i32_const(kThread).i32_const(2 * 65536).access(0x36));
  EXPECT_NE(program.why_not().find("the declared end of the memory"), std::string::npos) << program.why_not();
}

TEST(BumpAllocators, a_distance_from_the_start_to_which_a_number_below_it_is_added) {
  // what the size makes with kBase - 200 may be an address again, and is only compared
  Program program;
  program.builder.function(program.unary, 1,
                           arena(kBase, true)
                               .op({0x3f, 0x00})
                               .i32_const(16)
                               .op({0x74})
                               .i32_const(kBase)
                               .op({0x6b})
                               .i32_const(kBase - 200)
                               .op({0x6a})
                               .local_get(0)
                               .op({0x49, 0x1a}));
  EXPECT_NE(program.why_not().find("is added to a distance from it"), std::string::npos) << program.why_not();
}

TEST(BumpAllocators, a_size_alone_is_no_heap) {
  Program program;
  program.builder.function(program.unary, 1, arena(kBase, false));
  EXPECT_NE(program.why_not().find("nothing takes its memory"), std::string::npos);
}

/// A thread's description: kThread + 48 holds `end`, kThread + 52 `end - low`.
Code thread(std::int32_t end, std::int32_t low, int length_at = kThread + 52) {
  return Code()
      .i32_const(kThread)
      .i32_const(end)
      .access(0x36, 48)
      .i32_const(length_at)
      .i32_const(end)
      .i32_const(low)
      .op({0x6b})
      .access(0x36);
}

TEST(BumpAllocators, the_stack_s_end_in_a_thread_s_description_stays) {
  Program program;
  program.builder.function(program.unary, 1, lazy_break(kBase));
  program.builder.function(program.nullary, 0, thread(kBase, 5280));
  EXPECT_EQ(program.why_not(), "");
  EXPECT_EQ(program.moved(), 1);
  EXPECT_EQ(std::ranges::count(program.finding.sites, Role::stack_top, &Site::role),
            3);  // the stack pointer's global too
}

TEST(BumpAllocators, the_heap_s_start_with_a_size_beside_it_may_be_a_second_heap) {
  Program elsewhere;  // the length is not in the next word
  elsewhere.builder.function(elsewhere.unary, 1, lazy_break(kBase));
  elsewhere.builder.function(elsewhere.nullary, 0, thread(kBase, 5280, kThread + 60));
  EXPECT_NE(elsewhere.why_not(), "");
  Program first(1024);  // the stack comes first, so its end is not here
  first.builder.function(first.unary, 1, lazy_break(kBase));
  first.builder.function(first.nullary, 0, thread(kBase, 5280));
  EXPECT_NE(first.why_not(), "");
  Program number;  // a length that is no difference from the end
  number.builder.function(number.unary, 1, lazy_break(kBase));
  number.builder.function(
      number.nullary, 0,
      Code().i32_const(kThread).i32_const(kBase).access(0x36, 48).i32_const(kThread).i32_const(65536).access(
          0x36, 52));
  EXPECT_NE(number.why_not(), "");
}

/// A break that starts at kBase in the data, raised by local 0; `check` may return first.
void break_in_data(Program& program, const Code& check) {
  program.builder.data(kBreak, std::string_view("\xa0\x14\x01\x00", 4));  // kBase
  Code code = check;
  program.builder.function(program.unary, 1,
                           code.i32_const(kBreak)
                               .i32_const(kBreak)
                               .access(0x28)
                               .local_get(0)
                               .op({0x6a})
                               .local_tee(1)
                               .access(0x36)
                               .local_get(1)
                               .op({0x3f, 0x00})
                               .i32_const(16)
                               .op({0x74, 0x4b, 0x04, 0x40})
                               .i32_const(1)
                               .op({0x40, 0x00, 0x1a, 0x0b})
                               .local_get(1));
}
/// Returns 0 where what the stack holds is not zero.
Code returns_if(Code condition) {
  return condition.op({0x04, 0x40}).i32_const(0).op({0x0f, 0x0b});
}
Code break_after() {
  return Code().i32_const(kBreak).access(0x28).local_get(0).op({0x6a});
}

TEST(BumpAllocators, a_break_that_meets_a_number_in_the_heap_s_range_may_be_limited_by_an_address) {
  Program none;
  break_in_data(none, Code());
  EXPECT_EQ(none.why_not(), "");
  Program wraps;  // *kBreak + n < *kBreak, and a sign
  break_in_data(wraps,
                returns_if(break_after().i32_const(kBreak).access(0x28).op({0x49})).i32_const(0).op({0x1a}));
  EXPECT_EQ(wraps.why_not(), "");
  Program compared;
  break_in_data(compared, returns_if(break_after().i32_const(kBase + 500000).op({0x4b})));
  EXPECT_NE(compared.why_not().find("meets the number"), std::string::npos) << compared.why_not();
  Program first;  // *kBreak == start: nothing was taken yet
  break_in_data(first, returns_if(Code().i32_const(kBreak).access(0x28).i32_const(kBase).op({0x46})));
  EXPECT_NE(first.why_not().find("meets a value"), std::string::npos) << first.why_not();
  Program measured;  // *kBreak - (start + 128) > 500000
  break_in_data(measured, returns_if(Code()
                                         .i32_const(kBreak)
                                         .access(0x28)
                                         .i32_const(-kBase - 128)
                                         .op({0x6a})
                                         .i32_const(500000)
                                         .op({0x4b})));
  EXPECT_NE(measured.why_not().find("meets the number"), std::string::npos) << measured.why_not();
}

TEST(BumpAllocators, a_break_may_be_compared_with_a_word_that_is_no_address) {
  const Code check = returns_if(break_after().i32_const(kRoom).access(0x28).op({0x4b}));
  for (const bool address : {false, true}) {
    Program data;
    data.builder.data(
        kRoom, address ? std::string_view("\x00\x00\x0c\x00", 4) : std::string_view("\x00\x01\x00\x00", 4));
    break_in_data(data, check);
    Program code;
    break_in_data(code, check);
    code.builder.function(code.nullary, 0,
                          Code().i32_const(kRoom).i32_const(address ? kBase + 500000 : 0).access(0x36));
    if (address) {
      EXPECT_NE(data.why_not().find("starts as an address"), std::string::npos) << data.why_not();
      EXPECT_NE(code.why_not().find("is set to"), std::string::npos) << code.why_not();
    } else {
      EXPECT_EQ(data.why_not(), "");
      EXPECT_EQ(code.why_not(), "");
    }
  }
}

TEST(BumpAllocators, a_word_beside_a_name_is_not_where_an_object_ends) {
  // {object, kBase} at 1200. The start is the base of an arena, or only passed on by who measures the size.
  for (const bool zeros : {false, true})
    for (const bool takes : {false, true}) {
      Program program;
      program.builder.data(1200, std::string(zeros ? "\x00\x14\x01\x00" : "\x00\x04\x00\x00", 4) +
                                     std::string("\xa0\x14\x01\x00", 4));
      const auto notes = program.builder.function(program.unary, 0, Code().local_get(0));
      Code code = arena(kBase, takes);
      if (!takes) code.op({0x1a}).i32_const(kBase).call(notes);
      program.builder.function(program.unary, 1, code);
      if (zeros && takes)
        EXPECT_EQ(program.why_not(), "");
      else
        EXPECT_NE(program.why_not().find("the data word at 0x4b4"), std::string::npos) << program.why_not();
    }
}

/// A second function that asks `met < kBase`, or with another comparison.
std::string why_not_compared(const Code& met, int comparison = 0x49) {
  Program program;
  program.builder.function(program.unary, 1, lazy_break(kBase));
  Code code = met;
  program.builder.function(program.unary, 1, code.i32_const(kBase).op({comparison}));
  return program.why_not();
}

TEST(BumpAllocators, a_number_that_is_only_compared_stays_where_what_it_meets_is_no_address) {
  EXPECT_EQ(why_not_compared(Code().local_get(0).access(0x2d)), "");                  // a byte that is read
  EXPECT_EQ(why_not_compared(Code().local_get(0).i32_const(3).op({0x76})), "");       // shifted
  EXPECT_EQ(why_not_compared(Code().local_get(0).i32_const(0xffff).op({0x71})), "");  // masked
  EXPECT_EQ(
      why_not_compared(Code().local_get(0).access(0x2d).i32_const(7).op({0x6a}).i32_const(-8).op({0x71})),
      "");  // rounded
}

TEST(BumpAllocators, what_is_compared_with_the_start_may_be_a_break) {
  const std::string met = "meets a value that may be an address";
  for (const int comparison : {0x46, 0x47, 0x49, 0x4b}) {
    EXPECT_NE(why_not_compared(Code().local_get(0), comparison).find(met), std::string::npos);
    EXPECT_NE(why_not_compared(Code().i32_const(kBreak).access(0x28), comparison).find(met),
              std::string::npos);
  }
  // rounded down by a constant, and by an alignment worked out at run time
  EXPECT_NE(
      why_not_compared(Code().local_get(0).i32_const(15).op({0x6a}).i32_const(-16).op({0x71})).find(met),
      std::string::npos);
  EXPECT_NE(why_not_compared(Code().local_get(0).i32_const(0).local_get(1).op({0x6b, 0x71})).find(met),
            std::string::npos);
  // by the greatest power of two that 64 bits have: (p & INT64_MIN) < kBase
  Program wide;
  wide.builder.function(wide.unary, 1, lazy_break(kBase));
  wide.builder.function(
      wide.unary, 0,
      Code()
          .local_get(0)
          .op({0xad, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f, 0x83})
          .op({0x42, 0xa0, 0xa9, 0x04, 0x54}));
  EXPECT_NE(wide.why_not().find(met), std::string::npos);
  // added to before it is compared
  EXPECT_NE(why_not_compared(Code().local_get(0).access(0x2d).local_get(1).i32_const(kBase).op({0x6a, 0x49}))
                .find(met),
            std::string::npos);
}

TEST(BumpAllocators, the_start_as_the_offset_of_an_access_is_an_array_there) {
  Program program;
  program.builder.function(program.unary, 1, lazy_break(kBase));
  program.builder.function(program.unary, 0, Code().local_get(0).access(0x28, kBase));
  EXPECT_NE(program.why_not().find("is the offset of an access"), std::string::npos);
}

TEST(BumpAllocators, a_collector_s_walk_through_static_data_ends_at_the_start) {
  // for (local 1 = 1024; local 1 < kBase; local 1 += 4) *local 1
  Program program;
  program.builder.function(program.unary, 1, lazy_break(kBase));
  program.builder.function(program.unary, 1,
                           Code()
                               .i32_const(1024)
                               .local_set(1)
                               .op({0x03, 0x40})
                               .local_get(1)
                               .access(0x28)
                               .op({0x1a})
                               .local_get(1)
                               .i32_const(4)
                               .op({0x6a})
                               .local_tee(1)
                               .i32_const(kBase)
                               .op({0x49, 0x0d, 0x00, 0x0b})
                               .local_get(0));
  EXPECT_EQ(program.why_not(), "");
}

/// A break in global 0: local 1 = g + local 0; if (local 1 > memory.size << 16) { grow(1) }; g = local 1
Code break_in_global(bool lazy) {
  Code code;
  if (lazy) code.op({0x23, 0x00, 0x45, 0x04, 0x40}).i32_const(kBase).op({0x24, 0x00, 0x0b});
  return code.op({0x23, 0x00})
      .local_get(0)
      .op({0x6a})
      .local_tee(1)
      .op({0x3f, 0x00})
      .i32_const(16)
      .op({0x74, 0x4b, 0x04, 0x40})
      .i32_const(1)
      .op({0x40, 0x00, 0x1a, 0x0b})
      .local_get(1)
      .op({0x24, 0x00})
      .local_get(1);
}

TEST(BumpAllocators, a_break_in_the_first_global_is_no_stack_pointer) {
  for (const bool asked : {false, true}) {
    Program program(0);
    program.builder.function(program.unary, 1, break_in_global(true));
    // whether nothing was given out yet
    if (asked)
      program.builder.function(program.unary, 0, Code().op({0x23, 0x00}).i32_const(kBase).op({0x46}));
    if (asked)
      EXPECT_NE(program.why_not().find("meets a value"), std::string::npos);
    else
      EXPECT_EQ(program.why_not(), "");
  }
  Program starts;
  starts.builder.function(starts.unary, 1, break_in_global(false));
  EXPECT_NE(starts.why_not().find("the stack pointer"), std::string::npos);
}

TEST(BumpAllocators, the_stack_pointer_may_be_compared_with_its_start) {
  Program program;
  program.builder.function(program.unary, 1, lazy_break(kBase));
  program.builder.function(program.unary, 0, Code().op({0x23, 0x00}).i32_const(kBase).op({0x4b}));
  EXPECT_EQ(program.why_not(), "");
}

}  // namespace
}  // namespace heapbump
