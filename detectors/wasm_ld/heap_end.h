// Where a known allocator's first memory ends, if that is a number in the code (the linker's __heap_end). The
// invariant: a number moves only if every use of it is one of an address; what a number is made into before
// it reaches the code, such as the size of the first memory, needs no move.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "detectors/wasm_ld/judgement.h"

namespace heapbump::wasm_ld {

/// Bytes from the heap's start up to the first header's last word.
inline constexpr std::uint64_t kHeader = 64;

struct HeapEnd {
  std::vector<Occurrence> addresses;  ///< at the declared memory's end, or up to 64 bytes below it
  std::optional<RootPlace> unclear;   ///< the first that is an address and a number
};

/// Looks at the functions that set up `allocator`, whose first memory begins at `base`, a linear-memory
/// address. Errors: those of evaluate_flow.
[[nodiscard]] Result<HeapEnd> find_heap_end(const Facts& facts, const Allocator& allocator,
                                            std::uint64_t base);

/// The numbers that find_heap_end looks at: linear-memory addresses.
[[nodiscard]] AddressSpan heap_end_numbers(const Module& module, std::uint64_t base);

}  // namespace heapbump::wasm_ld
