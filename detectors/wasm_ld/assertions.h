// What a function asserts: comparisons that it only goes on from in one way, and traps at once otherwise. The
// invariant: what is called a trap has no effect before it that could be seen, and ends.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "flow/flow.h"
#include "wasm/module.h"

namespace heapbump::wasm_ld {

class Assertions {
 public:
  /// Both must outlive it.
  Assertions(const Module& module, const Flow& flow);

  /// Whether a comparison asserts that a pointer from memory lies below `value`: the function traps at once
  /// otherwise, and also where the pointer is null. A number of bytes may well be 0.
  [[nodiscard]] bool is_below_or_traps(NodeId compare, NodeId value, NodeId pointer);

 private:
  [[nodiscard]] bool is_abort(const Effect& effect) const;
  void find_traps();
  [[nodiscard]] bool or_traps(NodeId node, bool wanted);
  [[nodiscard]] bool only_branches(NodeId truth) const;

  const Module& module_;
  const Flow& flow_;
  std::vector<std::pair<NodeId, std::uint32_t>> decisions_;  ///< what is asked, edge; sorted
  std::vector<bool> traps_;  ///< by block: see find_traps; empty until it is asked
};

}  // namespace heapbump::wasm_ld
