// Compares what two runs left behind. Equal means: the same host calls with the same results, the same bytes
// given to the host, the same end. One kind of difference is separate: a number that the program prints
// and that is an address of its own heap in both runs; it is reported as such, never passed over in silence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/trace.h"

namespace heapbump::run {

/// Where a module's heap is, to tell an address from another number.
struct HeapRange {
  std::uint64_t begin = 0;  ///< first address the allocator may hand out
  std::uint64_t end = 0;    ///< size of the memory when the run ended
};

struct AddressDifference {
  std::size_t event = 0;  ///< number of the host call, from 0
  std::string original;   ///< as printed
  std::string reserved;
};

struct Difference {
  std::size_t event = 0;
  std::string what;      ///< "call", "arguments or lengths", "result", "bytes", "end"
  std::string expected;  ///< in the original's run
  std::string found;     ///< in the reserved one's
};

struct Comparison {
  std::vector<Difference> differences;  ///< the first few; empty means equal
  std::vector<AddressDifference> addresses;
  [[nodiscard]] bool equal() const { return differences.empty(); }
};

[[nodiscard]] Comparison compare_traces(const Trace& original, HeapRange original_heap, const Trace& reserved,
                                        HeapRange reserved_heap);

[[nodiscard]] std::string to_string(const Event& event);
[[nodiscard]] std::string to_string(const Outcome& outcome);
/// Text that is safe on a terminal: control characters and other bytes as \xNN, at most `limit` bytes.
[[nodiscard]] std::string printable(std::string_view bytes, std::size_t limit = 80);

}  // namespace heapbump::run
