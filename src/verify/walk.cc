// One function in step: the relation of every value, to a fixed point. What is done with the values is
// checked in departures.cc.
#include <algorithm>
#include <bit>
#include <set>
#include <utility>

#include "verify/host.h"
#include "verify/in_step.h"
#include "wasm/code.h"

namespace heapbump::verify {
namespace {

constexpr std::uint64_t kPatience = 3;       // passes after which a bound that still falls is given up
constexpr std::uint32_t kNoInstruction = 0;  // the opcode of nodes that none made
constexpr std::uint8_t kMostPasses = 24;     // the relations form chains that are far shorter

bool whole_word(std::uint32_t opcode) {
  return opcode == op::i32_load || opcode == op::i64_load || opcode == op::i64_load32_s ||
         opcode == op::i64_load32_u;
}

bool is_mask(const Node& node) {
  return node.kind == NodeKind::binary && (node.opcode == op::i32_and || node.opcode == op::i64_and);
}

/// A vector of one number, which is an address in each lane if that is one.
bool is_splat(std::uint32_t opcode) {
  return opcode == op::i8x16_splat || opcode == op::i16x8_splat || opcode == op::i32x4_splat ||
         opcode == op::i64x2_splat || opcode == op::f32x4_splat || opcode == op::f64x2_splat;
}

}  // namespace

void Walk::run() {
  settle();
  const std::uint64_t first = passes_;
  passes_ = 0;
  if (keeps_in_frame()) {
    settle();
    ++passes_;  // the search for those words
  }
  const std::vector<bool> reached = reached_blocks();
  for (const Effect& effect : flow_.effects)
    if (reached[effect.block]) check(effect);
  check_offsets();
  passes_ += first;
}

/// The relation of every value, to a fixed point.
void Walk::settle() {
  passes_ = 0;
  values_.assign(flow_.nodes.size(), {});
  result_of_.assign(flow_.effects.size(), kNoNode);
  due_.resize(flow_.nodes.size());
  due_later_.resize(flow_.nodes.size());
  bool changed = false;
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const Node& node = flow_.nodes[id];
    if (node.kind == NodeKind::call && node.value == 0) result_of_[node.effect] = id;
    if (is_mask(node) || kept_.contains(id)) due_later_.add(id);
    changed |= update(id);
  }
  note_phis();
  for (passes_ = 1; changed && passes_ < kMostPasses; ++passes_) {
    changed = false;
    std::swap(due_, due_later_);
    for (NodeId id = due_.take(0); id != kNoNode; id = due_.take(id)) changed |= update(id);
  }
  if (passes_ == kMostPasses)
    departures_.push_back({flow_.nodes.front().offset, "its values could not be related", ""});
}

/// Whether an address that moved is stored in the frame, and may be loaded from there.
bool Walk::keeps_in_frame() {
  std::optional<std::uint32_t> stack;
  for (const Effect& effect : flow_.effects) {
    if (effect.kind != EffectKind::store) continue;
    const auto operands = flow_.operands_of(effect);
    const Relation& value = of(operands[1]);
    if (of(operands[0]).sort != Sort::stack || !(value.moved() || value.packed)) continue;
    const NodeId base = linear_form(flow_, operands[0]).base;
    if (base == kNoNode || flow_.nodes[base].kind != NodeKind::global) continue;
    stack = static_cast<std::uint32_t>(flow_.nodes[base].value);
    break;
  }
  if (stack) kept_ = stored_in_frame(flow_, *stack);
  for (const auto& [load, stored] : kept_)
    for (const NodeId value : *stored) loads_of_.emplace(value, load);
  return !kept_.empty();
}

/// What a word of the frame holds to which the function itself stores addresses that moved. Whoever was given
/// an address in the frame may have changed it, to what is taken for an address as well.
std::optional<Relation> Walk::kept_in_frame(NodeId load) const {
  const auto kept = kept_.find(load);
  if (kept == kept_.end()) return std::nullopt;
  Relation stored;
  for (const NodeId value : *kept->second) stored = join(move_, stored, of(value));
  stored.constant = false;
  stored.value = 0;
  if (stored.kind == Kind::none || stored.unknown() || stored.moved() || stored.packed) return stored;
  return std::nullopt;
}

/// Evaluates a node again. Whether it changed.
bool Walk::update(NodeId id) {
  Relation now = evaluate(id);
  if (flow_.nodes[id].kind == NodeKind::phi) {
    now = join(move_, values_[id], now);
    if (passes_ >= kPatience && now.at_least != values_[id].at_least) now.at_least = 0;
  }
  if (now == values_[id]) return false;
  values_[id] = now;
  if (passes_ != 0) note_users(id);
  return true;
}

/// After the first pass: phis of what is behind them and is known by now.
void Walk::note_phis() {
  const Relation unknown;
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const Node& node = flow_.nodes[id];
    if (node.kind != NodeKind::phi) continue;
    for (const NodeId from : flow_.operands_of(node))
      if (from >= id && of(from) != unknown) due_later_.add(id);
  }
}

