// Words of a stack frame that are no locals (flow.h, FrameSlots), since an address in the frame is passed on,
// or since they have 64 bits. What such a word holds may have been changed through that address; the
// invariant: only what the function itself stores to just the bytes that it loads is taken for the word's
// content, and nothing where some store writes these bytes in part.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "flow/flow.h"

namespace heapbump::verify {

/// The values that are stored in one word, which its loads share.
using StoredValues = std::shared_ptr<const std::vector<NodeId>>;
/// Pairs of a load and a value that it may find: no more are followed in one function, so that work is
/// bounded.
inline constexpr std::size_t kMostKeptPairs = 1U << 16U;

/// For each load of 32 or 64 bits from the frame below `stack`, the values that the function stores there.
[[nodiscard]] std::map<NodeId, StoredValues> stored_in_frame(const Flow& flow, std::uint32_t stack);

}  // namespace heapbump::verify
