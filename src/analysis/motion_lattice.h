// Sums of values that move, and what is left where they are not known to move alike: for motion.cc. The
// invariant: whatever is not known to cancel moves, and whatever moves in two ways is unknown.
#pragma once

#include "analysis/motion.h"

namespace heapbump {

/// What is unknown of both, but for the low bits that neither changes.
[[nodiscard]] Motion lost(const Motion& a, const Motion& b);

/// `a + sign * b`. An address less a foreign value is an address or a distance, as that is a number or an
/// address: a foreign value again, which owes the address's motion in case it is added to one that cancels
/// it.
[[nodiscard]] Motion sum(const Motion& a, const Motion& b, int sign, MotionView view);

}  // namespace heapbump
