#include "detectors/tinygo/roles.h"

#include <algorithm>

namespace heapbump::tinygo {
namespace {

constexpr int kMaxDepth = 8;                 // calls and sums between an occurrence and what decides it
constexpr std::uint64_t kStepsPerUser = 16;  // each is looked up among those that were met
constexpr std::size_t kMaxSpread = 4096;     // nodes that one value is followed to
constexpr std::int32_t kNear = 64;  // bytes; what the compiler folds into the heap base stays below this

constexpr std::uint32_t kAlignMasks = 0xffffff00;  // and with this or more clears at most the low byte's bits

bool is_address_operand(const Effect& effect, std::uint32_t position) {
  switch (effect.kind) {
    case EffectKind::load:
    case EffectKind::store:
    case EffectKind::atomic:
      return position == 0;
    case EffectKind::bulk:
      return position == 0 || (position == 1 && effect.opcode == op::memory_copy);
    default:
      return false;
  }
}

/// Calls `visit(user)` for each use of each value.
template <typename Visit>
void for_each_user(const std::vector<Value>& values, Visit visit) {
  for (const Value value : values)
    for (const User& user : value.users()) visit(value, user);
}

}  // namespace

Verdict Roles::settle(const Verdicts& verdicts) {
  const Verdict* first = nullptr;
  bool saved = false;
  for (const Verdict& verdict : verdicts) {
    if (verdict.use == Use::unknown) return verdict;
    if (verdict.use == Use::saved) {
      saved = true;
    } else if (first == nullptr) {
      first = &verdict;
    } else if (first->use != verdict.use) {
      return {Use::unknown, "it is used in two ways: " + first->why + ", and " + verdict.why};
    }
  }
  if (first != nullptr) return *first;
  if (saved) return {Use::unknown, "it is only saved across a suspension"};
  return {Use::unrelated, "nothing uses it"};
}

std::vector<Value> Roles::spread(Value value) {
  std::vector<Value> reached{value};
  std::set<NodeId> known{value.id};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const User& user : reached[i].users()) {
      if (steps_left_ == 0 || reached.size() > kMaxSpread || !program_.spend(0, kStepsPerUser)) return {};
      --steps_left_;
      if (user.is_effect) continue;
      const Node& node = value.flow->nodes[user.index];
      const bool carries = node.kind == NodeKind::phi || (node.kind == NodeKind::select && user.position < 2);
      if (carries && known.insert(user.index).second) reached.push_back({value.flow, user.index});
    }
  }
  return reached;
}

Verdict Roles::near(const Carrier& carrier) {
  seen_.clear();
  Verdicts verdicts;
  follow(carrier, 0, verdicts);
  return settle(verdicts);
}

void Roles::follow(const Carrier& carrier, int depth, Verdicts& out) {
  if (!seen_.insert(carrier.value).second) return;
  const std::vector<Value> values = spread(carrier.value);
  if (values.empty() || depth > kMaxDepth) {
    out.push_back({Use::unknown, "there is too much between it and its uses to follow"});
    return;
  }
  for_each_user(values, [&](Value at, const User& user) {
    const Carrier here{at, carrier.sign, carrier.offset};
    if (user.is_effect)
      follow_effect(here, user, depth, out);
    else
      follow_node(here, user, depth, out);
  });
}

void Roles::follow_node(const Carrier& carrier, const User& user, int depth, Verdicts& out) {
  const Value used_by{carrier.value.flow, user.index};
  const Node& node = used_by.node();
  switch (node.kind) {
    case NodeKind::phi:
    case NodeKind::load:  // the effect tells
    case NodeKind::memory_grow:
      return;
    case NodeKind::select:
      if (user.position == 2) out.push_back({Use::unrelated, "it is a condition"});
      return;
    case NodeKind::unary:
      if (node.opcode == op::i32_eqz)
        out.push_back({Use::unrelated, "it is compared with zero"});
      else
        out.push_back({Use::unknown, "it is converted to another type"});
      return;
    case NodeKind::binary:
      break;
    default:
      out.push_back({Use::unknown, "an instruction uses it that is not followed"});
      return;
  }
  if (op::is_i32_sum(node.opcode)) {
    const int sign = node.opcode == op::i32_sub && user.position == 1 ? -carrier.sign : carrier.sign;
    follow_sum({used_by, sign, carrier.offset}, depth + 1, out);
  } else if (op::compares_two_i32(node.opcode)) {
    out.push_back(comparison(carrier, used_by.operand(1 - user.position)));
  } else if (op::is_i32_scale(node.opcode)) {
    out.push_back({Use::unrelated, "it is a factor or a divisor"});
  } else if (node.opcode == op::i32_and &&
             program_.constant(used_by.operand(1 - user.position)).value_or(0) >= kAlignMasks) {
    follow({used_by, carrier.sign, carrier.offset}, depth + 1, out);
  } else {
    out.push_back({Use::unknown, "bit operations take it"});
  }
}

