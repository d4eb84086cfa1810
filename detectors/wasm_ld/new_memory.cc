#include "detectors/wasm_ld/new_memory.h"

#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include "wasm/code.h"

namespace heapbump::wasm_ld {
namespace {

/// What a value that is not new memory by itself is made of; none if that is not understood. An address is
/// made of a page number, and rounded up: what is taken away from it would lie in older memory.
std::vector<NodeId> made_of(const Flow& flow, NodeId id) {
  const Node& node = flow.nodes[id];
  const auto operands = flow.operands_of(node);
  if (node.kind == NodeKind::phi) return {operands.begin(), operands.end()};
  if (node.kind == NodeKind::select) return {operands[0], operands[1]};
  const auto by = node.kind == NodeKind::binary ? flow.constant(operands[1]) : std::nullopt;
  if (!by) return {};
  const bool scaled =
      (node.opcode == op::i32_shl && *by == 16) || (node.opcode == op::i32_mul && *by == kPageSize);
  const bool rounded = node.opcode == op::i32_and || (node.opcode == op::i32_add && *by >= 0);
  return scaled || rounded ? std::vector{operands[0]} : std::vector<NodeId>{};
}

class NewMemory {
 public:
  NewMemory(const Module& module, Budget& budget) : module_(module), budget_(budget) {}

  Result<bool> is_new(const Flow& flow, NodeId value) {
    HEAPBUMP_CHECK(budget_.charge(flow.nodes.size() / kPassedPerUnit + 1));
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
        HEAPBUMP_TRY(const bool given, is_given(static_cast<std::uint32_t>(flow.effects[node.effect].value)));
        if (!given) return false;
        continue;
      }
      if (node.kind == NodeKind::load) {
        HEAPBUMP_TRY(const bool given, is_given_in_frame(flow, node));
        if (!given) return false;
        continue;
      }
      const std::vector<NodeId> parts = made_of(flow, id);
      if (parts.empty()) return false;
      for (const NodeId part : parts)
        if (seen.insert(part).second) pending.push_back(part);
    }
    return true;
  }

 private:
  /// Whether a function returns new memory alone. One that calls itself is not known to.
  Result<bool> is_given(std::uint32_t function) {
    constexpr std::size_t kMostFunctions = 64;
    const auto [known, first] = given_.emplace(function, false);
    if (!first || module_.body(function) == nullptr || given_.size() > kMostFunctions) return known->second;
    const auto flow = evaluate_flow(module_, function, budget_, {.frame_slots = true});
    if (!flow) {
      if (flow.error().code == Code::kWorkLimit) return std::unexpected(flow.error());
      return false;
    }
    for (const Effect& effect : flow->effects) {
      if (effect.kind != EffectKind::returns) continue;
      const auto operands = flow->operands_of(effect);
      if (operands.empty()) return false;
      HEAPBUMP_TRY(const bool is, is_new(*flow, operands[0]));
      if (!is) return false;
    }
    return given_[function] = true;
  }

  /// Whether a word of the frame holds what a function is given its address for, as one that returns several
  /// values is, and that stores new memory alone there.
  Result<bool> is_given_in_frame(const Flow& flow, const Node& load) {
    const Linear word = linear_form(flow, flow.operands_of(load)[0]);
    if (word.base == kNoNode || flow.nodes[word.base].kind != NodeKind::global) return false;
    const std::int64_t at = static_cast<std::int32_t>(word.offset) + load.value;
    bool given = false;
    for (const Effect& effect : flow.effects) {
      const auto operands = flow.operands_of(effect);
      for (std::uint32_t position = 0; position < operands.size(); ++position) {
        const Linear sum = linear_form(flow, operands[position]);
        const std::int64_t offset = at - static_cast<std::int32_t>(sum.offset);
        if (sum.base != word.base || effect.kind == EffectKind::load) continue;
        if (effect.kind == EffectKind::store && position == 0 && std::abs(offset - effect.value) >= 8)
          continue;
        if (effect.kind == EffectKind::global_set) continue;
        if (offset < 0 || offset >= kMostReturned) continue;
        if (effect.kind != EffectKind::call) return false;
        HEAPBUMP_TRY(const bool is, is_stored(static_cast<std::uint32_t>(effect.value), position, offset));
        if (!is) return false;
        given = true;
      }
    }
    return given;
  }

  /// Whether a function stores new memory alone, `offset` bytes above where a parameter points to.
  Result<bool> is_stored(std::uint32_t function, std::uint32_t parameter, std::int64_t offset) {
    if (module_.body(function) == nullptr) return false;
    const auto flow = evaluate_flow(module_, function, budget_, {.frame_slots = true});
    if (!flow) {
      if (flow.error().code == Code::kWorkLimit) return std::unexpected(flow.error());
      return false;
    }
    bool stored = false;
    for (const Effect& effect : flow->effects) {
      if (effect.kind != EffectKind::store) continue;
      const auto operands = flow->operands_of(effect);
      const Linear sum = linear_form(*flow, operands[0]);
      if (sum.base == kNoNode) continue;
      const Node& base = flow->nodes[sum.base];
      if (base.kind != NodeKind::parameter || base.value != parameter ||
          static_cast<std::int32_t>(sum.offset) + effect.value != offset)
        continue;
      HEAPBUMP_TRY(const bool is, is_new(*flow, operands[1]));
      if (!is || effect.opcode != op::i32_store) return false;
      stored = true;
    }
    return stored;
  }

  static constexpr std::int64_t kMostReturned = 64;  // bytes of values that are returned in memory

  const Module& module_;
  Budget& budget_;
  std::map<std::uint32_t, bool> given_;  ///< what is_given has found; false while it looks
};

}  // namespace

Result<bool> is_new_memory(const Module& module, const Flow& flow, NodeId value, Budget& budget) {
  return NewMemory(module, budget).is_new(flow, value);
}

}  // namespace heapbump::wasm_ld
