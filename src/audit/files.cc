#include "audit/files.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/sha256.h"

namespace heapbump::audit {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 200;  // folders in each other

/// A glob without a slash is of the last part of a name; one with a slash of all of it. `*` goes over
/// slashes.
bool matches(const std::vector<std::string>& globs, const std::string& name) {
  const std::string last = name.substr(name.rfind('/') + 1);
  return std::ranges::any_of(globs, [&](const std::string& glob) {
    const bool whole = glob.find('/') != std::string::npos;
    return ::fnmatch(glob.c_str(), (whole ? name : last).c_str(), 0) == 0;
  });
}

enum class Sniffed : std::uint8_t { wasm, other, unreadable };

Sniffed sniff(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return Sniffed::unreadable;
  std::array<char, 4> head{};
  const ssize_t count = ::read(file.get(), head.data(), head.size());
  if (count < 0) return Sniffed::unreadable;
  return count == 4 && std::memcmp(head.data(), "\0asm", 4) == 0 ? Sniffed::wasm : Sniffed::other;
}

class Lister {
 public:
  Lister(const FileRequest& request, const Shard& shard) : request_(request), shard_(shard) {}

  Result<FileList> run();

 private:
  Status set_root();
  void add(const fs::path& path, std::optional<Error> fault = {});
  void walk(const fs::path& folder, int depth);
  void visit(const fs::directory_entry& entry, int depth);
  void count(std::uint64_t& skipped, const std::string& name) const {
    if (shard_.has_name(name)) ++skipped;
  }
  [[nodiscard]] std::string name_of(const fs::path& path) const {
    return fs::absolute(path).lexically_normal().lexically_relative(root_).generic_string();
  }

  const FileRequest& request_;
  const Shard& shard_;
  fs::path root_;
  FileList list_;
};

Status Lister::set_root() {
  std::error_code error;
  fs::path root = request_.root;
  if (root.empty()) {
    const bool one = request_.inputs.size() == 1 && request_.named.empty();
    root = one && fs::is_directory(request_.inputs.front(), error) ? request_.inputs.front() : ".";
  } else if (!fs::is_directory(root, error)) {
    return fail(Code::kUsage, "--root " + request_.root + " is no folder");
  }
  root_ = fs::absolute(root, error).lexically_normal();
  if (root_.filename().empty()) root_ = root_.parent_path();
  return {};
}

void Lister::add(const fs::path& path, std::optional<Error> fault) {
  list_.files.push_back({path.string(), name_of(path), std::move(fault)});
}

void Lister::visit(const fs::directory_entry& entry, int depth) {
  std::error_code error;
  const std::string name = name_of(entry.path());
  if (matches(request_.exclude, name)) return count(list_.skipped.excluded, name);
  const fs::file_status status = entry.symlink_status(error);
  if (fs::is_symlink(status)) return count(list_.skipped.links, name);
  if (fs::is_directory(status)) return walk(entry.path(), depth + 1);
  if (!fs::is_regular_file(status)) return count(list_.skipped.special, name);
  if (!request_.include.empty() && !matches(request_.include, name))
    return count(list_.skipped.excluded, name);
  const Sniffed sniffed = sniff(entry.path().string());
  // A file that is called so and is none is what an operator wants to hear of.
  if (sniffed == Sniffed::other && entry.path().extension() != ".wasm")
    return count(list_.skipped.not_wasm, name);
  add(entry.path());
}

void Lister::walk(const fs::path& folder, int depth) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  fs::directory_iterator each(folder, error);
  while (!error && each != fs::directory_iterator()) {
    entries.push_back(*each);
    each.increment(error);
  }
  if (error || depth > kDeepest) {
    add(folder, Error{Code::kIoRead, error ? "the folder cannot be read" : "the folders are too deep", {}});
    return;
  }
  for (const fs::directory_entry& entry : entries) visit(entry, depth);
}

Result<FileList> Lister::run() {
  HEAPBUMP_CHECK(set_root());
  for (const std::string& input : request_.inputs) {
    std::error_code error;
    const fs::file_status status = fs::status(input, error);
    if (status.type() == fs::file_type::not_found)
      return fail(Code::kIoRead, input + ": no such file or folder");
    if (fs::is_directory(status))
      walk(input, 0);
    else
      add(input);
  }
  for (const std::string& file : request_.named) add(file);
  std::ranges::stable_sort(list_.files, comes_before, &AuditFile::name);
  const auto repeated = std::ranges::unique(list_.files, {}, &AuditFile::name);
  list_.files.erase(repeated.begin(), repeated.end());
  return std::move(list_);
}

}  // namespace

bool Shard::has(std::string_view sha256) const {
  if (count == 1) return true;
  constexpr std::size_t kDigits = 15;
  std::uint64_t value = 0;
  const std::string digits(sha256.substr(0, kDigits));
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value % count == index - 1;
}

bool Shard::has_name(std::string_view name) const {
  return count == 1 || has(sha256_hex(as_bytes(name)));
}

bool comes_before(std::string_view a, std::string_view b) {
  return std::ranges::lexicographical_compare(a, b, [](char x, char y) {
    // A slash before everything else, so that a folder's files are together.
    const auto rank = [](char c) { return c == '/' ? 0 : 1 + static_cast<unsigned char>(c); };
    return rank(x) < rank(y);
  });
}

Result<FileList> list_files(const FileRequest& request, const Shard& shard) {
  return Lister(request, shard).run();
}

std::vector<std::string> split_names(std::string_view text, bool by_zero) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(by_zero ? '\0' : '\n'), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!by_zero && name.ends_with('\r')) name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

}  // namespace heapbump::audit
