// The shim: one function, exported as `cabi_realloc_adapter`, that hands the region's slots to stock adapters
// and traps on anything else. wit-component prefers an export of exactly that name for the adapter's
// allocations and uses it for nothing else (wasm-tools PR #989), so the module's own canonical-ABI realloc
// stays what it is.
#pragma once

#include "record/manifest.h"
#include "wasm/edit.h"

namespace heapbump {

struct Shim {
  std::uint32_t function_index = 0;
  std::uint32_t global_index = 0;  ///< counts the slots given out
};

/// The body of the shim, with its size in front, as it is in the code section. Signature
/// (old_ptr, old_size, align, new_size: i32) -> i32. Answers 2 * adapters requests of (0, 0, <= 8, 65536):
/// for each adapter its stack, in the high page, then its State, in the low one.
[[nodiscard]] std::vector<std::byte> shim_body(const Region& region, std::uint32_t adapters,
                                               std::uint32_t global_index);

/// Adds the type (or reuses one), the global, the function, the export and the body. Error: kExportTaken.
[[nodiscard]] Result<Shim> add_shim(EditBuilder& builder, const Module& module, const Region& region,
                                    std::uint32_t adapters);

/// The signature of a canonical-ABI realloc.
[[nodiscard]] const FunctionType& realloc_type();

/// The export a stock adapter would take its memory from, `cabi_realloc_adapter` before `cabi_realloc`, if it
/// is a function of the right type; nullptr if there is none.
[[nodiscard]] const Export* adapter_realloc(const Module& module);

}  // namespace heapbump
