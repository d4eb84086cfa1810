// Allocators that take memory.grow to continue what they already have: whatever they look like, the pages
// above the declared minimum must not be called untouched. Each has a sibling that differs in that alone, and
// is accepted.
#include <gtest/gtest.h>

#include "detectors/registry.h"
#include "module_builder.h"

namespace heapbump {
namespace {

using test::Code;
using test::kI32;
using test::ModuleBuilder;

constexpr int kFresh = 1100, kEnd = 1104;  // words of the allocator

class Program {
 public:
  Program() {
    unary = builder.type({kI32}, {kI32});
    nullary = builder.type({}, {});
    builder.memory(2);
    builder.global(70816, true);
    builder.data(1024, "static data");
  }
  void function(const Code& code) { builder.function(nullary, 2, code); }

  std::string why_not_tail() {
    const std::vector<std::byte> file = builder.build();
    const auto module = read_module(file);
    EXPECT_TRUE(module) << module.error().message;
    Budget budget(file.size());
    WholeProgram program(*module, budget);
    const auto found = detect_wasm_ld(program);
    EXPECT_TRUE(found) << found.error().message;
    if (!found || !*found) return "nothing found";
    const StrategyVerdict* tail = (*found)->verdict(Strategy::tail);
    if (tail == nullptr) return "no verdict";
    return tail->sound ? "" : tail->why;
  }