void Roles::follow_sum(const Carrier& carrier, int depth, Verdicts& out) {
  const Sum sum = program_.sum(carrier.value);
  if (sum.terms.empty()) {
    const bool has_global_base = global_base_ && std::ranges::any_of(sum.constants, [&](const Term& term) {
                                   return term.sign < 0 && program_.constant(term.value) == global_base_;
                                 });
    const auto as_offset =
        static_cast<std::int32_t>((carrier.sign > 0 ? sum.constant : 0u - sum.constant) - base_);
    if (carrier.sign > 0 && has_global_base)
      out.push_back({Use::gc_root_end, "the length from __global_base is computed from it"});
    else if (as_offset >= -kNear && as_offset <= kNear)
      follow({carrier.value, carrier.sign, as_offset}, depth, out);
    else
      out.push_back({Use::unknown, "a constant is added to it that leads far away"});
    return;
  }
  for (const Term& term : sum.terms) {
    const bool adds = term.sign > 0;
    if (adds && is_block_offset(term.value)) {
      out.push_back({Use::heap_start, "the address of a block is computed from it"});
      return;
    }
    if (adds != (carrier.sign > 0) && runtime_.kind(program_, term.value) != HeapKind::none) {
      out.push_back({Use::heap_start, "the heap's size is computed from it"});
      return;
    }
    if (adds && carrier.sign < 0 && is_heap_pointer(term.value)) {
      out.push_back({Use::heap_start, "it is taken from a pointer that is checked against the heap's end"});
      return;
    }
  }
  if (carrier.sign < 0 && is_block_difference(carrier.value)) {
    out.push_back({Use::heap_start, "a pointer's block number is computed from it"});
    return;
  }
  const std::vector<Value> values = spread(carrier.value);
  bool summed = false;
  for_each_user(values, [&](Value at, const User& user) {
    if (user.is_effect) return;
    const Value used_by{at.flow, user.index};
    if (!used_by.is_binary(op::i32_add) && !used_by.is_binary(op::i32_sub)) return;
    if (depth >= kMaxDepth || !seen_.insert(used_by).second) return;
    summed = true;
    const bool flips = used_by.is_binary(op::i32_sub) && user.position == 1;
    follow_sum({used_by, flips ? -carrier.sign : carrier.sign, carrier.offset}, depth + 1, out);
  });
  if (!summed || values.empty())
    out.push_back({Use::unknown, "it is added to, or taken from, something that is no part of the heap"});
}

Verdict Roles::comparison(const Carrier& carrier, Value other) {
  if (carrier.sign < 0) return {Use::unknown, "its negation is compared"};
  if (runtime_.kind(program_, other) != HeapKind::none)
    return {Use::heap_start, "it is compared with a bound of the heap"};
  if (const auto starts = walk_starts(other)) {
    const std::uint32_t lowest = global_base_.value_or(0);
    const bool all_static =
        std::ranges::all_of(*starts, [&](std::uint32_t at) { return at >= lowest && at < base_; });
    if (all_static && global_base_ && std::ranges::find(*starts, *global_base_) != starts->end())
      return {Use::gc_root_end, "a pointer that starts at __global_base walks up to it"};
    if (all_static) return {Use::object_end, "a pointer into a static object walks up to it"};
  }
  if (is_heap_pointer(other))
    return {Use::heap_start, "a pointer that is also checked against the heap's end is compared with it"};
  for (const Term& term : program_.sum(other).terms)
    if (term.sign > 0 && is_block_offset(term.value))
      return {Use::heap_start, "a block's address is compared with it"};
  return {Use::unknown, "it is compared with something that is no part of the heap"};
}

