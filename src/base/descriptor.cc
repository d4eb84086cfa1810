#include "base/descriptor.h"

#include <fcntl.h>

#include <cerrno>

namespace heapbump {

bool open_pipe(std::array<int, 2>& ends) {
#ifdef __APPLE__
  // Without pipe2; a child that another thread forks in between inherits them, which is no harm: it ends.
  if (::pipe(ends.data()) != 0) return false;
  for (const int fd : ends)
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return false;
  return true;
#else
  return ::pipe2(ends.data(), O_CLOEXEC) == 0;
#endif
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace heapbump
