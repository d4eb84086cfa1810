// Whether a constant near the heap's start is used as a number in a function of the allocator. A compiler
// that merges the program with malloc brings numbers there that equal the heap's start by chance. The
// invariant: a direct use that is not one of an address counts as one of a number; what becomes of sums and
// masks is left to the reasoning (reasoning.h).
#pragma once

#include <cstdint>
#include <string>

#include "flow/flow.h"

namespace heapbump::wasm_ld {

/// Passed on, stored through a pointer, compared with a parameter or with what is loaded through a pointer,
/// multiplied and the like.
[[nodiscard]] bool is_used_as_number(const Flow& flow, NodeId constant);

/// Whether a constant below the start is only ever added to `end - start` to address memory: where dlmalloc
/// marks the end of its first block, folded to `(start - 52) + (end - start)`.
[[nodiscard]] bool ends_first_block(const Flow& flow, NodeId constant, std::uint64_t start);

/// Whether a constant is added to what is no constant.
[[nodiscard]] bool is_indexed(const Flow& flow, NodeId constant);

/// The constant whose immediate is at a file offset; kNoNode where no path leads to it.
[[nodiscard]] NodeId constant_at(const Flow& flow, std::uint64_t file_offset);

/// Whether memory is accessed at a constant.
[[nodiscard]] bool is_accessed(const Flow& flow, NodeId constant);

/// "the heap's start plus 8", as reports say it.
[[nodiscard]] std::string distance_of(std::uint64_t number, std::uint64_t start);

}  // namespace heapbump::wasm_ld
