// Both modules in step, where an address is not used at once: it is kept in a word of the frame, in a
// variable, in half of a 64-bit number, or as an offset. For each rule a program that it accepts, and one
// that differs in the premise alone and is a mismatch.
#include <gtest/gtest.h>

#include <string>

#include "in_step_program.h"

namespace heapbump::test {
namespace {

class InStepVariables : public testing::TestWithParam<Pair> {};

TEST_P(InStepVariables, accepts_the_premise_and_refuses_its_absence) {
  EXPECT_EQ(told(GetParam().same, GetParam().more), "") << GetParam().what;
  EXPECT_NE(told(GetParam().differs, GetParam().more), "") << GetParam().what;
}

/// `$print` keeps its parameter in a frame whose address the host gets, and prints its digits.
std::string printing(const std::string& frame = "(local.set $p (i32.sub (global.get $sp) (i32.const 32)))") {
  return std::string(kHost) + "(func $print (param $v i32) (local $p i32) (local $q i32)" + frame + R"(
    (i32.store offset=28 (local.get $p) (local.get $v))
    (loop $digits
      (i32.store8 offset=16 (local.get $p) (i32.rem_u (i32.load offset=28 (local.get $p)) (i32.const 10)))
      (drop (call $random_get (i32.add (local.get $p) (i32.const 16)) (i32.const 1)))
      (i32.store offset=28 (local.get $p) (i32.div_u (i32.load offset=28 (local.get $p)) (i32.const 10)))
      (br_if $digits (i32.load offset=28 (local.get $p))))))";
}

/// Stores the memory's bytes as a number of 64 bits, as unoptimised code does, and what `use` makes of them.
std::string wide_size(const std::string& use) {
  return "(local.set $p (i32.sub (global.get $sp) (i32.const 16))) (i64.store offset=8 (local.get $p) "
         "(i64.mul (i64.extend_i32_u (memory.size)) (i64.const 65536))) (i64.store (i32.const 2064) " +
         use + ") (i32.const 0)";
}

/// A heap that begins at an address and ends with memory, as a variable that goes on.
std::string heap_at(const std::string& start) {
  return "(i32.store (i32.const 2056) " + start +
         ") (i32.store (i32.const 2056) (i32.add (i32.load (i32.const 2056)) (local.get $n)))";
}

/// `$alloc` gives an address: the heap's start, or what a list in memory has.
const char* const kAllocator = R"((func $alloc (param $n i32) (result i32)
  (if (i32.load (local.get $n)) (then (return (i32.load offset=4 (local.get $n)))))
  (i32.add (i32.const 70000) (i32.load offset=8 (local.get $n))))
  (func $wrapper (param $n i32) (result i32) (call $alloc (local.get $n))))";

std::string block_as(const std::string& number) {
  return "(local.set $p (call $wrapper (local.get $n))) (i32.store (local.get $p) (i32.const 1)) (i32.store "
         "(i32.const 2052) (i32.load8_u offset=1024 " +
         number + ")) (i32.const 0)";
}

INSTANTIATE_TEST_SUITE_P(
    Given, InStepVariables,
    testing::Values(Pair{"a block's address is aligned, its page is no index",
                         block_as("(i32.and (local.get $p) (i32.const 15))"),
                         block_as("(i32.shr_u (local.get $p) (i32.const 16))"), kAllocator},
                    Pair{"a block's address with a tag is no number without its upper bits",
                         block_as("(i32.and (i32.or (local.get $p) (i32.const 1)) (i32.const 7))"),
                         block_as("(i32.and (i32.or (local.get $p) (i32.const 1)) (i32.const 0xf0000))"),
                         kAllocator},
                    Pair{"how large a block's address is stays untold", block_as("(i32.eqz (local.get $p))"),
                         block_as("(i32.clz (local.get $p))"), kAllocator},
                    Pair{"a block's distance from static data is no number",
                         block_as("(i32.eqz (i32.sub (local.get $p) (i32.const 2048)))"),
                         block_as("(i32.shr_u (i32.sub (local.get $p) (i32.const 2048)) (i32.const 4))"),
                         kAllocator},
                    Pair{"a block's address is held against addresses, not against a number",
                         block_as("(i32.lt_u (local.get $p) (i32.const 1024))"),
                         block_as("(i32.lt_u (local.get $p) (i32.const 1048576))"), kAllocator},
                    Pair{"a block's address becomes no float", block_as("(i32.eqz (local.get $p))"),
                         block_as("(i32.trunc_f32_u (f32.convert_i32_u (local.get $p)))"), kAllocator}));

