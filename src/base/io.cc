#include "base/io.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include "base/descriptor.h"
#include "base/temporary_file.h"

namespace heapbump {

/// A file that is open, and perhaps mapped.
struct MappedFile {
  explicit MappedFile(const std::string& path) : file(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (at != MAP_FAILED) ::munmap(at, size());
  }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(info.st_size); }
  [[nodiscard]] bool map(Reading how) {
    int flags = MAP_PRIVATE;
#ifdef MAP_POPULATE
    if (how == Reading::mapped) flags |= MAP_POPULATE;  // all of it is read
#endif
    at = ::mmap(nullptr, size(), PROT_READ, flags, file.get(), 0);
    return at != MAP_FAILED;
  }

  Descriptor file;
  struct stat info{};  ///< when it was opened
  void* at = MAP_FAILED;
};

namespace {

const timespec& written_at(const struct stat& info) {
#ifdef __APPLE__
  return info.st_mtimespec;
#else
  return info.st_mtim;
#endif
}

constexpr std::string_view kCut = "changed its size while it was read";

extern "C" void end_by_signal(int signal) {
  remove_temporary_files();
  // SA_RESETHAND has put the default back: the process ends by the signal that it was sent.
  ::raise(signal);
}

extern "C" void end_by_lost_input(int) {
  remove_temporary_files();
  constexpr std::string_view kWords[] = {"heapbump: error: a file ", kCut, " [HB0101]\n"};
  for (const std::string_view words : kWords) static_cast<void>(write_all(STDERR_FILENO, words));
  ::_exit(exit_code(Code::kIoRead));
}

constexpr std::size_t kFirstRead = std::size_t{1} << 16;
constexpr off_t kLeastMapped = off_t{1} << 18;  // bytes; below that a copy costs no more

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
  use_large_pages({data.get(), capacity});
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
    if (got < 0) return fail(Code::kIoRead, "cannot be read: " + system_reason());
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (expected && size != *expected) return fail(Code::kIoRead, std::string(kCut));
  if (size > max_size)
    return fail(Code::kTooLarge,
                "the input is larger than the limit of " + std::to_string(max_size) + " bytes (--max-size)");
  return FileBytes(std::move(data), size);
}

}  // namespace

PagesUsed pages_of(Bytes mapped) {
#if defined(__linux__)
  return PagesUsed([mapped] {
    // Pages of a file that nobody wrote to through this mapping: the next access finds them in the file.
    (void)::madvise(const_cast<std::byte*>(mapped.data()), mapped.size(), MADV_DONTNEED);
  });
#else
  static_cast<void>(mapped);
  return {};
#endif
}

Status InputFile::unchanged() const {
  if (mapped == nullptr) return {};
  struct stat now{};
  if (::fstat(mapped->file.get(), &now) != 0)
    return fail(Code::kIoRead, "cannot be read: " + system_reason());
  const struct stat& then = mapped->info;
  if (now.st_size != then.st_size) return fail(Code::kIoRead, std::string(kCut));
  const timespec &written = written_at(now), &before = written_at(then);
  if (written.tv_sec == before.tv_sec && written.tv_nsec == before.tv_nsec) return {};
  return fail(Code::kIoRead, "was written to while it was read");
}

PagesUsed InputFile::pages() const {
  if (mapped == nullptr) return {};
  return pages_of(bytes.view());
}

Result<InputFile> read_file(const std::string& path, std::uint64_t max_size, Reading how) {
  InputFile input;
  if (path == "-") {
    HEAPBUMP_TRY(input.bytes, read_all(STDIN_FILENO, std::nullopt, max_size));
    return input;
  }
  const auto file = std::make_shared<MappedFile>(path);
  const int fd = file->file.get();
  struct stat& info = file->info;
  if (fd < 0) return fail(Code::kIoRead, "cannot be opened: " + system_reason());
  if (::fstat(fd, &info) != 0) return fail(Code::kIoRead, "cannot be read: " + system_reason());
  if (S_ISDIR(info.st_mode)) return fail(Code::kIoRead, "is a directory");
  std::optional<std::uint64_t> expected;
  if (S_ISREG(info.st_mode)) {
    expected = static_cast<std::uint64_t>(info.st_size);
    input.mode = info.st_mode & 0777u;
  }
  if (how != Reading::copied && expected && *expected <= max_size && info.st_size >= kLeastMapped &&
      file->map(how)) {
    input.bytes = {{file, static_cast<const std::byte*>(file->at)}, file->size()};
    input.mapped = file;
    return input;
  }
  HEAPBUMP_TRY(input.bytes, read_all(fd, expected, max_size));
  return input;
}

void clean_up_on_signals() {
  struct sigaction action{};
  action.sa_handler = end_by_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // What the caller ignores (nohup, a shell's background job) stays ignored.
    struct sigaction before{};
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(signal, &action, nullptr);
  }
  action.sa_handler = end_by_lost_input;
  ::sigaction(SIGBUS, &action, nullptr);
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace heapbump