/// What is to be evaluated after a change: in this pass what is behind it, as all do but phis; in the
/// next one the phis in front of it. A mask also looks at what its operands are made of, and a phi joins with
/// what it was, so both are evaluated in the next one as well, as is what the frame keeps. The surroundings
/// do not change within a walk.
void Walk::note_users(NodeId id) {
  for (const User& user : flow_.users(id)) {
    if (user.is_effect) {
      for (NodeId result = result_of_[user.index]; result < flow_.nodes.size(); ++result) {
        const Node& node = flow_.nodes[result];
        if (node.kind != NodeKind::call || node.effect != user.index) break;
        due_.add(result);
      }
      continue;
    }
    const Node& node = flow_.nodes[user.index];
    const bool phi = node.kind == NodeKind::phi, behind = user.index > id;
    if (behind) due_.add(user.index);
    if (phi || !behind || is_mask(node)) due_later_.add(user.index);
  }
  if (loads_of_.empty()) return;
  for (auto [at, end] = loads_of_.equal_range(id); at != end; ++at) {
    if (at->second > id) due_.add(at->second);
    due_later_.add(at->second);
  }
}

/// Blocks that some path leads to: not those behind a condition that is one constant in both modules, as a
/// function's conditions are for the arguments that it is walked with.
std::vector<bool> Walk::reached_blocks() const {
  std::vector<bool> reached(flow_.block_count);
  if (reached.empty()) return reached;
  reached[0] = true;
  const auto open = [&](const Edge& edge) {
    if (!reached[edge.from]) return false;
    if (edge.condition == kNoNode) return true;
    const Relation& condition = of(edge.condition);
    if (!condition.equal() || !condition.constant) return true;
    return (static_cast<std::uint32_t>(condition.value) != 0) == edge.taken_if_true;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const Edge& edge : flow_.edges) {
      if (reached[edge.to] || !open(edge)) continue;
      reached[edge.to] = changed = true;
    }
  }
  return reached;
}

Relation Walk::evaluate(NodeId id) {
  const Node& node = flow_.nodes[id];
  switch (node.kind) {
    case NodeKind::constant:
      return node.width == 0 ? constant_value(move_, node.value, node.value)
                             : around_.immediate(node.immediate_offset, node.value);
    case NodeKind::parameter:
      return around_.parameter(flow_.function, static_cast<std::uint32_t>(node.value));
    case NodeKind::global:
      return around_.global(static_cast<std::uint32_t>(node.value));
    case NodeKind::load:
      return loaded(node, id);
    case NodeKind::memory_size: {
      Relation pages = moved_value(move_.pages, move_.end / kPageSize);
      pages.size = pages.moved();
      return pages;
    }
    case NodeKind::memory_grow: {
      Relation grown = moved_value(move_.pages, move_.end / kPageSize);
      if (move_.pages == 0) return equal_value();
      grown.kind = Kind::either;
      grown.marks = grown.grown = true;
      return grown;
    }
    case NodeKind::call:
      return around_.result(flow_.effects[node.effect], arguments_of(flow_.effects[node.effect]),
                            static_cast<std::uint32_t>(node.value));
    case NodeKind::unary:
    case NodeKind::binary:
      return numeric(node, id);
    case NodeKind::select:
      if (of(flow_.operand(id, 2)).unknown()) return unknown_value();
      return join(move_, of(flow_.operand(id, 0)), of(flow_.operand(id, 1)));
    case NodeKind::phi: {
      Relation result;
      for (const NodeId from : flow_.operands_of(node)) result = join(move_, result, of(from));
      return result;
    }
    case NodeKind::opaque:
      return opaque_instruction(node, id);
  }
  return unknown_value();
}

/// Until the next call of it.
std::span<const Relation> Walk::arguments_of(const Effect& call) {
  arguments_.clear();
  for (const NodeId id : flow_.operands_of(call)) arguments_.push_back(of(id));
  return arguments_;
}

Relation Walk::numeric(const Node& node, NodeId id) {
  if (node.kind == NodeKind::unary) return unary(move_, node.opcode, of(flow_.operand(id, 0)));
  Relation right = of(flow_.operand(id, 1));
  Relation left = of(flow_.operand(id, 0));
  // Masks that are worked out at run time: `p & -alignment` is an address still, `p & (alignment - 1)` a
  // number. That alignments of that kind are no coarser than a page is part of the contract.
  const bool masks = node.opcode == op::i32_and || node.opcode == op::i64_and;
  const auto mask = [&](std::int64_t bits) { return constant_value(move_, bits, bits); };
  const auto round = [&](NodeId by, Relation& value) {
    if (value.constant || !same_number(value)) return;
    if (is_negative(by)) value = mask(-static_cast<std::int64_t>(kPageSize));
    if (is_one_less(by)) value = mask(kPageSize - 1);
  };
  if (masks && is_all_or_nothing(flow_.operand(id, 1))) return join(move_, left, mask(0));
  if (masks && is_all_or_nothing(flow_.operand(id, 0))) return join(move_, right, mask(0));
  if (masks && (is_coarse_rounding(id, 0) || is_coarse_rounding(id, 1))) return unknown_value(true);
  if (masks) round(flow_.operand(id, 1), right), round(flow_.operand(id, 0), left);
  return binary(move_, node.opcode, left, right);
}

