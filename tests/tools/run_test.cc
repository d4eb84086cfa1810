// The dynamic check: the host is deterministic, the pattern is watched, limits end a run, and a crash is a
// result.
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>

#include "../unit/module_builder.h"
#include "run/prove.h"
#include "run/start_function.h"
#include "specimen.h"
#include "support/wat.h"
#include "wasm/outline.h"

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
std::vector<std::byte> command(const Body& code, std::uint32_t locals = 0) {
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
  const auto module = command(Body().i32_const(70000).i32_const(1).op({0x3a, 0, 0}));
  Job job = job_of(module);
  job.canary = run::Canary{69632, 65536 - 4096, 5};
  const auto traces = ran({job});
  EXPECT_EQ(traces[0].outcome.end, End::region_touched);
  EXPECT_EQ(traces[0].outcome.touched_at, 70000U);
  EXPECT_EQ(traces[0].outcome.touched_count, 1U);
}

TEST(Run, ARegionOutsideTheMemoryIsNotIntact) {
  const auto module = command(Body());
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
  const auto module = command(Body().op({0x03, 0x40, 0x0c, 0x00, 0x0b}));
  job.module = module;
  job.limits.instructions = 1'000'000;
  const auto traces = ran({job});
  EXPECT_EQ(traces[0].outcome.end, End::limit);
  EXPECT_NE(traces[0].outcome.message.find("instruction"), std::string::npos);
}

TEST(Run, AnEndlessLoopEndsAtTheTimeLimit) {
  const auto module = command(Body().op({0x03, 0x40, 0x0c, 0x00, 0x0b}));
  Job job = job_of(module);
  job.limits.instructions = UINT64_MAX;
  job.limits.seconds = 1;
  EXPECT_EQ(ran({job})[0].outcome.end, End::limit);
}

TEST(Run, HungerForMemoryEndsTheChildAndNotUs) {
  // Grow by 1024 pages for ever; the address space ends long before 4 GiB.
  const auto module = command(Body().op({0x03, 0x40}).i32_const(1024).op({0x40, 0, 0x1a, 0x0c, 0x00, 0x0b}));
  Job job = job_of(module);
  job.limits.memory_bytes = 256U << 20U;
  job.limits.instructions = 100'000'000;
  const End end = ran({job})[0].outcome.end;
  EXPECT_TRUE(end == End::crashed || end == End::limit);
}

TEST(Run, DeepRecursionEndsInATrapAndNotInACrash) {
  const auto module = command(Body().call(0));
  EXPECT_EQ(ran({job_of(module)})[0].outcome.end, End::trapped);
}

TEST(Run, AnUnknownImportIsTold) {
  ModuleBuilder m;
  const auto none = m.type({}, {});
  const auto import = m.import("env", "mystery", none);
  const auto start = m.function(none, 0, Body().call(import));
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
  const auto initialize = m.function(none, 0, Body());
  const auto answer = m.function(number, 0, Body().i32_const(42));
  m.memory(1).exported("memory", 2, 0).exported("_initialize", 0, initialize).exported("answer", 0, answer);
  const auto module = m.build();
  Job job = job_of(module);
  const run::Invocation answer_call{"answer", "answer", {}, "i"};
  job.invoke = {answer_call, answer_call};
  const auto traces = ran({job});
  ASSERT_EQ(traces[0].events.size(), 3U);
  EXPECT_EQ(traces[0].events[2].call, "return of answer");
  EXPECT_EQ(traces[0].events[2].bytes, "42 ");
}

run::Calls resolved(const std::vector<std::byte>& module, const run::CallTexts& texts) {
  const auto calls = run::resolve_calls(module, texts);
  EXPECT_TRUE(calls.has_value()) << (calls ? "" : calls.error().message);
  return calls.value_or(run::Calls{});
}

std::string refusal(const std::vector<std::byte>& module, const run::CallTexts& texts) {
  const auto calls = run::resolve_calls(module, texts);
  if (calls) return "resolved";
  EXPECT_EQ(calls.error().code, heapbump::Code::kUsage);
  return calls.error().message;
}

std::vector<std::byte> calculator() {
  return wat(R"((module
    (import "env" "rate" (func $rate (param i32 f64) (result f64)))
    (import "env" "log" (func $log (param i64)))
    (import "env" "two" (func $two (result i32 i64)))
    (memory (export "memory") 1)
    (func (export "add") (param i32 i64 f32 f64) (result f64)
      (f64.add (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
               (f64.add (f64.promote_f32 (local.get 2)) (local.get 3))))
    (func (export "wide") (param i64) (result i64) (local.get 0))
    (func (export "single") (param f32) (result f32) (local.get 0))
    (func (export "rated") (param i32) (result f64)
      (call $log (i64.const -1))
      (call $rate (local.get 0) (f64.const 1)))
    (func (export "both") (result i32 i64) (call $two))
    (func (export "vector") (param externref))))");
}

