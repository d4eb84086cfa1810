// With the constants near the heap's start moving along with it, every address in a function must be above
// the line or independent of it. Anything in between means that a constant was missed or would move wrongly.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "analysis/survey.h"
#include "detectors/wasm_ld/growth.h"
#include "flow/flow.h"
#include "wasm/module.h"

namespace heapbump {

/// Bytes above the start, a linear-memory address, that an allocator's first header can reach.
inline constexpr std::uint64_t kHeaderSpan = 64;

struct Contradiction {
  std::string what;
  std::uint64_t offset = 0;  ///< of the instruction, in the file
};

/// The first contradiction in a function where the constants of `moved` (in file order) move with a heap that
/// starts at `base`. Errors: kWorkLimit.
[[nodiscard]] Result<std::optional<Contradiction>> find_contradiction(const Module& module, Budget& budget,
                                                                      const Flow& flow,
                                                                      const GrowthReport& growth,
                                                                      std::uint64_t base,
                                                                      std::span<const RangeHit> moved);

}  // namespace heapbump
