#include "detectors/wasm_ld/assertions.h"

#include <algorithm>

#include "analysis/walk.h"
#include "detectors/wasm_ld/place.h"

namespace heapbump::wasm_ld {

Assertions::Assertions(const Module& module, const Flow& flow) : module_(module), flow_(flow) {
  for (std::uint32_t i = 0; i < flow_.edges.size(); ++i)
    if (flow_.edges[i].condition != kNoNode)
      decisions_.emplace_back(asked(flow_, flow_.edges[i].condition, flow_.edges[i].taken_if_true).node, i);
  std::ranges::sort(decisions_);
}

/// A call of a function that traps with its first instruction, as wasi-libc's `abort`.
bool Assertions::is_abort(const Effect& effect) const {
  if (effect.kind != EffectKind::call) return false;
  const FunctionBody* body = module_.body(static_cast<std::uint32_t>(effect.value));
  if (body == nullptr) return false;
  InstructionReader reader(module_, *body);
  Instruction first;
  return reader.next(first) && first.opcode == op::unreachable;
}

/// Blocks from which every way ends in a trap, with nothing that could be seen of it before: no effect, and
/// no loop, which might never end. From the ends of the graph backwards.
void Assertions::find_traps() {
  traps_.assign(flow_.block_count, false);
  std::vector<bool> quiet(flow_.block_count, true);
  for (const Effect& effect : flow_.effects)
    if (effect.kind != EffectKind::branch && effect.kind != EffectKind::drop && !is_abort(effect))
      quiet[effect.block] = false;
  std::vector<std::uint32_t> ways_on(flow_.block_count);
  for (const Edge& edge : flow_.edges) ++ways_on[edge.from];
  std::vector<BlockId> pending;
  for (BlockId block = 0; block < flow_.block_count; ++block)
    if (quiet[block] && ways_on[block] == 0) pending.push_back(block);
  while (!pending.empty()) {
    const BlockId block = pending.back();
    pending.pop_back();
    traps_[block] = true;
    for (const Edge& edge : flow_.predecessors(block))
      if (--ways_on[edge.from] == 0 && quiet[edge.from]) pending.push_back(edge.from);
  }
}

/// Whether the function goes on only where what is asked turns out as wanted: every other way traps at once.
bool Assertions::or_traps(NodeId node, bool wanted) {
  bool any = false;
  auto at = std::ranges::lower_bound(decisions_, std::pair{node, std::uint32_t{0}});
  for (; at != decisions_.end() && at->first == node; ++at) {
    const Edge& edge = flow_.edges[at->second];
    any = true;
    if (traps_.empty()) find_traps();
    if (asked(flow_, edge.condition, edge.taken_if_true).holds != wanted && !traps_[edge.to]) return false;
  }
  return any;
}

/// Whether branches alone use a truth value: it is counted, kept and passed nowhere.
bool Assertions::only_branches(NodeId truth) const {
  constexpr std::size_t kMaxNodes = 64;
  WalkList<NodeId> list(kMaxNodes, {truth});
  while (const auto at = list.next()) {
    for (const User& user : flow_.users(*at)) {
      if (user.is_effect ? flow_.effects[user.index].kind != EffectKind::branch
                         : asked(flow_, user.index, true).node != truth)
        return false;
      if (!user.is_effect) list.add(user.index);
    }
    if (list.size() > kMaxNodes) return false;
  }
  return true;
}

bool Assertions::is_below_or_traps(NodeId compare, NodeId value, NodeId pointer) {
  const std::uint32_t opcode = op::same_on_i32(flow_.nodes[compare].opcode);
  const bool right = flow_.operand(compare, 1) == value;
  const bool less = opcode == op::i32_lt_u || opcode == op::i32_le_u;
  const bool greater = opcode == op::i32_gt_u || opcode == op::i32_ge_u;
  if (!less && !greater) return false;
  NodeId word = pointer;
  if (flow_.nodes[word].kind == NodeKind::unary && flow_.nodes[word].opcode == op::i64_extend_i32_u)
    word = flow_.operand(word, 0);
  return flow_.nodes[word].kind == NodeKind::load && is_word_access(flow_.nodes[word].opcode) &&
         only_branches(compare) && or_traps(compare, less == right) && or_traps(word, true);
}

}  // namespace heapbump::wasm_ld
