#include "detectors/wasm_ld/opaque.h"

#include <algorithm>
#include <deque>

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;
constexpr std::uint32_t kReach = 64;  // of an access's offset, from the constant that a function mentions

/// Follows what the allocators return: to their callers, direct or through a table, and to the static words
/// and globals that keep it. It is not followed into functions that it is passed to: most are the allocator's
/// own. Each set only grows, and a function is looked at again when one that it sees has grown.
class OpaqueSearch {
 public:
  OpaqueSearch(const Facts& facts, const std::set<std::uint32_t>& allocating, std::uint64_t line)
      : facts_(facts), module_(facts.module), allocating_(allocating), line_(line) {}

  Result<SeenAddresses> run() {
    for (const std::uint32_t function : allocating_) put_callers(function);
    while (!queue_.empty() && !seen_addresses_.objection) {
      const std::uint32_t function = queue_.front();
      queue_.pop_front();
      waiting_.erase(function);
      HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, facts_.budget, {.frame_slots = true}));
      HEAPBUMP_CHECK(look_at(flow));
    }
    return std::move(seen_addresses_);
  }

 private:
  void put(std::uint32_t function) {
    if (function < module_.imported_functions || !waiting_.insert(function).second) return;
    queue_.push_back(function);
  }
  void put_callers(std::uint32_t function) {
    for (const std::uint32_t caller : facts_.index.callers(function)) put(caller);
    if (!facts_.index.is_address_taken(function)) return;
    const FunctionType& type = module_.function_type(function);
    if (std::ranges::find(indirect_, type) != indirect_.end()) return;
    indirect_.push_back(type);
    for (const std::uint32_t caller : facts_.index.indirect_callers()) put(caller);
  }
  void put_readers(const Place& place) {
    if (!places_.insert(place).second) return;
    for (const std::uint32_t function : users_of(facts_.index, place, kReach)) put(function);
  }

  /// Whether a node is an address that an allocator returned, as it arrives in a function.
  [[nodiscard]] bool arrives(const Flow& flow, const Node& node) const {
    switch (node.kind) {
      case NodeKind::call: {
        if (node.value != 0) return false;
        const Effect& call = flow.effects[node.effect];
        if (call.kind == EffectKind::call)
          return allocating_.contains(static_cast<std::uint32_t>(call.value));
        return call.kind == EffectKind::call_indirect &&
               std::ranges::find(indirect_, module_.types[static_cast<std::size_t>(call.value)]) !=
                   indirect_.end();
      }
      case NodeKind::global:
        return places_.contains({true, static_cast<std::uint32_t>(node.value)});
      case NodeKind::load: {
        const auto address = static_address(flow, flow.effects[node.effect]);
        return address && is_word_access(node.opcode) && places_.contains({false, *address});
      }
      default:
        return false;
    }
  }

  Status look_at(const Flow& flow) {
    std::vector<std::pair<NodeId, Motion>> seeds;
    Motion given = Motion::moved(static_cast<std::int64_t>(kPageSize));
    given.kept = true;
    for (NodeId id = 0; id < flow.nodes.size(); ++id)
      if (arrives(flow, flow.nodes[id])) seeds.emplace_back(id, given);
    HEAPBUMP_TRY(motions_, compute_motions(flow, seeds, facts_.budget, MotionView::handed_out));
    const std::vector<bool> live = needed_nodes(flow, false);
    for (NodeId id = 0; id < flow.nodes.size() && !seen_addresses_.objection; ++id)
      if (live[id]) operate(flow, id);
    for (const Effect& effect : flow.effects) {
      use(flow, effect);
      follow(flow, effect);
    }
    return {};
  }

  /// Where an effect takes an address to.
  void follow(const Flow& flow, const Effect& effect) {
    const auto operands = flow.operands_of(effect);
    const auto is_address = [&](std::size_t at) {
      return at < operands.size() && motions_[operands[at]].address();
    };
    if (effect.kind == EffectKind::returns && operands.size() == 1 && is_address(0) &&
        allocating_.insert(flow.function).second)
      put_callers(flow.function);
    if (effect.kind == EffectKind::global_set && is_address(0))
      put_readers({true, static_cast<std::uint32_t>(effect.value)});
    if (effect.kind == EffectKind::store && is_address(1))
      if (const auto address = static_address(flow, effect)) put_readers({false, *address});
  }

  /// Comparisons, and operations of which nothing is known any more.
  void operate(const Flow& flow, NodeId id) {
    const Node& node = flow.nodes[id];
    const bool computes = node.kind == NodeKind::binary || node.kind == NodeKind::unary;
    const bool compares = computes && op::is_integer_comparison(node.opcode);
    if (!compares && !motions_[id].is(Kind::unknown)) return;
    for (std::uint32_t position = 0; position < node.operand_count; ++position) {
      Use use;
      use.compare = id;
      use.value = flow.operand(id, position);
      if (node.operand_count == 2) use.other = flow.operand(id, 1 - position);
      judge(flow, use, node.offset);
    }
  }

  void use(const Flow& flow, const Effect& effect) {
    const auto operands = flow.operands_of(effect);
    for (std::uint32_t position = 0; position < operands.size(); ++position) {
      Use use;
      use.value = operands[position];
      use.effect = &effect;
      use.position = position;
      judge(flow, use, effect.offset);
    }
  }

  void judge(const Flow& flow, Use use, std::uint64_t offset) {
    if (seen_addresses_.objection || !motions_[use.value].is(Kind::moved)) return;
    use.flow = &flow;
    use.motions = motions_;
    use.motion = motions_[use.value];
    use.line = line_;
    Verdict verdict = Verdict::undecided;
    const UseRule& rule = decide(opaque_rules(), use, verdict);
    if (verdict == Verdict::accept) ++seen_addresses_.accepted;
    if (verdict == Verdict::refuse)
      seen_addresses_.objection =
          Objection{rule.info.id, clause_of(rule.info.summary), flow.function, offset};
  }

  const Facts& facts_;
  const Module& module_;
  std::set<std::uint32_t> allocating_;
  const std::uint64_t line_;
  std::vector<FunctionType> indirect_;  ///< of allocating functions in tables
  std::set<Place> places_;
  std::deque<std::uint32_t> queue_;
  std::set<std::uint32_t> waiting_;
  std::vector<Motion> motions_;
  SeenAddresses seen_addresses_;
};

}  // namespace

Result<SeenAddresses> find_seen_addresses(const Facts& facts, const std::set<std::uint32_t>& allocating,
                                          std::uint64_t line) {
  return OpaqueSearch(facts, allocating, line).run();
}

void record(const SeenAddresses& seen, const Facts& facts, Judgement& judgement) {
  if (seen.objection)
    judgement.refuse(seen.objection->rule, Code::kUnexplained, describe(facts, *seen.objection),
                     seen.objection->offset);
  else if (seen.accepted > 0)
    judgement.evidence.push_back({"use",
                                  std::to_string(seen.accepted) + (seen.accepted == 1 ? " use" : " uses"),
                                  opaque_rules().back().info.id});
}

}  // namespace heapbump::wasm_ld
