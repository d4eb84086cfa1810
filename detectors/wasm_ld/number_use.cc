#include "detectors/wasm_ld/number_use.h"

#include <algorithm>

#include "detectors/wasm_ld/place.h"
#include "wasm/code.h"

namespace heapbump::wasm_ld {
namespace {

/// Whether an effect takes an address in the allocator's way: to access memory, or to keep it at a constant
/// address, where the allocator's own words are.
bool takes_or_keeps(const Flow& flow, const Effect& effect, std::uint32_t position) {
  if (effect.kind == EffectKind::drop || effect.kind == EffectKind::branch) return true;
  if (effect.kind == EffectKind::store) return position == 0 || static_address(flow, effect);
  return position == 0 && (effect.kind == EffectKind::load || effect.kind == EffectKind::atomic);
}

}  // namespace

bool is_used_as_number(const Flow& flow, NodeId constant) {
  return std::ranges::any_of(flow.users(constant), [&](const User& user) {
    if (user.is_effect) return !takes_or_keeps(flow, flow.effects[user.index], user.position);
    const Node& node = flow.nodes[user.index];
    if (node.kind == NodeKind::phi || node.kind == NodeKind::select || node.opcode == op::i32_eqz)
      return false;
    if (node.kind != NodeKind::binary) return true;
    if (!op::is_integer_comparison(node.opcode))
      return !op::is_sum(node.opcode) && node.opcode != op::i32_and;
    const Linear other = linear_form(flow, flow.operand(user.index, 1 - user.position));
    if (other.base == kNoNode) return false;
    const Node& from = flow.nodes[other.base];
    return from.kind == NodeKind::parameter ||
           (from.kind == NodeKind::load && !static_address(flow, flow.effects[from.effect]));
  });
}

bool ends_first_block(const Flow& flow, NodeId constant, std::uint64_t start) {
  const auto is_size = [&](NodeId id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary || (node.opcode != op::i32_sub && node.opcode != op::i32_add))
      return false;
    const auto taken = flow.constant(flow.operand(id, 1));
    const auto base = static_cast<std::uint32_t>(start);
    return taken && static_cast<std::uint32_t>(*taken) == (node.opcode == op::i32_sub ? base : 0 - base);
  };
  const auto users = flow.users(constant);
  return !users.empty() && std::ranges::all_of(users, [&](const User& user) {
    return !user.is_effect && flow.nodes[user.index].opcode == op::i32_add &&
           is_size(flow.operand(user.index, 1 - user.position)) &&
           std::ranges::all_of(flow.users(user.index),
                               [&](const User& next) { return takes_address(flow, next); });
  });
}

bool is_indexed(const Flow& flow, NodeId constant) {
  return std::ranges::any_of(flow.users(constant), [&](const User& user) {
    return !user.is_effect && flow.nodes[user.index].opcode == op::i32_add &&
           !flow.constant(flow.operand(user.index, 1 - user.position));
  });
}

NodeId constant_at(const Flow& flow, std::uint64_t file_offset) {
  for (NodeId id = 0; id < flow.nodes.size(); ++id)
    if (flow.nodes[id].kind == NodeKind::constant && flow.nodes[id].width != 0 &&
        flow.nodes[id].immediate_offset == file_offset)
      return id;
  return kNoNode;
}

bool is_accessed(const Flow& flow, NodeId constant) {
  return std::ranges::any_of(flow.users(constant),
                             [&](const User& user) { return takes_address(flow, user); });
}

std::string distance_of(std::uint64_t number, std::uint64_t start) {
  if (number == start) return "the heap's start";
  return number > start ? "the heap's start plus " + std::to_string(number - start)
                        : "the heap's start minus " + std::to_string(start - number);
}

}  // namespace heapbump::wasm_ld
