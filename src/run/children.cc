#include "run/children.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/confine.h"
#include "base/descriptor.h"
#include "run/frames.h"
#include "run/node_engine.h"

namespace heapbump::run {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kParallel = 2;
constexpr std::size_t kMaxTraceBytes = 512U << 20U;  // a child that ignores its own limits is stopped here

/// What holds for the child whatever engine it runs.
void confine(const Limits& limits, bool limit_memory) {
  Confinement confinement;
  confinement.cpu_seconds = limits.seconds + 1ULL;
  if (limit_memory) confinement.memory_bytes = limits.memory_bytes;
  confine_this_process(confinement);
}

[[noreturn]] void run_embedded(const Job& job, int out) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3 && null >= 0; ++fd) ::dup2(null, fd);
  confine(job.limits, true);
  std::string buffer;
  const auto flush = [&] {
    if (!write_all(out, buffer)) ::_exit(1);
    buffer.clear();
  };
  const Sink sink{[&](const Event& event) {
                    buffer += encode_event(event);
                    if (buffer.size() > 65536) flush();
                  },
                  [&](std::uint64_t instructions) {
                    buffer += encode_progress(instructions);
                    flush();
                  }};
  const Outcome outcome = run_in_wabt(job, sink);
  buffer += encode_outcome(outcome);
  flush();
  ::_exit(0);
}

struct Child {
  std::size_t job = 0;
  pid_t pid = -1;
  int pipe = -1;
  Clock::time_point deadline;
  FrameReader frames;
  std::size_t received = 0;
  std::string verdict;  ///< why the parent ended it
  End verdict_end = End::crashed;
};

class Pool {
 public:
  Pool(const std::vector<Job>& jobs, EngineKind engine, const Progress& progress)
      : jobs_(jobs), engine_(engine), progress_(progress), traces_(jobs.size()) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (Child& child : running_) {
      ::kill(child.pid, SIGKILL);
      reap(child);
    }
  }

  Result<std::vector<Trace>> run() {
    std::size_t next = 0;
    while (next < jobs_.size() || !running_.empty()) {
      while (next < jobs_.size() && running_.size() < kParallel) HEAPBUMP_CHECK(start(next++));
      wait_for_bytes();
    }
    return std::move(traces_);
  }

 private:
  Status start(std::size_t index) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> input(nullptr, &std::fclose);
    if (engine_ == EngineKind::node) {
      input.reset(node_input(jobs_[index]));
      if (!input) return fail(Code::kRunFailed, "no temporary file could be made for node");
    }
    std::array<int, 2> ends{-1, -1};
    if (!open_pipe(ends)) return fail(Code::kRunFailed, std::string("no pipe: ") + std::strerror(errno));
    const pid_t pid = ::fork();
    if (pid < 0) {
      ::close(ends[0]);
      ::close(ends[1]);
      return fail(Code::kRunFailed, std::string("no child process: ") + std::strerror(errno));
    }
    if (pid == 0) {
      ::close(ends[0]);
      if (engine_ == EngineKind::wabt) run_embedded(jobs_[index], ends[1]);
      confine(jobs_[index].limits, false);  // V8 reserves address space far beyond what it uses
      exec_node(::fileno(input.get()), ends[1]);
    }
    ::close(ends[1]);
    Child child;
    child.job = index;
    child.pid = pid;
    child.pipe = ends[0];
    child.deadline = Clock::now() + std::chrono::seconds(jobs_[index].limits.seconds);
    running_.push_back(std::move(child));
    return {};
  }

  void wait_for_bytes() {
    std::vector<pollfd> waits;
    auto deadline = Clock::time_point::max();
    for (const Child& child : running_) {
      waits.push_back({child.pipe, POLLIN, 0});
      deadline = std::min(deadline, child.deadline);
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    ::poll(waits.data(), static_cast<nfds_t>(waits.size()),
           static_cast<int>(std::clamp<std::int64_t>(left + 1, 0, 1000)));
    for (std::size_t i = waits.size(); i-- > 0;) {
      const bool done = serve(running_[i], waits[i].revents != 0);
      if (!done) continue;
      reap(running_[i]);
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  /// True when the child is over: it closed its pipe, broke the protocol, or ran out of time.
  bool serve(Child& child, bool readable) {
    if (Clock::now() >= child.deadline) return stop(child, End::limit, "the time is used up");
    if (!readable) return false;
    char buffer[65536];
    const ssize_t count = ::read(child.pipe, buffer, sizeof buffer);
    if (count < 0) return errno != EINTR && errno != EAGAIN;
    if (count == 0) return true;
    child.received += static_cast<std::size_t>(count);
    if (child.received > kMaxTraceBytes) return stop(child, End::limit, "the program writes too much");
    if (!child.frames.feed({buffer, static_cast<std::size_t>(count)}, traces_[child.job]))
      return stop(child, End::crashed, "the engine sent something that is no frame");
    if (progress_) progress_(jobs_[child.job].label, child.frames.instructions());
    return false;
  }

  static bool stop(Child& child, End end, std::string why) {
    ::kill(child.pid, SIGKILL);
    child.verdict_end = end;
    child.verdict = std::move(why);
    return true;
  }

  void reap(Child& child) {
    int status = 0;
    while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    ::close(child.pipe);
    Outcome& outcome = traces_[child.job].outcome;
    if (child.verdict.empty() && child.frames.finished()) return;
    outcome = {};
    outcome.end = child.verdict_end;
    outcome.instructions = child.frames.instructions();
    if (!child.verdict.empty()) {
      outcome.message = child.verdict;
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
      outcome.end = End::limit;
      outcome.message = "the time is used up";
    } else if (WIFSIGNALED(status)) {
      outcome.message = "the engine was ended by signal " + std::to_string(WTERMSIG(status)) +
                        (WTERMSIG(status) == SIGABRT ? " (out of memory, or an engine's own check)" : "");
    } else {
      outcome.message =
          "the engine ended with status " + std::to_string(WEXITSTATUS(status)) + " and no result";
    }
  }

  const std::vector<Job>& jobs_;
  EngineKind engine_;
  const Progress& progress_;
  std::vector<Trace> traces_;
  std::vector<Child> running_;
};

}  // namespace

Result<std::vector<Trace>> run_jobs(const std::vector<Job>& jobs, EngineKind engine,
                                    const Progress& progress) {
  std::fflush(nullptr);  // what is buffered must not be written twice
  return Pool(jobs, engine, progress).run();
}

}  // namespace heapbump::run
