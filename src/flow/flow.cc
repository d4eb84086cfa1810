#include "flow/flow.h"

#include <algorithm>
#include <vector>

namespace heapbump {

std::optional<bool> Flow::decided(NodeId condition) const {
  constexpr int kDeepest = 8;
  bool wanted = true;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const Outcome outcome = asked(*this, condition, wanted);
    const Node& at = nodes[outcome.node];
    wanted = outcome.holds;
    if (at.kind == NodeKind::constant) return (at.value != 0) == wanted;
    const bool equality = at.kind == NodeKind::binary && op::is_i32_equality(at.opcode);
    if (!equality) return std::nullopt;
    const NodeId left = operand(outcome.node, 0);
    const NodeId right = operand(outcome.node, 1);
    const auto zero = [&](NodeId node) {
      return nodes[node].kind == NodeKind::constant && nodes[node].value == 0;
    };
    if (!zero(left) && !zero(right)) return std::nullopt;
    if (at.opcode == op::i32_eq) wanted = !wanted;
    condition = zero(right) ? left : right;
  }
  return std::nullopt;
}

bool takes_address(const Flow& flow, const User& user) {
  if (!user.is_effect) return flow.nodes[user.index].kind == NodeKind::load;
  const EffectKind kind = flow.effects[user.index].kind;
  return user.position == 0 && (kind == EffectKind::load || kind == EffectKind::store);
}

Outcome asked(const Flow& flow, NodeId condition, bool holds) {
  constexpr int kDeepest = 8;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const Node& at = flow.nodes[condition];
    if (at.kind == NodeKind::unary && at.opcode == op::i32_eqz) {
      holds = !holds;
    } else {
      if (at.kind != NodeKind::binary || at.opcode != op::i32_and) break;
      const Node& bit = flow.nodes[flow.operand(condition, 1)];
      const std::uint32_t truth = flow.nodes[flow.operand(condition, 0)].opcode;
      if (bit.kind != NodeKind::constant || bit.value != 1 || !op::is_i32_comparison(truth)) break;
    }
    condition = flow.operand(condition, 0);
  }
  return {condition, holds};
}

std::vector<bool> needed_nodes(const Flow& flow, bool by_drops) {
  std::vector<bool> needed(flow.nodes.size());
  std::vector<NodeId> pending;
  const auto need = [&](NodeId node) {
    if (needed[node]) return;
    needed[node] = true;
    pending.push_back(node);
  };
  for (const Effect& effect : flow.effects)
    if (by_drops || effect.kind != EffectKind::drop) std::ranges::for_each(flow.operands_of(effect), need);
  while (!pending.empty()) {
    const NodeId at = pending.back();
    pending.pop_back();
    std::ranges::for_each(flow.operands_of(flow.nodes[at]), need);
  }
  return needed;
}

bool is_negation(const Flow& flow, NodeId node) {
  const Node& at = flow.nodes[node];
  if (at.kind != NodeKind::binary) return false;
  return (at.opcode == op::i32_sub && flow.constant(flow.operand(node, 0)) == 0) ||
         (at.opcode == op::i32_xor && flow.constant(flow.operand(node, 1)) == -1);
}

Linear linear_form(const Flow& flow, NodeId node) {
  Linear result{node, 0, {}};
  for (int depth = 0; depth < 64; ++depth) {
    const Node& at = flow.nodes[result.base];
    if (const auto value = flow.constant(result.base)) {
      result.offset += static_cast<std::uint32_t>(*value);
      result.constants.push_back(result.base);
      result.base = kNoNode;
      return result;
    }
    if (at.kind != NodeKind::binary || !op::is_i32_sum(at.opcode)) return result;
    const NodeId left = flow.operand(result.base, 0);
    const NodeId right = flow.operand(result.base, 1);
    if (const auto value = flow.constant(right)) {
      const auto amount = static_cast<std::uint32_t>(*value);
      result.offset += at.opcode == op::i32_add ? amount : 0u - amount;
      result.constants.push_back(right);
      result.base = left;
    } else if (const auto other = flow.constant(left); other && at.opcode == op::i32_add) {
      result.offset += static_cast<std::uint32_t>(*other);
      result.constants.push_back(left);
      result.base = right;
    } else {
      return result;
    }
  }
  return result;
}

}  // namespace heapbump
