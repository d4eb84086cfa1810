// The dynamic check over programs that only one of its runs shows to be wrong.
#include "run/prove.h"

#include <gtest/gtest.h>

#include "specimen.h"
#include "support/wat.h"

namespace heapbump::test {
namespace {

constexpr std::int32_t kHeap = 70'000;

Finding finding(Strategy strategy) {
  Finding found;
  found.detector = "test";
  found.toolchain = {"test", "1", "tests"};
  found.confidence = Confidence::proven;
  found.strategies = {{strategy, true, "so the test says"}};
  return found;
}

std::optional<Error> run_verdict(std::vector<std::byte> program, const Finding& found,
                                 run::EngineKind engine = run::EngineKind::wabt) {
  Request request;
  request.placement = Placement::none;
  const Specimen specimen = reserve_as_found(std::move(program), found, request);
  run::ProofRequest proof_request;
  proof_request.limits.seconds = 60;
  proof_request.engine = engine;
  const auto proof = run::prove(specimen.original, specimen.reserved, specimen.manifest, proof_request);
  EXPECT_TRUE(proof.has_value());
  return proof ? proof->verdict : std::nullopt;
}

Finding moves_the_first(const std::vector<std::byte>& program) {
  Finding found = finding(Strategy::bump);
  found.heap_base = kHeap;
  found.sites = constants_as_heap_starts(program, kHeap, 1);
  return found;
}

TEST(Prove, a_region_that_is_written_only_while_it_is_zero_is_seen_under_zeros) {
  const auto program = wat(R"((module (memory (export "memory") 2)
    (func (export "_start")
      (drop (i32.load (i32.const 70000)))
      (if (i32.eqz (i32.load (i32.const 70000))) (then (i32.store (i32.const 70000) (i32.const 1)))))))");
  // Node does not watch what is read.
  const auto verdict = run_verdict(program, moves_the_first(program), run::EngineKind::node);
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->code, Code::kRegionTouched);
}

/// A command whose first 70000 is the heap's start; the reserved region is the 2 pages from there on.
std::vector<std::byte> touches(const std::string& body) {
  return wat(R"((module (memory (export "memory") 4)
    (func (export "_start") (drop (i32.load (i32.const 70000))) )" +
             body + "))");
}

TEST(Prove, a_load_from_the_region_is_seen_even_if_its_value_is_dropped) {
  for (const char* body :
       {"(drop (i32.load (i32.const 70000)))", "(drop (i32.load8_u offset=69999 (i32.const 1)))",
        "(drop (f64.load (i32.const 69993)))", "(drop (i32.atomic.rmw.add (i32.const 70000) (i32.const 0)))",
        "(drop (i32.atomic.rmw.cmpxchg (i32.const 70000) (i32.const 9) (i32.const 9)))",
        "(drop (v128.load8_lane 0 (i32.const 70000) (v128.const i32x4 0 0 0 0)))",
        "(memory.copy (i32.const 1024) (i32.const 69000) (i32.const 1001))"}) {
    const auto program = touches(body);
    const auto verdict = run_verdict(program, moves_the_first(program));
    ASSERT_TRUE(verdict.has_value()) << body;
    EXPECT_EQ(verdict->code, Code::kRegionTouched) << body;
    EXPECT_NE(verdict->message.find("read the reserved region"), std::string::npos) << verdict->message;
    EXPECT_NE(verdict->message.find("from 0x11170 on"), std::string::npos) << verdict->message;
  }
}

TEST(Prove, a_load_beside_the_region_is_none_from_it) {
  for (const char* body : {"(drop (i32.load (i32.const 69996)))", "(drop (i32.load (i32.const 201072)))",
                           "(memory.copy (i32.const 1024) (i32.const 69000) (i32.const 1000))",
                           "(memory.copy (i32.const 1024) (i32.const 70000) (i32.const 0))"}) {
    const auto program = touches(body);
    const auto verdict = run_verdict(program, moves_the_first(program));
    EXPECT_FALSE(verdict.has_value()) << body << (verdict ? verdict->message : "");
  }
}

/// Prints a digit: how many pages there are, or 2.
std::vector<std::byte> prints(const std::string& digit) {
  return wat(R"((module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (func (export "_start")
      (i32.store (i32.const 1024) (i32.const 2048))
      (i32.store (i32.const 1028) (i32.const 1))
      (i32.store8 (i32.const 2048) (i32.add (i32.const 48) )" +
             digit + R"())
      (drop (call $write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032))))))");
}

TEST(Prove, where_no_heap_start_is_known_a_number_below_the_old_memory_is_no_address) {
  const auto verdict = run_verdict(prints("(memory.size)"), finding(Strategy::tail));
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->code, Code::kRunDiffers);
  EXPECT_FALSE(run_verdict(prints("(i32.const 2)"), finding(Strategy::tail)).has_value());
}

}  // namespace
}  // namespace heapbump::test
