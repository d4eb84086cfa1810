#include "base/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>

namespace heapbump {

// Where a signal handler finds the temporary files that exist now: it may neither lock nor allocate.
struct TemporaryFile::Slot {
  enum State { kFree, kTaken, kExists };
  std::atomic<int> state = kFree;
  char path[PATH_MAX] = {};
  static std::array<Slot, 64> all;
};
std::array<TemporaryFile::Slot, 64> TemporaryFile::Slot::all;
static_assert(std::atomic<int>::is_always_lock_free);

SignalsWait::SignalsWait() {
  static_assert(sizeof(sigset_t) <= sizeof before_);
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, ::new (before_) sigset_t);
}

SignalsWait::~SignalsWait() {
  ::pthread_sigmask(SIG_SETMASK, reinterpret_cast<const sigset_t*>(before_), nullptr);
}

TemporaryFile::TemporaryFile(const std::string& folder) : path_(folder + ".heapbump-XXXXXX.tmp") {
  for (Slot& slot : Slot::all) {
    int free = Slot::kFree;
    if (path_.size() >= sizeof slot.path || !slot.state.compare_exchange_strong(free, Slot::kTaken)) continue;
    slot_ = &slot;
    break;
  }
  // A signal between the file's making and its entry would leave it behind, so signals wait.
  const SignalsWait wait;
  fd_ = ::mkostemps(path_.data(), 4, O_CLOEXEC);
  error_ = errno;
  if (fd_ >= 0 && slot_ != nullptr) {
    std::memcpy(slot_->path, path_.c_str(), path_.size() + 1);
    slot_->state = Slot::kExists;
  }
}

TemporaryFile::~TemporaryFile() {
  if (fd_ >= 0 && !renamed_) ::unlink(path_.c_str());
  if (slot_ != nullptr) slot_->state = Slot::kFree;
}

std::string TemporaryFile::why_not() const {
  return std::strerror(error_);
}

bool TemporaryFile::rename_to(const std::string& target) {
  renamed_ = ::rename(path_.c_str(), target.c_str()) == 0;
  return renamed_;
}

void remove_temporary_files() {
  for (const TemporaryFile::Slot& slot : TemporaryFile::Slot::all) {
    if (slot.state == TemporaryFile::Slot::kExists) ::unlink(slot.path);
  }
}

}  // namespace heapbump
