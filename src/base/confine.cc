#include "base/confine.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace heapbump {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCanLimitMemory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kCanLimitMemory = false;
#else
constexpr bool kCanLimitMemory = true;
#endif
#else
constexpr bool kCanLimitMemory = true;
#endif

void limit(int resource, std::uint64_t value) {
  const rlimit both{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  ::setrlimit(static_cast<decltype(RLIMIT_AS)>(resource), &both);
}

std::uint64_t address_space_in_use() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  statm >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void confine_this_process(const Confinement& confinement) {
#ifdef __linux__
  ::prctl(PR_SET_PDEATHSIG, confinement.signal_when_orphaned);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
  limit(RLIMIT_CORE, 0);
  if (confinement.cpu_seconds) limit(RLIMIT_CPU, *confinement.cpu_seconds);
  if (confinement.memory_bytes && kCanLimitMemory)
    limit(RLIMIT_AS, address_space_in_use() + *confinement.memory_bytes);
}

}  // namespace heapbump