  ModuleBuilder builder;
  std::uint32_t unary = 0, nullary = 0;
};

Code grow(int pages) {
  return Code().i32_const(pages).op({0x40, 0x00});
}
Code shifted(Code code) {
  return code.i32_const(16).op({0x74});
}
/// Stores what `address` leaves on the stack after it at a word.
Code kept(int word, const Code& value) {
  Code code = value;
  return code.local_set(0).i32_const(word).local_get(0).access(0x36);
}
/// A function that returns grow(parameter).
Code raw_grow() {
  return Code().local_get(0).op({0x40, 0x00});
}

void expect_refused(Program& program, std::string_view reason) {
  const std::string why = program.why_not_tail();
  EXPECT_NE(why.find(reason), std::string::npos) << "why: '" << why << "'";
}

TEST(Growth, the_start_of_the_new_page_is_a_start_and_its_end_is_not) {
  Program start;
  start.function(kept(kFresh, shifted(grow(1))));
  EXPECT_EQ(start.why_not_tail(), "");
  Program end;
  end.function(kept(kEnd, shifted(grow(1).i32_const(1).op({0x6a}))));
  expect_refused(end, "extended in place");
}

TEST(Growth, a_page_number_that_is_only_noted_is_no_start) {
  Program program;
  program.function(kept(kFresh, grow(1)));
  expect_refused(program, "extended in place");
}

TEST(Growth, one_function_may_pass_on_what_another_grew) {
  Program used;
  const auto raw = used.builder.function(used.unary, 0, raw_grow());
  const auto passes = used.builder.function(used.unary, 0, Code().local_get(0).call(raw));
  used.function(kept(kFresh, shifted(Code().i32_const(1).call(passes))));
  EXPECT_EQ(used.why_not_tail(), "");
  Program ignored;
  const auto raw2 = ignored.builder.function(ignored.unary, 0, raw_grow());
  const auto passes2 = ignored.builder.function(ignored.unary, 0, Code().local_get(0).call(raw2));
  ignored.function(Code().i32_const(1).call(passes2).i32_const(-1).op({0x46}).op({0x04, 0x40, 0x00, 0x0b}));
  expect_refused(ignored, "extended in place");
}

TEST(Growth, what_is_called_through_a_table_has_callers_that_nobody_sees) {
  for (const bool in_table : {false, true}) {
    Program program;
    const auto raw = program.builder.function(program.unary, 0, raw_grow());
    if (in_table) program.builder.in_table(raw);
    program.function(kept(kFresh, shifted(Code().i32_const(1).call(raw))));
    if (in_table)
      expect_refused(program, "through a table");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

TEST(Growth, variables_in_the_frame_are_followed) {
  for (const bool in_place : {false, true}) {
    Program program;
    // local 1 = stack pointer - 16; frame[8] = grow(1); end = (frame[8] (+ 1)) << 16
    Code code;
    code.global_get(0).i32_const(16).op({0x6b}).local_set(1);
    code.local_get(1).i32_const(1).op({0x40, 0x00}).access(0x36, 8);
    code.i32_const(kEnd).local_get(1).access(0x28, 8);
    if (in_place) code.i32_const(1).op({0x6a});
    code.i32_const(16).op({0x74}).access(0x36);
    program.function(code);
    if (in_place)
      expect_refused(program, "extended in place");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

TEST(Growth, a_function_that_grows_more_often_than_is_followed_is_refused) {
  for (const int growths : {64, 65}) {
    Program program;
    Code code;
    for (int i = 0; i < growths; ++i)
      code.i32_const(kFresh).i32_const(1).op({0x40, 0x00}).i32_const(16).op({0x74}).access(0x36);
    program.function(code);
    if (growths == 64)
      EXPECT_EQ(program.why_not_tail(), "");
    else
      expect_refused(program, "more often");
  }
}

TEST(Growth, growing_by_nothing_asks_for_the_size) {
  Program program;
  program.function(kept(kFresh, shifted(grow(2))));
  program.function(kept(kEnd, shifted(grow(0))));
  expect_refused(program, "stored as the end");
  for (const int bytes : {0, 65536}) {
    Program sbrk;
    const auto grows = sbrk.builder.function(sbrk.unary, 0,
                                             Code()
                                                 .local_get(0)
                                                 .i32_const(65535)
                                                 .op({0x6a})
                                                 .i32_const(16)
                                                 .op({0x76, 0x40, 0x00})
                                                 .i32_const(16)
                                                 .op({0x74}));
    const auto passes = sbrk.builder.function(sbrk.unary, 0, Code().local_get(0).call(grows));
    sbrk.function(kept(kEnd, Code().i32_const(bytes).call(passes)));
    if (bytes == 0)
      expect_refused(sbrk, "stored as the end");
    else
      EXPECT_EQ(sbrk.why_not_tail(), "");
  }
}

TEST(Growth, the_size_must_not_decide_anything) {
  Program same;
  same.function(kept(kFresh, shifted(grow(2))));
  same.function(Code().op({0x3f, 0x00}).op({0x04, 0x40, 0x00, 0x0b}));  // never zero
  EXPECT_EQ(same.why_not_tail(), "");
  Program differs;
  differs.function(kept(kFresh, shifted(grow(2))));
  differs.function(Code().op({0x3f, 0x00}).i32_const(2).op({0x6b}).op({0x04, 0x40, 0x00, 0x0b}));
  EXPECT_NE(differs.why_not_tail(), "");
  Program table;
  table.function(kept(kFresh, shifted(grow(2))));
  table.function(Code().op({0x02, 0x40}).op({0x3f, 0x00}).op({0x0e, 0x01, 0x00, 0x00, 0x0b}));
  EXPECT_NE(table.why_not_tail(), "");
  Program sixteen_bits;
  sixteen_bits.function(kept(kFresh, shifted(grow(2))));
  sixteen_bits.function(kept(kEnd, shifted(Code().op({0x3f, 0x00}).i32_const(0xffff).op({0x71}))));
  EXPECT_NE(sixteen_bits.why_not_tail(), "");
}

TEST(Growth, a_loop_up_to_the_memory_s_end_is_no_comparison_with_grown_memory) {
  Program program;
  program.function(kept(kFresh, shifted(grow(2))));
  // local 1 = the heap's start; do { *local 1 = 0; local 1 += 4 } while (local 1 != memory.size << 16)
  program.function(Code()
                       .i32_const(kFresh)
                       .access(0x28)
                       .local_set(1)
                       .op({0x03, 0x40})
                       .local_get(1)
                       .i32_const(0)
                       .access(0x36)
                       .local_get(1)
                       .i32_const(4)
                       .op({0x6a})
                       .local_tee(1)
                       .op({0x3f, 0x00})
                       .i32_const(16)
                       .op({0x74, 0x47, 0x0d, 0x00, 0x0b}));
  expect_refused(program, "compared");
}

TEST(Growth, memory_just_below_what_was_grown_is_not_the_allocator_s) {
  for (const int below : {0, 4}) {
    Program program;
    program.function(Code()
                         .i32_const(1)
                         .op({0x40, 0x00})
                         .i32_const(16)
                         .op({0x74})
                         .local_set(0)
                         .local_get(0)
                         .i32_const(-below)
                         .op({0x6a})
                         .i32_const(1)
                         .access(0x36));
    if (below == 0)
      EXPECT_EQ(program.why_not_tail(), "");
    else
      expect_refused(program, "just below");
  }
}

TEST(Growth, flags_are_no_address_above_the_end_but_what_is_aligned_is) {
  for (const bool aligned : {false, true}) {
    Program program;
    program.function(kept(kFresh, shifted(grow(1))));
    // *(0x21000 & *kEnd), or *(0x21000 & -*kEnd)
    Code code;
    code.i32_const(0x21000);
    if (aligned) code.i32_const(0);
    code.i32_const(kEnd).access(0x28);
    if (aligned) code.op({0x6b});
    program.function(code.op({0x71}).access(0x28).op({0x1a}));
    if (aligned)
      expect_refused(program, "above the declared minimum");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

TEST(Growth, an_assertion_on_the_size_ends_a_heap_that_cannot_grow) {
  for (const bool grows : {true, false}) {
    Program program;
    if (grows) program.function(kept(kFresh, shifted(grow(2))));
    // if (*break > memory.size << 16) trap
    program.function(Code()
                         .i32_const(kEnd)
                         .access(0x28)
                         .op({0x3f, 0x00})
                         .i32_const(16)
                         .op({0x74, 0x4b})
                         .op({0x04, 0x40, 0x00, 0x0b}));
    EXPECT_EQ(program.why_not_tail().empty(), grows);
  }
}

TEST(Growth, an_assertion_may_be_written_in_64_bits) {
  for (const bool traps : {true, false}) {
    Program program;
    program.function(kept(kFresh, shifted(grow(2))));
    // if ((i64)memory.size << 16 <= (i64)*kEnd) trap, or return
    Code code;
    code.op({0x3f, 0x00, 0xad})
        .i64_const(16)
        .op({0x86})
        .i32_const(kEnd)
        .access(0x28)
        .op({0xad, 0x58, 0x04, 0x40});
    program.function(code.op({traps ? 0x00 : 0x0f, 0x0b}).i32_const(kFresh).i32_const(0).access(0x36));
    if (traps)
      EXPECT_EQ(program.why_not_tail(), "");
    else
      expect_refused(program, "compared");
  }
}

/// if (memory.size > pages) trap, or return
Code limited(int pages, bool traps) {
  return Code()
      .op({0x3f, 0x00})
      .i32_const(pages)
      .op({0x4b, 0x04, 0x40, traps ? 0x00 : 0x0f, 0x0b})
      .i32_const(kFresh)
      .i32_const(0)
      .access(0x36);
}

TEST(Growth, a_check_that_arithmetic_stays_in_32_bits_is_no_limit) {
  const auto why = [](const Code& code) {
    Program program;
    program.function(kept(kFresh, shifted(grow(2))));
    program.function(code);
    return program.why_not_tail();
  };
  EXPECT_EQ(why(limited(65535, true)), "");
  EXPECT_NE(why(limited(65535, false)), "");  // it decides what is done
  EXPECT_NE(why(limited(17, true)), "");      // a size that the program relies on
  // end = memory.size << 16; if (end + n < end) trap
  const auto overflow = [](int opcode, int compare) {
    return Code()
        .op({0x3f, 0x00})
        .i32_const(16)
        .op({0x74})
        .local_tee(0)
        .i32_const(kEnd)
        .access(0x28)
        .op({opcode})
        .local_get(0)
        .op({compare, 0x04, 0x40, 0x00, 0x0b});
  };
  EXPECT_EQ(why(overflow(0x6a, 0x49)), "");
  EXPECT_EQ(why(overflow(0x6b, 0x4b)), "");
  EXPECT_NE(why(overflow(0x71, 0x49)), "");  // end & n
}

/// Gives what it has, or else new memory: `*kFresh != 0 ? *kFresh : memory.grow(1) << 16`.
std::uint32_t pool(Program& program) {
  return program.builder.function(program.unary, 1,
                                  Code()
                                      .i32_const(kFresh)
                                      .access(0x28)
                                      .local_tee(1)
                                      .op({0x45, 0x04, 0x40})
                                      .i32_const(1)
                                      .op({0x40, 0x00})
                                      .i32_const(16)
                                      .op({0x74})
                                      .local_set(1)
                                      .op({0x0b})
                                      .local_get(1));
}

TEST(Growth, who_uses_the_result_of_an_allocator_in_any_way_relies_on_nothing_else) {
  for (const bool used : {true, false}) {
    Program program;
    const auto allocate = pool(program);
    // p = (pool(1) + *kEnd) & -*kEnd, kept; or only asked whether it is there
    Code aligned;
    aligned.i32_const(1).call(allocate).i32_const(kEnd).access(0x28).op({0x6a});
    aligned.i32_const(0).i32_const(kEnd).access(0x28).op({0x6b, 0x71});
    if (used)
      program.function(kept(kEnd + 8, aligned));
    else
      program.function(Code().i32_const(1).call(allocate).op({0x45, 0x04, 0x40, 0x0b}));
    if (used)
      EXPECT_EQ(program.why_not_tail(), "");
    else
      expect_refused(program, "extended in place");
  }
}

TEST(Growth, what_takes_its_memory_from_an_allocator_is_one_too) {
  // After inlining, memory.grow stands in malloc itself, and memalign asks malloc.
  for (const bool own : {false, true}) {
    Program program;
    const auto allocate = pool(program);
    // aligned(n) = (pool(n) + 15) & -16; or what it grows itself, while pool(n) goes elsewhere
    Code aligned;
    if (own)
      aligned = kept(kEnd + 8, Code().local_get(0).call(allocate))
                    .i32_const(1)
                    .op({0x40, 0x00})
                    .i32_const(16)
                    .op({0x74});
    else
      aligned.local_get(0).call(allocate).i32_const(15).op({0x6a}).i32_const(-16).op({0x71});
    const auto gives = program.builder.function(program.unary, 1, aligned);
    program.function(Code().i32_const(1).call(gives).op({0x45, 0x04, 0x40, 0x0b}));
    if (own)
      expect_refused(program, "extended in place");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

/// Three functions: grow; one that gives what it has left or grows; a heap that asks that one for a page and
/// goes on where it ended, or takes the page from where it was told.
void heap_of_pages(Program& program, bool in_place) {
  const auto grows = program.builder.function(program.unary, 0,
                                              Code().local_get(0).op({0x40, 0x00}).i32_const(16).op({0x74}));
  const auto more = program.builder.function(program.unary, 1,
                                             Code()
                                                 .i32_const(kFresh)
                                                 .access(0x28)
                                                 .local_tee(1)
                                                 .op({0x45, 0x04, 0x40})
                                                 .i32_const(4)
                                                 .call(grows)
                                                 .local_set(1)
                                                 .i32_const(kFresh)
                                                 .local_get(1)
                                                 .i32_const(8)
                                                 .op({0x6a})
                                                 .access(0x36)
                                                 .op({0x0b})
                                                 .local_get(1));
  Code take;
  take.i32_const(1).call(more).local_set(0);
  if (!in_place) take.i32_const(kEnd).local_get(0).access(0x36);
  take.local_get(0).op({0x45, 0x04, 0x40, 0x00, 0x0b});
  take.i32_const(kEnd).i32_const(kEnd).access(0x28).i32_const(65536).op({0x6a}).access(0x36);
  program.function(take);
}

TEST(Growth, a_heap_that_knows_where_memory_ends_must_look_where_its_new_memory_is) {
  const auto end = static_cast<std::int32_t>(2 * kPageSize);
  for (const bool in_place : {true, false}) {
    Program nowhere;
    heap_of_pages(nowhere, in_place);
    EXPECT_EQ(nowhere.why_not_tail(), "");
    Program in_data;
    heap_of_pages(in_data, in_place);
    in_data.builder.data(kEnd, std::string("\0\0\x02\0", 4));
    Program in_global;
    heap_of_pages(in_global, in_place);
    in_global.builder.global(end, true);
    Program in_code;
    heap_of_pages(in_code, in_place);
    in_code.function(Code().i32_const(kEnd).i32_const(end).access(0x36));
    for (const auto& [program, where] : {std::pair{&in_data, "in data at 0x450"},
                                         {&in_global, "in global 1"},
                                         {&in_code, "in function 3"}}) {
      if (in_place) {
        expect_refused(*program, "extended in place");
        expect_refused(*program, where);
      } else {
        EXPECT_EQ(program->why_not_tail(), "");
      }
    }
  }
}

TEST(Growth, who_passes_an_allocator_s_memory_on_leaves_the_question_to_its_callers) {
  for (const bool in_place : {true, false}) {
    Program program;
    heap_of_pages(program, false);
    program.builder.data(kEnd, std::string("\0\0\x02\0", 4));
    const auto checked = program.builder.function(program.unary, 0, Code().local_get(0).call(1));
    if (in_place)
      program.function(Code().i32_const(1).call(checked).op({0x45, 0x04, 0x40, 0x00, 0x0b}));
    else
      program.function(kept(kEnd, Code().i32_const(1).call(checked)));
    if (in_place)
      expect_refused(program, "extended in place");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

TEST(Growth, an_allocator_takes_its_last_header_back_where_new_memory_continues_what_it_had) {
  for (const bool asks : {true, false}) {
    Program program;
    // local 0 = grow(1) << 16; if (local 0 == *kEnd), or *kEnd: local 0 -= 16; *local 0 = 1
    Code code = shifted(grow(1)).local_set(0);
    if (asks) code.local_get(0);
    code.i32_const(kEnd).access(0x28);
    if (asks) code.op({0x46}).i32_const(1).op({0x71, 0x45, 0x45});  // as unoptimised code wraps it
    code.op({0x04, 0x40}).local_get(0).i32_const(-16).op({0x6a}).local_set(0).op({0x0b});
    program.function(code.local_get(0).i32_const(1).access(0x36));
    if (asks)
      EXPECT_EQ(program.why_not_tail(), "");
    else
      expect_refused(program, "just below");
  }
}

/// Gives a word the heap's start, which is where the stack ends.
Code heap_start(int word) {
  return Code().i32_const(word).i32_const(70816).access(0x36);
}

TEST(Growth, new_memory_in_the_list_of_a_heap_that_starts_below_it_may_be_merged_with_it) {
  // local 0 = grow(1) << 16; (*kEnd)->next = local 0
  const Code linked = shifted(grow(1)).local_set(0).i32_const(kEnd).access(0x28).local_get(0).access(0x36, 4);
  Program list;
  list.function(heap_start(kEnd));
  list.function(linked);
  expect_refused(list, "taken to continue in new memory");
  Program alone;
  alone.function(linked);
  EXPECT_EQ(alone.why_not_tail(), "");
  // The same where it is asked first whether the new memory adjoins.
  Program asks;
  asks.function(heap_start(kEnd));
  Code asked = shifted(grow(1)).local_set(0);
  asked.local_get(0).i32_const(kFresh).access(0x28).op({0x46, 0x04, 0x40, 0x0f, 0x0b});
  asks.function(asked.i32_const(kEnd).access(0x28).local_get(0).access(0x36, 4));
  EXPECT_EQ(asks.why_not_tail(), "");
}

TEST(Growth, an_element_compared_with_the_last_one_says_nothing_of_adjoining) {
  Program program;
  program.function(heap_start(kEnd));
  Code code = shifted(grow(1)).local_set(0).i32_const(kEnd).access(0x28).local_get(0).access(0x36, 4);
  code.i32_const(kEnd).local_get(0).access(0x36).local_get(0).i32_const(kEnd).access(0x28);
  program.function(code.op({0x46, 0x04, 0x40, 0x0f, 0x0b}));
  expect_refused(program, "taken to continue in new memory");
}

TEST(Growth, new_memory_may_take_the_place_of_the_old_but_not_of_its_end) {
  for (const bool replaced : {false, true}) {
    Program program;
    program.function(heap_start(kFresh));
    Code code = shifted(grow(1)).local_set(0).i32_const(kEnd).local_get(0).access(0x36);
    if (replaced) code.i32_const(kFresh).local_get(0).access(0x36);
    program.function(code);
    if (replaced)
      EXPECT_EQ(program.why_not_tail(), "");
    else
      expect_refused(program, "taken to continue in new memory");
  }
}

TEST(Growth, one_growth_that_takes_the_old_one_s_place_does_not_speak_for_another) {
  Program program;
  program.function(heap_start(kFresh));
  program.function(kept(kFresh, shifted(grow(1))));
  program.function(shifted(grow(2)).local_set(0).i32_const(kEnd).local_get(0).access(0x36));
  expect_refused(program, "taken to continue in new memory");
}

TEST(Growth, a_mark_at_the_end_of_the_new_page_extends_what_was_there) {
  Program program;
  program.function(heap_start(kFresh));
  program.function(shifted(grow(1)).i32_const(17).access(0x36, 65528));
  expect_refused(program, "taken to continue in new memory");
}

TEST(Growth, a_static_variable_may_hold_the_heap_s_start) {
  for (const bool heap : {false, true}) {
    Program program;
    program.builder.data(
        1100, heap ? std::string_view("\xa0\x14\x01\x00", 4) : std::string_view("\xa0\x14\x02\x00", 4));
    program.function(shifted(grow(1)).local_set(0).i32_const(kEnd).access(0x28).local_get(0).access(0x36, 4));
    if (heap)
      expect_refused(program, "in the data word at 0x44c");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

TEST(Growth, the_highest_address_is_the_heap_s_start_where_the_stack_comes_first) {
  // A start at 70816 and its header, above a static variable; or the variable alone; or one at 70816 that is
  // read and written there.
  for (const auto& [heap, variable] : {std::pair{false, false}, {true, false}, {false, true}}) {
    ModuleBuilder builder;
    const auto nullary = builder.type({}, {});
    builder.memory(2).global(1024, true);
    builder.data(1024, "static data");
    builder.function(nullary, 1, Code().i32_const(0).i32_const(0).access(0x28, 3000).access(0x36, 3004));
    if (heap)
      builder.function(
          nullary, 1,
          Code().i32_const(kEnd).i32_const(70816).access(0x36).i32_const(70824).i32_const(9).access(0x36));
    if (variable)
      builder.function(
          nullary, 1,
          Code().i32_const(70816).i32_const(70816).access(0x28).i32_const(1).op({0x6a}).access(0x36));
    builder.function(nullary, 1,
                     shifted(grow(1)).local_set(0).i32_const(kEnd).access(0x28).local_get(0).access(0x36, 4));
    const auto file = builder.build();
    const auto module = read_module(file);
    ASSERT_TRUE(module);
    Budget budget(file.size());
    WholeProgram program(*module, budget);
    const auto found = detect_wasm_ld(program);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->verdict(Strategy::tail)->sound, !heap) << (*found)->verdict(Strategy::tail)->why;
  }
}

TEST(Growth, an_assertion_may_be_how_a_heap_below_the_line_ends) {
  for (const bool heap : {false, true}) {
    Program program;
    if (heap) program.function(heap_start(kFresh));
    program.function(kept(kEnd, shifted(grow(1))));
    // if (*kFresh > memory.size << 16) unreachable
    program.function(
        shifted(Code().i32_const(kFresh).access(0x28).op({0x3f, 0x00})).op({0x4b, 0x04, 0x40, 0x00, 0x0b}));
    if (heap)
      expect_refused(program, "end where memory.size is asked for");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

TEST(Growth, an_allocator_that_minds_its_own_start_leaves_other_growths_alone) {
  for (const bool shares : {false, true}) {
    Program program;
    // The start and the growth that replaces it stand in one function; another keeps pages of its own.
    Code code = heap_start(kFresh);
    code.i32_const(kFresh).i32_const(1).op({0x40, 0x00}).i32_const(16).op({0x74}).access(0x36);
    program.function(code);
    program.function(kept(shares ? kFresh : 1200, shifted(grow(3)))
                         .i32_const(1300)
                         .access(0x28)
                         .local_get(0)
                         .access(0x36, 4));
    if (shares)
      expect_refused(program, "taken to continue in new memory");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

TEST(Growth, an_assertion_about_the_elements_of_a_table_is_no_heap_s_end) {
  for (const bool advances : {false, true}) {
    Program program;
    program.function(heap_start(kFresh));
    program.function(kept(kFresh, shifted(grow(1))));
    // local 0 = *1300; if (local 0[8] > memory.size << 16) unreachable; (local 0[8] = 17)
    Code code = Code().i32_const(1300).access(0x28).local_set(0);
    code.local_get(0).access(0x28, 8).op({0x3f, 0x00}).i32_const(16).op({0x74, 0x4b, 0x04, 0x40, 0x00, 0x0b});
    if (advances) code.local_get(0).i32_const(17).access(0x36, 8);
    program.function(code);
    if (advances)
      expect_refused(program, "end where memory.size is asked for");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

TEST(Growth, a_block_of_the_program_s_own_in_the_same_function_changes_nothing) {
  for (const bool linked : {false, true}) {
    Program program;
    // local 0 = *kEnd ? *kEnd : grow(1) << 16; if (local 0 == *kFresh) return; (*1300)->next = local 0
    Code code = heap_start(kFresh);
    code.i32_const(1).op({0x40, 0x00}).i32_const(16).op({0x74}).local_set(0);
    code.i32_const(kEnd).access(0x28).op({0x04, 0x40}).i32_const(kEnd).access(0x28).local_set(0).op({0x0b});
    code.local_get(0).i32_const(kFresh).access(0x28).op({0x46, 0x04, 0x40, 0x0f, 0x0b});
    code.i32_const(1300).access(0x28).local_get(0).access(0x36, 4);
    // *(grow(2) << 16) = 17, or (*1300)->next = grow(2) << 16
    if (linked) code.i32_const(1300).access(0x28);
    code.i32_const(2).op({0x40, 0x00}).i32_const(16).op({0x74});
    if (!linked) code.i32_const(17);
    program.function(code.access(0x36, 0));
    if (linked)
      expect_refused(program, "taken to continue in new memory");
    else
      EXPECT_EQ(program.why_not_tail(), "");
  }
}

TEST(Growth, a_static_variable_below_the_start_is_no_start) {
  // The stack comes first; the start at 70816 stands in an allocator that asks, a variable just below it
  // elsewhere.
  for (const bool kept : {false, true}) {
    ModuleBuilder builder;
    const auto nullary = builder.type({}, {});
    builder.memory(2).global(1024, true);
    builder.data(1024, "static data");
    Code owner = heap_start(kFresh);
    owner.i32_const(1).op({0x40, 0x00}).i32_const(16).op({0x74}).local_set(0);
    owner.local_get(0).i32_const(kFresh).access(0x28).op({0x46, 0x04, 0x40, 0x0f, 0x0b});
    builder.function(nullary, 1, owner.i32_const(kEnd).access(0x28).local_get(0).access(0x36, 4));
    Code other;
    if (kept) other.i32_const(1200);
    other.i32_const(70800);
    if (!kept) other.i32_const(5);
    builder.function(nullary, 0, other.access(0x36));
    builder.function(nullary, 0,
                     Code().i32_const(2).op({0x40, 0x00}).i32_const(16).op({0x74}).i32_const(5).access(0x36));
    const auto file = builder.build();
    const auto module = read_module(file);
    ASSERT_TRUE(module);
    Budget budget(file.size());
    WholeProgram program(*module, budget);
    const auto found = detect_wasm_ld(program);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->verdict(Strategy::tail)->sound, !kept) << (*found)->verdict(Strategy::tail)->why;
  }
}

}  // namespace
}  // namespace heapbump