TEST(Run, AnInvokedExportGetsNumbersOfTheTypesThatItTakesInBothEngines) {
  const auto module = calculator();
  run::CallTexts texts;
  texts.invoke = {{"add", {"-2", "0x7", "0.5", "1e3"}},
                  {"wide", {"-9223372036854775808"}},
                  {"single", {"1"}},
                  {"single", {"nan"}},
                  {"add", {"4294967295", "18446744073709551615", "-0.25", "-3"}}};
  Job job = job_of(module);
  job.invoke = resolved(module, texts).invoke;
  const Trace trace = ran({job})[0];
  ASSERT_EQ(trace.outcome.end, End::returned) << trace.outcome.message;
  ASSERT_EQ(trace.events.size(), 5U);
  EXPECT_EQ(trace.events[0].call, "return of add(-2, 0x7, 0.5, 1e3)");
  EXPECT_EQ(trace.events[0].bytes, std::to_string(std::bit_cast<std::uint64_t>(1005.5)) + " ");
  EXPECT_EQ(trace.events[1].bytes, "9223372036854775808 ");
  EXPECT_EQ(trace.events[2].bytes, std::to_string(std::bit_cast<std::uint32_t>(1.0F)) + " ");
  EXPECT_EQ(trace.events[3].bytes, "nan ");
  EXPECT_EQ(trace.events[4].bytes, std::to_string(std::bit_cast<std::uint64_t>(-5.25)) + " ");
  EXPECT_EQ(ran({job}, EngineKind::node)[0].events, trace.events);
}

TEST(Run, AStubAnswersWithWhatWasGivenAndItsCallsAreInTheTraceInBothEngines) {
  const auto module = calculator();
  run::CallTexts texts;
  texts.invoke = {{"rated", {"12"}}, {"both", {}}};
  texts.stubs = {"env.rate=2.5", "env.log", "env.two=-1,-2"};
  const run::Calls calls = resolved(module, texts);
  Job job = job_of(module);
  job.invoke = calls.invoke;
  job.stubs = calls.stubs;
  const Trace trace = ran({job})[0];
  ASSERT_EQ(trace.outcome.end, End::returned) << trace.outcome.message;
  ASSERT_EQ(trace.events.size(), 5U);
  EXPECT_EQ(trace.events[0].call, "env.log");
  EXPECT_EQ(trace.events[0].bytes, "18446744073709551615 ");
  EXPECT_EQ(trace.events[1].call, "env.rate");
  EXPECT_EQ(trace.events[1].bytes, "12 " + std::to_string(std::bit_cast<std::uint64_t>(1.0)) + " ");
  EXPECT_EQ(trace.events[2].bytes, std::to_string(std::bit_cast<std::uint64_t>(2.5)) + " ");
  EXPECT_EQ(trace.events[3].call, "env.two");
  EXPECT_EQ(trace.events[4].bytes, "4294967295 18446744073709551614 ");
  EXPECT_EQ(ran({job}, EngineKind::node)[0].events, trace.events);
}

TEST(Run, ACallOfAnImportThatHasNoStubEndsTheRunInBothEngines) {
  const auto module = calculator();
  run::CallTexts texts;
  texts.invoke = {{"rated", {"12"}}};
  texts.stubs = {"env.log"};
  const run::Calls calls = resolved(module, texts);
  Job job = job_of(module);
  job.invoke = calls.invoke;
  job.stubs = calls.stubs;
  for (const EngineKind engine : {EngineKind::wabt, EngineKind::node}) {
    const Trace trace = ran({job}, engine)[0];
    EXPECT_EQ(trace.outcome.end, End::unsupported);
    EXPECT_NE(trace.outcome.message.find("env.rate"), std::string::npos) << trace.outcome.message;
  }
}

TEST(Run, AllImportsThatTheHostDoesNotHaveMayAnswerZeros) {
  const auto module = calculator();
  run::CallTexts texts;
  texts.stubs = {"env.two=5,6"};
  texts.stub_imports = true;
  const run::Calls calls = resolved(module, texts);
  ASSERT_EQ(calls.stubs.size(), 3U);
  EXPECT_EQ(run::to_string(calls.stubs[0]), "env.two=5,6");
  EXPECT_EQ(run::to_string(calls.stubs[1]), "env.rate=0");
  EXPECT_EQ(run::to_string(calls.stubs[2]), "env.log");
}

