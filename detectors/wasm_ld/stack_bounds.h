// A stack's description where the stack lies below the heap: its upper end, which equals the heap's start,
// and its size in the word next to it (wasi-libc's __wasi_init_tp of 2024 on). Such a constant is no heap's
// start: it stays where it is.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "flow/flow.h"
#include "wasm/module.h"

namespace heapbump {

/// The global that linkers make the stack pointer, by index: the first mutable i32 with a constant start.
[[nodiscard]] std::optional<std::uint32_t> stack_pointer(const Module& module);

/// File offsets of the immediates that describe the stack in this function; none unless the stack pointer
/// starts at `base`, the heap's start as a linear-memory address. Sizes are `end - C`: no heap that starts at
/// the end has such a size.
[[nodiscard]] std::set<std::uint64_t> stack_bounds(const Module& module, const Flow& flow,
                                                   std::uint64_t base);

}  // namespace heapbump
