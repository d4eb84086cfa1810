// What one run of a module leaves behind: the host calls it made, in order, and how it ended. Two runs are
// compared by nothing else. Addresses in the program's memory are no part of an event, because a module whose
// heap moved passes other addresses for the same bytes; the bytes themselves, lengths, handles and results
// are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heapbump::run {

/// One call of an imported function.
struct Event {
  std::string call;          ///< "fd_write"
  std::string detail;        ///< arguments that are not addresses, and lengths given back: "1, _, 2 -> 12"
  std::uint32_t result = 0;  ///< preview1 errno
  std::string bytes;         ///< what the program gave to the host: data written, paths

  friend bool operator==(const Event&, const Event&) = default;
};

enum class End : std::uint8_t {
  returned,        ///< the entry point (and every invoked export) returned
  exited,          ///< proc_exit, with its code
  trapped,         ///< the program trapped
  region_touched,  ///< the pattern in the region was not intact
  region_read,     ///< a load from the region, where the engine watches them
  limit,           ///< a limit was reached: nothing can be said
  unsupported,     ///< the engine or the host cannot run this module
  crashed,         ///< the child process died
};

struct Outcome {
  End end = End::crashed;
  std::uint32_t exit_code = 0;
  std::string message;             ///< trap text, which limit, what is not supported
  std::uint64_t instructions = 0;  ///< executed, where the engine counts them
  std::uint32_t pages = 0;         ///< size of the memory at the end
  std::uint64_t touched_at = 0;    ///< linear-memory address of the first byte that changed or was read
  std::uint64_t touched_count = 0;
};

struct Trace {
  std::vector<Event> events;
  Outcome outcome;
};

}  // namespace heapbump::run
