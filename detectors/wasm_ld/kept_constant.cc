#include "detectors/wasm_ld/kept_constant.h"

#include <algorithm>
#include <vector>

namespace heapbump {
namespace {

/// Whether a value is made in a way that no address is: read from fewer than 32 bits, multiplied, divided,
/// shifted, masked.
bool is_plainly_number(const Flow& flow, NodeId id) {
  constexpr int kMostRoundings = 8;
  for (int i = 0; i < kMostRoundings; ++i) {
    const Node& node = flow.nodes[id];
    switch (node.kind) {
      case NodeKind::constant:
      case NodeKind::memory_size:
        return true;
      case NodeKind::load:
        return op::is_narrow_load(node.opcode);
      case NodeKind::binary:
        break;
      default:
        return false;
    }
    const NodeId left = flow.operand(id, 0);
    const NodeId right = flow.operand(id, 1);
    const bool masks = op::is_mask(node.opcode);
    const bool by_right = masks && rounds_down(flow, right);
    if (!by_right && !(masks && rounds_down(flow, left)))
      return !op::is_sum(node.opcode) && !op::is_integer_comparison(node.opcode);
    id = linear_form(flow, by_right ? left : right).base;  // an address, if what is rounded is one
    if (id == kNoNode) return true;
  }
  return false;
}

/// Whether a value may have started in static data at a constant address, as the variable of a walk through
/// it did. What else it is joined with is not asked: suspendable code joins it with what it saved.
Result<bool> walks_through_data(const Flow& flow, NodeId id, const Surroundings& around, Budget& budget) {
  constexpr std::size_t kMostJoins = 64;
  std::vector<NodeId> pending{id};
  for (std::size_t i = 0; i < pending.size(); ++i) {
    const NodeId base = linear_form(flow, pending[i]).base;
    if (base == kNoNode || flow.nodes[base].kind != NodeKind::phi) continue;
    const auto operands = flow.operands_of(flow.nodes[base]);
    HEAPBUMP_CHECK(budget.charge(operands.size()));
    for (const NodeId operand : operands) {
      const auto start = flow.constant(operand);
      const std::uint64_t address = static_cast<std::uint32_t>(start.value_or(0));
      if (start && address >= around.data_begin && address < around.base) return true;
      if (!start && pending.size() < kMostJoins && std::ranges::find(pending, operand) == pending.end())
        pending.push_back(operand);
    }
  }
  return false;
}

Result<bool> is_harmless(const Flow& flow, NodeId other, const Surroundings& around, Budget& budget) {
  const Node& node = flow.nodes[other];
  if (node.kind == NodeKind::global && around.stack_global && node.value == *around.stack_global) return true;
  if (is_plainly_number(flow, other)) return true;
  return walks_through_data(flow, other, around, budget);
}

/// Whether an effect only asks for a value, or takes it for an address that is made of constants alone.
bool is_told(const Flow& flow, const Effect& effect, const User& user, NodeId value) {
  switch (effect.kind) {
    case EffectKind::branch:
    case EffectKind::drop:
    case EffectKind::grow:
      return true;
    case EffectKind::load:
    case EffectKind::store:
    case EffectKind::atomic:
      return user.position == 0 && linear_form(flow, value).base == kNoNode;
    case EffectKind::bulk:
      return user.position != 0 || linear_form(flow, value).base == kNoNode;
    default:
      return false;
  }
}

}  // namespace

Result<std::optional<std::uint64_t>> meets_heap(const Flow& flow, NodeId constant, const Surroundings& around,
                                                Budget& budget) {
  std::vector<NodeId> made{constant};
  std::vector<bool> seen(flow.nodes.size());
  HEAPBUMP_CHECK(budget.charge(flow.nodes.size() / kPassedPerUnit));
  seen[constant] = true;
  for (std::size_t i = 0; i < made.size(); ++i) {
    const auto users = flow.users(made[i]);
    HEAPBUMP_CHECK(budget.charge(users.size()));
    for (const User& user : users) {
      if (user.is_effect) {
        const Effect& effect = flow.effects[user.index];
        if (!is_told(flow, effect, user, made[i])) return effect.offset;
        continue;
      }
      const Node& node = flow.nodes[user.index];
      bool carries = node.kind == NodeKind::phi || (node.kind == NodeKind::select && user.position < 2) ||
                     (node.kind == NodeKind::unary && !op::is_integer_comparison(node.opcode));
      if (node.kind == NodeKind::binary) {
        const NodeId other = flow.operand(user.index, 1 - user.position);
        if (op::is_sum(node.opcode)) {
          carries = flow.constant(other).has_value();
          if (!carries) return node.offset;
        } else if (op::is_integer_comparison(node.opcode)) {
          HEAPBUMP_TRY(const bool harmless, is_harmless(flow, other, around, budget));
          if (!harmless) return node.offset;
        }
      }
      if (!carries || seen[user.index]) continue;
      seen[user.index] = true;
      made.push_back(user.index);
    }
  }
  return std::nullopt;
}

}  // namespace heapbump
