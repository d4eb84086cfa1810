// The dynamic check: the host is deterministic, the pattern is watched, limits end a run, and a crash is a
// result.
#include <gtest/gtest.h>

#include <cstdlib>

#include "../unit/module_builder.h"
#include "run/prove.h"
#include "specimen.h"
#include "support/wat.h"

namespace heapbump::test {
namespace {

using run::End;
using run::EngineKind;
using run::Job;
using run::Trace;

bool node_is_there() {
  return std::system("node --version >/dev/null 2>&1") == 0;
}

std::vector<Trace> ran(const std::vector<Job>& jobs, EngineKind engine = EngineKind::wabt) {
  auto traces = run::run_jobs(jobs, engine, nullptr);
  EXPECT_TRUE(traces.has_value());
  return traces ? *std::move(traces) : std::vector<Trace>(jobs.size());
}

Job job_of(const std::vector<std::byte>& module) {
  Job job;
  job.label = "test";
  job.module = module;
  job.host.arguments = {"program", "one"};
  job.limits.seconds = 60;
  return job;
}

/// A command whose body is given.
std::vector<std::byte> command(const Code& code, std::uint32_t locals = 0) {
  ModuleBuilder m;
  const auto none = m.type({}, {});
  const auto start = m.function(none, locals, code);
  m.memory(2).exported("memory", 2, 0).exported("_start", 0, start);
  return m.build();
}

TEST(Run, BothEnginesLeaveTheSameTrace) {
  if (!node_is_there()) FAIL() << "node is needed: see scripts/setup";
  const auto program = specimen_program();
  const auto a = ran({job_of(program)});
  const auto b = ran({job_of(program)}, EngineKind::node);
  EXPECT_EQ(a[0].events, b[0].events);
  EXPECT_EQ(a[0].outcome.end, b[0].outcome.end);
  EXPECT_EQ(a[0].outcome.pages, b[0].outcome.pages);
}

TEST(Run, TheSameJobTwiceIsTheSame) {
  const auto program = specimen_program();
  const auto traces = ran({job_of(program), job_of(program), job_of(program)});
  EXPECT_EQ(traces[0].events, traces[1].events);
  EXPECT_EQ(traces[0].outcome.instructions, traces[2].outcome.instructions);
}

TEST(Run, AWriteIntoTheRegionIsFoundAtTheEnd) {
  const auto module = command(Code().i32_const(70000).i32_const(1).op({0x3a, 0, 0}));
  Job job = job_of(module);
  job.canary = run::Canary{69632, 65536 - 4096, 5};
  const auto traces = ran({job});
  EXPECT_EQ(traces[0].outcome.end, End::region_touched);
  EXPECT_EQ(traces[0].outcome.touched_at, 70000U);
  EXPECT_EQ(traces[0].outcome.touched_count, 1U);
}

TEST(Run, ARegionOutsideTheMemoryIsNotIntact) {
  const auto module = command(Code());
  Job job = job_of(module);
  job.canary = run::Canary{131072, 65536, 5};
  EXPECT_EQ(ran({job})[0].outcome.end, End::region_touched);
}

TEST(Run, ThePatternIsThereBeforeTheStartFunctionRuns) {
  // The host reads it: loads from the region would end the run.
  const auto module = wat(R"((module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (start $start)
    (func $start
      (i32.store (i32.const 1024) (i32.const 65536))
      (i32.store (i32.const 1028) (i32.const 2))
      (drop (call $write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032))))
    (func (export "_start"))))");
  Job job = job_of(module);
  job.canary = run::Canary{65536, 65536, 5};
  const auto trace = ran({job})[0];
  ASSERT_FALSE(trace.events.empty());
  const std::string expected{static_cast<char>(run::canary_byte(5, 0)),
                             static_cast<char>(run::canary_byte(5, 1))};
  EXPECT_EQ(trace.events.front().bytes, expected);
}

TEST(Run, AnEndlessLoopEndsAtTheInstructionLimit) {
  Job job = job_of({});
  const auto module = command(Code().op({0x03, 0x40, 0x0c, 0x00, 0x0b}));
  job.module = module;
  job.limits.instructions = 1'000'000;
  const auto traces = ran({job});
  EXPECT_EQ(traces[0].outcome.end, End::limit);
  EXPECT_NE(traces[0].outcome.message.find("instruction"), std::string::npos);
}

TEST(Run, AnEndlessLoopEndsAtTheTimeLimit) {
  const auto module = command(Code().op({0x03, 0x40, 0x0c, 0x00, 0x0b}));
  Job job = job_of(module);
  job.limits.instructions = UINT64_MAX;
  job.limits.seconds = 1;
  EXPECT_EQ(ran({job})[0].outcome.end, End::limit);
}

