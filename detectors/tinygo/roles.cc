#include "detectors/tinygo/roles.h"

#include <algorithm>
#include <utility>

namespace heapbump::tinygo {
namespace {

constexpr int kMaxDepth = 8;  // calls and sums between an occurrence and what decides it

constexpr std::uint32_t kAlignMasks = 0xffffff00;  // and with this or more clears at most the low byte's bits

constexpr std::string_view kTooMuch = "there is too much between it and its uses to follow";

/// The verdict of a rule, or none.
Verdict or_unknown(std::optional<Verdict> verdict, std::string_view why) {
  if (verdict) return *std::move(verdict);
  return {Use::unknown, std::string(why), {}};
}

/// Calls `visit(user)` for each use of each value.
template <typename Visit>
void for_each_user(const std::vector<Value>& values, Visit visit) {
  for (const Value value : values)
    for (const User& user : value.users()) visit(value, user);
}

}  // namespace

Verdict Roles::near(const Carrier& carrier) {
  seen_.clear();
  Verdicts verdicts;
  follow(carrier, 0, verdicts);
  return settle(verdicts);
}

void Roles::follow(const Carrier& carrier, int depth, Verdicts& out) {
  if (!seen_.insert(carrier.value).second) return;
  const std::vector<Value> values = shapes_.spread(carrier.value);
  if (values.empty() || depth > kMaxDepth) {
    out.push_back({Use::unknown, std::string(kTooMuch), {}});
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
  const bool carries = node.kind == NodeKind::phi || (node.kind == NodeKind::select && user.position < 2);
  if (carries || node.kind == NodeKind::load || node.kind == NodeKind::memory_grow)
    return;  // their effect is judged
  const bool binary = node.kind == NodeKind::binary;
  if (binary && (node.opcode == op::i32_add || node.opcode == op::i32_sub)) {
    const int sign = node.opcode == op::i32_sub && user.position == 1 ? -carrier.sign : carrier.sign;
    return follow_sum({used_by, sign, carrier.offset}, depth + 1, out);
  }
  if (binary && op::compares_two_i32(node.opcode)) {
    out.push_back(or_unknown(judge_comparison({carrier, used_by.operand(1 - user.position)}, shapes_),
                             "it is compared with something that is no part of the heap"));
    return;
  }
  if (binary && node.opcode == op::i32_and &&
      program_.constant(used_by.operand(1 - user.position)).value_or(0) >= kAlignMasks)
    return follow({used_by, carrier.sign, carrier.offset}, depth + 1, out);
  out.push_back(or_unknown(judge_operand({used_by, user.position}, shapes_),
                           binary                         ? "bit operations take it"
                           : node.kind == NodeKind::unary ? "it is converted to another type"
                                                          : "an instruction uses it that is not followed"));
}

void Roles::follow_constant_sum(const Carrier& carrier, const Sum& sum, int depth, Verdicts& out) {
  if (auto verdict = judge_constant_sum({carrier, sum}, shapes_)) {
    out.push_back(*std::move(verdict));
    return;
  }
  const auto as_offset =
      static_cast<std::int32_t>((carrier.sign > 0 ? sum.constant : 0u - sum.constant) - shapes_.base());
  if (as_offset >= -kNear && as_offset <= kNear)
    follow({carrier.value, carrier.sign, as_offset}, depth, out);
  else
    out.push_back({Use::unknown, "a constant is added to it that leads far away", {}});
}

void Roles::follow_sum(const Carrier& carrier, int depth, Verdicts& out) {
  const Sum sum = program_.sum(carrier.value);
  if (sum.terms.empty()) return follow_constant_sum(carrier, sum, depth, out);
  for (const Term& term : sum.terms)
    if (auto verdict = judge_term({carrier, term}, shapes_)) {
      out.push_back(*std::move(verdict));
      return;
    }
  if (auto verdict = judge_difference(carrier, shapes_)) {
    out.push_back(*std::move(verdict));
    return;
  }
  const std::vector<Value> values = shapes_.spread(carrier.value);
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
    out.push_back({Use::unknown, "it is added to, or taken from, something that is no part of the heap", {}});
}

void Roles::follow_effect(const Carrier& carrier, const User& user, int depth, Verdicts& out) {
  const Effect& effect = carrier.value.flow->effects[user.index];
  if (effect.kind == EffectKind::drop) return;
  if (effect.kind == EffectKind::returns) return follow_return(carrier, depth, out);
  if (auto verdict = judge_effect({carrier, effect, user.position}, shapes_)) {
    out.push_back(*std::move(verdict));
    return;
  }
  if (is_address_operand(effect, user.position)) {
    out.push_back({Use::unknown, "memory is accessed at a fixed address near it", {}});
  } else if (effect.kind == EffectKind::call || effect.kind == EffectKind::call_indirect) {
    follow_call(carrier, effect, user.position, depth, out);
  } else if (effect.kind == EffectKind::store) {
    const auto word =
        effect.opcode == op::i32_store ? program_.address(*carrier.value.flow, effect) : std::nullopt;
    out.push_back({Use::unknown,
                   word ? "it is stored in a variable at " + hex(*word) + " that is not known"
                        : "it is stored where the address cannot be followed",
                   {}});
  } else {
    out.push_back({Use::unknown, "it leaves the function in a way that is not followed", {}});
  }
}

void Roles::follow_call(const Carrier& carrier, const Effect& call, std::uint32_t position, int depth,
                        Verdicts& out) {
  const auto callee = static_cast<std::uint32_t>(call.value);
  const Flow* inside = call.kind == EffectKind::call ? program_.flow(callee) : nullptr;
  if (inside == nullptr) {
    out.push_back({Use::unknown, "it is passed to a function that cannot be followed", {}});
    return;
  }
  follow({{inside, position}, carrier.sign, carrier.offset}, depth + 1, out);
}

void Roles::follow_return(const Carrier& carrier, int depth, Verdicts& out) {
  const std::uint32_t function = carrier.value.flow->function;
  if (program_.escapes(function)) {
    out.push_back({Use::unknown, "it is returned to whoever calls the function from outside", {}});
    return;
  }
  for (const std::uint32_t caller : program_.callers(function)) {
    const Flow* flow = program_.flow(caller);
    if (flow == nullptr || !program_.spend(flow->nodes.size())) {
      out.push_back({Use::unknown, "it is returned to a function that cannot be followed", {}});
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

Verdict Roles::far(Value constant) {
  std::string_view seen_as;
  std::vector<Value> pending = shapes_.spread(constant);
  if (pending.empty()) return {Use::unknown, std::string(kTooMuch), {}};
  for (std::size_t i = 0; i < pending.size(); ++i) {
    for (const User& user : pending[i].users()) {
      if (auto verdict = judge_far_use({pending[i], user}, shapes_)) return *std::move(verdict);
      if (user.is_effect) {
        const EffectKind kind = pending[i].flow->effects[user.index].kind;
        seen_as = kind == EffectKind::store ? "stored as a value" : "passed on as a value";
        continue;
      }
      const Value used_by{pending[i].flow, user.index};
      const Node& node = used_by.node();
      if (node.kind != NodeKind::binary) continue;
      if (node.opcode == op::i32_add || node.opcode == op::i32_sub) {
        if (program_.sum(used_by).terms.empty() && std::ranges::find(pending, used_by) == pending.end())
          pending.push_back(used_by);
        seen_as = "a summand";
      } else {
        seen_as =
            op::compares_two_i32(node.opcode) ? "compared with a number" : "an operand of other arithmetic";
      }
    }
  }
  return far_number(seen_as);
}

Verdict Roles::below(Value constant, std::int32_t offset) {
  for (const Value at : shapes_.spread(constant))
    for (const User& user : at.users())
      if (auto verdict = judge_below_use({at, user, offset}, shapes_)) return *std::move(verdict);
  return object_address();
}

void Roles::read_word(std::uint32_t address, Verdicts& out, bool& read) {
  for (const std::uint32_t function : program_.mentions(address)) {
    const Flow* flow = program_.flow(function);
    if (flow == nullptr) continue;
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      if (flow->nodes[id].kind != NodeKind::load || program_.loaded_word({flow, id}) != address) continue;
      read = true;
      follow({{flow, id}, 1, 0}, 0, out);
    }
    for_each_word_store(program_, std::vector{function},
                        [&](const Flow& in, const Effect& effect, std::uint32_t at) {
                          if (at == address && program_.constant(stored_value(in, effect)) == shapes_.base())
                            out.push_back(word_set_again());
                        });
  }
}

Verdict Roles::word(std::uint32_t address) {
  if (auto verdict = judge_word(address, shapes_)) return *std::move(verdict);
  seen_.clear();
  Verdicts verdicts;
  bool read = false;
  read_word(address, verdicts, read);
  if (verdicts.empty() && !read)
    return {Use::unknown, "a data word holds it that no code reads by its address", {}};
  return settle(verdicts);
}

}  // namespace heapbump::tinygo
