// What the program does with the addresses that its allocator hands out. The contract is that they are opaque
// to it (docs/soundness.md); what can be seen to break that is refused. Addresses are followed to
// callers, through parameters, static words and globals (address_flow.h); those that are loaded from other
// memory cannot be seen.
#pragma once

#include <cstdint>
#include <optional>

#include "analysis/program.h"
#include "detectors/wasm_ld/judgement.h"
#include "detectors/wasm_ld/reasoning.h"

namespace heapbump::wasm_ld {

/// What is seen of the use of addresses that an allocator returns.
struct SeenAddresses {
  std::optional<Objection> objection;  ///< the first use that shows that an address is not opaque
  std::uint32_t accepted = 0;          ///< uses that do not show it
};

/// `line`: from here up addresses move. Errors: those of evaluate_flow.
[[nodiscard]] Result<SeenAddresses> find_seen_addresses(const Facts& facts, const Reasoning& reasoning,
                                                        std::uint64_t line);

/// Writes down the objection, or how many uses the last opaque rule accepted.
void record(const SeenAddresses& seen, const Facts& facts, Judgement& judgement);

}  // namespace heapbump::wasm_ld
