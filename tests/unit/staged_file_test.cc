// An output that is written under another name and read back before it gets its own: nothing is left of it
// where it is not wanted, and write_files puts it in its place. An input that is mapped: whoever reads it is
// told when it changed, and a program ends with an error when it was cut.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/io.h"
#include "heapbump/error.h"

namespace heapbump {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "heapbump-staged-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] auto files() const {
    return std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator());
  }

 private:
  std::filesystem::path path_;
};

std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const std::vector<Bytes> kPieces{as_bytes("one "), as_bytes("two")};

TEST(StagedFile, is_read_before_it_has_its_name_and_is_gone_if_nobody_wants_it) {
  const Folder folder;
  {
    const auto staged = StagedFile::make(folder.file("out"), kPieces, {});
    ASSERT_TRUE(staged) << staged.error().message;
    ASSERT_TRUE((*staged)->bytes());
    EXPECT_EQ(text_of(*(*staged)->bytes()), "one two");
    EXPECT_FALSE(std::filesystem::exists(folder.file("out")));
  }
  EXPECT_EQ(folder.files(), 0);
}

TEST(StagedFile, can_be_read_again_after_its_pages_were_given_back) {
  const Folder folder;
  const std::string text(std::size_t{9} << 20, 'x');
  const auto staged = StagedFile::make(folder.file("out"), {as_bytes(text)}, {});
  ASSERT_TRUE(staged && (*staged)->bytes());
  PagesUsed pages = (*staged)->pages();
  for (int i = 0; i < 3; ++i) {
    pages.add(std::uint64_t{5} << 20);
    EXPECT_EQ(text_of(*(*staged)->bytes()), text);
  }
}

TEST(Pages, are_given_back_every_few_megabytes_and_not_at_each_byte) {
  int given_back = 0;
  PagesUsed pages([&] { ++given_back; });
  PagesPassed passed(&pages);
  constexpr std::uint64_t kEnd = std::uint64_t{64} << 20;
  for (std::uint64_t at = 0; at < kEnd; at += 1000) passed.at(at);
  EXPECT_GE(given_back, 12);
  EXPECT_LE(given_back, 20);
  given_back = 0;
  for (int i = 0; i < 640; ++i) pages.add(1);  // here and there: the system maps more around each
  EXPECT_EQ(given_back, 10);
  PagesPassed(nullptr).at(kEnd);
}

TEST(StagedFile, gets_its_name_with_the_others) {
  const Folder folder;
  auto staged = StagedFile::make(folder.file("out"), kPieces, {});
  ASSERT_TRUE(staged) << staged.error().message;
  const std::vector<Output> outputs{{folder.file("out"), kPieces, {}, *staged},
                                    {folder.file("report"), {as_bytes("r")}, {}}};
  ASSERT_TRUE(write_files(outputs));
  EXPECT_EQ(folder.files(), 2);
  const auto read = read_file(folder.file("out"));
  ASSERT_TRUE(read);
  EXPECT_EQ(text_of(read->bytes.view()), "one two");
  EXPECT_EQ(text_of(*(*staged)->bytes()), "one two");  // the same file under its name
}

TEST(StagedFile, is_not_made_of_what_is_no_file) {
  for (const char* path : {"-", "/dev/null", "/dev/stdout"}) {
    const auto staged = StagedFile::make(path, kPieces, {});
    ASSERT_TRUE(staged) << path;
    EXPECT_EQ(*staged, nullptr) << path;
  }
}

const std::string kLarge(1 << 20, 'x');

TEST(MappedFile, has_the_bytes_of_the_file_and_says_whether_they_changed) {
  const Folder folder;
  ASSERT_TRUE(write_file(folder.file("in"), {as_bytes(kLarge)}, {}));
  const auto read = read_file(folder.file("in"), kDefaultMaxFileSize, Reading::mapped);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_NE(read->mapped, nullptr);
  EXPECT_EQ(text_of(read->bytes.view()), kLarge);
  EXPECT_TRUE(read->unchanged());
  // A file that takes its place is another file.
  ASSERT_TRUE(write_file(folder.file("in"), {as_bytes("short")}, {}));
  EXPECT_TRUE(read->unchanged());
  EXPECT_EQ(text_of(read->bytes.view()), kLarge);

  ASSERT_TRUE(write_file(folder.file("in"), {as_bytes(kLarge)}, {}));
  const auto again = read_file(folder.file("in"), kDefaultMaxFileSize, Reading::mapped);
  ASSERT_TRUE(again);
  const auto before = std::filesystem::last_write_time(folder.file("in"));
  std::filesystem::last_write_time(folder.file("in"), before + std::chrono::milliseconds(1));
  ASSERT_FALSE(again->unchanged());
  EXPECT_EQ(again->unchanged().error().code, Code::kIoRead);
  std::filesystem::last_write_time(folder.file("in"), before);
  EXPECT_TRUE(again->unchanged());
  std::filesystem::resize_file(folder.file("in"), kLarge.size() + 1);
  std::filesystem::last_write_time(folder.file("in"), before);
  EXPECT_FALSE(again->unchanged());
}

TEST(MappedFile, is_not_made_of_what_is_small_or_too_large) {
  const Folder folder;
  ASSERT_TRUE(write_file(folder.file("small"), {as_bytes("small")}, {}));
  const auto small = read_file(folder.file("small"), kDefaultMaxFileSize, Reading::mapped);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->mapped, nullptr);
  EXPECT_TRUE(small->unchanged());
  ASSERT_TRUE(write_file(folder.file("large"), {as_bytes(kLarge)}, {}));
  const auto large = read_file(folder.file("large"), kLarge.size() - 1, Reading::mapped);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Code::kTooLarge);
}

TEST(MappedFileDeathTest, that_is_cut_ends_a_program_with_an_error) {
  const Folder folder;
  ASSERT_TRUE(write_file(folder.file("in"), {as_bytes(kLarge)}, {}));
  const auto reads_what_is_gone = [&] {
    clean_up_on_signals();
    const auto read = read_file(folder.file("in"), kDefaultMaxFileSize, Reading::mapped);
    std::filesystem::resize_file(folder.file("in"), 10);
    const volatile std::byte last = read->bytes.view().back();
    static_cast<void>(last);
  };
  EXPECT_EXIT(reads_what_is_gone(), testing::ExitedWithCode(exit_code(Code::kIoRead)),
              "changed its size while it was read .HB0101.");
}

}  // namespace
}  // namespace heapbump
