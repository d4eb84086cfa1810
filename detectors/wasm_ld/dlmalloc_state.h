// dlmalloc's malloc_state, as the code that sets it up shows it: least_addr at 16, seg.base at 448, seg.size
// at 452 (pointers of 32 bits, no locks; wasi-libc's and Emscripten's `dlmalloc/src/malloc.c`). The start is
// stored to the first two and the size to the third.
#pragma once

#include <cstdint>
#include <optional>

#include "flow/flow.h"

namespace heapbump {

/// The state's linear-memory address, if this function sets its fields for a heap that starts at `base`.
[[nodiscard]] std::optional<std::uint32_t> find_malloc_state(const Flow& flow, std::uint64_t base);

/// Whether the constant whose immediate stands at that file offset is stored into the state and nowhere else.
[[nodiscard]] bool is_kept_in_state(const Flow& flow, std::uint64_t immediate_offset, std::uint32_t state);

}  // namespace heapbump
