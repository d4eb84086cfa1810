#include "detectors/wasm_ld/heap_numbers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "analysis/walk.h"
#include "detectors/wasm_ld/heap_end.h"
#include "detectors/wasm_ld/number_use.h"

namespace heapbump::wasm_ld {
namespace {

constexpr std::size_t kMostCounted = 64;  // of one number

/// The last code point of Unicode, and the number after it, which Rust takes for "no character".
bool is_end_of_unicode(std::uint64_t number) {
  constexpr std::uint64_t kLast = 0x10ffff;
  return number == kLast || number == kLast + 1;
}

/// Whether a value is a number that is too small for an address of the heap, or counts from one; or bits of
/// which it is asked whether all of `tested` are set.
bool is_counted(const Flow& flow, NodeId id, NodeId tested) {
  WalkList<NodeId> values(kMostCounted, {id});
  while (const auto at = values.next()) {
    const Node& node = flow.nodes[*at];
    const auto operands = flow.operands_of(node);
    if (node.kind != NodeKind::constant && is_accessed(flow, *at)) return false;  // memory is swept
    switch (node.kind) {
      case NodeKind::constant:
        break;
      case NodeKind::load:
        if (facts_of(node.opcode).access_bytes >= 4) return false;
        break;
      case NodeKind::phi:
        for (const NodeId operand : operands) values.add(operand);
        break;
      case NodeKind::select:
        for (const NodeId operand : operands.first(2)) values.add(operand);
        break;
      case NodeKind::unary:
        if (node.opcode != op::i32_eqz) return false;
        break;
      case NodeKind::binary: {
        if (op::is_integer_comparison(node.opcode)) break;
        const auto mask = flow.constant(operands[1]);
        const bool small = mask && *mask >= 0 && *mask < static_cast<std::int64_t>(kPageSize);
        if (node.opcode == op::i32_and && mask && (small || mask == flow.constant(tested))) break;
        if (!op::is_sum(node.opcode)) return false;
        for (const NodeId operand : operands) values.add(operand);
        break;
      }
      default:
        return false;
    }
  }
  return !values.stopped_early();
}

/// Which functions take a number of bytes for the allocator: its own, and those that only pass it on.
class Sizes {
 public:
  Sizes(const Facts& facts, const std::function<bool(const Flow&)>& owns,
        const std::set<std::uint32_t>& allocating)
      : facts_(facts), owns_(owns), allocating_(allocating) {}

  [[nodiscard]] bool takes(std::uint32_t function, std::uint32_t parameter) {
    const auto [known, first] = known_.emplace(std::pair(function, parameter), false);
    if (!first || !allocating_.contains(function) || facts_.module.body(function) == nullptr)
      return known->second;
    if (depth_ >= kDeepestCall) return false;
    const auto kept = facts_.flows.get(function);
    if (!kept || !facts_.budget.charge((*kept)->nodes.size())) return false;
    ++depth_;
    const bool takes = owns_(**kept) || only_passes(**kept, parameter);
    --depth_;
    return known_[{function, parameter}] = takes;
  }

 private:
  bool only_passes(const Flow& flow, std::uint32_t parameter) {
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::parameter || node.value != parameter) continue;
      for (const User& user : flow.users(id)) {
        const bool call = user.is_effect && flow.effects[user.index].kind == EffectKind::call;
        const bool branch = user.is_effect && flow.effects[user.index].kind == EffectKind::branch;
        if (call && !takes(static_cast<std::uint32_t>(flow.effects[user.index].value), user.position))
          return false;
        const bool compares = !user.is_effect && op::is_integer_comparison(flow.nodes[user.index].opcode);
        const bool factor =
            !user.is_effect && op::class_of(flow.nodes[user.index].opcode) == OpcodeClass::product;
        if (!call && !branch && !compares && !factor) return false;
      }
    }
    return true;
  }

  static constexpr int kDeepestCall = 32;
  const Facts& facts_;
  int depth_ = 0;  ///< of calls
  const std::function<bool(const Flow&)>& owns_;
  const std::set<std::uint32_t>& allocating_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, bool> known_;
};

class Uses {
 public:
  Uses(Sizes& sizes, const Flow& flow) : sizes_(sizes), flow_(flow), live_(needed_nodes(flow, false)) {}

