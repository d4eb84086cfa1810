// Memory at fixed addresses above the heap's start, which a program uses beside its allocator: a screen or a
// buffer that is indexed, or filled at once. The region would come to lie there. The invariant: a number in
// the heap's initial memory that is added to an index to address memory is taken for an address.
#pragma once

#include <functional>

#include "detectors/wasm_ld/judgement.h"

namespace heapbump::wasm_ld {

/// Refuses `bump` where such an address is used; `base` is where the heap starts, and `owns` says which
/// functions are the allocator's. Errors: those of evaluate_flow.
Status refuse_fixed_addresses(const Facts& facts, std::uint64_t base,
                              const std::function<bool(const Flow&)>& owns, Judgement& judgement);

/// Refuses `bump` where a word of static data is the heap's start, or lies in the initial heap and is read;
/// `own` is the address of the allocator's own word. Errors: those of evaluate_flow.
Status refuse_words_in_heap(const Facts& facts, const DataImage& image, std::uint64_t base,
                            std::optional<std::uint32_t> own, Judgement& judgement);

}  // namespace heapbump::wasm_ld
