// A program around a few instructions, and whether the second method (docs/verify.md) tells it from what
// becomes of it when its heap's start moves: for in_step_test.cc and in_step_variables_test.cc.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heapbump/verify.h"
#include "specimen.h"
#include "support/wat.h"

namespace heapbump::test {

inline constexpr std::int32_t kHeap = 70'000;

/// A program whose every `i32.const 70000` is the heap's start: `$f` takes a number and gives one.
inline std::vector<std::byte> program(const std::string& body, const std::string& more = "") {
  return wat("(module " + more + "(memory (export \"memory\") 2) (global $sp (mut i32) (i32.const 65536))\n" +
             R"( (func $use (param i32) (drop (i32.load (local.get 0))))
                 (func $stack (drop (i32.sub (global.get $sp) (i32.const 16))))
                 (func $f (export "f") (param $n i32) (result i32) (local $p i32) (local $q i32)
                   (i32.store (i32.const 2048) (i32.const 70000)))" +
             body + ")\n(data (i32.const 1024) \"static data\"))");
}

inline Specimen reserved(std::vector<std::byte> file, Strategy strategy, bool doubles = false) {
  Finding finding;
  finding.grows_by_doubling = doubles;
  finding.detector = "test";
  finding.toolchain = {"test", "1", "tests"};
  finding.confidence = Confidence::proven;
  finding.strategies = {{strategy, true, "so the test says"}};
  if (strategy == Strategy::bump) {
    finding.heap_base = kHeap;
    finding.sites = constants_as_heap_starts(file, kHeap);
  }
  Request request;
  request.placement = Placement::none;
  return reserve_as_found(std::move(file), finding, request);
}

/// Empty if both modules do the same; the mismatches, a line each, if not.
inline std::string told(const std::string& body, const std::string& more = "",
                        Strategy strategy = Strategy::bump) {
  const Specimen specimen = reserved(program(body, more), strategy);
  const auto verified = verify_modules(specimen.original, specimen.reserved, specimen.manifest);
  EXPECT_TRUE(verified.has_value());
  return verified ? messages(*verified) : "no answer";
}

struct Pair {
  const char* what;
  std::string same;
  std::string differs;
  std::string more = {};
};

inline void PrintTo(const Pair& pair, std::ostream* out) {
  *out << pair.what;
}

inline std::string size_in_bytes() {
  return "(i32.shl (memory.size) (i32.const 16))";
}

inline constexpr const char* kHost =
    R"((import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
       (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32))))";

}  // namespace heapbump::test
