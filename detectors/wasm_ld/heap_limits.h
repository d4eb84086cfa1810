// Limits of an allocator's own that are addresses: `next + n > &__heap_base + 1 MiB`. Such a limit has to
// move with the break that it is compared with, or there is less room than before. Neither a number in code
// nor one in data tells whether it is an address or happens to be compared, so a break that has one is not
// moved. The invariant: nothing found means that no break is compared with, or measured from, a number that
// would have to move.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>

#include "detectors/wasm_ld/heap_constants.h"
#include "heapbump/detect.h"
#include "wasm/data_image.h"
#include "wasm/module.h"

namespace heapbump {

/// `breaks`: where the allocator keeps them; `sites`: what moves with them. Errors: those of survey_code and
/// evaluate_flow.
[[nodiscard]] Result<std::optional<Error>> find_fixed_limit(const Module& module, Budget& budget,
                                                            const GrowthReport& growth,
                                                            const NameSection& names, const DataImage& image,
                                                            std::uint64_t base, const std::set<Place>& breaks,
                                                            std::span<const Site> sites);

}  // namespace heapbump
