// An open file of the system, closed when its owner goes.
#pragma once

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace heapbump {

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

/// What errno says.
[[nodiscard]] inline std::string system_reason() {
  return std::strerror(errno);
}

/// Opens a pipe whose ends no other program inherits. False with errno set if it cannot.
[[nodiscard]] bool open_pipe(std::array<int, 2>& ends);

/// Writes all of it, also where the system takes it in parts. False with errno set if it does not.
[[nodiscard]] bool write_all(int fd, std::string_view bytes);

}  // namespace heapbump
