#include "base/io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <new>

#include "base/descriptor.h"
#include "base/temporary_file.h"

namespace heapbump {
namespace {

std::string reason() {
  return std::strerror(errno);
}

extern "C" void end_by_signal(int signal) {
  remove_temporary_files();
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

void clean_up_on_signals() {
  struct sigaction action{};
  action.sa_handler = end_by_signal;
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
