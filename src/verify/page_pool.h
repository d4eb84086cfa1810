// The one allocator that relating values cannot follow, because it keeps a bit for each page number: Zig's
// WasmPageAllocator (lib/std/heap/WasmPageAllocator.zig, 0.9 to 0.14). Its function that gives pages back
// searches for nothing, fails on nothing and returns nothing: it sets the bits of the pages from `start` to
// `end`, those below a first table's size there, all others in a second table. The invariant: a function is
// taken for it only if its second table has a bit for every page that a memory can have, so that no page is
// without one wherever the heap is.
#pragma once

#include "flow/flow.h"

namespace heapbump::verify {

/// Whether its type is that of recycle(start, end), and the second table's length may be in it. False is
/// certain.
[[nodiscard]] bool may_give_back_pages(const Module& module, std::uint32_t function);
/// Whether the body is that of recycle(start, end).
[[nodiscard]] bool gives_back_pages(const Module& module, const Flow& flow);

}  // namespace heapbump::verify
