// Writing: pieces to temporary files beside their targets, then all renames in a row.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstring>
#include <memory>

#include "base/descriptor.h"
#include "base/io.h"
#include "base/temporary_file.h"

namespace heapbump {
namespace {

Status write_all(int fd, const std::vector<Bytes>& pieces) {
  std::vector<iovec> vectors;
  vectors.reserve(pieces.size());
  for (const Bytes piece : pieces) {
    if (!piece.empty()) vectors.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
  }
  std::size_t first = 0;
  while (first < vectors.size()) {
    const auto count = static_cast<int>(std::min<std::size_t>(vectors.size() - first, 512));
    ssize_t written = ::writev(fd, &vectors[first], count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(Code::kIoWrite, "cannot be written: " + system_reason());
    while (written > 0) {
      iovec& v = vectors[first];
      const auto taken = std::min<std::size_t>(v.iov_len, static_cast<std::size_t>(written));
      v.iov_base = static_cast<char*>(v.iov_base) + taken;
      v.iov_len -= taken;
      written -= static_cast<ssize_t>(taken);
      if (v.iov_len == 0) ++first;
    }
  }
  return {};
}

Status write_directly(int fd, bool owned, const std::vector<Bytes>& pieces, const WriteOptions& options) {
  Descriptor out(fd, owned);
  if (options.binary && ::isatty(fd) == 1)
    return fail(Code::kTerminal,
                "binary output is not written to a terminal; redirect it or name a file with -o");
  HEAPBUMP_CHECK(write_all(fd, pieces));
  if (!out.close()) return fail(Code::kIoWrite, "cannot be written: " + system_reason());
  return {};
}

// The umask can only be read by setting it, which other threads would see, so it is read once.
unsigned mode_under_umask() {
  static const mode_t mask = [] {
    const mode_t before = ::umask(077);
    ::umask(before);
    return before;
  }();
  return 0666 & ~mask;
}

// The descriptor that a path of /dev names, so that `-o /dev/stdout` goes on where the shell's redirection
// is, also at the end of a file; nothing for other paths.
std::optional<int> named_descriptor(std::string_view path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  constexpr std::string_view kFolder = "/dev/fd/";
  if (!path.starts_with(kFolder)) return std::nullopt;
  path.remove_prefix(kFolder.size());
  int fd = -1;
  const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), fd);
  if (error != std::errc() || end != path.data() + path.size() || fd < 0) return std::nullopt;
  return fd;
}

// The file that a chain of links ends at, whether it exists or not; a loop ends it somewhere, and the writing
// fails there.
std::string follow_links(std::string path) {
  constexpr int kMaxLinks = 40;
  for (int i = 0; i < kMaxLinks; ++i) {
    char link[PATH_MAX];
    const ssize_t length = ::readlink(path.c_str(), link, sizeof link);
    if (length <= 0) break;
    const std::string to(link, static_cast<std::size_t>(length));
    const auto slash = path.rfind('/');
    path = to.starts_with('/') || slash == std::string::npos ? to : path.substr(0, slash + 1) + to;
  }
  return path;
}

/// What one output becomes: bytes in a temporary file that waits for its rename, or a descriptor to write to.
struct Staged {
  std::string target;                        ///< empty: written directly
  std::unique_ptr<TemporaryFile> temporary;  ///< whole and closed
  bool existed = false;
  std::unique_ptr<TemporaryFile> kept;  ///< the old target under another name, while it may have to come back
  int direct = -1;
  bool owned = false;
};

bool exists(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

/// Where the output goes, and whether it may; opens what is written directly.
Result<Staged> stage_target(const std::string& path) {
  Staged staged;
  const auto fd = path == "-" ? std::optional(STDOUT_FILENO) : named_descriptor(path);
  if (fd) {
    staged.direct = *fd;
    return staged;
  }
  struct stat info{};
  staged.existed = ::stat(path.c_str(), &info) == 0;
  if (!staged.existed && errno != ENOENT)
    return fail(Code::kIoWrite, "cannot be written: " + system_reason());
  if (staged.existed && S_ISDIR(info.st_mode)) return fail(Code::kIoWrite, "is a directory");
  if (staged.existed && !S_ISREG(info.st_mode)) {
    staged.direct = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (staged.direct < 0) return fail(Code::kIoWrite, "cannot be opened: " + system_reason());
    staged.owned = true;
    return staged;
  }
  // A rename asks only the folder; that the file itself is protected is meant too.
  if (staged.existed && ::access(path.c_str(), W_OK) != 0)
    return fail(Code::kIoWrite, "cannot be written: " + system_reason());
  staged.target = follow_links(path);
  return staged;
}

/// A file's bytes as the system keeps them, which takes no memory of our own.
std::optional<Bytes> map_whole(int fd) {
  struct stat info{};
  if (::fstat(fd, &info) != 0 || info.st_size <= 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(info.st_size);
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return std::nullopt;
  return Bytes(static_cast<const std::byte*>(at), size);
}

Status fill_temporary(Staged& staged, const std::vector<Bytes>& pieces, const WriteOptions& options,
                      std::optional<Bytes>* mapped = nullptr) {
  staged.temporary = std::make_unique<TemporaryFile>(folder_of(staged.target));
  if (staged.temporary->fd() < 0)
    return fail(Code::kIoWrite, "cannot be written: a temporary file cannot be made beside it: " +
                                    staged.temporary->why_not());
  Descriptor out(staged.temporary->fd());
  HEAPBUMP_CHECK(write_all(out.get(), pieces));
  const unsigned mode = options.mode.value_or(mode_under_umask());
  if (::fchmod(out.get(), static_cast<mode_t>(mode)) != 0)
    return fail(Code::kIoWrite, "its mode cannot be set: " + system_reason());
  if (mapped != nullptr) *mapped = map_whole(out.get());
  if (!out.close()) return fail(Code::kIoWrite, "cannot be written: " + system_reason());
  return {};
}

/// A second name for the old target. Without one (a file system without hard links) it cannot come back.
void keep_old(Staged& staged) {
  if (!staged.existed) return;
  auto kept = std::make_unique<TemporaryFile>(folder_of(staged.target));
  if (kept->fd() < 0) return;
  const Descriptor name_only(kept->fd());
  if (::unlink(kept->path().c_str()) == 0 && ::link(staged.target.c_str(), kept->path().c_str()) == 0)
    staged.kept = std::move(kept);
}

void take_back(Staged& staged) {
  if (staged.kept != nullptr)
    (void)staged.kept->rename_to(staged.target);
  else if (!staged.existed)
    ::unlink(staged.target.c_str());
}

}  // namespace

struct StagedFile::Place {
  Staged staged;
};

StagedFile::StagedFile(std::unique_ptr<Place> place) : place_(std::move(place)) {}

PagesUsed StagedFile::pages() const {
  return bytes_ ? pages_of(*bytes_) : PagesUsed();
}

StagedFile::~StagedFile() {
  if (bytes_) ::munmap(const_cast<std::byte*>(bytes_->data()), bytes_->size());
}

Result<std::shared_ptr<StagedFile>> StagedFile::make(const std::string& path,
                                                     const std::vector<Bytes>& pieces,
                                                     const WriteOptions& options) {
  if (path == "-" || named_descriptor(path) || (exists(path) && !is_regular_file(path))) return nullptr;
  auto place = std::make_unique<Place>();
  HEAPBUMP_TRY(place->staged, stage_target(path));
  std::shared_ptr<StagedFile> file(new StagedFile(std::move(place)));
  HEAPBUMP_CHECK(fill_temporary(file->place_->staged, pieces, options, &file->bytes_));
  return file;
}

std::expected<void, FailedOutput> write_files(std::span<const Output> outputs) {
  std::vector<Staged> all;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].staged != nullptr) {
      all.push_back(std::move(outputs[i].staged->place_->staged));
      continue;
    }
    auto staged = stage_target(outputs[i].path);
    if (!staged) return std::unexpected(FailedOutput{i, staged.error()});
    all.push_back(*std::move(staged));
    if (all.back().target.empty()) continue;
    if (auto filled = fill_temporary(all.back(), outputs[i].pieces, outputs[i].options); !filled)
      return std::unexpected(FailedOutput{i, filled.error()});
  }
  // What cannot be taken back goes last but for the renames, which seldom fail.
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!all[i].target.empty()) continue;
    if (auto written = write_directly(all[i].direct, all[i].owned, outputs[i].pieces, outputs[i].options);
        !written)
      return std::unexpected(FailedOutput{i, written.error()});
  }
  // No signal ends the process between the first rename and the last.
  const SignalsWait wait;
  if (outputs.size() > 1) std::ranges::for_each(all, keep_old);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].target.empty() || all[i].temporary->rename_to(all[i].target)) continue;
    const Error error{Code::kIoWrite, "cannot be replaced: " + system_reason(), {}};
    for (std::size_t j = 0; j < i; ++j)
      if (!all[j].target.empty()) take_back(all[j]);
    return std::unexpected(FailedOutput{i, error});
  }
  return {};
}

Status write_file(const std::string& path, const std::vector<Bytes>& pieces, const WriteOptions& options) {
  const Output output{path, pieces, options};
  if (auto written = write_files({&output, 1}); !written) return std::unexpected(written.error().error);
  return {};
}

bool is_regular_file(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool same_file(const std::string& a, const std::string& b) {
  if (a == "-" || b == "-") return false;
  struct stat first{}, second{};
  const bool first_exists = ::stat(a.c_str(), &first) == 0;
  const bool second_exists = ::stat(b.c_str(), &second) == 0;
  if (first_exists != second_exists) return false;
  if (first_exists)
    return S_ISREG(first.st_mode) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
  // Neither exists yet: the same name in the same folder, whatever way leads there.
  const std::string left = follow_links(a), right = follow_links(b);
  if (left.substr(folder_of(left).size()) != right.substr(folder_of(right).size())) return false;
  const std::string left_folder = folder_of(left), right_folder = folder_of(right);
  return ::stat(left_folder.empty() ? "." : left_folder.c_str(), &first) == 0 &&
         ::stat(right_folder.empty() ? "." : right_folder.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace heapbump
