#include <algorithm>
#include <span>

#include "analysis/address_use.h"
#include "detectors/wasm_ld/function_growth.h"

namespace heapbump::growth {

/// Whether the new memory is compared for equality with something that is neither new memory nor a failure
/// value, nor where its own start is kept. What may be something else by then tells only if the new memory
/// was not yet used.
bool FunctionGrowth::asks_adjoining(std::span<const NodeId> made, bool pure_use,
                                    const std::set<Place>& bases) const {
  std::vector<bool> mine(flow_.nodes.size());
  for (const NodeId node : made) mine[node] = true;
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const Node& node = flow_.nodes[id];
    if (node.kind != NodeKind::binary || !op::is_equality(node.opcode)) continue;
    const NodeId left = flow_.operand(id, 0);
    const NodeId right = flow_.operand(id, 1);
    if (shifts_[left].top == shifts_[right].top) continue;
    const Shift& fresh = shifts_[left].top ? shifts_[left] : shifts_[right];
    if (!mine[shifts_[left].top ? left : right]) continue;
    const NodeId other = shifts_[left].top ? right : left;
    if (!fresh.known || flow_.constant(other) || (fresh.mixed && pure_use)) continue;
    const Node& what = flow_.nodes[other];
    if (what.kind == NodeKind::global && bases.contains({true, static_cast<std::uint32_t>(what.value)}))
      continue;
    if (what.kind == NodeKind::load) {
      const auto place = constant_address(flow_, flow_.effects[what.effect]);
      if (place && bases.contains({false, *place})) continue;
    }
    return true;
  }
  return false;
}

/// The nodes that can hold what one source gives.
std::vector<NodeId> FunctionGrowth::made_by(const Source& source) const {
  std::vector<NodeId> roots{source.node};
  for (const Source& size : sources_)
    if (size.is_size && size.tied_to == source.node) roots.push_back(size.node);
  auto made = reach(flow_, roots, [](const Node& at, std::uint32_t) {
    return at.kind == NodeKind::binary || at.kind == NodeKind::unary || at.kind == NodeKind::opaque;
  });
  std::erase_if(made, [&](NodeId node) { return !shifts_[node].top; });
  return made;
}

Result<std::vector<GrowthJoin>> FunctionGrowth::joins() const {
  std::vector<GrowthJoin> joins;
  for (const Source& source : sources_) {
    if (source.is_size) continue;
    // Of a function that also gives memory from elsewhere, the result is memory by contract.
    if (source.wrapper &&
        !summaries_.at(static_cast<std::uint32_t>(flow_.effects[flow_.nodes[source.node].effect].value))
             .only_fresh)
      continue;
    if (!spend(2 * whole())) return unpaid();
    GrowthJoin join{flow_.function, source.offset, false, false, {}};
    std::set<Place> bases;  // places that are given the very start
    bool used = false;
    bool pure_use = false;
    const auto keep = [&](NodeId value, Place place) {
      join.kept.insert(place);
      if (shifts_[value].base) bases.insert(place);
    };
    const auto made = made_by(source);
    for (const NodeId id : made)
      for (const User& user : flow_.users(id)) {
        if (!user.is_effect) continue;
        const Effect& effect = flow_.effects[user.index];
        const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store;
        if (effect.kind == EffectKind::global_set) {
          keep(id, {true, static_cast<std::uint32_t>(effect.value)});
        } else if (effect.kind == EffectKind::store && user.position == 1) {
          const NodeId address = flow_.operands_of(effect)[0];
          if (is_frame(flow_, address)) continue;
          if (const auto place = constant_address(flow_, effect))
            keep(id, {false, *place});
          else
            join.elsewhere |= !shifts_[address].top && !shifts_[id].mixed;
        } else if (effect.kind == EffectKind::call || effect.kind == EffectKind::call_indirect) {
          join.elsewhere |= !shifts_[id].mixed;
        } else if (!access && effect.kind != EffectKind::bulk && effect.kind != EffectKind::atomic) {
          continue;
        }
        used = true;
        pure_use |= !shifts_[id].mixed;
      }
    if (!used) continue;
    join.asks_adjoining = asks_adjoining(made, pure_use, bases);
    joins.push_back(std::move(join));
  }
  return joins;
}

}  // namespace heapbump::growth
