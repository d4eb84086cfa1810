// A few child processes that are given one file after the other, so that whatever a file does to one of them
// (a crash, a hang, a hunger for memory) is an answer for that file and not the end of the run. One that dies
// or exceeds its limits is replaced. What comes back is believed in length only.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace heapbump::audit {

struct WorkerLimits {
  double seconds = 120;                      ///< by the clock, for one file
  std::uint64_t memory_bytes = 4ULL << 30U;  ///< of address space, above what a worker begins with
};

/// One message in each direction: four bytes of length, then the text.
[[nodiscard]] bool send_message(int fd, std::string_view text);
/// Waits for a whole message; nothing at the end, or for one that is longer than any may be.
[[nodiscard]] std::optional<std::string> receive_message(int fd);

class WorkerPool {
 public:
  /// Runs in the child until `orders` ends; messages go to `answers`.
  using Body = std::function<void(int orders, int answers)>;

  struct Event {
    std::size_t task = 0;
    bool lost = false;  ///< the worker is gone, and `text` says why: kTimeLimit or kWorkerDied
    std::string text;   ///< a message of the worker
  };

  WorkerPool(unsigned jobs, WorkerLimits limits, Body body);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  [[nodiscard]] bool has_room() const { return busy() < jobs_; }
  /// Gives an order to a worker that is free, or to a new one. Error: kInternal if there can be no process.
  [[nodiscard]] Status start(std::size_t task, std::string_view order);
  /// A further message to the worker that has this task.
  void tell(std::size_t task, std::string_view text);
  /// The worker that has this task is free again.
  void finish(std::size_t task);
  /// What has come; waits for at most `milliseconds`.
  [[nodiscard]] std::vector<Event> wait(int milliseconds);

 private:
  using Clock = std::chrono::steady_clock;
  struct Worker {
    pid_t pid = -1;
    int orders = -1;
    int answers = -1;
    std::optional<std::size_t> task{};
    Clock::time_point deadline{};
    std::string received{};
  };

  [[nodiscard]] std::size_t busy() const;
  Worker* holder(std::size_t task);
  Status add_worker();
  bool take_messages(Worker& worker, std::vector<Event>& events);
  void remove(std::size_t index, bool at_once);

  unsigned jobs_;
  WorkerLimits limits_;
  Body body_;
  std::vector<Worker> workers_;
};

}  // namespace heapbump::audit
