#include "detectors/growth.h"

#include <algorithm>
#include <deque>
#include <set>

namespace heapbump {
namespace {

constexpr int kMaxRounds = 6;  // how often one function is looked at again as its callees become known

bool is_relational(std::uint32_t opcode) { return opcode >= op::i32_lt_s && opcode <= op::i32_ge_u; }
bool is_equality(std::uint32_t opcode) { return opcode == op::i32_eq || opcode == op::i32_ne; }

/// A place where memory grows or its size is read, within one function.
struct Source {
  NodeId node = kNoNode;
  std::uint64_t offset = 0;
  BlockId block = 0;
  bool is_size = false;
  bool wrapper = false;      ///< a call of a function that grows
  bool base_escapes = false;
  NodeId tied_to = kNoNode;  ///< a memory.size: the memory.grow right after it, whose result it equals
};

class FunctionGrowth {
 public:
  FunctionGrowth(const Flow& flow, const std::map<std::uint32_t, GrowthSummary>& summaries, GrowthReport& report)
      : flow_(flow), summaries_(summaries), report_(report) {}

  GrowthSummary run();

 private:
  void find_sources();
  void tie_sizes();
  [[nodiscard]] NodeId zero_tied(const Source& source) const;
  [[nodiscard]] NodeId grow_after(const Source& source) const;
  [[nodiscard]] bool passes(const Source& gate, BlockId block, std::uint64_t offset) const;
  void check_uses(NodeId node);
  void check_compare(NodeId node, NodeId compare);
  [[nodiscard]] bool guards_a_trap(NodeId compare) const;
  [[nodiscard]] bool tied_at(NodeId node, BlockId block, std::uint64_t offset) const;
  [[nodiscard]] bool excused(NodeId node, BlockId block, std::uint64_t offset) const;
  void check_growth();
  [[nodiscard]] bool base_escapes(const Source& source) const;
  void summarise(GrowthSummary& summary) const;
  void explain(std::uint64_t offset, std::string what) { report_.explained.push_back({flow_.function, offset, std::move(what)}); }
  void object(std::uint64_t offset, std::string what) { report_.unexplained.push_back({flow_.function, offset, std::move(what)}); }

