// What Go's code does with the word `end` of runtime.firstmoduledata and with memory.size: the facts from
// which the rules of the eras (rules.h) decide. Invariant: a use that was not recognised leaves a fact unset,
// and an unset fact is what no era's rule accepts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/budget.h"
#include "detectors/go/moduledata.h"
#include "wasm/code.h"

namespace heapbump::go {

/// memory.size or memory.grow in one function.
struct MemoryUse {
  std::uint32_t function = 0;
  bool grows = false;
  std::uint64_t offset = 0;  ///< file offset of the first such instruction in the function
  bool only_returned =
      true;  ///< every result goes to a word of Go's stack, where results are returned, and nowhere else
};

/// How the code gets from `end` to its heap.
struct EndUse {
  bool by_address = false;  ///< i64.const of the word's own address, in one function
  bool by_pointer = false;  ///< through a variable that points at the structure (lastmoduledatap)
  bool rounds_up = false;   ///< (end + 65535) & -65536 follows the load
  std::uint32_t function = 0;
  std::uint64_t offset = 0;                  ///< file offset of the load
  std::optional<std::uint64_t> bloc;         ///< address of the variable that the rounded value is stored to
  bool bloc_hands_out = false;               ///< allocations are made from that variable
  std::optional<std::uint64_t> second_read;  ///< file offset of another load of the word by its address
  std::optional<std::uint64_t> memory_size;  ///< file offset of the first memory.size
  std::vector<MemoryUse> memory;             ///< every function that has memory.size or memory.grow
};

/// Errors: those of InstructionReader and evaluate_flow.
[[nodiscard]] Result<EndUse> follow_end(const Module& module, const DataImage& image, const ModuleData& data,
                                        Budget& budget);

/// Bytes above the entry's stack that Go 1.11 to 1.13 store argc and argv to. golang/go
/// src/runtime/rt0_js_wasm.s
inline constexpr std::uint64_t kEntryScratch = 16;

/// Whether a constant is only stored in Go's stack pointer, and addresses no more than kEntryScratch bytes
/// above it.
[[nodiscard]] Result<bool> only_sets_stack(const Module& module, const Occurrence& constant, Budget& budget);

/// One sentence for evidence and refusals.
[[nodiscard]] std::string describe(const EndUse& use);

}  // namespace heapbump::go
