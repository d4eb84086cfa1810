// Runs a program with its output thrown away and prints what it took: wall and CPU milliseconds (user and
// system), the largest resident set in KiB, and how it ended. A small parent of its own, since a child's
// resident set counts what its parent held when it was forked.
//
//   heapbump_timed PROGRAM ARGUMENT...
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child < 0) return 1;
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    if (nowhere < 0 || ::dup2(nowhere, STDOUT_FILENO) < 0 || ::dup2(nowhere, STDERR_FILENO) < 0) ::_exit(126);
    ::execvp(arguments[1], arguments + 1);
    ::_exit(127);
  }
  int status = 0;
  struct rusage use{};
  if (::wait4(child, &status, 0, &use) != child) return 1;
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
  const auto milliseconds = [](const timeval& time) {
    return 1e3 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_usec);
  };
  std::printf("%.3f %.3f %ld %d\n", wall.count(), milliseconds(use.ru_utime) + milliseconds(use.ru_stime),
              use.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
  return 0;
}
