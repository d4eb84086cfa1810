#include "detectors/wasm_ld/coarse_alignment.h"

#include <bit>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "analysis/walk.h"
#include "flow/flow.h"

namespace heapbump::wasm_ld {
namespace {

constexpr std::size_t kMostAligned = 64;
constexpr std::size_t kMostParameters = 64;  // a chain of wrappers
constexpr std::uint32_t kLeast = 2 * static_cast<std::uint32_t>(kPageSize);

using Parameter = std::pair<std::uint32_t, std::uint32_t>;  ///< function, position

/// Whether a value is a parameter, perhaps raised to a power of two before.
bool comes_from(const Flow& flow, NodeId id, std::uint32_t parameter) {
  WalkList<NodeId> values(kMostAligned, {id});
  while (const auto at = values.next()) {
    const Linear sum = linear_form(flow, *at);
    if (sum.base == kNoNode) continue;
    const Node& node = flow.nodes[sum.base];
    if (node.kind == NodeKind::parameter && node.value == parameter) return true;
    if (node.kind != NodeKind::phi && node.kind != NodeKind::select) continue;
    const auto operands = flow.operands_of(node);
    for (const NodeId operand : node.kind == NodeKind::phi ? operands : operands.first(2))
      values.add(operand);
  }
  return values.stopped_early();
}

/// What a mask rounds to, where it is `-unit` or `~(unit - 1)`.
NodeId unit_of(const Flow& flow, NodeId mask) {
  if (!is_negation(flow, mask)) return kNoNode;
  return flow.operand(mask, flow.nodes[mask].opcode == op::i32_xor ? 0 : 1);
}

class Search {
 public:
  explicit Search(const Facts& facts) : facts_(facts) {}

  /// Whether a function rounds something by what it is given there, or passes it to one that does.
  Result<bool> rounds_by(Parameter start) {
    if (const auto known = known_.find(start); known != known_.end()) return known->second;
    WalkList<Parameter> parameters(kMostParameters, {start});
    while (const auto at = parameters.next()) {
      if (facts_.module.body(at->first) == nullptr) continue;
      HEAPBUMP_TRY(const auto kept, facts_.flows.get(at->first));
      HEAPBUMP_CHECK(facts_.budget.charge(kept->nodes.size() + kept->effects.size()));
      if (rounds(*kept, at->second)) return known_[start] = true;
      for (const Effect& effect : kept->effects) {
        if (effect.kind != EffectKind::call) continue;
        const auto operands = kept->operands_of(effect);
        for (std::uint32_t i = 0; i < operands.size(); ++i)
          if (comes_from(*kept, operands[i], at->second))
            parameters.add({static_cast<std::uint32_t>(effect.value), i});
      }
    }
    return known_[start] = parameters.stopped_early();
  }

  /// A call that asks for an alignment of more than a page; null if there is none.
  Result<const Effect*> find(const Flow& flow) {
    for (const Effect& effect : flow.effects) {
      if (effect.kind != EffectKind::call && effect.kind != EffectKind::call_indirect) continue;
      const auto operands = flow.operands_of(effect);
      for (std::uint32_t i = 0; i < operands.size(); ++i) {
        if (!may_be_coarse(flow, operands[i])) continue;
        for (const std::uint32_t callee : callees(effect, i)) {
          HEAPBUMP_TRY(const bool rounds, rounds_by({callee, i}));
          if (rounds) return &effect;
        }
      }
    }
    return nullptr;
  }

 private:
  static bool may_be_coarse(const Flow& flow, NodeId id) {
    WalkList<NodeId> values(kMostAligned, {id});
    while (const auto at = values.next()) {
      const auto unit = static_cast<std::uint32_t>(flow.constant(*at).value_or(0));
      if (unit >= kLeast && std::has_single_bit(unit)) return true;
      const Node& node = flow.nodes[*at];
      if (node.kind != NodeKind::phi && node.kind != NodeKind::select) continue;
      const auto operands = flow.operands_of(node);
      for (const NodeId operand : node.kind == NodeKind::phi ? operands : operands.first(2))
        values.add(operand);
    }
    return values.stopped_early();
  }

  /// The functions that a call may reach, where it gives them an argument.
  [[nodiscard]] std::vector<std::uint32_t> callees(const Effect& call, std::uint32_t position) const {
    if (call.kind == EffectKind::call) return {static_cast<std::uint32_t>(call.value)};
    const FunctionType& type = facts_.module.types[static_cast<std::size_t>(call.value)];
    std::vector<std::uint32_t> found;
    const auto functions = facts_.module.imported_functions + facts_.module.bodies.size();
    for (std::uint32_t function = 0; position < type.params.size() && function < functions; ++function)
      if (facts_.index.is_address_taken(function) && facts_.module.function_type(function) == type)
        found.push_back(function);
    return found;
  }

  static bool rounds(const Flow& flow, std::uint32_t parameter) {
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::binary || node.opcode != op::i32_and) continue;
      for (std::uint32_t at = 0; at < 2; ++at)
        if (const NodeId unit = unit_of(flow, flow.operand(id, at));
            unit != kNoNode && comes_from(flow, unit, parameter))
          return true;
    }
    return false;
  }

  const Facts& facts_;
  std::map<Parameter, bool> known_;
};

}  // namespace

Status refuse_coarse_alignment(const Facts& facts, Judgement& judgement) {
  std::set<std::uint32_t> functions;
  for (std::uint32_t unit = kLeast; unit != 0; unit <<= 1)
    for (const std::uint32_t function : facts.index.numbers(unit, unit)) functions.insert(function);
  Search search(facts);
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const auto kept, facts.flows.get(function));
    HEAPBUMP_TRY(const Effect* call, search.find(*kept));
    if (call == nullptr) continue;
    judgement.refuse("wasm-ld.coarse-alignment", Code::kUnexplained,
                     "an alignment of more than a page is asked for, in " +
                         describe_place(facts.names, function, call->offset),
                     call->offset);
    return {};
  }
  return {};
}

}  // namespace heapbump::wasm_ld
