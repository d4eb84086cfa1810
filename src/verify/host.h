// What a preview1 function reads as a number: lengths and the like among its arguments, and the lengths in
// the vectors of buffers that it is given. An address there would say to the host where the heap lies; the
// invariant is that such a number is the same in both modules. Source of the signatures: the WASI repository,
// legacy/preview1/docs.md.
#pragma once

#include <functional>
#include <optional>

#include "flow/flow.h"
#include "verify/relation.h"

namespace heapbump::verify {

/// The first number that the host is given and that is not the same in both modules; none if all are, or if
/// the call is not one of a preview1 import.
[[nodiscard]] std::optional<NodeId> different_number(const Module& module, const Flow& flow,
                                                     const Effect& call,
                                                     const std::function<Relation(NodeId)>& relation_of);

}  // namespace heapbump::verify
