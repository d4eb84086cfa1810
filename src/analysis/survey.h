// One pass over all of a module's code that collects what the heap detectors ask first: which functions read
// or grow the memory's size, who calls whom, which immediates lie in an address range, and whether the
// linker's padded relocations are still there. Nothing is interpreted here; whoever needs more evaluates the
// functions in question.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wasm/code.h"
#include "wasm/module.h"

namespace heapbump {

/// An immediate of an i32.const, i64.const or memory access in the range asked for.
struct RangeHit : Occurrence {
  bool negated = false;  ///< the constant is the negative of a number in the range
};

struct Survey {
  std::vector<std::uint32_t> size_functions;                   ///< functions with memory.size, ascending
  std::vector<std::uint32_t> grow_functions;                   ///< functions with memory.grow, ascending
  std::vector<std::uint32_t> indirect_callers;                 ///< functions with call_indirect, ascending
  std::vector<std::pair<std::uint32_t, std::uint32_t>> calls;  ///< (callee, caller), sorted, without repeats
  std::vector<RangeHit> hits;
  std::uint64_t padded_calls = 0;  ///< direct calls whose callee is a five-byte LEB128
  std::uint64_t short_calls = 0;   ///< the others, but for those in functions that do nothing but call

  /// Functions that call `callee` directly.
  [[nodiscard]] std::vector<std::uint32_t> callers(std::uint32_t callee) const;
  /// Whether immediates that the linker relocated still have their five bytes: then a shorter i32.const is no
  /// address. The wrappers that the linker makes itself (constructors, exported commands) are never padded
  /// and hold no constants.
  [[nodiscard]] bool relocations_padded() const { return padded_calls >= 4 && short_calls == 0; }
};

/// A place in code as reports name it: the function, and the offset in the file.
[[nodiscard]] std::string describe_place(const NameSection& names, std::uint32_t function,
                                         std::uint64_t offset);

/// The linear-memory range [begin, end) whose addresses to collect; empty for none.
struct AddressRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Errors: those of InstructionReader; kWorkLimit for more hits than any linked module has.
[[nodiscard]] Result<Survey> survey_code(const Module& module, AddressRange range, Budget& budget);

}  // namespace heapbump
