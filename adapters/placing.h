// Placing: a released adapter becomes one whose stack and State are at fixed addresses and that asks nobody
// for memory. Its imports, exports, types and code stay as they are, but for the calls to the imported
// cabi_realloc, which go to a function appended at the end. The globals keep their indices and get names that
// wit-component does not take for its own, so it injects nothing (crates/wit-component/src/gc.rs looks for
// `__stack_pointer` and `allocation_state`).
#pragma once

#include <cstdint>
#include <vector>

#include "adapters/registry.h"
#include "wasm/edit.h"
#include "wasm/module.h"

namespace heapbump::adapters {

/// Where one adapter lives, as linear-memory addresses of the main module.
struct Place {
  std::uint32_t stack_base = 0;  ///< lowest address of the stack's slot
  std::uint32_t stack_size = 0;  ///< bytes
  std::uint32_t state_base = 0;
  std::uint32_t state_size = 0;  ///< bytes
  [[nodiscard]] std::uint64_t stack_top() const { return std::uint64_t{stack_base} + stack_size; }
};

/// The edits that place the adapter. Errors: kSlots for a place that is too small or misaligned;
/// kForeignAdapter; kMemoryLimit.
[[nodiscard]] Result<EditList> plan_placing(const Module& adapter, const Anatomy& anatomy, const Needs& needs,
                                            const Place& place);

/// Reads the placed adapter anew and compares it with the original: nothing may differ but what placing is
/// meant to change. Errors: kInternal for any other difference.
[[nodiscard]] Status verify_placing(const Module& adapter, const Needs& needs, const Place& place,
                                    Bytes placed);

}  // namespace heapbump::adapters
