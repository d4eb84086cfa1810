// Numbers that may be addresses of the heap, wherever in code they stand: one pass that collects constant
// accesses above a line, numbers equal to one of a few addresses, also in floats and vector lanes, and
// functions that round to more than a page. Nothing is decided here; whoever asks follows what was found.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "flow/flow.h"
#include "wasm/module.h"

namespace heapbump {

/// A place in code.
struct RootPlace {
  std::uint32_t function = 0;
  std::uint64_t offset = 0;  ///< in the file: of the immediate, or the instruction
  std::uint64_t value = 0;
};

/// What to look for.
struct RootRange {
  std::uint64_t line = 0;   ///< constant accesses at or above it
  std::uint64_t begin = 0;  ///< numbers in [begin, end)
  std::uint64_t end = 0;
};

struct RootScan {
  std::vector<RootPlace> accesses;  ///< the first of each function
  std::vector<RootPlace> wide;      ///< f32, f64 and v128 constants
  std::vector<RootPlace> integers;  ///< i64 constants in the range
  std::set<std::uint32_t> coarse;   ///< functions that may round to more than a page
};

/// Errors: those of InstructionReader; kWorkLimit.
[[nodiscard]] Result<RootScan> scan_roots(const Module& module, const RootRange& range, Budget& budget);

/// Where a function rounds a value to more than a page and takes the result for an address; nothing if it
/// does not.
[[nodiscard]] Result<std::optional<std::uint64_t>> rounds_coarsely(const Flow& flow, Budget& budget);

/// Whether a constant is handed on as it is: stored, passed, returned or kept in a global.
[[nodiscard]] Result<bool> is_handed_on(const Flow& flow, NodeId constant, Budget& budget);

}  // namespace heapbump
