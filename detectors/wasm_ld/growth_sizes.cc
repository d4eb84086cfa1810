#include <algorithm>
#include <bit>

#include "analysis/address_use.h"
#include "detectors/wasm_ld/function_growth.h"

namespace heapbump::growth {
namespace {

/// The size of what is grown: n for memory.grow(n), memory.grow(n >> 16) and memory.grow(n / 65536).
NodeId grown_amount(const Flow& flow, NodeId grow) {
  const NodeId pages = flow.operand(grow, 0);
  const Node& node = flow.nodes[pages];
  if (node.kind != NodeKind::binary) return pages;
  const auto by = flow.constant(flow.operand(pages, 1));
  const bool to_pages =
      (node.opcode == op::i32_shr_u && by == 16) || (node.opcode == op::i32_div_u && by == 65536);
  return to_pages ? flow.operand(pages, 0) : pages;
}

/// A node without the rounding up to pages that `(n + 65535) & -65536` does: zero exactly if n rounds to
/// zero.
NodeId without_rounding(const Flow& flow, NodeId node) {
  const Node& at = flow.nodes[node];
  if (at.kind == NodeKind::binary && at.opcode == op::i32_and &&
      flow.constant(flow.operand(node, 1)) == -65536)
    return flow.operand(node, 0);
  return node;
}

/// A node before it was wrapped or extended to another width.
NodeId without_conversion(const Flow& flow, NodeId node) {
  while (flow.nodes[node].kind == NodeKind::unary && op::is_resize(flow.nodes[node].opcode))
    node = flow.operand(node, 0);
  return node;
}

/// memory.size, in pages or bytes: a value that is never zero, so that asking whether it is tells nothing.
bool is_whole_size(const Flow& flow, NodeId id) {
  for (int depth = 0; depth < 8; ++depth) {
    const Node& node = flow.nodes[id];
    if (node.kind == NodeKind::memory_size || node.kind == NodeKind::call) return true;
    const bool scaled =
        node.kind == NodeKind::binary && (node.opcode == op::i32_shl || node.opcode == op::i32_mul);
    if (node.kind != NodeKind::unary && !(scaled && flow.constant(flow.operand(id, 1)))) return false;
    id = flow.operand(id, 0);
  }
  return false;
}

}  // namespace

void FunctionGrowth::find_sources() {
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const Node& node = flow_.nodes[id];
    Source source{id, node.offset, node.block, false, false, false, kNoNode};
    if (node.kind == NodeKind::memory_size) {
      source.is_size = true;
      sources_.push_back(source);
    } else if (node.kind == NodeKind::memory_grow) {
      source.is_size = flow_.constant(flow_.operand(id, 0)) == 0;  // growing by nothing asks for the size
      sources_.push_back(source);
    } else if (node.kind == NodeKind::call && flow_.effects[node.effect].kind == EffectKind::call &&
               node.value == 0) {
      const Effect& call = flow_.effects[node.effect];
      const auto summary = summaries_.find(static_cast<std::uint32_t>(call.value));
      if (summary == summaries_.end() || (!summary->second.returns_fresh && !summary->second.returns_size))
        continue;
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

/// The memory.grow whose result equals this memory.size because nothing can have grown the memory between the
/// two.
NodeId FunctionGrowth::grow_after(const Source& source) const {
  for (const Source& grow : sources_) {
    if (grow.is_size || grow.wrapper || !dominates(source.block, grow.block)) continue;
    if (grow.block == source.block && grow.offset < source.offset) continue;
    // Walk back from the grow to the size: any call or grow met on the way could have moved the memory's end.
    std::vector<bool> seen(flow_.block_count);
    std::vector<BlockId> pending;
    bool clean = true;
    if (!spend(1 + flow_.block_count / 64)) return kNoNode;
    if (grow.block == source.block) {
      clean = !may_grow(grow.block, source.offset, grow.offset);
    } else {
      clean = !may_grow(grow.block, 0, grow.offset);
      for (const Edge& edge : flow_.predecessors(grow.block)) pending.push_back(edge.from);
      while (clean && !pending.empty()) {
        const BlockId at = pending.back();
        pending.pop_back();
        if (seen[at]) continue;
        seen[at] = true;
        if (!spend(4 + flow_.predecessors(at).size())) return kNoNode;
        if (at == source.block) {
          clean = !may_grow(at, source.offset, UINT64_MAX);
          continue;
        }
        // Coming back to the grow itself means a loop that grows twice for one reading of the size.
        clean = at != grow.block && !may_grow(at, 0, UINT64_MAX);
        for (const Edge& edge : flow_.predecessors(at)) pending.push_back(edge.from);
      }
    }
    if (clean) return grow.node;
  }
  return kNoNode;
}

/// For `n == 0 ? memory.size : memory.grow(n)`: the memory.grow. The size is then the start of an empty
/// extension.
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

/// Whether something between two places of a block may grow the memory.
bool FunctionGrowth::may_grow(BlockId block, std::uint64_t from, std::uint64_t to) const {
  const auto next = std::ranges::upper_bound(growing_, std::pair{block, from});
  return next != growing_.end() && next->first == block && next->second < to;
}

/// Whether every way from the body's start to `block` passes through `gate` (a block passes through itself).
/// What can be reached without a gate is kept, since the few there are are asked for again and again.
bool FunctionGrowth::dominates(BlockId gate, BlockId block) const {
  if (gate == block || gate == 0) return true;
  const auto [entry, fresh] = without_.try_emplace(gate);
  std::vector<bool>& reached = entry->second;
  if (fresh) {
    reached.resize(flow_.block_count);
    if (!spend(2 * (ways_out_.size() + flow_.block_count))) return true;
    std::vector<BlockId> pending{0};
    reached[0] = true;
    while (!pending.empty()) {
      const BlockId at = pending.back();
      pending.pop_back();
      auto way = std::ranges::lower_bound(ways_out_, std::pair{at, BlockId{0}});
      for (; way != ways_out_.end() && way->first == at; ++way) {
        if (way->second == gate || reached[way->second]) continue;
        reached[way->second] = true;
        pending.push_back(way->second);
      }
    }
  }
  return !reached[block];
}

/// Lists what is asked for by block, by slot and by condition.
void FunctionGrowth::make_index() {
  if (!spend(4 * whole())) return;
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const Node& node = flow_.nodes[id];
    if (node.kind != NodeKind::load) continue;
    const Effect& load = flow_.effects[node.effect];
    loads_.push_back({flow_.operands_of(load)[0], load.value, id});
  }
  std::ranges::sort(loads_);
  returns_.resize(flow_.block_count);
  std::vector<BlockId> pending;
  for (const Effect& effect : flow_.effects) {
    if (effect.kind == EffectKind::call || effect.kind == EffectKind::call_indirect ||
        effect.kind == EffectKind::grow)
      growing_.emplace_back(effect.block, effect.offset);
    if (effect.kind != EffectKind::returns || returns_[effect.block]) continue;
    returns_[effect.block] = true;
    pending.push_back(effect.block);
  }
  std::ranges::sort(growing_);
  while (!pending.empty()) {
    const BlockId at = pending.back();
    pending.pop_back();
    for (const Edge& edge : flow_.predecessors(at)) {
      if (returns_[edge.from]) continue;
      returns_[edge.from] = true;
      pending.push_back(edge.from);
    }
  }
  for (const Edge& edge : flow_.edges) {
    ways_out_.emplace_back(edge.from, edge.to);
    if (edge.condition != kNoNode) decisions_.emplace_back(edge.condition, edge.to);
  }
  std::ranges::sort(ways_out_);
  std::ranges::sort(decisions_);
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
  made_from_.resize(flow_.nodes.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (!sources_[i].is_size) continue;
    const NodeId root = sources_[i].node;
    if (!spend(whole())) return;
    for (const NodeId node : reach(flow_, std::span(&root, 1), [](const Node& at, std::uint32_t) {
           return at.kind == NodeKind::binary || at.kind == NodeKind::unary || at.kind == NodeKind::opaque;
         }))
      made_from_[node] |= std::uint64_t{1} << i;
  }
  auto shifts = compute_shifts(flow_, seeds, budget_,
                               [&](NodeId node, BlockId block) { return tied_at(node, block, UINT64_MAX); });
  paid_ = paid_ && shifts;
  if (paid_) shifts_ = *std::move(shifts);
}

/// Whether every reading of the size that a value may come from is tied to a memory.grow passed on the way
/// here.
bool FunctionGrowth::tied_at(NodeId node, BlockId block, std::uint64_t offset) const {
  constexpr std::uint64_t kUnits = 4;  // for looking one source up
  for (std::uint64_t sizes = made_from_[node]; sizes != 0; sizes &= sizes - 1) {
    if (!spend(kUnits)) return false;
    const Source& source = sources_[static_cast<std::size_t>(std::countr_zero(sizes))];
    const auto grow = std::ranges::find(sources_, source.tied_to, &Source::node);
    if (grow == sources_.end() || !passes(*grow, block, offset)) return false;
  }
  return made_from_[node] != 0;
}

bool FunctionGrowth::passes(const Source& gate, BlockId block, std::uint64_t offset) const {
  return block == gate.block ? offset > gate.offset : dominates(gate.block, block);
}

/// Whether a value made from memory.size is known to be newly grown memory where it is used.
bool FunctionGrowth::excused(NodeId node, BlockId block, std::uint64_t offset) const {
  bool equal = false;
  constexpr std::uint64_t kUnits = 32;  // for the ways back that are looked at
  if (!spend(kUnits)) return true;
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
  std::vector<NodeId> conditions{compare};
  for (std::size_t i = 0; i < conditions.size(); ++i)
    for (const User& user : flow_.users(conditions[i])) {
      if (user.is_effect && flow_.effects[user.index].kind == EffectKind::branch) continue;
      if (!user.is_effect && asked(flow_, user.index, true).node == compare) {
        conditions.push_back(user.index);
        continue;
      }
      return false;
    }
  bool guarded = false;
  for (const NodeId condition : conditions) {
    const auto targets =
        std::ranges::equal_range(decisions_, condition, {}, &std::pair<NodeId, BlockId>::first);
    if (targets.empty()) continue;
    if (!spend(4 + targets.size())) return false;
    if (std::ranges::all_of(targets, [&](const auto& way) { return returns_[way.second]; })) return false;
    guarded = true;
  }
  return guarded;
}

/// Whether a comparison asks if arithmetic on an address leaves 32 bits: `size > 65535`, `size + n < size`,
/// and `end - size > end`, which is `size > end`. A move by whole pages changes none of them short of the end
/// of memory.
bool FunctionGrowth::checks_overflow(NodeId node, NodeId compare) const {
  const NodeId left = flow_.operand(compare, 0);
  const NodeId other = left == node ? flow_.operand(compare, 1) : left;
  const Shift& mine = shifts_[node];
  if (!mine.known || mine.mixed) return false;
  if (const auto constant = flow_.constant(other)) {
    constexpr std::uint64_t kHalf = std::uint64_t{1} << 31;  // of what 32 bits address
    const std::uint64_t unit = kPageSize / static_cast<std::uint64_t>(std::max<std::int64_t>(mine.scale, 1));
    return mine.scale > 0 && unit != 0 &&
           std::uint64_t{static_cast<std::uint32_t>(*constant)} * unit >= kHalf;
  }
  // One side is the other with something added or taken away.
  const auto made_of = [&](NodeId sum, NodeId part) {
    const Node& at = flow_.nodes[sum];
    if (at.kind != NodeKind::binary) return false;
    if (at.opcode == op::i32_add) return flow_.operand(sum, 0) == part || flow_.operand(sum, 1) == part;
    if (at.opcode != op::i32_sub || flow_.operand(sum, 0) != part) return false;
    const Shift& from = shifts_[part];
    const Shift& taken = shifts_[flow_.operand(sum, 1)];
    return from.known && !from.mixed &&
           (!taken.top || (taken.known && !taken.mixed && taken.scale == from.scale));
  };
  return made_of(node, other) || made_of(other, node);
}

/// Notes an assertion, unless its pointer is read from where nothing is kept here: an element of a table.
void FunctionGrowth::assert_bound(NodeId pointer, std::uint64_t offset) {
  GrowthAssertion assertion{flow_.function, offset, {}};
  const Node& node = flow_.nodes[pointer];
  if (node.kind == NodeKind::global) assertion.pointer = Place{true, static_cast<std::uint32_t>(node.value)};
  if (node.kind == NodeKind::load) {
    const Effect& load = flow_.effects[node.effect];
    if (const auto address = constant_address(flow_, load)) assertion.pointer = Place{false, *address};
    const bool kept = std::ranges::any_of(flow_.effects, [&](const Effect& effect) {
      return effect.kind == EffectKind::store && effect.value == load.value &&
             !is_frame(flow_, flow_.operands_of(effect)[0]);
    });
    if (!assertion.pointer && !kept) return;
  }
  report_.assertions.push_back(assertion);
}

void FunctionGrowth::check_compare(NodeId node, NodeId compare) {
  const Node& at = flow_.nodes[compare];
  if (at.kind == NodeKind::unary) {
    if (!is_whole_size(flow_, node) && !excused(node, at.block, at.offset))
      object(at.offset, "memory.size is compared with a number");
    return;
  }
  const NodeId left = flow_.operand(compare, 0);
  const NodeId other_node = left == node ? flow_.operand(compare, 1) : left;
  const Shift& mine = shifts_[node];
  const Shift& other = shifts_[other_node];
  const auto constant = flow_.constant(other_node);
  if (op::is_equality(at.opcode)) {
    const bool fails = constant && (*constant == -1 || (*constant == 0 && is_whole_size(flow_, node)));
    const bool alike =
        other.top && other.known && mine.known && mine.scale == other.scale && !mine.mixed && !other.mixed;
    if (fails || alike)
      return explain(at.offset, "memory.size compared for equality with where memory was grown");
  } else if (op::is_order(at.opcode)) {
    if (mine.known && other.known && other.top && mine.scale == other.scale && !mine.mixed && !other.mixed)
      return explain(at.offset, "memory.size compared with the start of newly grown memory");
    const NodeKind kind = flow_.nodes[without_conversion(flow_, other_node)].kind;
    const bool plain = kind == NodeKind::load || kind == NodeKind::parameter || kind == NodeKind::global;
    // Without memory.grow the same assertion is how a heap that may not grow notices its end.
    if (module_grows_ && plain && guards_a_trap(compare)) {
      assert_bound(without_conversion(flow_, other_node), at.offset);
      return explain(at.offset, "memory.size in an assertion that a pointer is in bounds");
    }
  }
  if (op::is_order(at.opcode) && module_grows_ && checks_overflow(node, compare) && guards_a_trap(compare))
    return explain(at.offset, "memory.size in a check that an address stays below 4 GiB");
  if (excused(node, at.block, at.offset)) return;
  object(at.offset, constant ? "memory.size is compared with a constant"
                             : "memory.size is compared with an address that may belong to a heap below it");
}

void FunctionGrowth::check_uses(NodeId node) {
  for (const User& user : flow_.users(node)) {
    if (!spend(8)) return;  // each is looked up among those that were seen
    if (!user.is_effect) {
      const Node& next = flow_.nodes[user.index];
      const bool compares = op::is_comparison(next.opcode);
      if ((next.kind == NodeKind::binary || next.kind == NodeKind::unary) && compares &&
          seen_.emplace(user.index, 0).second)
        check_compare(node, user.index);
      if (next.kind == NodeKind::select && user.position == 2 && !is_whole_size(flow_, node) &&
          seen_.emplace(user.index, 0).second)
        object(next.offset, "memory.size decides between two values");
      continue;
    }
    const Effect& effect = flow_.effects[user.index];
    if (effect.kind == EffectKind::drop || effect.kind == EffectKind::grow) continue;
    if (effect.kind == EffectKind::branch && effect.opcode != op::br_table && is_whole_size(flow_, node))
      continue;
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

}  // namespace heapbump::growth
