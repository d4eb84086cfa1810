// How often the costly things were done, for the guard of tests/bench: bodies decoded, flows built, bytes
// hashed and copied. Counted always, since a count for each body or piece costs nothing beside the work. The
// invariant: no answer depends on them.
#pragma once

#include <atomic>
#include <cstdint>

namespace heapbump {

struct WorkCounts {
  std::atomic<std::uint64_t> modules_read = 0;
  std::atomic<std::uint64_t> bodies_decoded = 0;
  std::atomic<std::uint64_t> bytes_decoded = 0;
  std::atomic<std::uint64_t> flows_built = 0;
  std::atomic<std::uint64_t> bytes_hashed = 0;
  std::atomic<std::uint64_t> bytes_copied = 0;  ///< of pieces that were joined
};

/// Since the process began.
inline constinit WorkCounts work_counts;

inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace heapbump
