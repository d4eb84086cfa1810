// Linear memory as the data segments leave it, and how a word of it is rewritten.
#include "wasm/data_image.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/wat.h"

namespace heapbump {
namespace {

struct Loaded {
  std::vector<std::byte> file;
  Module module;
};

Loaded load(const std::string& segments, const std::string& imports = "") {
  Loaded out{test::wat("(module " + imports + "(memory 2)" + segments + ")"), {}};
  auto module = read_module(out.file);
  EXPECT_TRUE(module) << module.error().message;
  out.module = *std::move(module);
  return out;
}

/// The word at `address` after it was made `value`.
std::uint64_t rewritten(const std::string& segments, std::uint64_t address, unsigned size,
                        std::uint64_t value) {
  const Loaded before = load(segments);
  const auto image = DataImage::make(before.module);
  EditBuilder builder(before.module);
  EXPECT_TRUE(image->edit_word(builder, address, size, value, "test"));
  const auto edits = std::move(builder).finish();
  EXPECT_TRUE(edits) << edits.error().message;
  const auto file = join(apply_edits(before.file, *edits));
  const auto after = read_module(file);
  EXPECT_TRUE(after) << after.error().message;
  const auto image_after = DataImage::make(*after);
  return size == 4 ? image_after->load32(address) : image_after->load64(address);
}

TEST(DataImage, ReadsWordsAcrossSegmentsAndGapsAsZeros) {
  const Loaded module = load(R"((data (i32.const 1024) "\01\02") (data (i32.const 1027) "\04\05\06"))");
  const auto image = DataImage::make(module.module);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->load32(1024), 0x04000201U);
  EXPECT_EQ(image->load64(1020), 0x0400020100000000U);
  EXPECT_EQ(image->load32(4096), 0U);
  EXPECT_EQ(image->end(), 1030U);
  EXPECT_EQ(image->bytes(), 5U);
  EXPECT_FALSE(image->file_offset(1026));
  EXPECT_EQ(u8(module.file[*image->file_offset(1027)]), 4);
}

TEST(DataImage, VisitsEachAlignedWordOnce) {
  const Loaded module = load(R"((data (i32.const 1022) "\01\02\03") (data (i32.const 1026) "\04"))");
  const auto image = DataImage::make(module.module);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> words;
  image->for_each_word32(
      [&](std::uint64_t address, std::uint32_t word) { words.emplace_back(address, word); });
  EXPECT_EQ(words,
            (std::vector<std::pair<std::uint64_t, std::uint32_t>>{{1020, 0x02010000}, {1024, 0x00040003}}));
}

TEST(DataImage, IsNotCertainWhereSegmentsOverlapOrHaveNoConstantAddress) {
  const Loaded overlap = load(R"((data (i32.const 1024) "abcd") (data (i32.const 1026) "x"))");
  EXPECT_EQ(DataImage::make(overlap.module).error().code, Code::kUnexplained);
  const Loaded moved = load(R"((data (global.get $b) "abcd"))", R"((import "env" "base" (global $b i32)))");
  EXPECT_EQ(DataImage::make(moved.module).error().code, Code::kUnexplained);
}

TEST(DataImage, RewritesAWordWhereverItsBytesAre) {
  EXPECT_EQ(rewritten(R"((data (i32.const 1024) "abcdefgh"))", 1028, 4, 0x12345678), 0x12345678U);
  // The linker left the word's zeros out, at its end or at its front.
  EXPECT_EQ(rewritten(R"((data (i32.const 1024) "ab"))", 1024, 4, 0x12345678), 0x12345678U);
  EXPECT_EQ(rewritten(R"((data (i32.const 1026) "ab"))", 1024, 4, 0x12345678), 0x12345678U);
  EXPECT_EQ(rewritten(R"((data (i32.const 1024) "abc"))", 1024, 8, 0x1122334455667788), 0x1122334455667788U);
  // Far from every segment: a segment of its own.
  EXPECT_EQ(rewritten(R"((data (i32.const 1024) "abc"))", 8192, 4, 7), 7U);
}

}  // namespace
}  // namespace heapbump
