#include "base/io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>

namespace heapbump {
namespace {

std::string reason() {
  return std::strerror(errno);
}

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

// The temporary files that exist now, where a signal handler can find them: it may neither lock nor allocate.
struct Temporary {
  enum State { kFree, kTaken, kExists };
  std::atomic<int> state = kFree;
  char path[PATH_MAX] = {};
};
std::array<Temporary, 64> temporaries;
static_assert(std::atomic<int>::is_always_lock_free);

/// A temporary file beside the target. It is removed unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& folder) : path_(folder + ".heapbump-XXXXXX.tmp") {
    for (Temporary& t : temporaries) {
      int free = Temporary::kFree;
      if (path_.size() >= sizeof t.path || !t.state.compare_exchange_strong(free, Temporary::kTaken))
        continue;
      slot_ = &t;
      break;
    }
    // A signal between the file's making and its entry would leave it behind, so signals wait.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    fd_ = ::mkostemps(path_.data(), 4, O_CLOEXEC);
    error_ = errno;
    if (fd_ >= 0 && slot_ != nullptr) {
      std::memcpy(slot_->path, path_.c_str(), path_.size() + 1);
      slot_->state = Temporary::kExists;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ >= 0 && !renamed_) ::unlink(path_.c_str());
    if (slot_ != nullptr) slot_->state = Temporary::kFree;
  }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string why_not() const { return std::strerror(error_); }
  [[nodiscard]] bool rename_to(const std::string& target) {
    renamed_ = ::rename(path_.c_str(), target.c_str()) == 0;
    return renamed_;
  }

 private:
  std::string path_;
  Temporary* slot_ = nullptr;
  int fd_ = -1;
  int error_ = 0;
  bool renamed_ = false;
};

extern "C" void remove_temporaries(int signal) {
  for (Temporary& t : temporaries) {
    if (t.state == Temporary::kExists) ::unlink(t.path);
  }
  // SA_RESETHAND has put the default back: the process ends by the signal that it was sent.
  ::raise(signal);
}

constexpr std::size_t kFirstRead = std::size_t{1} << 16;

Result<FileBytes> read_all(int fd, std::optional<std::uint64_t> expected, std::uint64_t max_size) {
  if (expected && *expected > max_size)
    return fail(Code::kTooLarge, "the file has " + std::to_string(*expected) + " bytes, the limit is " +
                                     std::to_string(max_size) + " (--max-size)");
  // One byte more than expected, so that a file that grows while it is read is noticed.
  std::size_t capacity = expected ? static_cast<std::size_t>(*expected) + 1 : kFirstRead;
  auto data = std::unique_ptr<std::byte[]>(new (std::nothrow) std::byte[capacity]);
  if (!data)
    return fail(Code::kOutOfMemory,
                "there is no memory for the file's " + std::to_string(capacity) + " bytes");
  std::size_t size = 0;
  while (true) {
    if (size == capacity) {
      if (size > max_size)
        return fail(Code::kTooLarge, "the input is larger than the limit of " + std::to_string(max_size) +
                                         " bytes (--max-size)");
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
  if (expected && size != *expected) return fail(Code::kIoRead, "changed its size while it was read");
  if (size > max_size)
    return fail(Code::kTooLarge,
                "the input is larger than the limit of " + std::to_string(max_size) + " bytes (--max-size)");
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
    return fail(Code::kTerminal,
                "binary output is not written to a terminal; redirect it or name a file with -o");
  HEAPBUMP_CHECK(write_all(fd, pieces));
  if (!out.close()) return fail(Code::kIoWrite, "cannot be written: " + reason());
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
  if (const auto fd = named_descriptor(path)) return write_directly(*fd, false, pieces, options);

  struct stat info{};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (!exists && errno != ENOENT) return fail(Code::kIoWrite, "cannot be written: " + reason());
  if (exists && S_ISDIR(info.st_mode)) return fail(Code::kIoWrite, "is a directory");
  if (exists && !S_ISREG(info.st_mode)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return fail(Code::kIoWrite, "cannot be opened: " + reason());
    return write_directly(fd, true, pieces, options);
  }
  // A rename asks only the folder; that the file itself is protected is meant too.
  if (exists && ::access(path.c_str(), W_OK) != 0)
    return fail(Code::kIoWrite, "cannot be written: " + reason());

  const std::string target = follow_links(path);
  const auto slash = target.rfind('/');
  TemporaryFile temporary(slash == std::string::npos ? "" : target.substr(0, slash + 1));
  if (temporary.fd() < 0)
    return fail(Code::kIoWrite,
                "cannot be written: a temporary file cannot be made beside it: " + temporary.why_not());
  Descriptor out(temporary.fd());
  HEAPBUMP_CHECK(write_all(out.get(), pieces));
  const unsigned mode = options.mode.value_or(mode_under_umask());
  if (::fchmod(out.get(), mode) != 0) return fail(Code::kIoWrite, "its mode cannot be set: " + reason());
  if (!out.close()) return fail(Code::kIoWrite, "cannot be written: " + reason());
  if (!temporary.rename_to(target)) return fail(Code::kIoWrite, "cannot be replaced: " + reason());
  return {};
}

void clean_up_on_signals() {
  struct sigaction action{};
  action.sa_handler = remove_temporaries;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // What the caller ignores (nohup, a shell's background job) stays ignored.
    struct sigaction before{};
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(signal, &action, nullptr);
  }
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace heapbump