  const Flow& flow_;
  const std::map<std::uint32_t, GrowthSummary>& summaries_;
  GrowthReport& report_;
  std::vector<Source> sources_;
  std::vector<std::vector<bool>> made_from_;  ///< by reading of the size: the nodes it can reach
  std::vector<Shift> shifts_;
  std::set<std::pair<NodeId, std::uint64_t>> seen_;
};

/// The size of what is grown: n for memory.grow(n), memory.grow(n >> 16) and memory.grow(n / 65536).
NodeId grown_amount(const Flow& flow, NodeId grow) {
  const NodeId pages = flow.operand(grow, 0);
  const Node& node = flow.nodes[pages];
  if (node.kind != NodeKind::binary) return pages;
  const auto by = flow.constant(flow.operand(pages, 1));
  const bool to_pages = (node.opcode == op::i32_shr_u && by == 16) || (node.opcode == op::i32_div_u && by == 65536);
  return to_pages ? flow.operand(pages, 0) : pages;
}

/// A node without the rounding up to pages that `(n + 65535) & -65536` does: zero exactly if n rounds to zero.
NodeId without_rounding(const Flow& flow, NodeId node) {
  const Node& at = flow.nodes[node];
  if (at.kind == NodeKind::binary && at.opcode == op::i32_and && flow.constant(flow.operand(node, 1)) == -65536)
    return flow.operand(node, 0);
  return node;
}

void FunctionGrowth::find_sources() {
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const Node& node = flow_.nodes[id];
    Source source{id, node.offset, node.block, false, false, false, kNoNode};
    if (node.kind == NodeKind::memory_size) {
      source.is_size = true;
      sources_.push_back(source);
    } else if (node.kind == NodeKind::memory_grow) {
      sources_.push_back(source);
    } else if (node.kind == NodeKind::call && flow_.effects[node.effect].kind == EffectKind::call && node.value == 0) {
      const Effect& call = flow_.effects[node.effect];
      const auto summary = summaries_.find(static_cast<std::uint32_t>(call.value));
      if (summary == summaries_.end() || (!summary->second.returns_fresh && !summary->second.returns_size)) continue;
      source.wrapper = true;
      source.is_size = summary->second.returns_size;
      if (summary->second.size_if_zero) {
        const auto argument = flow_.constant(flow_.operands_of(call)[*summary->second.size_if_zero]);
        if (argument == 0) source.is_size = true;
      }
      sources_.push_back(source);
    }
  }
}

/// The memory.grow whose result equals this memory.size because nothing can have grown the memory between the two.
NodeId FunctionGrowth::grow_after(const Source& source) const {
  for (const Source& grow : sources_) {
    if (grow.is_size || grow.wrapper || !flow_.dominates(source.block, grow.block)) continue;
    if (grow.block == source.block && grow.offset < source.offset) continue;
    // Walk back from the grow to the size: any call or grow met on the way could have moved the memory's end.
    std::vector<bool> seen(flow_.block_count);
    std::vector<BlockId> pending;
    bool clean = true;
    const auto blocked = [&](BlockId block, std::uint64_t from, std::uint64_t to) {
      return std::ranges::any_of(flow_.effects, [&](const Effect& effect) {
        const bool grows = effect.kind == EffectKind::call || effect.kind == EffectKind::call_indirect ||
                           effect.kind == EffectKind::grow;
        return grows && effect.block == block && effect.offset > from && effect.offset < to;
      });
    };
    if (grow.block == source.block) {
      clean = !blocked(grow.block, source.offset, grow.offset);
    } else {
      clean = !blocked(grow.block, 0, grow.offset);
      for (const Edge& edge : flow_.predecessors(grow.block)) pending.push_back(edge.from);
      while (clean && !pending.empty()) {
        const BlockId at = pending.back();
        pending.pop_back();
        if (seen[at]) continue;
        seen[at] = true;
        if (at == source.block) {
          clean = !blocked(at, source.offset, UINT64_MAX);
          continue;
        }
        // Coming back to the grow itself means a loop that grows twice for one reading of the size.
        clean = at != grow.block && !blocked(at, 0, UINT64_MAX);
        for (const Edge& edge : flow_.predecessors(at)) pending.push_back(edge.from);
      }
    }
    if (clean) return grow.node;
  }
  return kNoNode;
}

/// For `n == 0 ? memory.size : memory.grow(n)`: the memory.grow. The size is then the start of an empty extension.
NodeId FunctionGrowth::zero_tied(const Source& source) const {
  NodeId found = kNoNode;
  zeros_in(flow_, source.block, [&](NodeId zero) {
    for (const Source& grow : sources_) {
      if (grow.is_size || grow.wrapper) continue;
      const NodeId amount = grown_amount(flow_, grow.node);
      if (amount == zero || amount == without_rounding(flow_, zero)) found = grow.node;
    }
  });
  return found;
}

void FunctionGrowth::tie_sizes() {
  std::vector<ShiftSeed> seeds = growth_seeds(flow_, summaries_);
  for (Source& source : sources_) {
    if (!source.is_size || source.wrapper) continue;
    const NodeId tied = zero_tied(source);
    if (tied != kNoNode) {
      source.tied_to = tied;
      for (ShiftSeed& seed : seeds)
        if (seed.node == source.node) seed.shift.from_size = false;
      explain(source.offset, "memory.size where nothing is asked for, in place of memory.grow's result");
    } else {
      source.tied_to = grow_after(source);
    }
  }
  for (const Source& source : sources_) {
    if (!source.is_size) continue;
    const NodeId root = source.node;
    std::vector<bool>& made = made_from_.emplace_back(flow_.nodes.size());
    for (const NodeId node : reach(flow_, std::span(&root, 1), [](const Node& at, std::uint32_t) {
           return at.kind == NodeKind::binary || at.kind == NodeKind::unary || at.kind == NodeKind::opaque;
         }))
      made[node] = true;
  }
  shifts_ = compute_shifts(flow_, seeds, [&](NodeId node, BlockId block) { return tied_at(node, block, UINT64_MAX); });
}

/// Whether every reading of the size that a value may come from is tied to a memory.grow passed on the way here.
bool FunctionGrowth::tied_at(NodeId node, BlockId block, std::uint64_t offset) const {
  bool any = false;
  std::size_t size = 0;
  for (const Source& source : sources_) {
    if (!source.is_size) continue;
    if (!made_from_[size++][node]) continue;
    any = true;
    const auto grow = std::ranges::find(sources_, source.tied_to, &Source::node);
    if (grow == sources_.end() || !passes(*grow, block, offset)) return false;
  }
  return any;
}

bool FunctionGrowth::passes(const Source& gate, BlockId block, std::uint64_t offset) const {
  return block == gate.block ? offset > gate.offset : flow_.dominates(gate.block, block);
}

/// Whether a value made from memory.size is known to be newly grown memory where it is used.
bool FunctionGrowth::excused(NodeId node, BlockId block, std::uint64_t offset) const {
  bool equal = false;
  const Edge here{block, block, kNoNode, true};
  equalities_on(flow_, here, [&](NodeId a, NodeId b) {
    const NodeId other = a == node ? b : b == node ? a : kNoNode;
    equal = equal || (other != kNoNode && shifts_[other].top && !shifts_[other].from_size);
  });
  if (equal) return true;
  return tied_at(node, block, offset);
}

/// Whether one side of the comparison cannot return: an assertion.
bool FunctionGrowth::guards_a_trap(NodeId compare) const {
  std::vector<bool> returns(flow_.block_count);
  std::vector<BlockId> pending;
  for (const Effect& effect : flow_.effects)
    if (effect.kind == EffectKind::returns && !returns[effect.block]) {
      returns[effect.block] = true;
      pending.push_back(effect.block);
    }
  while (!pending.empty()) {
    const BlockId at = pending.back();
    pending.pop_back();
    for (const Edge& edge : flow_.predecessors(at))
      if (!returns[edge.from]) {
        returns[edge.from] = true;
        pending.push_back(edge.from);
      }
  }
  std::vector<NodeId> conditions{compare};
  for (std::size_t i = 0; i < conditions.size(); ++i)
    for (const User& user : flow_.users(conditions[i])) {
      if (user.is_effect && flow_.effects[user.index].kind == EffectKind::branch) continue;
      if (!user.is_effect && flow_.nodes[user.index].opcode == op::i32_eqz) {
        conditions.push_back(user.index);
        continue;
      }
      return false;
    }
  bool guarded = false;
  for (const NodeId condition : conditions) {
    std::vector<BlockId> targets;
    for (const Edge& edge : flow_.edges)
      if (edge.condition == condition) targets.push_back(edge.to);
    if (targets.empty()) continue;
    if (std::ranges::all_of(targets, [&](BlockId block) { return returns[block]; })) return false;
    guarded = true;
  }
  return guarded;
}

void FunctionGrowth::check_compare(NodeId node, NodeId compare) {
  const Node& at = flow_.nodes[compare];
  if (at.kind == NodeKind::unary) return;  // eqz: memory.size is never zero before or after
  const NodeId left = flow_.operand(compare, 0);
  const NodeId other_node = left == node ? flow_.operand(compare, 1) : left;
  const Shift& mine = shifts_[node];
  const Shift& other = shifts_[other_node];
  const auto constant = flow_.constant(other_node);
  if (is_equality(at.opcode)) {
    if (!constant || *constant == 0 || *constant == -1)
      return explain(at.offset, "memory.size compared for equality with where memory was grown");
  } else if (is_relational(at.opcode)) {
    if (mine.known && other.known && other.top && mine.scale == other.scale && !mine.mixed && !other.mixed)
      return explain(at.offset, "memory.size compared with the start of newly grown memory");
    const bool plain = flow_.nodes[other_node].kind == NodeKind::load || flow_.nodes[other_node].kind == NodeKind::parameter ||
                       flow_.nodes[other_node].kind == NodeKind::global;
    if (plain && guards_a_trap(compare)) return explain(at.offset, "memory.size in an assertion that a pointer is in bounds");
  }
  if (excused(node, at.block, at.offset)) return;
  object(at.offset, constant ? "memory.size is compared with a constant"
                             : "memory.size is compared with an address that may belong to a heap below it");
}

void FunctionGrowth::check_uses(NodeId node) {
  for (const User& user : flow_.users(node)) {
    if (!user.is_effect) {
      const Node& next = flow_.nodes[user.index];
      const bool compares = (next.opcode >= op::i32_eqz && next.opcode <= op::i32_ge_u) ||
                            (next.opcode >= 0x50 && next.opcode <= 0x66);
      if ((next.kind == NodeKind::binary || next.kind == NodeKind::unary) && compares &&
          seen_.emplace(user.index, 0).second)
        check_compare(node, user.index);
      if (next.kind == NodeKind::select && user.position == 2) continue;
      continue;
    }
    const Effect& effect = flow_.effects[user.index];
    if (effect.kind == EffectKind::drop || effect.kind == EffectKind::branch || effect.kind == EffectKind::grow) continue;
    if (effect.kind == EffectKind::returns && shifts_[node].known) continue;  // the callers are looked at
    if (!seen_.emplace(user.index, 1).second || excused(node, effect.block, effect.offset)) continue;
    switch (effect.kind) {
      case EffectKind::store:
        object(effect.offset, user.position == 1 ? "memory.size is stored as the end of something"
                                                 : "memory.size is used in the address of a store");
        break;
      case EffectKind::call:
      case EffectKind::call_indirect:
        object(effect.offset, "memory.size is passed to a function");
        break;
      case EffectKind::global_set:
        object(effect.offset, "memory.size is kept in a global");
        break;
      default:
        object(effect.offset, "memory.size is used in a way that could not be followed");
        break;
    }
  }
}

/// Whether the start of what this source grows is itself used: stored, passed, returned or addressed.
bool FunctionGrowth::base_escapes(const Source& source) const {
  std::vector<NodeId> roots{source.node};
  for (const Source& size : sources_)
    if (size.is_size && size.tied_to == source.node) roots.push_back(size.node);
  const auto reached = reach(flow_, roots, [&](const Node& at, std::uint32_t position) {
    if (at.kind == NodeKind::unary) return at.opcode == 0xa7 || at.opcode == 0xac || at.opcode == 0xad;
    if (at.kind != NodeKind::binary) return false;
    const auto other = flow_.constant(flow_.operands_of(at)[1 - position]);
    if (!other) return false;
    const bool small = *other > -static_cast<std::int64_t>(kPageSize) && *other < static_cast<std::int64_t>(kPageSize);
    if (at.opcode == op::i32_add || (at.opcode == op::i32_sub && position == 0)) return small;
    return (at.opcode == op::i32_shl && position == 0 && *other == 16) || (at.opcode == op::i32_mul && *other == 65536);
  });
  for (const NodeId node : reached)
    for (const User& user : flow_.users(node)) {
      if (!user.is_effect) continue;
      const Effect& effect = flow_.effects[user.index];
      switch (effect.kind) {
        case EffectKind::store:
        case EffectKind::load:
        case EffectKind::bulk:
        case EffectKind::atomic:
        case EffectKind::call:
        case EffectKind::call_indirect:
        case EffectKind::global_set:
        case EffectKind::returns:
          if (effect.offset > source.offset || effect.block != source.block) return true;
          break;
        default:
          break;
      }
    }
  return false;
}

/// Newly grown memory must be taken to begin where memory.grow says. One that only asks whether it succeeded extends
/// something in place, which is right only if that something was itself grown just before.
void FunctionGrowth::check_growth() {
  for (Source& source : sources_)
    if (!source.is_size) source.base_escapes = base_escapes(source);
  for (const Source& source : sources_) {
    if (source.is_size) continue;
    const std::string_view name = source.wrapper ? "a function that grows the memory" : "memory.grow";
    if (source.base_escapes) {
      explain(source.offset, std::string(name) + ", whose result is where the new memory begins");
      continue;
    }
    // Walk back to the function's start without passing another source whose result is used.
    std::vector<bool> seen(flow_.block_count);
    std::vector<BlockId> pending;
    const auto gated = [&](BlockId block, std::uint64_t before) {
      return std::ranges::any_of(sources_, [&](const Source& gate) {
        return gate.base_escapes && gate.block == block && gate.offset < before;
      });
    };
    bool open = !gated(source.block, source.offset) && source.block == 0;
    if (!gated(source.block, source.offset))
      for (const Edge& edge : flow_.predecessors(source.block)) pending.push_back(edge.from);
    while (!open && !pending.empty()) {
      const BlockId at = pending.back();
      pending.pop_back();
      if (seen[at]) continue;
      seen[at] = true;
      if (gated(at, UINT64_MAX)) continue;
      open = at == 0;
      for (const Edge& edge : flow_.predecessors(at)) pending.push_back(edge.from);
    }
    if (open)
      object(source.offset, std::string("the result of ") + std::string(name) +
                                " is not used as the start of the new memory: something may be extended in place");
    else
      explain(source.offset, std::string(name) + ", extending what was grown just before");
  }
}

void FunctionGrowth::summarise(GrowthSummary& summary) const {
  for (const Effect& effect : flow_.effects) {
    if (effect.kind != EffectKind::returns || effect.operand_count == 0) continue;
    const NodeId result = flow_.operands_of(effect)[0];
    const Shift& shift = shifts_[result];
    if (!shift.top || !shift.known) continue;
    if (shift.from_size && !excused(result, effect.block, effect.offset)) {
      summary.returns_size = true;
      summary.shift = shift;
    } else if (shift.base) {
      summary.returns_fresh = true;
      if (!summary.returns_size) {
        summary.shift = shift;
        summary.shift.from_size = false;
      }
    }
  }
  for (const Source& source : sources_) {
    if (!source.is_size || source.tied_to == kNoNode || source.wrapper) continue;
    zeros_in(flow_, source.block, [&](NodeId zero) {
      if (flow_.nodes[zero].kind == NodeKind::parameter)
        summary.size_if_zero = static_cast<std::uint32_t>(flow_.nodes[zero].value);
    });
  }
}

GrowthSummary FunctionGrowth::run() {
  find_sources();
  GrowthSummary summary;
  if (sources_.empty()) return summary;
  tie_sizes();
  for (NodeId node = 0; node < flow_.nodes.size(); ++node)
    if (shifts_[node].top && shifts_[node].from_size) check_uses(node);
  for (const Source& source : sources_)
    if (source.is_size && !source.wrapper && source.tied_to == kNoNode && flow_.users(source.node).empty())
      explain(source.offset, "memory.size whose result is not used");
  check_growth();
  summarise(summary);
  return summary;
}

}  // namespace

