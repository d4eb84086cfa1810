// The rules by which Big Go's detector decides, as tables. The detector collects the facts and asks the
// tables; what a table does not decide is refused.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/rule.h"
#include "detectors/go/end_use.h"
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

/// How a generation of the runtime gets its heap.
enum class Era {
  from_pointer,  ///< Go 1.11 to 1.20: reservations begin at `end`, read through lastmoduledatap
  own_pages,     ///< Go 1.21 to 1.23: the heap is what memory.grow returns
  from_break,    ///< Go 1.24 on: the break begins at `end` rounded up to a page
};
/// The era, and the rule that decided it. Errors, as a refusal: no known version's use of `end`.
struct DecidedEra {
  Era era = Era::from_pointer;
  std::string_view rule;
};
[[nodiscard]] Result<DecidedEra> decide_era(const EndUse& use);

/// The first function that does with the memory's size what the runtime does not. Adds the evidence of what
/// it does.
[[nodiscard]] std::optional<Failure> check_memory(const EndUse& use, std::vector<Evidence>& evidence);

/// A place that holds the same number as the word `end`.
struct EqualNumber {
  bool in_code = false;
  bool sets_stack = false;    ///< in code: the number is only stored in Go's stack pointer
  std::uint64_t address = 0;  ///< linear-memory address of a word
};
[[nodiscard]] Result<Decided> judge_number(const EqualNumber& number, const ModuleData& data);

/// All tables of this detector.
[[nodiscard]] std::span<const RuleTable> rule_tables();

/// The first value of minpc on GOARCH=wasm. src/cmd/link/internal/wasm/asm.go (funcValueOffset): a PC is
/// (function index + 0x1000) << 16 | block.
inline constexpr std::uint64_t kFirstPc = 0x10000000;

}  // namespace heapbump::go
