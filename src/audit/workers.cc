#include "audit/workers.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <optional>
#include <thread>

#include "audit/verdict.h"
#include "base/confine.h"
#include "base/descriptor.h"

namespace heapbump::audit {
namespace {

constexpr std::size_t kLongest = std::size_t{16} << 20;  // bytes of a message
constexpr std::size_t kHead = 4;

bool read_all(int fd, char* to, std::size_t size) {
  while (size != 0) {
    const ssize_t count = ::read(fd, to, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    to += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

std::size_t length_of(const char* head) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kHead; ++i)
    length |= std::size_t{static_cast<unsigned char>(head[i])} << (8 * i);
  return length;
}

/// Ends a process. It first gets a moment to remove its temporary files.
void end_process(pid_t pid, bool at_once) {
  int status = 0;
  if (!at_once) {
    ::kill(pid, SIGTERM);
    for (int i = 0; i < 50; ++i) {
      if (::waitpid(pid, &status, WNOHANG) == pid) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

bool send_message(int fd, std::string_view text) {
  std::string message;
  for (std::size_t i = 0; i < kHead; ++i) message += static_cast<char>((text.size() >> (8 * i)) & 0xffU);
  message += text;
  return write_all(fd, message);
}

std::optional<std::string> receive_message(int fd) {
  std::array<char, kHead> head{};
  if (!read_all(fd, head.data(), kHead)) return std::nullopt;
  const std::size_t length = length_of(head.data());
  if (length > kLongest) return std::nullopt;
  std::string text(length, '\0');
  if (!read_all(fd, text.data(), length)) return std::nullopt;
  return text;
}

WorkerPool::WorkerPool(unsigned jobs, WorkerLimits limits, Body body)
    : jobs_(jobs), limits_(limits), body_(std::move(body)) {}

WorkerPool::~WorkerPool() {
  while (!workers_.empty()) remove(workers_.size() - 1, false);
}

std::size_t WorkerPool::busy() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(workers_, [](const Worker& w) { return w.task.has_value(); }));
}

WorkerPool::Worker* WorkerPool::holder(std::size_t task) {
  const auto found = std::ranges::find_if(workers_, [&](const Worker& w) { return w.task == task; });
  return found == workers_.end() ? nullptr : &*found;
}

Status WorkerPool::add_worker() {
  std::array<int, 2> orders{-1, -1}, answers{-1, -1};
  const auto close_both = [](const std::array<int, 2>& ends) {
    for (const int fd : ends)
      if (fd >= 0) ::close(fd);
  };
  std::cout.flush();
  std::fflush(nullptr);  // what is buffered must not be written twice
  const bool piped = open_pipe(orders) && open_pipe(answers);
  const pid_t pid = piped ? ::fork() : -1;
  if (pid < 0) {
    const std::string why = std::strerror(errno);
    close_both(orders);
    close_both(answers);
    return fail(Code::kInternal, "no child process can be started: " + why);
  }
  if (pid == 0) {
    // The other workers' pipes must end when the parent does.
    for (const Worker& other : workers_) close_both({other.orders, other.answers});
    ::close(orders[1]);
    ::close(answers[0]);
    if (const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0) {
      ::dup2(null, STDIN_FILENO);
      ::dup2(null, STDOUT_FILENO);
    }
    confine_this_process({{}, limits_.memory_bytes, SIGTERM});
    body_(orders[0], answers[1]);
    ::_exit(0);
  }
  ::close(orders[0]);
  ::close(answers[1]);
  workers_.push_back({pid, orders[1], answers[0]});
  return {};
}

Status WorkerPool::start(std::size_t task, std::string_view order) {
  auto free = std::ranges::find_if(workers_, [](const Worker& w) { return !w.task; });
  if (free == workers_.end()) {
    HEAPBUMP_CHECK(add_worker());
    free = std::prev(workers_.end());
  }
  free->task = task;
  free->deadline =
      Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(limits_.seconds * 1000));
  // A worker that is gone is noticed when its answers end.
  static_cast<void>(send_message(free->orders, order));
  return {};
}

void WorkerPool::tell(std::size_t task, std::string_view text) {
  if (const Worker* worker = holder(task)) static_cast<void>(send_message(worker->orders, text));
}

void WorkerPool::finish(std::size_t task) {
  if (Worker* worker = holder(task)) worker->task.reset();
}

void WorkerPool::remove(std::size_t index, bool at_once) {
  const Worker worker = std::move(workers_[index]);
  workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(index));
  ::close(worker.orders);
  end_process(worker.pid, at_once);
  ::close(worker.answers);
}

/// False once nothing more can come, or what came is no message.
bool WorkerPool::take_messages(Worker& worker, std::vector<Event>& events) {
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(worker.answers, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) return false;
  worker.received.append(buffer.data(), static_cast<std::size_t>(count));
  while (worker.received.size() >= kHead) {
    const std::size_t length = length_of(worker.received.data());
    if (length > kLongest || !worker.task) return false;
    if (worker.received.size() - kHead < length) break;
    events.push_back({*worker.task, false, worker.received.substr(kHead, length)});
    worker.received.erase(0, kHead + length);
  }
  return true;
}

std::vector<WorkerPool::Event> WorkerPool::wait(int milliseconds) {
  std::vector<pollfd> waits;
  auto soonest = Clock::now() + std::chrono::milliseconds(milliseconds);
  for (const Worker& worker : workers_) {
    waits.push_back({worker.answers, POLLIN, 0});
    if (worker.task) soonest = std::min(soonest, worker.deadline);
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(soonest - Clock::now()).count();
  ::poll(waits.data(), static_cast<nfds_t>(waits.size()),
         static_cast<int>(std::clamp<std::int64_t>(left + 1, 0, milliseconds)));
  std::vector<Event> events;
  for (std::size_t i = waits.size(); i-- > 0;) {
    Worker& worker = workers_[i];
    const bool alive = waits[i].revents == 0 || take_messages(worker, events);
    const bool spoke = std::ranges::any_of(events, [&](const Event& e) { return e.task == worker.task; });
    const bool late = worker.task && !spoke && Clock::now() >= worker.deadline;
    if (alive && !late) continue;
    if (worker.task) {
      // What it said before it died is not an answer.
      std::erase_if(events, [&](const Event& event) { return event.task == *worker.task; });
      events.push_back({*worker.task, true, std::string(alive ? kTimeLimit : kWorkerDied)});
    }
    remove(i, !alive);
  }
  return events;
}

}  // namespace heapbump::audit
