// What happens to a value if everything above some address moves up by whole pages: the algebra behind every
// proof that a module keeps its meaning. A value has scale k if it grows by k for each page of the move: a
// byte address above the line has scale 65536, a page number 1, a size 0. Sums add scales, so that `end -
// begin` is a size again however it was computed. The invariant: a node whose scale is known grows by exactly
// that; one that depends on the line in any other way is marked unknown, never silently 0.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "flow/flow.h"

namespace heapbump {

struct Shift {
  std::int64_t scale = 0;
  bool known = true;
  bool top = false;        ///< depends on the line
  bool from_size = false;  ///< ... through a memory.size that nothing yet ties to newly grown memory
  bool base = false;  ///< the start of newly grown memory itself, give or take a header, in bytes or pages
  bool cancelled = false;  ///< a size: two values above the line were subtracted to get it
  bool mixed = false;      ///< on some paths it is not above the line at all
  bool operator==(const Shift&) const = default;
};

struct ShiftSeed {
  NodeId node = kNoNode;
  Shift shift;
};

/// Whether a value made from memory.size is known to be newly grown memory at the end of a block.
using TiedAt = std::function<bool(NodeId value, BlockId block)>;

/// One shift for each node. A phi operand that arrives where it is known to equal newly grown memory counts
/// as that: because the way there compared the two, or because `tied` says so. Errors: kWorkLimit.
[[nodiscard]] Result<std::vector<Shift>> compute_shifts(const Flow& flow, std::span<const ShiftSeed> seeds,
                                                        Budget& budget, const TiedAt& tied = {});

/// Calls `visit(a, b)` for each pair of nodes known to be equal when this edge is taken.
template <typename Visit>
void equalities_on(const Flow& flow, const Edge& edge, Visit visit) {
  const Edge* at = &edge;
  for (int depth = 0; depth < 64; ++depth) {
    if (at->condition != kNoNode) {
      const Outcome outcome = asked(flow, at->condition, at->taken_if_true);
      const Node& condition = flow.nodes[outcome.node];
      const bool equal = condition.opcode == (outcome.holds ? op::i32_eq : op::i32_ne);
      if (condition.kind == NodeKind::binary && equal)
        visit(flow.operand(outcome.node, 0), flow.operand(outcome.node, 1));
    }
    const auto before = flow.predecessors(at->from);
    if (before.size() != 1) return;
    at = &before[0];
  }
}

/// Calls `visit(node)` for each node known to be zero in `block`.
template <typename Visit>
void zeros_in(const Flow& flow, BlockId block, Visit visit) {
  for (int depth = 0; depth < 64; ++depth) {
    const auto before = flow.predecessors(block);
    if (before.size() != 1) return;
    const Edge& edge = before[0];
    if (edge.condition != kNoNode) {
      const Node& condition = flow.nodes[edge.condition];
      if (!edge.taken_if_true) visit(edge.condition);
      if (edge.taken_if_true && condition.kind == NodeKind::unary && condition.opcode == op::i32_eqz)
        visit(flow.operand(edge.condition, 0));
    }
    block = edge.from;
  }
}

}  // namespace heapbump
