// Both modules in step: for each rule of relation.h a program that it accepts, and one that differs in the
// premise alone and is a mismatch. What the difference alone accepts in both is asked first, so that it is
// the second method that tells them apart.
#include <gtest/gtest.h>

#include <string>

#include "../unit/module_builder.h"
#include "in_step_program.h"

namespace heapbump::test {
namespace {

class InStep : public testing::TestWithParam<Pair> {};

TEST_P(InStep, accepts_the_premise_and_refuses_its_absence) {
  EXPECT_EQ(told(GetParam().same, GetParam().more), "") << GetParam().what;
  EXPECT_NE(told(GetParam().differs, GetParam().more), "") << GetParam().what;
}

/// Prints what one vector on the stack names.
std::string vector_of(const std::string& address, const std::string& length) {
  return "(local.set $p (i32.sub (global.get $sp) (i32.const 16))) (i32.store offset=8 (local.get $p) " +
         address + ") (i32.store offset=12 (local.get $p) " + length +
         ") (call $fd_write (i32.const 1) (i32.add (local.get $p) (i32.const 8)) (i32.const 1) (i32.add "
         "(local.get $p) "
         "(i32.const 4)))";
}

INSTANTIATE_TEST_SUITE_P(
    Rules, InStep,
    testing::Values(
        Pair{"memory's end is compared with an address of the heap, not with a number",
             "(i32.lt_u (i32.const 70000) " + size_in_bytes() + ")",
             "(if (result i32) (i32.lt_u (i32.const 300000) " + size_in_bytes() +
                 ") (then (i32.const 1)) (else (i32.const 2)))"},
        Pair{"memory's size is compared with what it never comes down to",
             "(if (result i32) (i32.lt_u (memory.size) (i32.const 1)) (then (i32.const 1)) (else (i32.const "
             "2)))",
             "(if (result i32) (i32.eq (memory.size) (i32.const 2)) (then (i32.const 1)) (else (i32.const "
             "2)))"},
        Pair{"the distance between two addresses of the heap is a number, that to the stack is none",
             "(i32.store (i32.const 2052) (i32.mul (i32.sub " + size_in_bytes() +
                 " (i32.const 70000)) (i32.const 3))) (i32.const 0)",
             "(i32.store (i32.const 2052) (i32.sub (i32.const 70000) (global.get $sp))) (i32.const 0)"},
        Pair{"the low bits of an address are a number, a granule's index is none",
             "(i32.store (local.get $n) (i32.and (i32.const 70000) (i32.const 15))) (i32.const 0)",
             "(i32.store (local.get $n) (i32.shr_u (i32.const 70000) (i32.const 4))) (i32.const 0)"},
        Pair{"an address is scaled down and up again, not used as an index",
             "(i32.load (i32.shl (i32.shr_u (i32.const 70000) (i32.const 4)) (i32.const 4)))",
             "(i32.load8_u offset=1024 (i32.shr_u (i32.const 70000) (i32.const 16)))"},
        Pair{"memory's end is kept in a word that a pointer may read, its number of pages is not",
             "(i32.store (i32.const 2052) " + size_in_bytes() + ") (i32.const 0)",
             "(i32.store (i32.const 2052) (memory.size)) (i32.const 0)"},
        Pair{
            "an address in the upper half of a pair is compared with nothing but zero",
            "(drop (i64.eq (i64.shl (i64.extend_i32_u (i32.add (i32.load (local.get $n)) (i32.const 70000))) "
            "(i64.const 32)) (i64.const 0))) (i32.const 0)",
            "(if (result i32) (i64.eq (i64.shl (i64.extend_i32_u (i32.add (i32.load (local.get $n)) "
            "(i32.const "
            "70000))) (i64.const 32)) (i64.const 300647710720000)) (then (i32.const 1)) (else (i32.const "
            "2)))"},
        Pair{"an address that is rounded down lies in the heap still",
             "(i32.store (local.get $n) (i32.and (i32.const 70000) (i32.const -16))) (i32.const 0)",
             "(i32.store (local.get $n) (i32.and (i32.const 70000) (i32.const -4096))) (i32.const 0)"},
        Pair{"the host is given an address, and as a length a number",
             "(drop (call $random_get (i32.const 70000) (i32.const 8))) (i32.const 0)",
             "(drop (call $random_get (i32.const 1024) (i32.const 70000))) (i32.const 0)", kHost},
        Pair{"a vector of the host's has an address and a number",
             vector_of("(i32.const 70000)", "(i32.const 4)"), vector_of("(i32.const 0)", size_in_bytes()),
             kHost},
        Pair{"an address is rounded down to a page at most",
             "(i32.load (i32.and (i32.load (local.get $n)) (i32.const -65536)))",
             "(i32.load (i32.and (i32.load (local.get $n)) (i32.const -262144)))"},
        Pair{"an address is masked with a sign, which leaves it or nothing, not with another number",
             "(i32.store (local.get $n) (i32.and (i32.const 70000) (i32.shr_s (local.get $n) (i32.const "
             "31)))) "
             "(i32.const 0)",
             "(i32.store (local.get $n) (i32.and (i32.const 70000) (i32.shr_s (local.get $n) (i32.const "
             "30)))) "
             "(i32.const 0)"},
        Pair{"an address that is kept as its complement comes back, not as another number",
             "(drop (i32.lt_u (i32.xor (i32.load (local.get $n)) (i32.const -1)) (i32.const 70000))) "
             "(i32.const 0)",
             "(i32.lt_u (i32.xor (i32.load (local.get $n)) (i32.const -2)) (i32.const 70000))"},
        Pair{"an address from memory is rounded up to a page at most",
             "(i32.store (i32.const 2052) (i32.const 70000)) (i32.and (i32.add (i32.load (local.get $n)) "
             "(i32.const 65535)) (i32.const -65536))",
             "(i32.store (i32.const 2052) (i32.const 70000)) (i32.and (i32.add (i32.load (local.get $n)) "
             "(i32.const 131071)) (i32.const -131072))"},
        Pair{"an address is made of an address, not of an index alone",
             "(i32.load (i32.add (i32.const 70000) (i32.shl (local.get $n) (i32.const 4))))",
             "(i32.load (i32.shl (i32.and (local.get $n) (i32.const -65536)) (i32.const 4)))"
             "(drop (memory.size))"},
        Pair{"what is filled is as long as before",
             "(memory.fill (i32.const 70000) (i32.const 0) (i32.sub " + size_in_bytes() +
                 " (i32.const 70000))) (i32.const 0)",
             "(memory.fill (i32.const 2048) (i32.const 0) " + size_in_bytes() + ") (i32.const 0)"},
        Pair{"memory grows by a number, not by a part of its size",
             "(drop (memory.grow (local.get $n))) (i32.const 0)",
             "(drop (memory.grow (i32.shr_u (memory.size) (i32.const 1)))) (i32.const 0)"},
        Pair{"an address is hashed nowhere",
             "(i32.store (i32.const 2052) (i32.add (i32.const 70000) (local.get $n))) (i32.const 0)",
             "(i32.store (i32.const 2052) (i32.mul (i32.const 70000) (local.get $n))) (i32.const 0)"},
        Pair{"a number that equals the heap's start is a factor, not an addend",
             "(i32.store (i32.const 2052) (i32.const 70000)) (i32.rem_u (i32.mul (local.get $n) "
             "(i32.const 70004)) (i32.const 70008))",
             "(i32.store (i32.const 2052) (i32.const 70000)) (i32.add (local.get $n) (i32.const 70004))"},
        Pair{"an address becomes no float",
             "(drop (f64.convert_i32_u (local.get $n))) (i32.load (i32.const 70000))",
             "(f64.store (i32.const 2056) (f64.convert_i32_u (i32.const 70000))) (i32.const 0)"},
        Pair{"a vector holds no address that did not move",
             "(v128.store (i32.const 2064) (v128.const i32x4 1 2 3 4)) (i32.load (i32.const 70000))",
             "(v128.store (i32.const 2064) (v128.const i32x4 70000 70000 70000 70000))"
             "(i32.load (i32.const 70000))"},
        Pair{"a variable's limit moves as the variable does",
             "(i32.store (i32.const 2056) " + size_in_bytes() + ") (call $check)",
             "(i32.store (i32.const 2056) (i32.const 500000)) (call $check)",
             R"((func $check (result i32)
                  (if (result i32) (i32.gt_u (i32.load (i32.const 2048)) (i32.load (i32.const 2056)))
                    (then (i32.const 1)) (else (i32.const 0)))))"},
        Pair{"what a function returns is followed into its callers",
             "(i32.lt_u (i32.const 70000) (i32.shl (call $pages) (i32.const 16)))",
             "(i32.store (i32.const 2052) (call $pages)) (if (i32.gt_u (i32.load (i32.const 2052)) "
             "(i32.const 9)) "
             "(then (unreachable))) (i32.const 0)",
             "(func $pages (result i32) (memory.size))"},
        Pair{"what is passed to a function is followed there", "(call $half (i32.const 70000) (i32.const 1))",
             "(call $half (i32.const 1) (i32.const 70000))",
             R"((func $half (param $at i32) (param $n i32) (result i32)
                  (i32.store (local.get $at) (i32.shr_u (local.get $n) (i32.const 1))) (i32.const 0)))"}));

TEST(InStepData, a_word_that_moves_is_read_at_its_own_address) {
  const auto checked = [](const std::string& address) {
    const auto file = wat(R"((module (memory (export "memory") 2)
      (data (i32.const 1024) "\07\00\00\00\70\11\01\00")
      (func (export "f") (param $n i32) (result i32)
        (i32.store (i32.const 70000) (i32.const 1)) (i32.load )" +
                          address + ")))");
    Finding finding;
    finding.detector = "test";
    finding.toolchain = {"test", "1", "tests"};
    finding.confidence = Confidence::proven;
    finding.strategies = {{Strategy::bump, true, "so the test says"}};
    finding.heap_base = kHeap;
    finding.sites = constants_as_heap_starts(file, kHeap);
    Site word = finding.sites.front();
    const auto module = read_module(file);
    word.kind = OccurrenceKind::data_word32;
    word.address = 1028;
    word.file_offset = module->data.front().data_offset + 4;
    word.width = 4;
    finding.sites.push_back(word);
    Request request;
    request.placement = Placement::none;
    const Specimen specimen = reserve_as_found(file, finding, request);
    const auto verified = verify_modules(specimen.original, specimen.reserved, specimen.manifest);
    return verified ? messages(*verified) : "no answer";
  };
  EXPECT_EQ(checked("(i32.const 1028)"), "");
  EXPECT_NE(checked("offset=1024 (i32.shl (local.get $n) (i32.const 2))").find("a data word moved"),
            std::string::npos);
}

// An index may be written in more bytes than it needs, which no assembler does.
TEST(InStepData, a_word_that_begins_as_an_address_of_the_heap_did_not_move) {
  const std::string ask =
      "(if (result i32) (i32.lt_u (i32.load (i32.const 2060)) (i32.const 70000)) (then (i32.const 1)) (else "
      "(i32.const 2)))";
  const auto holding = [](const std::string& bytes) { return "(data (i32.const 2060) \"" + bytes + "\")"; };
  EXPECT_EQ(told(ask, holding("\\00\\10\\00\\00")), "");  // 4096
  EXPECT_NE(told(ask, holding("\\00\\80\\01\\00")), "");  // 98304
}

TEST(InStepTable, what_functions_in_a_table_give_back_is_followed_to_calls_through_it) {
  const auto more = [](const std::string& gives) {
    return "(table 1 funcref) (elem (i32.const 0) $start) (type $gives (func (result i32)))"
           " (func $start (type $gives) (drop (i32.load (i32.const 70000))) " +
           gives + ")";
  };
  const std::string use = "(i32.shr_u (call_indirect (type $gives) (i32.const 0)) (i32.const 4))";
  EXPECT_EQ(told(use, more("(i32.const 4096)")), "");
  EXPECT_NE(told(use, more("(i32.const 70000)")), "");
}

TEST(InStepSearch, finds_memory_size_whose_index_has_two_bytes) {
  const auto checked = [](std::initializer_list<int> memory_size) {
    ModuleBuilder builder;
    Body body;
    body.i32_const(kHeap).i32_const(1).access(0x36);
    Body asks;  // compares the number of pages with 2
    asks.op(memory_size).i32_const(2).op({0x46, 0x0d, 0x00});
    builder.exported("f", 0, builder.function(builder.type({}, {}), 0, body)).memory(2);
    builder.function(builder.type({}, {}), 0, asks);
    builder.data(1024, "static data");
    const Specimen specimen = reserved(builder.build(), Strategy::bump);
    const auto verified = verify_modules(specimen.original, specimen.reserved, specimen.manifest);
    return verified ? messages(*verified) : "no answer";
  };
  EXPECT_NE(checked({0x3f, 0x00}).find("different ways"), std::string::npos);
  EXPECT_NE(checked({0x3f, 0x80, 0x00}).find("different ways"), std::string::npos);
}

TEST(InStepMaximum, lets_a_heap_double_its_memory_as_often_as_before) {
  const auto checked = [](bool raised_for_it) {
    const Specimen specimen = reserved(wat(R"((module (memory (export "memory") 2 16)
      (func (export "f") (param $n i32) (result i32)
        (i32.store (i32.const 2048) (i32.const 70000)) (i32.eq (memory.grow (memory.size)) (i32.const -1)))
      (data (i32.const 1024) "static data")))"),
                                       Strategy::bump, raised_for_it);
    const auto verified = verify_modules(specimen.original, specimen.reserved, specimen.manifest);
    return verified ? messages(*verified) : "no answer";
  };
  EXPECT_EQ(checked(true), "");
  EXPECT_NE(checked(false).find("memory grows by what is not the same"), std::string::npos);
}

// By tail only memory that is grown moves; the heap below stays where it was.

TEST(InStepByTail, a_walk_through_the_old_heap_does_not_end_in_new_memory) {
  const std::string grow =
      "(i32.store (i32.const 2056) (i32.shl (memory.grow (i32.const 1)) (i32.const 16)))";
  const auto walk = [&](const std::string& from) {
    return grow + "(local.set $p " + from +
           ") (loop $l (local.set $p (i32.add (local.get $p) (i32.load (local.get $p))))"
           " (br_if $l (i32.lt_u (local.get $p) (i32.load (i32.const 2056))))) (i32.const 0)";
  };
  EXPECT_EQ(told(walk("(local.get $n)"), "", Strategy::tail), "");
  EXPECT_NE(told(walk("(i32.const 70000)"), "", Strategy::tail), "");
}

TEST(InStepByTail, memory_that_was_declared_has_no_bound_in_new_memory) {
  // Where a block ends: in the original before memory's end, in the reserved module before the region's.
  const auto asks = [&](const std::string& size, const std::string& block) {
    return "(if (result i32) (i32.lt_u " + block + " " + size +
           ") (then (i32.const 1)) (else (i32.const 2)))";
  };
  const std::string ask = "(func $ask (result i32) " + size_in_bytes() + ")";
  EXPECT_EQ(told(asks("(call $ask)", "(i32.const 1)"), ask, Strategy::tail), "");
  EXPECT_NE(told(asks("(call $ask)", "(i32.load (local.get $n))"), ask, Strategy::tail), "");
  EXPECT_NE(told(asks(size_in_bytes(), "(i32.load (local.get $n))"), "", Strategy::tail), "");
}

TEST(InStepByTail, a_heap_that_moved_on_some_paths_alone_is_not_held_against_the_end) {
  const auto cursor = [](const std::string& first) {
    return "(i32.store (i32.const 2052) " + first +
           ") (i32.store (i32.const 2052) (i32.shl (memory.grow (i32.const 1)) (i32.const 16)))"
           " (if (result i32) (i32.gt_u (i32.load (i32.const 2052)) (i32.shl (memory.size) (i32.const 16)))"
           " (then (i32.const 1)) (else (i32.const 2)))";
  };
  EXPECT_EQ(told(cursor("(i32.const 0)"), "", Strategy::tail), "");
  EXPECT_NE(told(cursor("(i32.const 70064)"), "", Strategy::tail), "");
}

TEST(InStepByTail, a_heap_does_not_begin_in_declared_memory_and_end_in_new_memory) {
  const auto size_from = [](const std::string& begin) {
    return "(i32.store (local.get $n) (i32.sub (i32.shl (memory.grow (i32.const 1)) (i32.const 16)) " +
           begin + ")) (i32.const 0)";
  };
  EXPECT_EQ(told(size_from("(i32.const 16)"), "", Strategy::tail), "");
  EXPECT_NE(told(size_from("(i32.const 70000)"), "", Strategy::tail), "");
}

TEST(InStepByTail, the_end_of_memory_is_kept_only_where_it_can_be_followed) {
  const auto kept_at = [&](const std::string& place) {
    return "(i32.store " + place + " " + size_in_bytes() + ") (i32.const 0)";
  };
  EXPECT_EQ(told(kept_at("(i32.const 2052)"), "", Strategy::tail), "");
  EXPECT_NE(told(kept_at("(local.get $n)"), "", Strategy::tail), "");
}

}  // namespace
}  // namespace heapbump::test
