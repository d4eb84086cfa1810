// Constants in the reserved module's code, found by their bytes: which functions may hold one at all.
// The invariant: a function that holds a constant in the range is never left out.
#pragma once

#include <cstdint>
#include <vector>

#include "verify/context.h"

namespace heapbump::verify {

/// Functions with bytes that may be an immediate in [low, high), or of a constant that is such an address
/// negated. None if the work is more than `context` may spend.
[[nodiscard]] std::vector<std::uint32_t> functions_that_may_hold(Context& context, std::uint64_t low,
                                                                 std::uint64_t high);

}  // namespace heapbump::verify
