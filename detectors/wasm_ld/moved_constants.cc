#include "detectors/wasm_ld/moved_constants.h"

#include <vector>

#include "analysis/shift.h"

namespace heapbump {
namespace {

constexpr auto kWholeBump =
    static_cast<std::int64_t>(kPageSize);  ///< the scale of what moves as the heap does

/// Where a distance from the start, give or take a constant, meets a number that may be the start less
/// something and does not move.
std::optional<std::uint64_t> adds_back(const Flow& flow, std::span<const RangeHit> hits, std::uint64_t base) {
  constexpr std::uint64_t kObject = 512;  // that much is folded into a start
  std::vector<NodeId> distances;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary || !op::is_i32_sum(node.opcode)) continue;
    for (const std::uint32_t position : {0u, 1u}) {
      const Node& start = flow.nodes[flow.operand(id, position)];
      const RangeHit* const hit = start.kind == NodeKind::constant && start.width != 0
                                      ? find_hit(hits, start.immediate_offset)
                                      : nullptr;
      if (hit != nullptr && (node.opcode == op::i32_sub ? position == 1 : hit->negated))
        distances.push_back(id);
    }
  }
  const auto through = [&](const Node& node, std::uint32_t position) {
    const bool sum = node.kind == NodeKind::binary &&
                     (node.opcode == op::i32_add || (node.opcode == op::i32_sub && position == 0));
    return sum && flow.constant(flow.operands_of(node)[1 - position]).has_value();
  };
  for (const NodeId id : reach(flow, distances, through)) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary || node.opcode != op::i32_add) continue;
    for (const NodeId operand : flow.operands_of(node)) {
      const Node& other = flow.nodes[operand];
      const std::uint64_t value = static_cast<std::uint32_t>(other.value);
      if (other.kind == NodeKind::constant && value + kObject >= base && value < base + kHeaderSpan &&
          !find_hit(hits, other.immediate_offset))
        return node.offset;
    }
  }
  return std::nullopt;
}

/// An address that is made from the start but does not move as it does, or that moves in part.
std::optional<Contradiction> address_that_stays(const Flow& flow, std::span<const Shift> shifts,
                                                std::int64_t base) {
  constexpr std::size_t kBackwardSteps = 64;
  for (const Effect& effect : flow.effects) {
    const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store ||
                        effect.kind == EffectKind::atomic;
    if (!access) continue;
    const NodeId address = flow.operands_of(effect)[0];
    const Shift& shift = shifts[address];
    const bool above = shift.top && shift.known && shift.scale == kWholeBump;
    // A size with a large constant added to it: the constant must be the heap's start in some folded form.
    std::int64_t added = effect.value;
    NodeId size = address;
    for (std::size_t depth = 0; depth < kBackwardSteps && flow.nodes[size].kind == NodeKind::binary;
         ++depth) {
      const NodeId left = flow.operand(size, 0);
      const NodeId right = flow.operand(size, 1);
      const bool add = flow.nodes[size].opcode == op::i32_add;
      if (!add && flow.nodes[size].opcode != op::i32_sub) break;
      const auto constant = flow.constant(right);
      const auto other = flow.constant(left);
      if (constant && shifts[left].cancelled && !shifts[left].top) {
        added += add ? *constant : -*constant;
        size = left;
      } else if (other && add && shifts[right].cancelled && !shifts[right].top) {
        added += *other;
        size = right;
      } else {
        break;
      }
    }
    const auto span = static_cast<std::int64_t>(kHeaderSpan);
    const bool folded = !shift.top && shifts[size].cancelled && added > base - span && added < base + span;
    if ((shift.top && !above) || folded)
      return Contradiction{"an address made from the heap's start does not move with it", effect.offset};
  }
  return std::nullopt;
}

/// A heap whose end is a constant has it where its start is; it would end before it begins.
std::optional<Contradiction> end_that_stays(const Flow& flow, std::span<const RangeHit> hits,
                                            std::uint64_t end) {
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::store) continue;
    for (const NodeId operand : flow.operands_of(effect)) {
      const Node& node = flow.nodes[operand];
      const std::uint64_t value = static_cast<std::uint32_t>(node.value);
      if (node.kind != NodeKind::constant || value > end || value + kHeaderSpan < end ||
          find_hit(hits, node.immediate_offset))
        continue;
      return Contradiction{"the declared end of the memory is stored beside the heap's start", effect.offset};
    }
  }
  return std::nullopt;
}

std::optional<Contradiction> comparison_that_changes(const Flow& flow, std::span<const Shift> shifts) {
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary || !op::compares_two_i32(node.opcode)) continue;
    const Shift& a = shifts[flow.operand(id, 0)];
    const Shift& b = shifts[flow.operand(id, 1)];
    if (!a.top && !b.top) continue;
    const auto constant = flow.constant(flow.operand(id, a.top ? 1 : 0));
    const bool sentinel = constant && (*constant == 0 || *constant == -1);
    const bool both = a.top && b.top && a.known && b.known && a.scale == b.scale;
    if (both || (a.top != b.top && (!constant || sentinel))) continue;
    return Contradiction{"a value that moves with the heap is compared with one that does not", node.offset};
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<Contradiction>> find_contradiction(const Module& module, Budget& budget,
                                                        const Flow& flow, const GrowthReport& growth,
                                                        std::uint64_t base, std::span<const RangeHit> moved) {
  std::vector<ShiftSeed> seeds = growth_seeds(flow, growth.summaries);
  Shift up{.scale = kWholeBump, .known = true, .top = true};
  Shift down = up;
  down.scale = -kWholeBump;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::constant || node.width == 0) continue;
    if (const RangeHit* hit = find_hit(moved, node.immediate_offset))
      seeds.push_back({id, hit->negated ? down : up});
  }
  HEAPBUMP_TRY(const auto shifts, compute_shifts(flow, seeds, budget));
  auto found = address_that_stays(flow, shifts, static_cast<std::int64_t>(base));
  if (!found && !moved.empty()) found = end_that_stays(flow, moved, module.memory_bytes());
  if (!found)
    if (const auto sum = adds_back(flow, moved, base))
      found = Contradiction{"a number just below the heap's start is added to a distance from it", *sum};
  if (!found) found = comparison_that_changes(flow, shifts);
  return found;
}

}  // namespace heapbump