INSTANTIATE_TEST_SUITE_P(
    Rules, InStepVariables,
    testing::Values(
        Pair{"a number from the frame is printed, an address is not",
             "(call $print (i32.const 7)) (i32.const 0)", "(call $print (i32.const 70000)) (i32.const 0)",
             printing()},
        Pair{"an address of 64 bits in the frame is an address, not a number",
             wide_size("(i64.load offset=8 (local.get $p))"),
             wide_size("(i64.shr_u (i64.load offset=8 (local.get $p)) (i64.const 12))")},
        Pair{"a pair in the frame is compared with nothing but zero",
             "(local.set $p (i32.sub (global.get $sp) (i32.const 16))) (i64.store (local.get $p) (i64.shl "
             "(i64.extend_i32_u (i32.add (i32.load (local.get $n)) (i32.const 70000))) (i64.const 32))) "
             "(i64.eq (i64.load (local.get $p)) (i64.const 0))",
             "(local.set $p (i32.sub (global.get $sp) (i32.const 16))) (i64.store (local.get $p) (i64.shl "
             "(i64.extend_i32_u (i32.add (i32.load (local.get $n)) (i32.const 70000))) (i64.const 32))) "
             "(i64.eq (i64.load (local.get $p)) (i64.const 343597383680000))"},
        Pair{"neither half of a number is the heap's start",
             "(i64.eq (i64.load (local.get $n)) (i64.const 4294967305)) (drop (i32.load (i32.const 70000)))",
             "(i64.eq (i64.load (local.get $n)) (i64.const 300647710720009)) (drop (i32.load (i32.const "
             "70000)))"},
        Pair{"a heap that goes up to memory's end begins at an address that moved",
             heap_at("(i32.const 70000)") + "(i32.gt_u (i32.load (i32.const 2056)) " + size_in_bytes() + ")",
             heap_at("(i32.const 98304)") + "(i32.gt_u (i32.load (i32.const 2056)) " + size_in_bytes() + ")"},
        Pair{"the size of a heap is taken between addresses that moved",
             heap_at("(i32.const 70000)") + "(i32.store (local.get $n) (i32.sub (i32.load (i32.const 2056)) "
                                            "(i32.const 70000))) (i32.const 0)",
             heap_at("(i32.const 98304)") + "(i32.store (local.get $n) (i32.sub (i32.load (i32.const 2056)) "
                                            "(i32.const 70000))) (i32.const 0)"},
        Pair{"memory's end less a number is an address, less one of the old heap it is nothing",
             "(i32.store (local.get $n) (i32.sub " + size_in_bytes() + " (i32.const 16))) (i32.const 0)",
             "(i32.store (local.get $n) (i32.sub " + size_in_bytes() + " (i32.const 98304))) (i32.const 0)"},
        Pair{"a number that is added to one of the old heap has no distance to the heap",
             "(i32.store (local.get $n) (i32.sub (i32.add (i32.load (local.get $n)) (i32.const 4096)) "
             "(i32.const 70000))) (i32.const 0)",
             "(i32.store (local.get $n) (i32.sub (i32.add (i32.load (local.get $n)) (i32.const 98304)) "
             "(i32.const 70000))) (i32.const 0)"},
        Pair{"whether a number lies below memory's end decides, and is not counted",
             "(if (result i32) (i32.and (i32.lt_u (local.get $n) (i32.mul (memory.size) (i32.const 65536))) "
             "(i32.const 1)) (then (i32.const 1)) (else (i32.const 2)))",
             "(i32.store (local.get $n) (i32.add (i32.load (local.get $n)) (i32.and (i32.lt_u (local.get $n) "
             "(i32.mul (memory.size) (i32.const 65536))) (i32.const 1)))) (i32.const 0)"},
        Pair{"an offset from the heap's start is added to nothing beside it",
             "(i32.store (i32.add (local.get $n) (i32.const 69000)) (i32.const 1)) (i32.load (i32.add "
             "(local.get $n) (i32.const 70000)))",
             "(i32.store (i32.add (local.get $n) (i32.const 69992)) (i32.const 1)) (i32.load (i32.add "
             "(local.get $n) (i32.const 70000)))"}));

TEST(InStepByTail, memory_has_no_distance_to_what_may_lie_in_declared_memory) {
  const auto room = [](const std::string& begin) {
    return "(i32.store (i32.const 2056) (i32.sub " + size_in_bytes() + " " + begin + ")) (i32.const 0)";
  };
  EXPECT_EQ(told(room("(i32.const 16)"), "", Strategy::tail), "");
  EXPECT_NE(told(room("(i32.load (local.get $n))"), "", Strategy::tail), "");
}

TEST(InStepByTail, nothing_is_accessed_right_below_what_was_grown) {
  const auto write_at = [](const std::string& address) {
    return "(i32.store (i32.const 2056) (i32.shl (memory.grow (i32.const 1)) (i32.const 16))) (i32.store " +
           address + " (i32.const 7)) (i32.const 0)";
  };
  EXPECT_EQ(told(write_at("(i32.add (i32.load (i32.const 2056)) (i32.const 16))"), "", Strategy::tail), "");
  EXPECT_NE(told(write_at("(i32.sub (i32.load (i32.const 2056)) (i32.const 16))"), "", Strategy::tail), "");
}

// Unoptimised code keeps the stack pointer and the frame's size in locals before it takes one from the other.
TEST(InStepStack, the_stack_pointer_is_found_in_unoptimised_code) {
  const auto checked = [](const std::string& value) {
    const auto file = wat("(module " +
                          printing("(local.set $p (global.get $sp)) (local.set $q (i32.const 32))"
                                   "(local.set $p (i32.sub (local.get $p) (local.get $q)))") +
                          R"((memory (export "memory") 2) (global $sp (mut i32) (i32.const 65536))
               (func (export "f") (i32.store (i32.const 2048) (i32.const 70000)) (call $print )" +
                          value + R"())
               (data (i32.const 1024) "static data")))");
    const Specimen specimen = reserved(file, Strategy::bump);
    const auto verified = verify_modules(specimen.original, specimen.reserved, specimen.manifest);
    return verified ? messages(*verified) : "no answer";
  };
  EXPECT_EQ(checked("(i32.const 7)"), "");
  EXPECT_NE(checked("(i32.const 70000)"), "");
}

}  // namespace
}  // namespace heapbump::test
