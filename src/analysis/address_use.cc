#include "analysis/address_use.h"

#include <algorithm>
#include <unordered_map>

namespace heapbump {
namespace {

/// Above every address, and far from overflow.
constexpr std::int64_t kUnbounded = std::int64_t{1} << 40;

/// Steps for all constants of one function; the largest real function met took a thousandth of this.
constexpr std::uint64_t kSteps = 20'000'000;
constexpr std::uint64_t kUnitsPerStep = 4;  // each looks a node up
constexpr std::uint64_t kUseBytes = 160;    // of what is kept of one hit

bool is_access(EffectKind kind) {
  return kind == EffectKind::load || kind == EffectKind::store || kind == EffectKind::atomic;
}

/// Whether a value is what an address is aligned with: a constant, or `-n` or `~n` worked out at run time. Of
/// what is anded with anything else (flags, a bit that is asked for) the constant is the mask.
bool aligns(const Flow& flow, NodeId id) {
  return flow.constant(id) || is_negation(flow, id);
}

/// Nodes made of one constant alone: itself, sums with other constants, and phis or selects of such. A
/// pointer that walks up from a constant is one, a constant added to an unknown pointer is not. With each,
/// the most that was added.
std::unordered_map<NodeId, std::int64_t> made_of_constant(const Flow& flow, NodeId constant,
                                                          std::uint64_t& budget) {
  constexpr int kMaxRaises = 8;  // a sum that rises more often goes round a loop
  std::unordered_map<NodeId, std::int64_t> most{{constant, 0}};
  std::unordered_map<NodeId, int> raises;
  std::vector<NodeId> pending{constant};
  while (!pending.empty()) {
    const NodeId at = pending.back();
    pending.pop_back();
    for (const User& user : flow.users(at)) {
      if (budget != 0) --budget;
      if (user.is_effect || budget == 0) continue;
      const Node& node = flow.nodes[user.index];
      std::int64_t added = most[at];
      if (node.kind == NodeKind::unary) {
        if (!op::is_resize(node.opcode)) continue;
      } else if (node.kind == NodeKind::binary) {
        const auto other = flow.constant(flow.operands_of(node)[1 - user.position]);
        if (node.opcode == op::i32_add && other)
          added += *other;
        else if (node.opcode == op::i32_sub && user.position == 0 && other)
          added -= *other;
        else if (node.opcode != op::i32_and ||
                 !aligns(flow, flow.operands_of(node)[1 - user.position]))  // rounds down
          continue;
      } else if (node.kind == NodeKind::select ? user.position == 2 : node.kind != NodeKind::phi) {
        continue;
      }
      const auto known = most.find(user.index);
      if (known != most.end() && known->second >= added) continue;
      if (known != most.end() && ++raises[user.index] > kMaxRaises) {
        if (known->second == kUnbounded) continue;
        added = kUnbounded;
      }
      most[user.index] = std::min(added, kUnbounded);
      pending.push_back(user.index);
    }
  }
  return most;
}

AddressUse classify_constant(const Flow& flow, const RangeHit& hit, NodeId constant, std::uint64_t& budget) {
  AddressUse use{hit, AddressUse::Kind::number, hit.value, "compared or calculated with", constant};
  const std::int64_t value = static_cast<std::uint32_t>(hit.value);
  for (const auto& [node, added] : made_of_constant(flow, constant, budget)) {
    for (const User& user : flow.users(node)) {
      if (!user.is_effect || budget == 0) continue;
      --budget;
      const Effect& effect = flow.effects[user.index];
      const bool bulk_address =
          effect.kind == EffectKind::bulk &&
          (user.position == 0 || (user.position == 1 && effect.opcode == op::memory_copy));
      if ((is_access(effect.kind) && user.position == 0) || bulk_address) {
        const std::int64_t target = value + added + (is_access(effect.kind) ? effect.value : 0);
        if (use.kind != AddressUse::Kind::address || target > use.target) use.target = target;
        use.kind = AddressUse::Kind::address;
        use.how = "the address of a memory access";
        continue;
      }
      if (use.kind == AddressUse::Kind::address) continue;
      const bool passes = effect.kind == EffectKind::store || effect.kind == EffectKind::call ||
                          effect.kind == EffectKind::call_indirect || effect.kind == EffectKind::global_set ||
                          effect.kind == EffectKind::returns || effect.kind == EffectKind::atomic;
      // Only the constant itself (or a merge of it) that goes elsewhere may be an address there.
      if (passes && (node == constant || flow.nodes[node].kind != NodeKind::binary)) {
        use.kind = AddressUse::Kind::escapes;
        use.how = effect.kind == EffectKind::store        ? "stored to memory"
                  : effect.kind == EffectKind::global_set ? "kept in a global"
                  : effect.kind == EffectKind::returns    ? "returned"
                                                          : "passed to a function";
      }
    }
  }
  return use;
}

}  // namespace

std::optional<std::uint32_t> constant_address(const Flow& flow, const Effect& access) {
  const auto base = flow.constant(flow.operands_of(access)[0]);
  if (!base) return std::nullopt;
  return static_cast<std::uint32_t>(*base + access.value);
}

Result<std::vector<AddressUse>> classify_in(const Flow& flow, std::span<const RangeHit> hits,
                                            Budget& budget) {
  HEAPBUMP_CHECK(budget.hold(hits.size() * kUseBytes));
  std::unordered_map<std::uint64_t, NodeId> constants;
  for (NodeId node = 0; node < flow.nodes.size(); ++node)
    if (flow.nodes[node].kind == NodeKind::constant && flow.nodes[node].width != 0)
      constants.emplace(flow.nodes[node].immediate_offset, node);
  std::unordered_map<std::uint64_t, std::uint32_t> accesses;
  for (std::uint32_t i = 0; i < flow.effects.size(); ++i)
    if (is_access(flow.effects[i].kind)) accesses.emplace(flow.effects[i].immediate_offset, i);

  std::vector<AddressUse> uses;
  uses.reserve(hits.size());
  std::uint64_t steps = kSteps;
  for (const RangeHit& hit : hits) {
    const auto found = constants.find(hit.file_offset);
    const NodeId constant = found == constants.end() ? kNoNode : found->second;
    // Not followed to the end: the worst is assumed.
    const auto given_up = [&] {
      return AddressUse{hit, AddressUse::Kind::address, kUnbounded, "more uses than can be followed",
                        constant};
    };
    if (steps == 0) {
      uses.push_back(given_up());
    } else if (constant != kNoNode) {
      const std::uint64_t before = steps;
      uses.push_back(classify_constant(flow, hit, constant, steps));
      HEAPBUMP_CHECK(budget.charge((before - steps) * kUnitsPerStep));
      if (steps == 0) uses.back() = given_up();
    } else if (const auto access = accesses.find(hit.file_offset); access != accesses.end()) {
      const Effect& effect = flow.effects[access->second];
      const Linear base = linear_form(flow, flow.operands_of(effect)[0]);
      if (base.base == kNoNode) {
        uses.push_back(
            {hit, AddressUse::Kind::address, base.offset + effect.value, "the address of a memory access"});
      } else {
        uses.push_back(
            {hit, AddressUse::Kind::offset, effect.value, "an offset from a pointer: a field or an element"});
      }
    } else {
      uses.push_back({hit, AddressUse::Kind::dead, hit.value, "in code that no path reaches"});
    }
  }
  return uses;
}

Result<std::vector<AddressUse>> classify_hits(const Module& module, std::span<const RangeHit> hits,
                                              Budget& budget) {
  std::vector<AddressUse> uses;
  uses.reserve(hits.size());
  for (std::size_t i = 0; i < hits.size();) {
    std::size_t end = i;
    while (end < hits.size() && hits[end].function == hits[i].function) ++end;
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, *hits[i].function, budget, {.frame_slots = true}));
    HEAPBUMP_TRY(auto found, classify_in(flow, hits.subspan(i, end - i), budget));
    std::ranges::move(found, std::back_inserter(uses));
    i = end;
  }
  return uses;
}

}  // namespace heapbump
