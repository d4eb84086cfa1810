#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace heapbump {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

TEST(Cursor, ReadsUnsignedLebOfAnyLegalWidth) {
  const auto padded = bytes({0x80, 0x80, 0x80, 0x80, 0x00});
  Cursor cursor(padded, 100);
  const auto value = cursor.read_uleb32("x");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->value, 0u);
  EXPECT_EQ(value->width, 5);
  EXPECT_EQ(cursor.offset(), 105u);
}

TEST(Cursor, RefusesAnUnsignedLebWithBitsBeyondItsType) {
  const auto wide = bytes({0xff, 0xff, 0xff, 0xff, 0x1f});
  const auto value = Cursor(wide, 7).read_uleb32("x");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::kBadLeb);
  EXPECT_EQ(value.error().offset, 7u);
}

TEST(Cursor, RefusesALebOfSixBytesForThirtyTwoBits) {
  const auto overlong = bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0x00});
  EXPECT_EQ(Cursor(overlong, 0).read_uleb32("x").error().code, Code::kBadLeb);
}

TEST(Cursor, RefusesASignedLebWhoseUnusedBitsDoNotRepeatTheSign) {
  EXPECT_FALSE(Cursor(bytes({0xff, 0xff, 0xff, 0xff, 0x4f}), 0).read_sleb32("x"));
  EXPECT_FALSE(Cursor(bytes({0x80, 0x80, 0x80, 0x80, 0x40}), 0).read_sleb32("x"));
  const auto minimum = bytes({0x80, 0x80, 0x80, 0x80, 0x78});
  EXPECT_EQ(Cursor(minimum, 0).read_sleb32("x")->value, std::numeric_limits<std::int32_t>::min());
}

TEST(Cursor, SaysWhereTheFileEnds) {
  const auto cut = bytes({0x80, 0x80});
  const auto value = Cursor(cut, 10).read_uleb32("x");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::kTruncated);
  EXPECT_EQ(value.error().offset, 12u);
}

TEST(Cursor, RefusesACountThatTheRemainingBytesCannotHold) {
  const auto lying = bytes({0x7f, 0x00});
  EXPECT_EQ(Cursor(lying, 0).read_count("x", 1).error().code, Code::kTruncated);
}

TEST(Leb128, EveryWidthThatFitsReadsBackAsTheSameValue) {
  for (const std::int64_t value : {0LL, 1LL, -1LL, 63LL, 64LL, -64LL, -65LL, 8191LL, 8192LL, 67984LL,
                                   -67984LL, 0x7fffffffLL, -0x80000000LL}) {
    for (unsigned width = sleb_width(value); width <= 5; ++width) {
      const auto encoded = encode_sleb(value, width, 32);
      ASSERT_EQ(encoded.size(), width) << value;
      Cursor cursor(encoded, 0);
      EXPECT_EQ(cursor.read_sleb32("x")->value, value);
    }
    EXPECT_TRUE(encode_sleb(value, sleb_width(value) - 1, 32).empty());
  }
  EXPECT_TRUE(encode_sleb(0x80000000LL, 5, 32).empty());
  EXPECT_TRUE(encode_uleb(0x100000000ULL, 5, 32).empty());
  EXPECT_EQ(encode_uleb(0xffffffffULL, 5, 32).size(), 5u);
}

TEST(Utf8, RefusesSurrogatesOverlongFormsAndCutSequences) {
  EXPECT_TRUE(is_valid_utf8(as_bytes("h\xc3\xa9\xf0\x9f\x98\x80")));
  EXPECT_FALSE(is_valid_utf8(as_bytes("\xed\xa0\x80")));
  EXPECT_FALSE(is_valid_utf8(as_bytes("\xc0\x80")));
  EXPECT_FALSE(is_valid_utf8(as_bytes("\xe2\x82")));
  EXPECT_FALSE(is_valid_utf8(as_bytes("\xf5\x80\x80\x80")));
}

}  // namespace
}  // namespace heapbump
