// Whether a heap that begins below the declared minimum may be extended into the pages above it by a caller
// that asks an allocator for more memory and does not look at where it is. A program can only do so if it
// knows where its memory ends, so both must stand in the module: the end, as a constant or a word of data
// outside the functions that grow the memory, and a call whose result is only asked whether it is there.
// Either alone is common and harmless.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "analysis/address_use.h"
#include "analysis/survey.h"
#include "detectors/wasm_ld/growth.h"
#include "wasm/module.h"

namespace heapbump {

struct InPlace {
  GrowthUse asks;   ///< the call, or what is made of its result
  std::string end;  ///< where the memory's declared end stands, in words
};

/// `uses`: of the constants from the declared end of memory upwards. Errors: those of evaluate_flow.
[[nodiscard]] Result<std::optional<InPlace>> find_extension_in_place(const Module& module, Budget& budget,
                                                                     const Survey& survey,
                                                                     const GrowthReport& growth,
                                                                     std::span<const AddressUse> uses,
                                                                     const NameSection& names);

}  // namespace heapbump
