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

/// What a node holds of the start of newly grown memory.
struct Carried {
  bool bytes = false;       ///< an address; otherwise a page number
  std::int64_t offset = 0;  ///< the least that was added to it
  bool operator==(const Carried&) const = default;
};

class FunctionGrowth {
 public:
  FunctionGrowth(const Flow& flow, const std::map<std::uint32_t, GrowthSummary>& summaries, GrowthReport& report,
                 bool module_grows)
      : flow_(flow), summaries_(summaries), report_(report), module_grows_(module_grows) {}

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
  [[nodiscard]] std::map<NodeId, Carried> carry(const Source& source) const;
  [[nodiscard]] bool base_escapes(const Source& source);
  void summarise(GrowthSummary& summary) const;
  void explain(std::uint64_t offset, std::string what) { report_.explained.push_back({flow_.function, offset, std::move(what)}); }
  void object(std::uint64_t offset, std::string what) { report_.unexplained.push_back({flow_.function, offset, std::move(what)}); }

  const Flow& flow_;
  const std::map<std::uint32_t, GrowthSummary>& summaries_;
  GrowthReport& report_;
  const bool module_grows_;
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

/// A slot of the shadow stack, where unoptimised code keeps its variables: one base node made from a global, one offset.
bool is_frame(const Flow& flow, NodeId address) {
  for (int depth = 0; depth < 8; ++depth) {
    const Node& node = flow.nodes[address];
    if (node.kind == NodeKind::global) return true;
    const bool sum = node.kind == NodeKind::binary && (node.opcode == op::i32_add || node.opcode == op::i32_sub);
    if (!sum || !flow.constant(flow.operand(address, 1))) return false;
    address = flow.operand(address, 0);
  }
  return false;
}

bool same_slot(const Flow& flow, const Effect& a, const Effect& b) {
  return a.value == b.value && flow.operands_of(a)[0] == flow.operands_of(b)[0];
}

/// The value of a node if the given parameter is zero, where that alone decides it.
std::optional<std::int64_t> value_at_zero(const Flow& flow, NodeId id, std::uint32_t parameter, int depth = 0) {
  constexpr int kDeepest = 24;
  if (depth == kDeepest) return std::nullopt;
  if (const auto constant = flow.constant(id)) return constant;
  const Node& node = flow.nodes[id];
  const auto operand = [&](std::uint32_t position) {
    return value_at_zero(flow, flow.operands_of(node)[position], parameter, depth + 1);
  };
  switch (node.kind) {
    case NodeKind::parameter:
      return node.value == static_cast<std::int64_t>(parameter) ? std::optional<std::int64_t>(0) : std::nullopt;
    case NodeKind::unary:
      if (node.opcode == 0xa7 || node.opcode == 0xac || node.opcode == 0xad) return operand(0);
      return std::nullopt;
    case NodeKind::load: {
      // A slot of the frame that is given nothing but such values.
      const Effect& load = flow.effects[node.effect];
      if (!is_frame(flow, flow.operands_of(load)[0])) return std::nullopt;
      std::optional<std::int64_t> stored;
      int stores = 0;
      for (const Effect& effect : flow.effects) {
        if (effect.kind != EffectKind::store || !same_slot(flow, effect, load)) continue;
        const auto value = ++stores > 4 ? std::nullopt : value_at_zero(flow, flow.operands_of(effect)[1], parameter, depth + 4);
        if (!value || (stored && *stored != *value)) return std::nullopt;
        stored = value;
      }
      return stored;
    }
    case NodeKind::binary: {
      const auto left = operand(0);
      const auto right = operand(1);
      if (left == 0 && (node.opcode == op::i32_and || node.opcode == op::i32_mul)) return 0;
      if (!left || !right) return std::nullopt;
      const auto a = static_cast<std::uint32_t>(*left);
      const auto b = static_cast<std::uint32_t>(*right);
      switch (node.opcode) {
        case op::i32_add: return static_cast<std::int32_t>(a + b);
        case op::i32_sub: return static_cast<std::int32_t>(a - b);
        case op::i32_and: return static_cast<std::int32_t>(a & b);
        case op::i32_or: return static_cast<std::int32_t>(a | b);
        case op::i32_mul: return static_cast<std::int32_t>(a * b);
        case op::i32_shl: return static_cast<std::int32_t>(a << (b & 31));
        case op::i32_shr_u: return static_cast<std::int32_t>(a >> (b & 31));
        case op::i32_shr_s: return static_cast<std::int32_t>(a) >> (b & 31);
        case op::i32_div_u: return b == 0 ? std::nullopt : std::optional<std::int64_t>(static_cast<std::int32_t>(a / b));
        case 0x6d:  // i32.div_s
          if (b == 0 || b == UINT32_MAX) return std::nullopt;
          return static_cast<std::int32_t>(a) / static_cast<std::int32_t>(b);
        default: return std::nullopt;
      }
    }
    default:
      return std::nullopt;
  }
}

/// memory.size, in pages or bytes: a value that is never zero, so that asking whether it is tells nothing.
bool is_whole_size(const Flow& flow, NodeId id) {
  for (int depth = 0; depth < 8; ++depth) {
    const Node& node = flow.nodes[id];
    if (node.kind == NodeKind::memory_size || node.kind == NodeKind::call) return true;
    const bool scaled = node.kind == NodeKind::binary && (node.opcode == op::i32_shl || node.opcode == op::i32_mul);
    if (node.kind != NodeKind::unary && !(scaled && flow.constant(flow.operand(id, 1)))) return false;
    id = flow.operand(id, 0);
  }
  return false;
}

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
  if (is_equality(at.opcode)) {
    const bool fails = constant && (*constant == -1 || (*constant == 0 && is_whole_size(flow_, node)));
    const bool alike = other.top && other.known && mine.known && mine.scale == other.scale && !mine.mixed && !other.mixed;
    if (fails || alike) return explain(at.offset, "memory.size compared for equality with where memory was grown");
  } else if (is_relational(at.opcode)) {
    if (mine.known && other.known && other.top && mine.scale == other.scale && !mine.mixed && !other.mixed)
      return explain(at.offset, "memory.size compared with the start of newly grown memory");
    const bool plain = flow_.nodes[other_node].kind == NodeKind::load || flow_.nodes[other_node].kind == NodeKind::parameter ||
                       flow_.nodes[other_node].kind == NodeKind::global;
    // Without memory.grow the same assertion is how a heap that may not grow notices its end.
    if (module_grows_ && plain && guards_a_trap(compare)) return explain(at.offset, "memory.size in an assertion that a pointer is in bounds");
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
      if (next.kind == NodeKind::select && user.position == 2 && !is_whole_size(flow_, node) &&
          seen_.emplace(user.index, 0).second)
        object(next.offset, "memory.size decides between two values");
      continue;
    }
    const Effect& effect = flow_.effects[user.index];
    if (effect.kind == EffectKind::drop || effect.kind == EffectKind::grow) continue;
    if (effect.kind == EffectKind::branch && effect.opcode != op::br_table && is_whole_size(flow_, node)) continue;
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

/// The nodes that hold the start of what a source grows, give or take a header, through the frame's slots too. Nothing may
/// be added to a page number but a part of what was asked for: `(old + n) << 16` is where the new memory ends.
std::map<NodeId, Carried> FunctionGrowth::carry(const Source& source) const {
  constexpr int kMaxFalls = 8;  // an offset that falls more often goes round a loop
  std::map<NodeId, Carried> carried;
  std::map<NodeId, int> falls;
  std::vector<NodeId> pending;
  const auto meet = [&](NodeId node, Carried value) {
    const auto [known, fresh] = carried.emplace(node, value);
    if (!fresh) {
      if (known->second.bytes != value.bytes || known->second.offset <= value.offset || ++falls[node] > kMaxFalls) return;
      known->second.offset = value.offset;
    }
    pending.push_back(node);
  };
  std::int64_t start = 0;
  std::span<const NodeId> parts;  // of the number of pages asked for, where that is a sum
  if (source.wrapper) {
    const Effect& call = flow_.effects[flow_.nodes[source.node].effect];
    start = summaries_.at(static_cast<std::uint32_t>(call.value)).header;
  } else {
    const Node& amount = flow_.nodes[flow_.operand(source.node, 0)];
    if (amount.kind == NodeKind::binary && amount.opcode == op::i32_add) parts = flow_.operands_of(amount);
  }
  const auto root = [&](NodeId node) {
    const Shift& shift = shifts_[node];
    if (shift.top) meet(node, {shift.known && shift.scale == static_cast<std::int64_t>(kPageSize), start});
  };
  root(source.node);
  for (const Source& size : sources_)
    if (size.is_size && size.tied_to == source.node) root(size.node);
  while (!pending.empty()) {
    const NodeId at = pending.back();
    pending.pop_back();
    const Carried here = carried[at];
    for (const User& user : flow_.users(at)) {
      if (user.is_effect) {
        const Effect& store = flow_.effects[user.index];
        if (store.kind != EffectKind::store || user.position != 1 || !is_frame(flow_, flow_.operands_of(store)[0])) continue;
        for (NodeId id = 0; id < flow_.nodes.size(); ++id)
          if (flow_.nodes[id].kind == NodeKind::load && same_slot(flow_, flow_.effects[flow_.nodes[id].effect], store))
            meet(id, here);
        continue;
      }
      const Node& node = flow_.nodes[user.index];
      if (node.kind == NodeKind::phi || (node.kind == NodeKind::select && user.position < 2)) {
        meet(user.index, here);
      } else if (node.kind == NodeKind::unary) {
        if (node.opcode == 0xa7 || node.opcode == 0xac || node.opcode == 0xad) meet(user.index, here);
      } else if (node.kind == NodeKind::binary) {
        const auto other = flow_.constant(flow_.operands_of(node)[1 - user.position]);
        const auto page = static_cast<std::int64_t>(kPageSize);
        const bool sum = node.opcode == op::i32_add || (node.opcode == op::i32_sub && user.position == 0);
        const bool to_bytes = other && ((node.opcode == op::i32_shl && user.position == 0 && *other == 16) ||
                                        ((node.opcode == op::i32_mul || node.opcode == 0x7e) && *other == page));
        // Of `grow(skipped + n)`, the page `old + skipped` is still a start, as alignment leaves it.
        const bool skips = !here.bytes && node.opcode == op::i32_add &&
                           std::ranges::find(parts, flow_.operands_of(node)[1 - user.position]) != parts.end();
        if ((to_bytes && !here.bytes) || skips)
          meet(user.index, {to_bytes, here.offset});
        else if (sum && other && here.bytes && *other > -page && *other < page)
          meet(user.index, {true, here.offset + (node.opcode == op::i32_add ? *other : -*other)});
      }
    }
  }
  return carried;
}

/// Whether the start of what this source grows is itself used as an address: stored, passed, returned or addressed.
bool FunctionGrowth::base_escapes(const Source& source) {
  bool escapes = false;
  const auto carried = carry(source);
  // Where the new memory is known to begin at the end of what the allocator had, it may look back.
  const auto continues = [&](BlockId block) {
    bool equal = false;
    equalities_on(flow_, {block, block, kNoNode, true}, [&](NodeId a, NodeId b) {
      equal = equal || carried.contains(a) != carried.contains(b);
    });
    return equal;
  };
  for (const auto& [node, held] : carried)
    for (const User& user : flow_.users(node)) {
      if (!user.is_effect) continue;
      const Effect& effect = flow_.effects[user.index];
      if (effect.offset <= source.offset && effect.block == source.block) continue;
      bool address = false;
      switch (effect.kind) {
        case EffectKind::store:
          if (user.position == 1 && is_frame(flow_, flow_.operands_of(effect)[0])) continue;  // a variable, followed
          [[fallthrough]];
        case EffectKind::load:
        case EffectKind::atomic:
          address = user.position == 0;
          [[fallthrough]];
        case EffectKind::bulk:
        case EffectKind::call:
        case EffectKind::call_indirect:
        case EffectKind::global_set:
          if (!held.bytes) break;
          escapes = true;
          if (held.offset + (address ? effect.value : 0) < 0 && !continues(effect.block) &&
              seen_.emplace(user.index, 2).second)
            object(effect.offset, "memory just below what was grown is used: it is taken to continue what was there before");
          break;
        case EffectKind::returns:
          escapes = true;
          break;
        default:
          break;
      }
    }
  return escapes;
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
  std::map<NodeId, Carried> carried;
  for (const Source& source : sources_)
    if (!source.is_size) carried.merge(carry(source));
  summary.only_fresh = true;
  std::optional<std::int64_t> header;
  for (const Effect& effect : flow_.effects) {
    if (effect.kind != EffectKind::returns || effect.operand_count == 0) continue;
    const NodeId result = flow_.operands_of(effect)[0];
    Shift shift = shifts_[result];
    const auto held = carried.find(result);
    if (held != carried.end()) header = std::min(header.value_or(held->second.offset), held->second.offset);
    if (held != carried.end() && !shift.top) {
      shift = {.scale = held->second.bytes ? static_cast<std::int64_t>(kPageSize) : 1, .top = true, .base = true};
    }
    const auto constant = flow_.constant(result);
    if (shift.mixed || (!shift.top && constant != 0 && constant != -1)) summary.only_fresh = false;
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
  if (!summary.returns_fresh) summary.only_fresh = false;
  // Memory from elsewhere has a header of its own, of a size that is not known here.
  if (summary.returns_fresh) summary.header = summary.only_fresh ? header.value_or(0) : static_cast<std::int64_t>(kPageSize);
  for (const Source& source : sources_) {
    if (!source.is_size || source.tied_to == kNoNode || source.wrapper) continue;
    zeros_in(flow_, source.block, [&](NodeId zero) {
      if (flow_.nodes[zero].kind == NodeKind::parameter)
        summary.size_if_zero = static_cast<std::uint32_t>(flow_.nodes[zero].value);
    });
  }
  if (!summary.returns_fresh || summary.size_if_zero) return;
  // What grows by nothing, or passes its zero on to what does, returns the size as well.
  for (const Source& source : sources_) {
    if (source.is_size) continue;
    NodeId amount = kNoNode;
    if (!source.wrapper) {
      amount = flow_.operand(source.node, 0);
    } else {
      const Effect& call = flow_.effects[flow_.nodes[source.node].effect];
      const auto& callee = summaries_.at(static_cast<std::uint32_t>(call.value));
      if (callee.size_if_zero) amount = flow_.operands_of(call)[*callee.size_if_zero];
    }
    if (amount == kNoNode) continue;
    for (NodeId id = 0; id < flow_.nodes.size() && flow_.nodes[id].kind == NodeKind::parameter; ++id) {
      const auto parameter = static_cast<std::uint32_t>(flow_.nodes[id].value);
      if (value_at_zero(flow_, amount, parameter) == 0) summary.size_if_zero = parameter;
    }
  }
}

GrowthSummary FunctionGrowth::run() {
  find_sources();
  GrowthSummary summary;
  if (sources_.empty()) return summary;
  constexpr std::size_t kMaxSources = 64;  // real allocators have fewer than ten
  if (sources_.size() > kMaxSources) {
    object(sources_.front().offset, "the memory's size is read and grown more often in one function than can be followed");
    return summary;
  }
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
      shift.from_size = flow.constant(flow.operand(id, 0)) == 0;
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
    const GrowthSummary summary = FunctionGrowth(flow, report.summaries, part, report.grows).run();
    const bool direct = std::ranges::binary_search(survey.size_functions, function) ||
                        std::ranges::binary_search(survey.grow_functions, function);
    // A function that returns what a wrapper gave it, or else memory from elsewhere, is an allocator: its result is
    // memory by contract. One that returns nothing else only passes it on, and its callers may ask just for success.
    GrowthSummary kept = summary;
    if (!direct && !summary.returns_size && !summary.only_fresh) kept = {};
    const bool raw = kept.returns_size || kept.only_fresh;
    if (raw && std::ranges::find(module.element_functions, function) != module.element_functions.end())
      part.unexplained.push_back({function, module.body(function)->file_offset,
                                  std::string(kept.returns_size ? "memory.size" : "memory.grow's result") +
                                      " is returned by a function that is called through a table"});
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
