#include "detectors/wasm_ld/opaque.h"

#include <algorithm>
#include <deque>

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;
class OpaqueSearch {
 public:
  OpaqueSearch(const Module& module, Budget& budget, const Survey& survey,
               const std::set<std::uint32_t>& allocating, std::uint64_t line)
      : module_(module), budget_(budget), survey_(survey), allocating_(allocating), line_(line) {}

  Result<SeenAddresses> run() {
    for (const std::uint32_t function : allocating_) put_callers(function);
    while (!queue_.empty() && !seen_addresses_.objection) {
      const std::uint32_t function = queue_.front();
      queue_.pop_front();
      HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, budget_, {.frame_slots = true}));
      HEAPBUMP_CHECK(look_at(flow));
    }
    return std::move(seen_addresses_);
  }

 private:
  void put_callers(std::uint32_t function) {
    for (const std::uint32_t caller : survey_.callers(function))
      if (caller >= module_.imported_functions && seen_.insert(caller).second) queue_.push_back(caller);
  }

  Status look_at(const Flow& flow) {
    std::vector<std::pair<NodeId, Motion>> seeds;
    Motion given = Motion::moved(static_cast<std::int64_t>(kPageSize));
    given.kept = true;
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::call || node.value != 0) continue;
      const Effect& call = flow.effects[node.effect];
      if (call.kind == EffectKind::call && allocating_.contains(static_cast<std::uint32_t>(call.value)))
        seeds.emplace_back(id, given);
    }
    HEAPBUMP_TRY(motions_, compute_motions(flow, seeds, budget_, false));
    const std::vector<bool> live = live_nodes(flow);
    for (NodeId id = 0; id < flow.nodes.size() && !seen_addresses_.objection; ++id)
      if (live[id] && flow.nodes[id].kind == NodeKind::binary) operate(flow, id);
    for (const Effect& effect : flow.effects) use(flow, effect);
    return {};
  }

  /// Comparisons, and operations of which nothing is known any more.
  void operate(const Flow& flow, NodeId id) {
    if (!op::is_integer_comparison(flow.nodes[id].opcode) && !motions_[id].is(Kind::unknown)) return;
    for (std::uint32_t position = 0; position < 2; ++position) {
      Use use;
      use.compare = id;
      use.value = flow.operand(id, position);
      use.other = flow.operand(id, 1 - position);
      judge(flow, use, flow.nodes[id].offset);
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
    const bool passes_on =
        effect.kind == EffectKind::returns && operands.size() == 1 && motions_[operands[0]].address();
    if (passes_on && allocating_.insert(flow.function).second) put_callers(flow.function);
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

  const Module& module_;
  Budget& budget_;
  const Survey& survey_;
  std::set<std::uint32_t> allocating_;
  const std::uint64_t line_;
  std::deque<std::uint32_t> queue_;
  std::set<std::uint32_t> seen_;
  std::vector<Motion> motions_;
  SeenAddresses seen_addresses_;
};

}  // namespace

Result<SeenAddresses> find_seen_addresses(const Module& module, Budget& budget, const Survey& survey,
                                          const std::set<std::uint32_t>& allocating, std::uint64_t line) {
  return OpaqueSearch(module, budget, survey, allocating, line).run();
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
