#include "detectors/wasm_ld/stack_bounds.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "analysis/address_use.h"

namespace heapbump {
std::optional<std::uint32_t> stack_pointer(const Module& module) {
  for (std::uint32_t i = 0; i < module.globals.size(); ++i) {
    const Global& global = module.globals[i];
    if (!global.imported && global.is_mutable && global.type == ValueType::i32 && global.init.value) return i;
  }
  return std::nullopt;
}

std::set<std::uint64_t> stack_bounds(const Module& module, const Flow& flow, std::uint64_t heap_base) {
  std::set<std::uint64_t> found;
  const auto base = static_cast<std::int32_t>(heap_base);
  const auto stack = stack_pointer(module);
  if (!stack || static_cast<std::int32_t>(*module.globals[*stack].init.value) != base) return found;
  const auto is_base = [&](NodeId id) {
    const Node& node = flow.nodes[id];
    return node.kind == NodeKind::constant && node.width != 0 &&
           static_cast<std::int32_t>(node.value) == base && flow.users(id).size() == 1;
  };
  // The words that are given the end, and those that are given a size; with each the file offset of the
  // constant's immediate.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> ends;
  std::multimap<std::uint32_t, std::uint64_t> sizes;
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::store || effect.opcode != op::i32_store) continue;
    const auto address = constant_address(flow, effect);
    if (!address) continue;
    const NodeId value = flow.operands_of(effect)[1];
    const Node& node = flow.nodes[value];
    if (is_base(value)) ends.emplace_back(*address, node.immediate_offset);
    if (node.kind != NodeKind::binary || node.opcode != op::i32_sub || !is_base(flow.operand(value, 0)))
      continue;
    const auto low = flow.constant(flow.operand(value, 1));
    if (low && *low > 0 && *low < base && *low % 16 == 0)
      sizes.emplace(*address, flow.nodes[flow.operand(value, 0)].immediate_offset);
  }
  for (const auto& [address, end] : ends)
    for (const std::uint32_t neighbour : {address - 4, address + 4})
      if (const auto size = sizes.find(neighbour); size != sizes.end()) found.insert({end, size->second});
  return found;
}

}  // namespace heapbump
