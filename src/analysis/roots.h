// Numbers that may be addresses of the heap, wherever in code they are: one pass that collects constant
// accesses in a range, and numbers equal to one of a few addresses, also in floats and vector lanes.
// Nothing is decided here; whoever asks follows what was found.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "analysis/program.h"
#include "flow/flow.h"
#include "wasm/code.h"
#include "wasm/module.h"

namespace heapbump {

/// A place in code.
struct RootPlace {
  std::uint32_t function = 0;
  std::uint64_t offset = 0;  ///< in the file: of the immediate, or the instruction
  std::uint64_t value = 0;
};

/// An immediate of an i32.const, i64.const or memory access that is a number asked for.
struct RangeHit : Occurrence {
  bool negated = false;  ///< the constant is the negative of such a number
};

/// A place in code as reports name it: the function, and the offset in the file.
[[nodiscard]] std::string describe_place(const NameSection& names, std::uint32_t function,
                                         std::uint64_t offset);

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
  /// Immediates, also negated, that whoever asks judges by themselves. An access is left out if its address
  /// is such an i32.const, or its offset is one.
  AddressSpan judged;
  /// An access there is left out as well where an i32.const in this range may be its address, in one of these
  /// functions, which whoever asks looks at by themselves.
  AddressSpan known = {};
  const std::set<std::uint32_t>* known_in = nullptr;
};

struct RootScan {
  std::vector<RangeHit> judged;     ///< in file order
  std::vector<RootPlace> accesses;  ///< the first of each function
  std::vector<RootPlace> wide;      ///< f32, f64 and v128 constants
  std::vector<RootPlace> integers;  ///< i64 constants
};

/// Parts of the index that scan_roots asks, so that it decodes only bodies that may hold a root.
inline constexpr CodeIndex::Parts kRootParts = CodeIndex::kNumbers | CodeIndex::kRoots;
/// Errors: those of InstructionReader; kWorkLimit, also for more judged numbers than any linked module has.
[[nodiscard]] Result<RootScan> scan_roots(const Module& module, const CodeIndex& index,
                                          const RootRange& range, Budget& budget);

}  // namespace heapbump
