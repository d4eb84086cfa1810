// A walk that was not finished never answers "no".
#include "analysis/walk.h"

#include <gtest/gtest.h>

namespace heapbump {
namespace {

TEST(WalkList, an_item_is_looked_at_once_however_often_it_is_reached) {
  WalkList<int> list(1000, {0});
  int looked_at = 0;
  while (const auto at = list.next()) {
    ++looked_at;
    for (int next = 0; next < 200; ++next) list.add((*at + next) % 200);
  }
  EXPECT_EQ(looked_at, 200);
  EXPECT_FALSE(list.stopped_early());
}

TEST(WalkList, a_list_that_is_not_gone_through_to_its_end_says_so) {
  WalkList<int> list(3, {1, 2, 3});
  while (list.next()) {
  }
  EXPECT_FALSE(list.stopped_early());
  WalkList<int> longer(3, {1, 2, 3, 4});
  while (longer.next()) {
  }
  EXPECT_TRUE(longer.stopped_early());
}

}  // namespace
}  // namespace heapbump
