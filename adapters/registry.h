// The adapter families heapbump can place, one line each. A family knows by which imports and exports its
// adapters are recognised and what is particular to them; reading, placing and checking are the same for all
// (anatomy.h, placing.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/anatomy.h"
#include "wasm/module.h"

namespace heapbump::adapters {

/// What one adapter needs from the region, read from the adapter itself.
struct Needs {
  std::string_view family;
  std::string flavor;  ///< "command", "reactor", "proxy"; empty where the family has no such thing
  std::uint32_t stack_pointer = 0;                ///< global index
  std::optional<std::uint32_t> allocation_state;  ///< global index; adapters from before 2023-04 have none
  std::optional<std::uint32_t> state_pointer;     ///< global index
  std::uint32_t state_size = 0;                   ///< bytes, the constant it asks for; 0 if it asks for none
  /// The most bytes of stack that can be in use at once; nothing where that cannot be computed.
  std::optional<std::uint64_t> stack_bound;
};

struct Family {
  std::string_view name;
  std::string_view summary;  ///< one line for `heapbump place --help`
  /// Whether imports and exports are those of this family; cheap, decodes no code.
  bool (*recognises)(const Module& module);
  /// What it needs, or why it cannot be placed.
  Result<Needs> (*examine)(const Module& module, const Anatomy& anatomy);
};

[[nodiscard]] std::span<const Family> families();

/// Finds the family and lets it examine the module. Errors: kForeignAdapter, kAdapterExpected for a main
/// module, kAdapterUnnamed, kAdapterPlaced.
[[nodiscard]] Result<Needs> examine(const Module& module, const Anatomy& anatomy);

/// The examination that fits every adapter made the way wasmtime's is: three named globals, at most one
/// constant request for State, nothing that grows memory. Families call it and then add their own.
[[nodiscard]] Result<Needs> examine_common(std::string_view family, const Module& module,
                                           const Anatomy& anatomy);

}  // namespace heapbump::adapters
