#include "run/folder.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "run/errno.h"

namespace heapbump::run {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kMaxFile = 256U << 20U;

std::uint64_t inode_of(std::string_view path) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

FileStat stat_of(const fs::path& host, std::string_view guest) {
  std::error_code error;
  FileStat stat;
  stat.inode = inode_of(guest);
  const fs::file_status status = fs::status(host, error);
  if (fs::is_directory(status)) stat.type = FileType::directory;
  if (fs::is_regular_file(status)) {
    stat.type = FileType::regular;
    const auto size = fs::file_size(host, error);
    stat.size = error ? 0 : size;
  }
  return stat;
}

}  // namespace

Folder::Folder(const std::string& host_path) {
  std::error_code error;
  root_ = fs::canonical(host_path, error);
}

std::expected<std::string, std::uint16_t> Folder::join(std::string_view base, std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::string_view text : {base, path}) {
    while (!text.empty()) {
      const auto slash = text.find('/');
      const std::string_view part = text.substr(0, slash);
      text = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else if (parts.empty()) {
        return std::unexpected(errno_code::notcapable);
      } else {
        parts.pop_back();
      }
    }
  }
  std::string joined;
  for (const std::string_view part : parts) {
    if (!joined.empty()) joined += '/';
    joined += part;
  }
  return joined;
}

std::expected<fs::path, std::uint16_t> Folder::resolve(std::string_view path) const {
  if (root_.empty()) return std::unexpected(errno_code::noent);
  if (path.find('\0') != std::string_view::npos) return std::unexpected(errno_code::inval);
  std::error_code error;
  fs::path host = fs::canonical(path.empty() ? root_ : root_ / path, error);
  if (error == std::errc::not_a_directory) return std::unexpected(errno_code::notdir);
  if (error == std::errc::too_many_symbolic_link_levels) return std::unexpected(errno_code::loop);
  if (error) return std::unexpected(errno_code::noent);
  const auto [mismatch, unused] = std::mismatch(root_.begin(), root_.end(), host.begin(), host.end());
  if (mismatch != root_.end()) return std::unexpected(errno_code::notcapable);
  return host;
}

std::expected<FileStat, std::uint16_t> Folder::stat(std::string_view path) const {
  const auto host = resolve(path);
  if (!host) return std::unexpected(host.error());
  return stat_of(*host, path);
}

std::expected<std::string, std::uint16_t> Folder::read(std::string_view path) const {
  const auto host = resolve(path);
  if (!host) return std::unexpected(host.error());
  const FileStat stat = stat_of(*host, path);
  if (stat.type == FileType::directory) return std::unexpected(errno_code::isdir);
  if (stat.type != FileType::regular || stat.size > kMaxFile) return std::unexpected(errno_code::acces);
  std::ifstream file(*host, std::ios::binary);
  if (!file) return std::unexpected(errno_code::acces);
  std::string content(std::istreambuf_iterator<char>(file), {});
  return content;
}

std::expected<std::vector<DirectoryEntry>, std::uint16_t> Folder::list(std::string_view path) const {
  const auto host = resolve(path);
  if (!host) return std::unexpected(host.error());
  std::error_code error;
  std::vector<DirectoryEntry> entries;
  for (fs::directory_iterator it(*host, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    const auto guest = join(path, name);
    if (guest) entries.push_back({name, stat_of(it->path(), *guest)});
  }
  if (error) return std::unexpected(errno_code::notdir);
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  const FileStat self{.type = FileType::directory, .inode = inode_of(path), .size = 0};
  entries.insert(entries.begin(), {{".", self}, {"..", self}});
  return entries;
}

}  // namespace heapbump::run
