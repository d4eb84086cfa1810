// The data section is read in two ways: as linkers write it, by a loop of its own, and else by wabt. Both
// must give the same segments, so each section is written twice, the second time with a count of five bytes,
// which only wabt reads.
#include <gtest/gtest.h>

#include "wasm/module.h"

namespace heapbump {
namespace {

std::vector<std::byte> module_of(unsigned count_width, std::uint64_t count, const Writer& segments) {
  Writer content;
  content.bytes(encode_uleb(count, count_width)).bytes(segments.view());
  Writer out;
  out.bytes(as_bytes(std::string_view("\0asm\1\0\0\0\5\3\1\0\1", 13)));
  out.u8(11).uleb(content.size()).bytes(content.view());
  return out.u8(0).uleb(2).name("x").take();  // an empty custom section
}

Writer& segment(Writer& to, std::int64_t address, unsigned width, std::string_view bytes,
                unsigned size_width) {
  to.u8(0).u8(0x41).bytes(encode_sleb(address, width)).u8(0x0b);
  return to.bytes(encode_uleb(bytes.size(), size_width)).bytes(as_bytes(bytes));
}

/// The segments of both writings, which must be the same but for where they are.
void expect_same(std::uint64_t count, const Writer& segments) {
  const auto plain_file = module_of(1, count, segments), wide_file = module_of(5, count, segments);
  const auto plain = read_module(plain_file), wide = read_module(wide_file);
  ASSERT_TRUE(plain) << plain.error().message;
  ASSERT_TRUE(wide) << wide.error().message;
  ASSERT_EQ(plain->data.size(), count);
  ASSERT_EQ(wide->data.size(), count);
  constexpr std::uint64_t kWider = 4;
  for (std::size_t i = 0; i < plain->data.size(); ++i) {
    const DataSegment &a = plain->data[i], &b = wide->data[i];
    EXPECT_EQ(a.file_offset + kWider, b.file_offset) << i;
    EXPECT_EQ(a.data_offset + kWider, b.data_offset) << i;
    EXPECT_EQ(a.size, b.size) << i;
    EXPECT_EQ(a.size_width, b.size_width) << i;
    EXPECT_EQ(a.address(), b.address()) << i;
    EXPECT_EQ(a.memory, b.memory) << i;
    EXPECT_EQ(a.mode, b.mode) << i;
  }
}

TEST(DataSection, is_the_same_by_both_readings) {
  Writer segments;
  segment(segments, 1024, 2, "abc", 1);
  segment(segments, -8, 1, "abcdefgh", 2);
  segment(segments, 2000, 4, "", 1);
  segment(segments, 3000, 3, std::string(300, 'x'), 4);
  expect_same(4, segments);
}

TEST(DataSection, with_anything_else_in_it_is_wabt_s_to_read) {
  Writer long_address, passive, not_constant;
  segment(long_address, 1024, 5, "abc", 1);
  segment(long_address, 2048, 2, "abc", 5);
  expect_same(2, long_address);
  segment(passive, 1024, 2, "abc", 1).u8(1).uleb(2).bytes(as_bytes("de"));
  expect_same(2, passive);
  segment(not_constant, 1024, 2, "abc", 1);
  not_constant.u8(0).u8(0x41).u8(8).u8(0x41).u8(8).u8(0x6a).u8(0x0b).uleb(1).u8(7);
  expect_same(2, not_constant);
}

/// Neither reading may take what is cut, too long or left over, and both say the same of it.
TEST(DataSection, that_is_malformed_has_one_error) {
  Writer whole;
  segment(whole, 1024, 2, "abc", 1);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Writer cut;
    cut.bytes(Bytes(whole.view()).first(size));
    const auto plain = read_module(module_of(1, 1, cut)), wide = read_module(module_of(5, 1, cut));
    ASSERT_FALSE(plain) << size;
    ASSERT_FALSE(wide) << size;
    EXPECT_EQ(plain.error().code, wide.error().code) << size;
    EXPECT_EQ(plain.error().message, wide.error().message) << size;
  }
  Writer more;
  segment(more, 1024, 2, "abc", 1).u8(0);
  EXPECT_FALSE(read_module(module_of(1, 1, more)));
  EXPECT_FALSE(read_module(module_of(5, 1, more)));
}

}  // namespace
}  // namespace heapbump
