// "Nothing needed" must be shown: an unchanged module passes only if the realloc that it exports can run
// while the program waits for the host.
#include <gtest/gtest.h>

#include <string>

#include "specimen.h"
#include "support/wat.h"

namespace heapbump::test {
namespace {

/// Why the unchanged module does not pass; empty if it needs no region. `realloc` is what is exported under
/// that name.
std::string needed(const std::string& more, const std::string& name = "cabi_realloc") {
  const auto file = wat(R"((module
    (type $realloc (func (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $host (result i32)))
    (memory (export "memory") 1)
    (table 1 funcref)
    (global $next (mut i32) (i32.const 1024))
    (func $take (param i32) (result i32)
      (global.set $next (i32.add (global.get $next) (local.get 0)))
      (i32.sub (global.get $next) (local.get 0)))
    (func $panic (drop (call $host)) (unreachable))
    (func $constructors (global.set $next (i32.const 1024)))
    (func $plain (param i32 i32 i32 i32) (result i32)
      (if (i32.eqz (local.get 3)) (then (unreachable)))
      (call $take (local.get 3)))
    (export ")" + name + "\" (func $realloc))\n" +
                        more + ")");
  const auto verified = verify_modules(file, file, std::nullopt);
  EXPECT_TRUE(verified.has_value());
  EXPECT_EQ(verified->ok(), verified->nothing_reserved);
  return messages(*verified);
}

std::string realloc(const std::string& body) {
  return "(func $realloc (param i32 i32 i32 i32) (result i32) " + body + ")";
}

TEST(OwnRealloc, one_that_allocates_serves_an_adapter) {
  for (const char* name : {"cabi_realloc", "cabi_realloc_adapter"}) {
    EXPECT_EQ(needed(realloc("(call $take (local.get 3))"), name), "");
    EXPECT_EQ(needed(realloc("(call $plain (local.get 0) (i32.const 0) (i32.const 8) (local.get 3))"), name),
              "");
  }
}

TEST(OwnRealloc, another_name_or_type_serves_none) {
  EXPECT_NE(needed(realloc("(call $take (local.get 3))"), "realloc").find("no realloc"), std::string::npos);
  EXPECT_NE(needed("(func $realloc (param i32) (result i32) (call $take (local.get 0)))").find("no realloc"),
            std::string::npos);
}

TEST(OwnRealloc, bare_unreachable_serves_none) {
  EXPECT_NE(needed(realloc("(unreachable)")).find("never returns"), std::string::npos);
}

TEST(OwnRealloc, a_host_call_inside_it_serves_none) {
  const std::string panics = "(if (local.get 0) (then (call $panic))) (call $take (local.get 3))";
  EXPECT_NE(needed(realloc(panics)).find("calls the host"), std::string::npos);
}

TEST(OwnRealloc, a_call_through_a_table_may_enter_the_runtime) {
  const std::string enters =
      "(call_indirect (type $realloc) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0))";
  EXPECT_NE(needed(realloc(enters)).find("through a table"), std::string::npos);
}

TEST(OwnRealloc, constructors_around_it_serve_none) {
  const std::string call = "(call $plain (local.get 0) (local.get 1) (local.get 2) (local.get 3))";
  EXPECT_EQ(needed(realloc(call)), "");
  EXPECT_NE(needed(realloc("(call $constructors) " + call)).find("constructors"), std::string::npos);
}

}  // namespace
}  // namespace heapbump::test
