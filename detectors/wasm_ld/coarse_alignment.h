// Alignments of more than a page that the program asks for: where a block that is aligned so comes to lie,
// and how much memory is left beside it, depends on where the heap starts. The invariant: an alignment that
// is a constant of the caller is followed to where something is rounded by it.
#pragma once

#include "detectors/wasm_ld/judgement.h"

namespace heapbump::wasm_ld {

/// Refuses either strategy for the first one. Errors: those of evaluate_flow.
Status refuse_coarse_alignment(const Facts& facts, Judgement& judgement);

}  // namespace heapbump::wasm_ld