TEST(Run, WhatCannotBeCalledOrAnsweredIsSaidBeforeAnythingRuns) {
  const auto module = calculator();
  const auto invoke = [&](run::InvokeText text) { return refusal(module, {{std::move(text)}, {}, false}); };
  const auto stub = [&](const char* text) { return refusal(module, {{}, {text}, false}); };
  EXPECT_EQ(invoke({"subtract", {}}), "the module exports no function `subtract`");
  EXPECT_EQ(invoke({"memory", {}}), "the module exports no function `memory`");
  EXPECT_EQ(invoke({"wide", {}}), "`wide` takes 1 number (i64), and 0 were given");
  EXPECT_EQ(invoke({"wide", {"1.5"}}), "`wide` takes i64, and `1.5` is no i64");
  EXPECT_EQ(invoke({"rated", {"4294967296"}}), "`rated` takes i32, and `4294967296` is no i32");
  EXPECT_EQ(invoke({"rated", {"-2147483649"}}), "`rated` takes i32, and `-2147483649` is no i32");
  EXPECT_EQ(invoke({"single", {"1e60"}}), "`single` takes f32, and `1e60` is no f32");
  EXPECT_EQ(invoke({"vector", {"1"}}),
            "`vector` takes a value that is no number, so it cannot be written here");
  EXPECT_EQ(stub("env.speed=1"), "the module imports no function `env.speed` (write MODULE.NAME=NUMBER)");
  EXPECT_EQ(stub("env.rate"), "`env.rate` gives 1 number (f64), and 0 were given");
  EXPECT_EQ(stub("env.log=1"), "`env.log` gives 0 numbers, and 1 was given");
  EXPECT_EQ(refusal(module, {{}, {"env.rate=1", "env.rate=2"}, false}), "`env.rate` has two stubs");
  EXPECT_EQ(refusal(specimen_program(), {{}, {"wasi_snapshot_preview1.fd_write=0"}, false}),
            "`wasi_snapshot_preview1.fd_write` is answered by the host itself, so no stub can answer it");
}

TEST(Run, NodeRunsAStartFunctionAfterThePatternIsThere) {
  for (const char* exports : {"(export \"memory\" (memory 0))",
                              "(export \"memory\" (memory 0)) (export \"start function\" (func $start))"}) {
    const auto module = wat(std::string(R"((module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory 2)
      (data (i32.const 8) "\00\00\01\00\02\00\00\00")
      (start $start)
      (func $start (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 1032)))))") +
                            exports + ")");
    Job job = job_of(module);
    job.canary = run::Canary{65536, 65536, 5};
    const Trace trace = ran({job}, EngineKind::node)[0];
    EXPECT_EQ(trace.outcome.end, End::returned) << trace.outcome.message;
    ASSERT_EQ(trace.events.size(), 2U);
    EXPECT_EQ(trace.events[0].bytes, (std::string{static_cast<char>(run::canary_byte(5, 0)),
                                                  static_cast<char>(run::canary_byte(5, 1))}));
    EXPECT_EQ(trace.events[1].call, "return of start function");
    EXPECT_EQ(ran({job})[0].events, trace.events);
  }
}

TEST(Run, AModuleWithoutExportsGetsOneForItsStartFunction) {
  const auto later = run::start_later(wat("(module (start 0) (func) (memory 1) (data (i32.const 0) \"a\"))"));
  ASSERT_TRUE(later.has_value());
  const auto outline = read_outline(later->module);
  ASSERT_TRUE(outline.has_value());
  EXPECT_FALSE(outline->start.has_value());
  ASSERT_EQ(outline->exports.size(), 1U);
  EXPECT_EQ(outline->exports[0].name, later->name);
  EXPECT_FALSE(later->imported);
  EXPECT_FALSE(run::start_later(wat("(module (func))")).has_value());
}

TEST(Run, AStartFunctionThatIsAnImportIsNotCalledByEitherEngine) {
  const auto module =
      wat(R"((module (import "env" "go" (func $go)) (memory (export "memory") 1) (start $go)))");
  Job job = job_of(module);
  job.stubs = {{"env", "go", "", {}}};
  for (const EngineKind engine : {EngineKind::wabt, EngineKind::node}) {
    const Trace trace = ran({job}, engine)[0];
    EXPECT_EQ(trace.outcome.end, End::unsupported);
    EXPECT_EQ(trace.outcome.message, "start function is an imported function");
  }
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