  /// The file offset of a use that no rule explains.
  [[nodiscard]] std::optional<std::uint64_t> unexplained(NodeId constant) const {
    WalkList<NodeId> values(kMostCounted, {constant});
    while (const auto at = values.next())
      for (const User& user : flow_.users(*at)) {
        if (user.is_effect) {
          if (!is_explained(flow_.effects[user.index], user.position, *at == constant))
            return flow_.effects[user.index].offset;
        } else if (live_[user.index] && !is_explained(user, values)) {
          return flow_.nodes[user.index].offset;
        }
      }
    return values.stopped_early() ? std::optional(flow_.nodes[constant].offset) : std::nullopt;
  }

 private:
  /// A condition; an access, where the constant itself has a rule of its own; a number of bytes, also one
  /// that is asked of the allocator.
  [[nodiscard]] bool is_explained(const Effect& effect, std::uint32_t position, bool itself) const {
    switch (effect.kind) {
      case EffectKind::drop:
      case EffectKind::branch:
        return true;
      case EffectKind::load:
      case EffectKind::store:
      case EffectKind::atomic:
        return position == 0 && itself;
      case EffectKind::bulk:
        return position == 2;
      case EffectKind::call:
        return sizes_.takes(static_cast<std::uint32_t>(effect.value), position);
      default:
        return false;
    }
  }

  /// A factor, a divisor, the end of a count; or another value that it may be, also a part of its bits, whose
  /// uses are looked at as well.
  [[nodiscard]] bool is_explained(const User& user, WalkList<NodeId>& values) const {
    const Node& node = flow_.nodes[user.index];
    if (node.kind == NodeKind::phi || (node.kind == NodeKind::select && user.position < 2)) {
      values.add(user.index);
      return true;
    }
    if (node.kind == NodeKind::select) return true;
    if (node.kind == NodeKind::unary) return node.opcode == op::i32_eqz;
    if (node.kind != NodeKind::binary) return false;
    const NodeId other = flow_.operand(user.index, 1 - user.position);
    if (op::is_integer_comparison(node.opcode))
      return is_counted(flow_, other, flow_.operand(user.index, user.position));
    const OpcodeClass kind = op::class_of(node.opcode);
    const bool bits = kind == OpcodeClass::bits && values.size() > 1;  // of a part of another value
    if (kind == OpcodeClass::mask || bits || (kind == OpcodeClass::sum && flow_.constant(other))) {
      values.add(user.index);
      return true;
    }
    const bool number = kind == OpcodeClass::product || kind == OpcodeClass::quotient;
    return number && std::ranges::none_of(flow_.users(user.index),
                                          [&](const User& next) { return takes_address(flow_, next); });
  }

  Sizes& sizes_;
  const Flow& flow_;
  const std::vector<bool> live_;
};

}  // namespace

Status refuse_numbers_in_heap(const Facts& facts, std::uint64_t base,
                              const std::function<bool(const Flow&)>& owns,
                              const std::set<std::uint32_t>& allocating, Judgement& judgement) {
  const auto first = static_cast<std::uint32_t>(base + kHeader + 1);
  const auto last =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(facts.module.memory_bytes(), UINT32_MAX));
  if (first > last) return {};
  std::set<std::uint32_t> functions;
  for (const auto& [from, to] : {std::pair(first, last), std::pair(0 - last, 0 - first)})
    for (const std::uint32_t function : facts.index.numbers(from, to)) functions.insert(function);
  const auto in_heap = [&](std::uint32_t number) {
    return number >= first && number <= last && !is_end_of_unicode(number);
  };
  Sizes sizes(facts, owns, allocating);
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const auto kept, facts.flows.get(function));
    const Flow& flow = *kept;
    if (owns(flow)) continue;
    HEAPBUMP_CHECK(facts.budget.charge(flow.nodes.size()));
    const Uses uses(sizes, flow);
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::constant || node.width == 0) continue;
      const auto number = static_cast<std::uint32_t>(node.value);
      const bool taken = in_heap(0 - number);
      if (!in_heap(number) && !taken) continue;
      const auto at = uses.unexplained(id);
      if (!at) continue;
      judgement.refuse("wasm-ld.number-in-heap", Code::kUnexplained,
                       "the number " + hex(taken ? 0 - number : number) +
                           " lies in the heap's initial memory and may be an address there, in " +
                           describe_place(facts.names, function, *at),
                       at);
      return {};
    }
  }
  return {};
}

}  // namespace heapbump::wasm_ld
