// What a child process may take: the limits that hold for it whatever it does, set by itself before it looks
// at a stranger's bytes. The parent's own clock is the other half, since no limit here counts waiting.
#pragma once

#include <cstdint>
#include <optional>

namespace heapbump {

struct Confinement {
  std::optional<std::uint64_t> cpu_seconds;   ///< then SIGXCPU
  std::optional<std::uint64_t> memory_bytes;  ///< of address space, above what the process has now
  int signal_when_orphaned = 9;               ///< sent when the parent has gone (Linux)
};

/// Also: no core file, and no privileges by executing another program. A memory limit is left out under the
/// address and thread sanitizers, whose shadow memory takes terabytes of address space.
void confine_this_process(const Confinement& confinement);

}  // namespace heapbump