std::vector<ShiftSeed> growth_seeds(const Flow& flow, const std::map<std::uint32_t, GrowthSummary>& summaries) {
  std::vector<ShiftSeed> seeds;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    Shift shift;
    shift.top = true;
    shift.base = true;
    shift.scale = 1;
    if (node.kind == NodeKind::memory_size) {
      shift.from_size = true;
      seeds.push_back({id, shift});
    } else if (node.kind == NodeKind::memory_grow) {
      seeds.push_back({id, shift});
    } else if (node.kind == NodeKind::call && flow.effects[node.effect].kind == EffectKind::call && node.value == 0) {
      const Effect& call = flow.effects[node.effect];
      const auto found = summaries.find(static_cast<std::uint32_t>(call.value));
      if (found == summaries.end() || (!found->second.returns_fresh && !found->second.returns_size)) continue;
      shift = found->second.shift;
      shift.mixed = false;
      if (found->second.size_if_zero && flow.constant(flow.operands_of(call)[*found->second.size_if_zero]) == 0)
        shift.from_size = true;
      seeds.push_back({id, shift});
    }
  }
  return seeds;
}

Result<GrowthReport> analyse_growth(const Module& module, const Survey& survey) {
  GrowthReport report;
  report.uses_size = !survey.size_functions.empty();
  report.grows = !survey.grow_functions.empty();
  std::deque<std::uint32_t> queue;
  std::map<std::uint32_t, int> rounds;
  std::map<std::uint32_t, GrowthReport> parts;
  for (const auto* list : {&survey.size_functions, &survey.grow_functions})
    for (const std::uint32_t function : *list)
      if (rounds.emplace(function, 0).second) queue.push_back(function);
  while (!queue.empty()) {
    const std::uint32_t function = queue.front();
    queue.pop_front();
    if (++rounds[function] > kMaxRounds)
      return fail(Code::kWorkLimit, "functions that read or grow the memory's size call each other too deeply to follow");
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, {.frame_slots = true}));
    GrowthReport& part = parts[function];
    part = {};
    const GrowthSummary summary = FunctionGrowth(flow, report.summaries, part).run();
    const bool direct = std::ranges::binary_search(survey.size_functions, function) ||
                        std::ranges::binary_search(survey.grow_functions, function);
    // A function that passes on what a wrapper gave it is an allocator: its result is memory by contract.
    GrowthSummary kept = summary;
    if (!direct && !summary.returns_size) kept = {};
    if (kept.returns_size && std::ranges::find(module.element_functions, function) != module.element_functions.end())
      part.unexplained.push_back({function, module.body(function)->file_offset,
                                  "memory.size is returned by a function that is called through a table"});
    GrowthSummary& known = report.summaries[function];
    if (known == kept) continue;
    known = kept;
    for (const std::uint32_t caller : survey.callers(function)) {
      rounds.emplace(caller, 0);
      if (std::ranges::find(queue, caller) == queue.end()) queue.push_back(caller);
    }
  }
  for (auto& [function, part] : parts) {
    std::ranges::move(part.explained, std::back_inserter(report.explained));
    std::ranges::move(part.unexplained, std::back_inserter(report.unexplained));
  }
  report.sound = report.unexplained.empty();
  return report;
}

}  // namespace heapbump
