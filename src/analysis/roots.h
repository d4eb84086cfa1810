// Numbers that may be addresses of the heap, wherever in code they stand: one pass that collects constant
// accesses in a range, and numbers equal to one of a few addresses, also in floats and vector lanes.
// Nothing is decided here; whoever asks follows what was found.
#pragma once

#include <cstdint>
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

/// Addresses [begin, end); nothing by default.
struct AddressSpan {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] bool contains(std::uint64_t address) const { return address >= begin && address < end; }
};

/// What to look for.
struct RootRange {
  AddressSpan accesses;  ///< of constant addresses
  AddressSpan numbers;   ///< floats, lanes of vectors and i64 numbers
  /// An access is left out if its address is a number here that the function names, as an i32.const or an
  /// access's offset: whoever asks judges those numbers by themselves.
  AddressSpan judged;
};

struct RootScan {
  std::vector<RootPlace> accesses;  ///< the first of each function
  std::vector<RootPlace> wide;      ///< f32, f64 and v128 constants
  std::vector<RootPlace> integers;  ///< i64 constants
};

/// Errors: those of InstructionReader; kWorkLimit.
[[nodiscard]] Result<RootScan> scan_roots(const Module& module, const RootRange& range, Budget& budget);

/// Whether a constant is passed on as it is: stored, passed, returned or kept in a global.
[[nodiscard]] Result<bool> is_handed_on(const Flow& flow, NodeId constant, Budget& budget);

}  // namespace heapbump
