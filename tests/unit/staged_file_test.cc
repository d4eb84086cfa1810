// An output that is written under another name and read back before it gets its own: nothing is left of it
// where it is not wanted, and write_files puts it in its place.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/io.h"

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

}  // namespace
}  // namespace heapbump
