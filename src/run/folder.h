// The read-only folder that a program under `verify --run` may see. Names are sorted, times are fixed and
// inode numbers come from the path, so that two machines with the same files give the program the same
// answers. Nothing outside the folder is reachable: a path is resolved with its symbolic links first and must
// still be inside.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace heapbump::run {

/// preview1 file types.
enum class FileType : std::uint8_t { unknown = 0, directory = 3, regular = 4 };

struct FileStat {
  FileType type = FileType::unknown;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
};

struct DirectoryEntry {
  std::string name;
  FileStat stat;
};

class Folder {
 public:
  explicit Folder(const std::string& host_path);

  /// Errors are preview1 errno values. `path` is relative to the folder; "" is the folder itself.
  [[nodiscard]] std::expected<FileStat, std::uint16_t> stat(std::string_view path) const;
  [[nodiscard]] std::expected<std::string, std::uint16_t> read(std::string_view path) const;
  [[nodiscard]] std::expected<std::vector<DirectoryEntry>, std::uint16_t> list(std::string_view path) const;

  /// Joins and normalises; fails with ENOTCAPABLE when ".." would leave the folder.
  [[nodiscard]] static std::expected<std::string, std::uint16_t> join(std::string_view base,
                                                                      std::string_view path);

 private:
  [[nodiscard]] std::expected<std::filesystem::path, std::uint16_t> resolve(std::string_view path) const;

  std::filesystem::path root_;
};

}  // namespace heapbump::run
