// The search for two bytes gives the same place whether it looks at sixteen at a time or at one.
#include "wasm/byte_pair.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace heapbump {
namespace {

/// What the two searches must find, byte by byte.
const char* find_slowly(const char* at, const char* end, char first, char second) {
  for (; end - at >= 2; ++at)
    if (at[0] == first && at[1] == second) return at;
  return nullptr;
}

TEST(BytePair, is_found_alike_at_every_place_and_length) {
  for (std::size_t size = 0; size < 70; ++size) {
    for (std::size_t place = 0; place + 1 < size; ++place) {
      std::string text(size, 'a');
      text[place] = 'a';
      text[place + 1] = 'b';
      const char* const end = text.data() + size;
      EXPECT_EQ(find_pair(text.data(), end, 'a', 'b'), text.data() + place) << size;
      EXPECT_EQ(find_pair_plainly(text.data(), end, 'a', 'b'), text.data() + place) << size;
    }
    const std::string none(size, 'a');
    EXPECT_EQ(find_pair(none.data(), none.data() + size, 'a', 'b'), nullptr);
    EXPECT_EQ(find_pair_plainly(none.data(), none.data() + size, 'a', 'b'), nullptr);
  }
}

TEST(BytePair, is_found_alike_in_bytes_of_any_kind) {
  std::uint64_t state = 88172645463325252;  // xorshift: the same bytes on every machine
  const auto next = [&] {
    state ^= state << 13U;
    state ^= state >> 7U;
    return state ^= state << 17U;
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string text(next() % 300, '\0');
    for (char& byte : text) byte = static_cast<char>(0x7f + next() % 4);  // few values, so pairs are common
    const auto first = static_cast<char>(0x7f + next() % 4), second = static_cast<char>(0x7f + next() % 4);
    const char* const end = text.data() + text.size();
    for (const char* at = text.data();;) {
      const char* const expected = find_slowly(at, end, first, second);
      ASSERT_EQ(find_pair(at, end, first, second), expected);
      ASSERT_EQ(find_pair_plainly(at, end, first, second), expected);
      if (expected == nullptr) break;
      at = expected + 1;
    }
  }
}

}  // namespace
}  // namespace heapbump
