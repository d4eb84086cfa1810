#include "detectors/wasm_ld/new_memory.h"

#include <set>
#include <vector>

#include "wasm/code.h"

namespace heapbump::wasm_ld {
namespace {

constexpr unsigned kDeepest = 8;  // functions that give each other's results

/// What a value that is not new memory by itself is made of; none if that is not understood.
std::vector<NodeId> made_of(const Flow& flow, NodeId id) {
  const Node& node = flow.nodes[id];
  const auto operands = flow.operands_of(node);
  if (node.kind == NodeKind::phi) return {operands.begin(), operands.end()};
  if (node.kind == NodeKind::select) return {operands[0], operands[1]};
  if (node.kind != NodeKind::binary || !flow.constant(operands[1])) return {};
  const bool address = node.opcode == op::i32_shl || node.opcode == op::i32_mul ||
                       node.opcode == op::i32_add || node.opcode == op::i32_sub || node.opcode == op::i32_and;
  return address ? std::vector{operands[0]} : std::vector<NodeId>{};
}

Result<bool> gives_new_memory(const Module& module, std::uint32_t function, Budget& budget, unsigned depth);

Result<bool> is_new(const Module& module, const Flow& flow, NodeId value, Budget& budget, unsigned depth) {
  HEAPBUMP_CHECK(budget.charge(flow.nodes.size() / kPassedPerUnit + 1));
  std::vector<NodeId> pending{value};
  std::set<NodeId> seen{value};
  while (!pending.empty()) {
    const NodeId id = pending.back();
    pending.pop_back();
    const Node& node = flow.nodes[id];
    const auto constant = flow.constant(id);
    if (node.kind == NodeKind::memory_grow || node.kind == NodeKind::memory_size || constant == 0 ||
        constant == -1)
      continue;
    if (node.kind == NodeKind::call && flow.effects[node.effect].kind == EffectKind::call &&
        node.value == 0) {
      const auto callee = static_cast<std::uint32_t>(flow.effects[node.effect].value);
      HEAPBUMP_TRY(const bool gives, gives_new_memory(module, callee, budget, depth + 1));
      if (!gives) return false;
      continue;
    }
    const std::vector<NodeId> parts = made_of(flow, id);
    if (parts.empty()) return false;
    for (const NodeId part : parts)
      if (seen.insert(part).second) pending.push_back(part);
  }
  return true;
}

Result<bool> gives_new_memory(const Module& module, std::uint32_t function, Budget& budget, unsigned depth) {
  if (depth > kDeepest || module.body(function) == nullptr) return false;
  const auto flow = evaluate_flow(module, function, budget, {.frame_slots = true});
  if (!flow) {
    if (flow.error().code == Code::kWorkLimit) return std::unexpected(flow.error());
    return false;
  }
  for (const Effect& effect : flow->effects) {
    if (effect.kind != EffectKind::returns) continue;
    const auto operands = flow->operands_of(effect);
    if (operands.empty()) return false;
    HEAPBUMP_TRY(const bool is, is_new(module, *flow, operands[0], budget, depth));
    if (!is) return false;
  }
  return true;
}

}  // namespace

Result<bool> is_new_memory(const Module& module, const Flow& flow, NodeId value, Budget& budget) {
  return is_new(module, flow, value, budget, 0);
}

}  // namespace heapbump::wasm_ld
