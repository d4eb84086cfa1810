// A constant that equals the heap's start and is to stay where it is when the heap moves. It may be compared
// with what is plainly a number, with the stack pointer where the stack ends at the heap, and with what walks
// up through static data (a collector's roots): none of them is ever the heap's old start. Anything else may
// be a break, which was equal to it and no longer is.
#pragma once

#include <cstdint>
#include <optional>

#include "base/budget.h"
#include "base/error.h"
#include "flow/flow.h"

namespace heapbump {

struct Surroundings {
  std::uint64_t data_begin = 0;  ///< linear-memory addresses: where static data begins,
  std::uint64_t base = 0;        ///< ... and where the heap does
  std::optional<std::uint32_t>
      stack_global;  ///< the stack pointer, where it starts at `base` and no break is kept in it
};

/// File offset of the instruction where the constant, or what constants that are added to it make, meets
/// something that may be an address in the heap, or goes where it is not followed. Accesses at addresses made
/// of constants alone are not looked at. Errors: kWorkLimit.
[[nodiscard]] Result<std::optional<std::uint64_t>> meets_heap(const Flow& flow, NodeId constant,
                                                              const Surroundings& around, Budget& budget);

}  // namespace heapbump