TEST(Run, HungerForMemoryEndsTheChildAndNotUs) {
  // Grow by 1024 pages for ever; the address space ends long before 4 GiB.
  const auto module = command(Code().op({0x03, 0x40}).i32_const(1024).op({0x40, 0, 0x1a, 0x0c, 0x00, 0x0b}));
  Job job = job_of(module);
  job.limits.memory_bytes = 256U << 20U;
  job.limits.instructions = 100'000'000;
  const End end = ran({job})[0].outcome.end;
  EXPECT_TRUE(end == End::crashed || end == End::limit);
}

TEST(Run, DeepRecursionEndsInATrapAndNotInACrash) {
  const auto module = command(Code().call(0));
  EXPECT_EQ(ran({job_of(module)})[0].outcome.end, End::trapped);
}

TEST(Run, AnUnknownImportIsTold) {
  ModuleBuilder m;
  const auto none = m.type({}, {});
  const auto import = m.import("env", "mystery", none);
  const auto start = m.function(none, 0, Code().call(import));
  m.memory(1).exported("memory", 2, 0).exported("_start", 0, start);
  const auto module = m.build();
  const auto traces = ran({job_of(module)});
  EXPECT_EQ(traces[0].outcome.end, End::unsupported);
  EXPECT_NE(traces[0].outcome.message.find("env.mystery"), std::string::npos);
}

TEST(Run, ANonsenseModuleIsAResult) {
  const std::vector<std::byte> nonsense(64, std::byte{0x2a});
  EXPECT_EQ(ran({job_of(nonsense)})[0].outcome.end, End::unsupported);
}

TEST(Run, InvokedExportsAreCalledAndTheirResultsCompared) {
  ModuleBuilder m;
  const auto none = m.type({}, {});
  const auto number = m.type({}, {kI32});
  const auto initialize = m.function(none, 0, Code());
  const auto answer = m.function(number, 0, Code().i32_const(42));
  m.memory(1).exported("memory", 2, 0).exported("_initialize", 0, initialize).exported("answer", 0, answer);
  const auto module = m.build();
  Job job = job_of(module);
  job.invoke = {"answer", "answer"};
  const auto traces = ran({job});
  ASSERT_EQ(traces[0].events.size(), 3U);
  EXPECT_EQ(traces[0].events[2].call, "return of answer");
  EXPECT_EQ(traces[0].events[2].bytes, "42 ");
}

// Comparison.

Trace printed(const std::string& text) {
  Trace trace;
  trace.events.push_back({"fd_write", "1, _, 1, _ -> " + std::to_string(text.size()), 0, text});
  trace.outcome.end = End::exited;
  return trace;
}

constexpr run::HeapRange kBefore{70000, 200000};
constexpr run::HeapRange kAfter{201072, 400000};

TEST(Compare, AHeapAddressIsToldFromAnotherNumber) {
  const auto same = run::compare_traces(printed("at 0x11170 ok"), kBefore, printed("at 0x31170 ok"), kAfter);
  EXPECT_TRUE(same.equal());
  ASSERT_EQ(same.addresses.size(), 1U);
  EXPECT_EQ(same.addresses[0].original, "0x11170");
  const auto other = run::compare_traces(printed("at 12 ok"), kBefore, printed("at 13 ok"), kAfter);
  EXPECT_FALSE(other.equal());
  EXPECT_TRUE(other.addresses.empty());
}

TEST(Compare, AnAddressMayBecomeLonger) {
  const auto same = run::compare_traces(printed("p=99000;"), kBefore, printed("p=230072;"), kAfter);
  EXPECT_TRUE(same.equal()) << same.differences.front().what;
  EXPECT_EQ(same.addresses.size(), 1U);
}

TEST(Compare, DifferentTextIsADifference) {
  EXPECT_FALSE(run::compare_traces(printed("yes"), kBefore, printed("no"), kAfter).equal());
  EXPECT_FALSE(run::compare_traces(printed("a 99000 b"), kBefore, printed("a 230072 c"), kAfter).equal());
  EXPECT_FALSE(run::compare_traces(printed("99000"), kBefore, printed("99000 "), kAfter).equal());
}

TEST(Compare, AnotherEndIsADifference) {
  Trace other = printed("x");
  other.outcome.exit_code = 1;
  EXPECT_FALSE(run::compare_traces(printed("x"), kBefore, other, kAfter).equal());
}

TEST(Compare, AMissingCallIsADifference) {
  Trace shorter = printed("x");
  shorter.events.clear();
  const auto result = run::compare_traces(printed("x"), kBefore, shorter, kAfter);
  ASSERT_FALSE(result.equal());
  EXPECT_EQ(result.differences[0].found, "no further call");
}

}  // namespace
}  // namespace heapbump::test