void Roles::follow_effect(const Carrier& carrier, const User& user, int depth, Verdicts& out) {
  const Effect& effect = carrier.value.flow->effects[user.index];
  if (is_address_operand(effect, user.position)) {
    const std::int64_t at = carrier.offset + (effect.kind == EffectKind::bulk ? 0 : effect.value);
    if (carrier.sign > 0 && at >= 0 && at < kNear)
      out.push_back({Use::heap_start, "the heap's first bytes are accessed by their address"});
    else
      out.push_back({Use::unknown, "memory is accessed at a fixed address near it"});
    return;
  }
  switch (effect.kind) {
    case EffectKind::store:
      out.push_back(store(carrier, effect));
      return;
    case EffectKind::call:
    case EffectKind::call_indirect:
      follow_call(carrier, effect, user.position, depth, out);
      return;
    case EffectKind::returns:
      follow_return(carrier, depth, out);
      return;
    case EffectKind::branch:
      out.push_back({Use::unrelated, "it is a condition"});
      return;
    case EffectKind::drop:
      return;
    default:
      out.push_back({Use::unknown, "it leaves the function in a way that is not followed"});
  }
}

Verdict Roles::store(const Carrier& carrier, const Effect& store) {
  const Flow& flow = *carrier.value.flow;
  if (store.opcode == op::i32_store) {
    if (const auto address = program_.address(flow, store)) {
      if (runtime_.start_words.contains(*address)) return {Use::heap_start, "it is stored in heapStart"};
      if (runtime_.pointer_words.contains(*address)) return {Use::heap_start, "it is stored in heapptr"};
      if (image_.load32(*address) == base_ + static_cast<std::uint32_t>(carrier.offset))
        return {Use::heap_start, "it is stored in a variable that begins with it"};
      if (is_pointer_word(*address))
        return {Use::heap_start, "it is stored in a variable whose value is used as an address"};
      return {Use::unknown, "it is stored in a variable at " + hex(*address) + " that is not known"};
    }
    if (Program::on_asyncify_stack(flow, flow.operands_of(store)[0]))
      return {Use::saved, "saved across a suspension"};
  }
  return {Use::unknown, "it is stored where the address cannot be followed"};
}

void Roles::follow_call(const Carrier& carrier, const Effect& call, std::uint32_t position, int depth,
                        Verdicts& out) {
  const Flow& flow = *carrier.value.flow;
  if (position > 0 && is_global_base({&flow, flow.operands_of(call)[position - 1]})) {
    out.push_back({Use::gc_root_end, "it is passed beside __global_base"});
    return;
  }
  const auto callee = static_cast<std::uint32_t>(call.value);
  const Flow* inside = call.kind == EffectKind::call ? program_.flow(callee) : nullptr;
  if (inside == nullptr) {
    out.push_back({Use::unknown, "it is passed to a function that cannot be followed"});
    return;
  }
  follow({{inside, position}, carrier.sign, carrier.offset}, depth + 1, out);
}

void Roles::follow_return(const Carrier& carrier, int depth, Verdicts& out) {
  const std::uint32_t function = carrier.value.flow->function;
  if (program_.escapes(function)) {
    out.push_back({Use::unknown, "it is returned to whoever calls the function from outside"});
    return;
  }
  for (const std::uint32_t caller : program_.callers(function)) {
    const Flow* flow = program_.flow(caller);
    if (flow == nullptr || !program_.spend(flow->nodes.size())) {
      out.push_back({Use::unknown, "it is returned to a function that cannot be followed"});
      return;
    }
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      const Node& node = flow->nodes[id];
      if (node.kind != NodeKind::call || flow->effects[node.effect].kind != EffectKind::call ||
          flow->effects[node.effect].value != function)
        continue;
      follow({{flow, id}, carrier.sign, carrier.offset}, depth + 1, out);
    }
  }
}

}  // namespace heapbump::tinygo
