#include "heapbump/io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <new>

namespace heapbump {
namespace {

std::string reason() { return std::strerror(errno); }

/// Owns a descriptor unless it is one of the standard ones.
class Descriptor {
 public:
  explicit Descriptor(int fd, bool owned = true) : fd_(fd), owned_(owned) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (owned_ && fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  /// Closes now and says whether the data arrived (a full disk may only show here).
  [[nodiscard]] bool close() {
    const int fd = std::exchange(fd_, -1);
    return !owned_ || ::close(fd) == 0;
  }

 private:
  int fd_;
  bool owned_;
};

constexpr std::size_t kFirstRead = std::size_t{1} << 16;

Result<FileBytes> read_all(int fd, std::optional<std::uint64_t> expected, std::uint64_t max_size) {
  if (expected && *expected > max_size)
    return fail(Code::kTooLarge, "the file has " + std::to_string(*expected) + " bytes, the limit is " + std::to_string(max_size) + " (--max-size)");
  // One byte more than expected, so that a file that grows while it is read is noticed.
  std::size_t capacity = expected ? static_cast<std::size_t>(*expected) + 1 : kFirstRead;
  auto data = std::unique_ptr<std::byte[]>(new (std::nothrow) std::byte[capacity]);
  if (!data) return fail(Code::kOutOfMemory, "there is no memory for the file's " + std::to_string(capacity) + " bytes");
  std::size_t size = 0;
  while (true) {
    if (size == capacity) {
      if (size > max_size) return fail(Code::kTooLarge, "the input is larger than the limit of " + std::to_string(max_size) + " bytes (--max-size)");
      const std::size_t larger = capacity * 2;
      auto grown = std::unique_ptr<std::byte[]>(new (std::nothrow) std::byte[larger]);
      if (!grown) return fail(Code::kOutOfMemory, "there is no memory for the input");
      std::memcpy(grown.get(), data.get(), size);
      data = std::move(grown);
      capacity = larger;
    }
    const ssize_t got = ::read(fd, data.get() + size, std::min<std::size_t>(capacity - size, SSIZE_MAX));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Code::kIoRead, "cannot be read: " + reason());
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (expected && size != *expected)
    return fail(Code::kIoRead, "changed its size while it was read");
  if (size > max_size) return fail(Code::kTooLarge, "the input is larger than the limit of " + std::to_string(max_size) + " bytes (--max-size)");
  return FileBytes(std::move(data), size);
}

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
    if (written < 0) return fail(Code::kIoWrite, "cannot be written: " + reason());
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
    return fail(Code::kTerminal, "binary output is not written to a terminal; redirect it or name a file with -o");
  HEAPBUMP_CHECK(write_all(fd, pieces));
  if (!out.close()) return fail(Code::kIoWrite, "cannot be written: " + reason());
  return {};
}

unsigned mode_under_umask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

Result<InputFile> read_file(const std::string& path, std::uint64_t max_size) {
  InputFile input;
  if (path == "-") {
    HEAPBUMP_TRY(input.bytes, read_all(STDIN_FILENO, std::nullopt, max_size));
    return input;
  }
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return fail(Code::kIoRead, "cannot be opened: " + reason());
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return fail(Code::kIoRead, "cannot be read: " + reason());
  if (S_ISDIR(info.st_mode)) return fail(Code::kIoRead, "is a directory");
  std::optional<std::uint64_t> expected;
  if (S_ISREG(info.st_mode)) {
    expected = static_cast<std::uint64_t>(info.st_size);
    input.mode = info.st_mode & 0777u;
  }
  HEAPBUMP_TRY(input.bytes, read_all(file.get(), expected, max_size));
  return input;
}

Status write_file(const std::string& path, const std::vector<Bytes>& pieces, const WriteOptions& options) {
  if (path == "-") return write_directly(STDOUT_FILENO, false, pieces, options);

  struct stat info{};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return fail(Code::kIoWrite, "is a directory");
  if (exists && !S_ISREG(info.st_mode)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fail(Code::kIoWrite, "cannot be opened: " + reason());
    return write_directly(fd, true, pieces, options);
  }

  // A link is followed to the file it names; a link to nothing gets its file made.
  std::string target = path;
  if (exists) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
    if (resolved) target = resolved.get();
  } else if (char link[PATH_MAX]; true) {
    const ssize_t length = ::readlink(path.c_str(), link, sizeof link);
    if (length > 0) {
      const std::string to(link, static_cast<std::size_t>(length));
      const auto slash = path.rfind('/');
      target = to.starts_with('/') || slash == std::string::npos ? to : path.substr(0, slash + 1) + to;
    }
  }

  const auto slash = target.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : target.substr(0, slash + 1);
  std::string temporary = folder + ".heapbump-XXXXXX.tmp";
  Descriptor out(::mkostemps(temporary.data(), 4, O_CLOEXEC));
  if (out.get() < 0)
    return fail(Code::kIoWrite, "cannot be written: a temporary file cannot be made beside it: " + reason());
  const auto give_up = [&](Error error) -> Status {
    ::unlink(temporary.c_str());
    return std::unexpected(std::move(error));
  };
  if (auto status = write_all(out.get(), pieces); !status) return give_up(std::move(status).error());
  const unsigned mode = options.mode.value_or(mode_under_umask());
  if (::fchmod(out.get(), mode) != 0) return give_up({Code::kIoWrite, "its mode cannot be set: " + reason(), {}});
  if (!out.close()) return give_up({Code::kIoWrite, "cannot be written: " + reason(), {}});
  if (::rename(temporary.c_str(), target.c_str()) != 0)
    return give_up({Code::kIoWrite, "cannot be replaced: " + reason(), {}});
  return {};
}

}  // namespace heapbump
