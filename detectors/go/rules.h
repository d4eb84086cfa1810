// The rules by which Big Go's detector decides, as tables. The detector collects the facts and asks the
// tables; what a table does not decide is refused.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/rule.h"
#include "detectors/go/moduledata.h"

namespace heapbump::go {

/// What the checks of the structure look at besides the structure.
struct StructureContext {
  const Module& module;
  const DataImage& image;
};

/// The first field of a candidate for runtime.firstmoduledata that does not check out. Adds the evidence of
/// those that do.
[[nodiscard]] std::optional<Failure> check_structure(const Candidate& candidate,
                                                     const StructureContext& context,
                                                     std::vector<Evidence>& evidence);

/// All tables of this detector.
[[nodiscard]] std::span<const RuleTable> rule_tables();

/// The first value of minpc on GOARCH=wasm. src/cmd/link/internal/wasm/asm.go (funcValueOffset): a PC is
/// (function index + 0x1000) << 16 | block.
inline constexpr std::uint64_t kFirstPc = 0x10000000;

}  // namespace heapbump::go