/// A number's sign in all bits: what is masked with it is itself, or 0.
bool Walk::is_all_or_nothing(NodeId id) const {
  constexpr std::int64_t kSign = 31;
  const Node& node = flow_.nodes[id];
  return node.kind == NodeKind::binary && node.opcode == op::i32_shr_s && of(id).equal() &&
         flow_.constant(flow_.operand(id, 1)) == kSign;
}

/// `(p + n - 1) & -n` of a value from memory, n greater than a page: where the next block of such an
/// alignment begins, which does not move as the heap does.
bool Walk::is_coarse_rounding(NodeId id, std::uint32_t mask) const {
  const auto bits = flow_.constant(flow_.operand(id, mask));
  if (!bits || flow_.nodes[id].opcode != op::i32_and) return false;
  const std::uint32_t unit = 0 - static_cast<std::uint32_t>(*bits);
  if (!std::has_single_bit(unit) || unit <= kPageSize) return false;
  const Linear sum = linear_form(flow_, flow_.operand(id, 1 - mask));
  return sum.base != kNoNode && sum.offset == unit - 1 && !of(sum.base).equal();
}

/// `0 - n` or `~n`, of 32 or 64 bits.
bool Walk::is_negative(NodeId id) const {
  const Node& node = flow_.nodes[id];
  if (node.kind != NodeKind::binary) return false;
  if (node.opcode == op::i64_sub) return flow_.constant(flow_.operand(id, 0)) == 0;
  return is_negation(flow_, id);
}

bool Walk::is_one_less(NodeId id) const {
  const Node& node = flow_.nodes[id];
  if (node.kind != NodeKind::binary) return false;
  const auto right = flow_.constant(flow_.operand(id, 1));
  if (node.opcode == op::i32_add || node.opcode == op::i64_add) return right == -1;
  return (node.opcode == op::i32_sub || node.opcode == op::i64_sub) && right == 1;
}

/// Floats, vectors, atomics, references, and constants of those types.
Relation Walk::opaque_instruction(const Node& node, NodeId id) {
  if (node.opcode == kNoInstruction) return {};  // a word of the frame that nobody has written yet
  if (node.opcode == op::v128_const || node.opcode == op::f64_const) return lanes(node);
  if (node.operand_count == 0) return opaque_value();
  if (is_splat(node.opcode)) return of(flow_.operand(id, 0));
  for (const NodeId operand : flow_.operands_of(node)) {
    const Relation& value = of(operand);
    const bool address = node.effect != UINT32_MAX && operand == flow_.operand(id, 0);
    if (!address && !same_number(value)) return unknown_value();
  }
  return opaque_value();
}

/// Constants of other types that may hold the heap's start: in a lane, or as a number.
Relation Walk::lanes(const Node& node) const {
  constexpr std::uint64_t kVectorPrefix = 2;  // bytes of v128.const before its lanes
  const bool vector = node.opcode != op::f64_const;
  const std::uint64_t at = vector ? node.offset + kVectorPrefix : node.immediate_offset;
  const Bytes bytes = module_.bytes_at(at, vector ? 16 : 8);
  Sort sort = Sort::any;
  const auto holds = [&](std::int64_t value) { sort = std::max(sort, move_.sort_of(value)); };
  if (!vector) {
    const auto number = std::bit_cast<double>(load_u64(bytes));
    if (number >= 0 && number < static_cast<double>(UINT32_MAX)) holds(static_cast<std::int64_t>(number));
  } else {
    for (std::size_t lane = 0; lane < bytes.size(); lane += 4) holds(load_u32(bytes.subspan(lane)));
  }
  return sort == Sort::start ? equal_value(sort) : opaque_value();
}

Relation Walk::address(const Effect& effect, NodeId base, std::int64_t offset) {
  const Relation folded = effect.width == 0 ? constant_value(move_, offset, offset)
                                            : around_.immediate(effect.immediate_offset, offset);
  // Sums of an address and a memarg's offset do not wrap.
  return add(move_, of(base), folded, false);
}

Relation Walk::loaded(const Node& node, NodeId id) {
  const Effect& effect = flow_.effects[node.effect];
  const Relation at = address(effect, flow_.operand(id, 0), node.value);
  if (const auto kept = kept_in_frame(id)) return *kept;
  if (op::is_narrow_load(node.opcode)) return equal_value(Sort::number);
  if (at.equal() && at.constant && whole_word(node.opcode))
    return around_.word(static_cast<std::uint32_t>(at.value));
  return at.kind == Kind::none ? Relation{} : opaque_value();
}

}  // namespace heapbump::verify
