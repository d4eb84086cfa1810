// A budget belongs to one request: what was asked before never changes an answer.
#include "base/budget.h"

#include <gtest/gtest.h>

#include <string>

#include "base/io.h"
#include "detectors/detect.h"
#include "wasm/module.h"

namespace heapbump {
namespace {

TEST(Budget, AModuleAskedOftenGivesTheSameAnswerEachTime) {
  const auto file = read_file(HEAPBUMP_SOURCE_DIR "/tests/fixtures/tinygo/busy-leaking-asyncify.wasm");
  ASSERT_TRUE(file) << file.error().message;
  const auto module = read_module(file->bytes.view());
  ASSERT_TRUE(module) << module.error().message;
  const auto first = detect(*module);
  ASSERT_TRUE(first) << first.error().message;
  // It takes about 1.6 million units of 80; with a budget for all requests together the 50th failed.
  for (int i = 2; i <= 60; ++i) {
    const auto again = detect(*module);
    ASSERT_TRUE(again) << "request " << i << ": " << again.error().message;
    ASSERT_EQ(again->heap_base, first->heap_base) << "request " << i;
    ASSERT_EQ(again->sites.size(), first->sites.size()) << "request " << i;
  }
}

TEST(Budget, WorkBeyondTheLimitIsRefusedAndStaysRefused) {
  Budget budget(BudgetLimits{.work = 10, .held = 0});
  EXPECT_TRUE(budget.charge(10));
  EXPECT_EQ(budget.work_left(), 0u);
  const auto more = budget.charge(1);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::kWorkLimit);
  EXPECT_FALSE(budget.charge(1));
}

TEST(Budget, HeldMemoryIsGivenBackWithItsHolder) {
  Budget budget(BudgetLimits{.work = 0, .held = 100});
  {
    auto held = Held::take(budget, 60);
    ASSERT_TRUE(held);
    EXPECT_FALSE(budget.hold(41)) << "60 are held already";
    EXPECT_TRUE(held->grow(40));
    EXPECT_EQ(budget.held(), 100u);
  }
  EXPECT_EQ(budget.held(), 0u);
}

TEST(Budget, WhatIsHeldMayOutliveTheBudget) {
  Held kept;
  {
    Budget budget(BudgetLimits{.work = 0, .held = 100});
    auto held = Held::take(budget, 60);
    ASSERT_TRUE(held);
    kept = *std::move(held);
  }
}

}  // namespace
}  // namespace heapbump
