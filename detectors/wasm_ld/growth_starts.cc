#include <algorithm>

#include "detectors/wasm_ld/function_growth.h"

namespace heapbump::growth {
namespace {

/// The value of a node if the given parameter is zero, where that alone decides it.
/// `spend` pays for each step, since the way down can branch at every node.
template <typename Spend>
std::optional<std::int64_t> value_at_zero(const Flow& flow, NodeId id, std::uint32_t parameter, Spend spend,
                                          int depth = 0) {
  constexpr int kDeepest = 24;
  if (depth == kDeepest || !spend(2)) return std::nullopt;
  if (const auto constant = flow.constant(id)) return constant;
  const Node& node = flow.nodes[id];
  const auto operand = [&](std::uint32_t position) {
    return value_at_zero(flow, flow.operands_of(node)[position], parameter, spend, depth + 1);
  };
  switch (node.kind) {
    case NodeKind::parameter:
      return node.value == static_cast<std::int64_t>(parameter) ? std::optional<std::int64_t>(0)
                                                                : std::nullopt;
    case NodeKind::unary:
      if (op::is_resize(node.opcode)) return operand(0);
      return std::nullopt;
    case NodeKind::load: {
      // A slot of the frame that is given nothing but such values.
      const Effect& load = flow.effects[node.effect];
      if (!is_frame(flow, flow.operands_of(load)[0])) return std::nullopt;
      std::optional<std::int64_t> stored;
      int stores = 0;
      if (!spend(1 + flow.effects.size() / 4)) return std::nullopt;
      for (const Effect& effect : flow.effects) {
        if (effect.kind != EffectKind::store || !same_slot(flow, effect, load)) continue;
        const auto value =
            ++stores > 4 ? std::nullopt
                         : value_at_zero(flow, flow.operands_of(effect)[1], parameter, spend, depth + 4);
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
        case op::i32_add:
          return static_cast<std::int32_t>(a + b);
        case op::i32_sub:
          return static_cast<std::int32_t>(a - b);
        case op::i32_and:
          return static_cast<std::int32_t>(a & b);
        case op::i32_or:
          return static_cast<std::int32_t>(a | b);
        case op::i32_mul:
          return static_cast<std::int32_t>(a * b);
        case op::i32_shl:
          return static_cast<std::int32_t>(a << (b & 31));
        case op::i32_shr_u:
          return static_cast<std::int32_t>(a >> (b & 31));
        case op::i32_shr_s:
          return static_cast<std::int32_t>(a) >> (b & 31);
        case op::i32_div_u:
          return b == 0 ? std::nullopt : std::optional<std::int64_t>(static_cast<std::int32_t>(a / b));
        case op::i32_div_s:
          if (b == 0 || b == UINT32_MAX) return std::nullopt;
          return static_cast<std::int32_t>(a) / static_cast<std::int32_t>(b);
        default:
          return std::nullopt;
      }
    }
    default:
      return std::nullopt;
  }
}

/// What carries a value on through arithmetic: anything but a comparison.
bool calculates(const Node& at, std::uint32_t) {
  return (at.kind == NodeKind::binary || at.kind == NodeKind::unary) && !op::is_integer_comparison(at.opcode);
}

}  // namespace

bool is_frame(const Flow& flow, NodeId address) {
  for (int depth = 0; depth < 8; ++depth) {
    const Node& node = flow.nodes[address];
    if (node.kind == NodeKind::global) return true;
    const bool sum = node.kind == NodeKind::binary && op::is_i32_sum(node.opcode);
    if (!sum || !flow.constant(flow.operand(address, 1))) return false;
    address = flow.operand(address, 0);
  }
  return false;
}

bool same_slot(const Flow& flow, const Effect& a, const Effect& b) {
  return a.value == b.value && flow.operands_of(a)[0] == flow.operands_of(b)[0];
}

/// The nodes that hold the start of what a source grows, give or take a header, through the frame's slots
/// too. Nothing may be added to a page number but a part of what was asked for: `(old + n) << 16` is where
/// the new memory ends.
std::map<NodeId, Carried> FunctionGrowth::carry(const Source& source,
                                                const std::set<NodeId>& continued) const {
  constexpr int kMaxFalls = 8;  // an offset that falls more often goes round a loop
  std::map<NodeId, Carried> carried;
  std::map<NodeId, int> falls;
  std::vector<NodeId> pending;
  constexpr std::uint64_t kUnits = 16;  // for looking a node up among those that were met
  const auto meet = [&](NodeId node, Carried value) {
    if (continued.contains(node)) value.offset = std::max<std::int64_t>(value.offset, 0);
    const auto [known, fresh] = carried.emplace(node, value);
    if (!fresh) {
      if (known->second.bytes != value.bytes || known->second.offset <= value.offset ||
          ++falls[node] > kMaxFalls)
        return false;
      known->second.offset = value.offset;
    }
    pending.push_back(node);
    return true;
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
    if (shift.top)
      (void)meet(node, {shift.known && shift.scale == static_cast<std::int64_t>(kPageSize), start});
  };
  root(source.node);
  for (const Source& size : sources_)
    if (size.is_size && size.tied_to == source.node) root(size.node);
  while (!pending.empty()) {
    const NodeId at = pending.back();
    pending.pop_back();
    const Carried here = carried[at];
    for (const User& user : flow_.users(at)) {
      if (!spend(kUnits)) return {};
      if (user.is_effect) {
        const Effect& store = flow_.effects[user.index];
        if (store.kind != EffectKind::store || user.position != 1 ||
            !is_frame(flow_, flow_.operands_of(store)[0]))
          continue;
        // All loads of a slot meet the same values, so what is no news to the first is none to any.
        const NodeId slot = flow_.operands_of(store)[0];
        auto load = std::ranges::lower_bound(loads_, SlotLoad{slot, store.value, 0});
        for (; load != loads_.end() && load->address == slot && load->offset == store.value &&
               meet(load->load, here);
             ++load)
          if (!spend(kUnits)) return {};
        continue;
      }
      const Node& node = flow_.nodes[user.index];
      if (node.kind == NodeKind::phi || (node.kind == NodeKind::select && user.position < 2)) {
        (void)meet(user.index, here);
      } else if (node.kind == NodeKind::unary) {
        if (op::is_resize(node.opcode)) (void)meet(user.index, here);
      } else if (node.kind == NodeKind::binary) {
        const auto other = flow_.constant(flow_.operands_of(node)[1 - user.position]);
        const auto page = static_cast<std::int64_t>(kPageSize);
        const bool sum = node.opcode == op::i32_add || (node.opcode == op::i32_sub && user.position == 0);
        const bool to_bytes =
            other && ((node.opcode == op::i32_shl && user.position == 0 && *other == 16) ||
                      ((node.opcode == op::i32_mul || node.opcode == op::i64_mul) && *other == page));
        // Of `grow(skipped + n)`, the page `old + skipped` is still a start, as alignment leaves it.
        const bool skips =
            !here.bytes && node.opcode == op::i32_add &&
            std::ranges::find(parts, flow_.operands_of(node)[1 - user.position]) != parts.end();
        if ((to_bytes && !here.bytes) || skips)
          (void)meet(user.index, {to_bytes, here.offset});
        else if (sum && other && here.bytes && *other > -page && *other < page)
          (void)meet(user.index, {true, here.offset + (node.opcode == op::i32_add ? *other : -*other)});
      }
    }
  }
  return carried;
}

/// The same; what lies below the start counts as the start where the new memory is known to begin at the end
/// of what the allocator had: there it takes its own last header back.
std::map<NodeId, Carried> FunctionGrowth::carry(const Source& source) const {
  const auto carried = carry(source, {});
  std::set<NodeId> continued;
  for (const auto& [node, held] : carried)
    if (held.offset < 0 && flow_.nodes[node].kind == NodeKind::binary &&
        continues(carried, flow_.nodes[node].block))
      continued.insert(node);
  return continued.empty() ? carried : carry(source, continued);
}

/// Whether a value equal to the start of new memory, but not made from it, is known in a block.
bool FunctionGrowth::continues(const std::map<NodeId, Carried>& carried, BlockId block) const {
  bool equal = false;
  constexpr std::uint64_t kUnits = 32;  // for the ways back that are looked at
  if (!spend(kUnits)) return false;
  equalities_on(flow_, {block, block, kNoNode, true}, [&](NodeId a, NodeId b) {
    equal = equal || (spend(kUnits / 2) && carried.contains(a) != carried.contains(b));
  });
  return equal;
}

/// Whether what is made from these values goes anywhere but into a comparison.
bool FunctionGrowth::is_used(const std::map<NodeId, Carried>& carried) const {
  std::vector<NodeId> roots;
  for (const auto& [node, held] : carried) roots.push_back(node);
  if (!spend(2 * whole())) return false;
  for (const NodeId node : reach(flow_, roots, calculates))
    for (const User& user : flow_.users(node)) {
      if (!user.is_effect) continue;
      const Effect& effect = flow_.effects[user.index];
      if (effect.kind == EffectKind::branch || effect.kind == EffectKind::drop) continue;
      if (effect.kind == EffectKind::store && user.position == 1 &&
          is_frame(flow_, flow_.operands_of(effect)[0]))
        continue;
      return true;
    }
  return false;
}

/// Whether the start of what this source grows is itself used as an address: stored, passed, returned or
/// addressed.
bool FunctionGrowth::base_escapes(const Source& source) {
  bool escapes = false;
  const auto carried = carry(source);
  // A function that also gives memory from elsewhere promises no contiguity to who uses its result in any
  // way.
  if (source.wrapper) {
    const Effect& call = flow_.effects[flow_.nodes[source.node].effect];
    escapes = !summaries_.at(static_cast<std::uint32_t>(call.value)).only_fresh && is_used(carried);
  }
  for (const auto& [node, held] : carried)
    for (const User& user : flow_.users(node)) {
      if (!spend(4)) return false;
      if (!user.is_effect) continue;
      const Effect& effect = flow_.effects[user.index];
      if (effect.offset <= source.offset && effect.block == source.block) continue;
      bool address = false;
      switch (effect.kind) {
        case EffectKind::store:
          if (user.position == 1 && is_frame(flow_, flow_.operands_of(effect)[0]))
            continue;  // a variable, followed
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
          if (held.offset + (address ? effect.value : 0) < 0 && !continues(carried, effect.block) &&
              seen_.emplace(user.index, 2).second)
            object(effect.offset,
                   "memory just below what was grown is used: it is taken to continue what was there before");
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

/// Newly grown memory must be taken to begin where memory.grow says. One that only asks whether it succeeded
/// extends something in place, which is right only if that something was itself grown just before.
void FunctionGrowth::check_growth() {
  for (Source& source : sources_)
    if (!source.is_size) source.base_escapes = base_escapes(source);
  std::map<BlockId, std::uint64_t> gates;  // the first source of a block whose result is used
  for (const Source& source : sources_)
    if (source.base_escapes) {
      const auto gate = gates.emplace(source.block, source.offset).first;
      gate->second = std::min(gate->second, source.offset);
    }
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
      const auto gate = gates.find(block);
      return gate != gates.end() && gate->second < before;
    };
    bool open = !gated(source.block, source.offset) && source.block == 0;
    if (!gated(source.block, source.offset))
      for (const Edge& edge : flow_.predecessors(source.block)) pending.push_back(edge.from);
    while (!open && !pending.empty()) {
      const BlockId at = pending.back();
      pending.pop_back();
      if (seen[at]) continue;
      seen[at] = true;
      if (!spend(4 + flow_.predecessors(at).size())) return;
      if (gated(at, UINT64_MAX)) continue;
      open = at == 0;
      for (const Edge& edge : flow_.predecessors(at)) pending.push_back(edge.from);
    }
    if (open)
      object(source.offset,
             std::string("the result of ") + std::string(name) +
                 " is not used as the start of the new memory: something may be extended in place");
    else
      explain(source.offset, std::string(name) + ", extending what was grown just before");
  }
}

/// What is made from the results of functions that also give memory from elsewhere.
std::vector<bool> FunctionGrowth::from_allocators() const {
  std::vector<NodeId> roots;
  for (const Source& source : sources_) {
    if (source.is_size || !source.wrapper) continue;
    const Effect& call = flow_.effects[flow_.nodes[source.node].effect];
    if (!summaries_.at(static_cast<std::uint32_t>(call.value)).only_fresh) roots.push_back(source.node);
  }
  std::vector<bool> made(flow_.nodes.size());
  if (!spend(whole())) return made;
  for (const NodeId node : reach(flow_, roots, calculates)) made[node] = true;
  return made;
}

void FunctionGrowth::summarise(GrowthSummary& summary) const {
  std::map<NodeId, Carried> carried;
  for (const Source& source : sources_)
    if (!source.is_size) carried.merge(carry(source));
  const std::vector<bool> allocated = from_allocators();
  summary.only_fresh = true;
  std::optional<std::int64_t> header;
  for (const Effect& effect : flow_.effects) {
    if (effect.kind != EffectKind::returns || effect.operand_count == 0) continue;
    const NodeId result = flow_.operands_of(effect)[0];
    Shift shift = shifts_[result];
    const auto held = carried.find(result);
    if (held != carried.end()) header = std::min(header.value_or(held->second.offset), held->second.offset);
    if (held != carried.end() && !shift.top) {
      shift = {
          .scale = held->second.bytes ? static_cast<std::int64_t>(kPageSize) : 1, .top = true, .base = true};
    }
    const auto constant = flow_.constant(result);
    if (shift.mixed || allocated[result] || (!shift.top && constant != 0 && constant != -1))
      summary.only_fresh = false;
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
  if (summary.returns_fresh)
    summary.header = summary.only_fresh ? header.value_or(0) : static_cast<std::int64_t>(kPageSize);
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
      if (value_at_zero(flow_, amount, parameter, [&](std::uint64_t units) { return spend(units); }) == 0)
        summary.size_if_zero = parameter;
    }
  }
}

Result<GrowthSummary> FunctionGrowth::run() {
  find_sources();
  GrowthSummary summary;
  if (sources_.empty()) return summary;
  constexpr std::size_t kMaxSources = 64;  // real allocators have fewer than ten
  if (sources_.size() > kMaxSources) {
    object(sources_.front().offset,
           "the memory's size is read and grown more often in one function than can be followed");
    sources_.clear();  // none was followed, so joins() has none to look at
    return summary;
  }
  make_index();
  tie_sizes();
  if (!paid_) return unpaid();
  for (NodeId node = 0; node < flow_.nodes.size(); ++node)
    if (shifts_[node].top && shifts_[node].from_size) check_uses(node);
  for (const Source& source : sources_)
    if (source.is_size && !source.wrapper && source.tied_to == kNoNode && flow_.users(source.node).empty())
      explain(source.offset, "memory.size whose result is not used");
  check_growth();
  summarise(summary);
  if (!paid_) return unpaid();
  return summary;
}

}  // namespace heapbump::growth
