#include "detectors/wasm_ld/dlmalloc_state.h"

#include <algorithm>
#include <vector>

#include "analysis/address_use.h"

namespace heapbump {
namespace {

constexpr std::uint32_t kLeastAddr = 16, kSegBase = 448, kSegSize = 452, kStateSize = 480;

}  // namespace

std::optional<std::uint32_t> find_malloc_state(const Flow& flow, std::uint64_t base) {
  std::vector<std::uint32_t> starts;
  std::vector<std::uint32_t> others;
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::store || effect.opcode != op::i32_store) continue;
    const auto address = constant_address(flow, effect);
    if (!address) continue;
    const auto value = flow.constant(flow.operands_of(effect)[1]);
    if (value && static_cast<std::uint32_t>(*value) == base)
      starts.push_back(*address);
    else if (!value)
      others.push_back(*address);
  }
  const std::vector<std::uint32_t> in_order = starts;
  std::ranges::sort(starts);
  std::ranges::sort(others);
  for (const std::uint32_t least : in_order)
    if (std::ranges::binary_search(starts, least - kLeastAddr + kSegBase) &&
        std::ranges::binary_search(others, least - kLeastAddr + kSegSize))
      return least - kLeastAddr;
  return std::nullopt;
}

bool is_kept_in_state(const Flow& flow, std::uint64_t immediate_offset, std::uint32_t state) {
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::store) continue;
    const Node& value = flow.nodes[flow.operands_of(effect)[1]];
    if (value.kind != NodeKind::constant || value.immediate_offset != immediate_offset) continue;
    const auto address = constant_address(flow, effect);
    if (!address || *address < state || *address >= state + kStateSize) return false;
  }
  return true;
}

}  // namespace heapbump
