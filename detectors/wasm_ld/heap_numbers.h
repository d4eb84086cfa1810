// Numbers in code that may be addresses of the initial heap: a program that names one uses memory beside its
// allocator there, or compares addresses with it, and the number would not move. The invariant: each use of
// such a number is shown to be one that no address has, or it refuses.
#pragma once

#include <cstdint>
#include <functional>
#include <set>

#include "detectors/wasm_ld/judgement.h"

namespace heapbump::wasm_ld {

/// Refuses `bump` for an i32 constant in the heap's initial memory, also taken away, whose use is not
/// explained; `base` is where the heap starts, `owns` says which functions are the allocator's, and
/// `allocating` are those that return memory. Errors: those of evaluate_flow.
Status refuse_numbers_in_heap(const Facts& facts, std::uint64_t base,
                              const std::function<bool(const Flow&)>& owns,
                              const std::set<std::uint32_t>& allocating, Judgement& judgement);

}  // namespace heapbump::wasm_ld
