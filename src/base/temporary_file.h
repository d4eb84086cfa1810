// A file beside its target that becomes the target by a rename, or is gone: after an error, and after a
// signal that ends the process (clean_up_on_signals). Only kill -9 leaves one behind, named
// .heapbump-XXXXXX.tmp.
#pragma once

#include <string>

namespace heapbump {

class TemporaryFile {
 public:
  /// Makes the file in `folder`, which is empty or ends in a slash. See fd().
  explicit TemporaryFile(const std::string& folder);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  /// Open for writing; negative if the file could not be made, and why_not() says why. The caller closes it.
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string why_not() const;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// From now on the target's. False, with errno, if it cannot be renamed.
  [[nodiscard]] bool rename_to(const std::string& target);

 private:
  struct Slot;
  friend void remove_temporary_files();

  std::string path_;
  Slot* slot_ = nullptr;
  int fd_ = -1;
  int error_ = 0;
  bool renamed_ = false;
};

/// Removes every temporary file that exists now. Safe in a signal handler.
void remove_temporary_files();

/// While this lives, no signal interrupts the thread.
class SignalsWait {
 public:
  SignalsWait();
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;
  ~SignalsWait();

 private:
  alignas(16) unsigned char before_[128];  ///< a sigset_t
};

}  // namespace heapbump
