#include "detectors/wasm_ld/limits.h"

#include <algorithm>

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;
constexpr std::size_t kMostNodes = 64;  // of one function
constexpr int kDeepestCall = 3;

/// Whether a value goes round a loop from a number, or from an address in the frame, by steps.
bool counts_from_number(const Flow& flow, NodeId phi) {
  const auto operands = flow.operands_of(flow.nodes[phi]);
  const auto steps = [&](NodeId id) {
    const Node& node = flow.nodes[linear_form(flow, id).base == kNoNode ? id : linear_form(flow, id).base];
    if (node.kind == NodeKind::phi) return linear_form(flow, id).base == phi && id != phi;
    return node.kind == NodeKind::binary && op::is_sum(node.opcode) &&
           linear_form(flow, flow.operands_of(node)[0]).base == phi;
  };
  const auto stays = [&](NodeId id) {
    const NodeId base = linear_form(flow, id).base;
    return base == kNoNode || flow.nodes[base].kind == NodeKind::global;
  };
  return std::ranges::any_of(operands, stays) && std::ranges::any_of(operands, steps);
}

}  // namespace

Result<bool> Limits::may_be_number(const Flow& flow, std::span<const Motion> motions, NodeId id) {
  Search search{flow, motions, {}, {}};
  return is_number(search, id);
}

/// A static word that keeps no address and is not the allocator's holds numbers, and so does a table of
/// them.
bool Limits::reads_number(const Flow& flow, const Node& load) const {
  constexpr std::uint32_t kMostBytes = 256;
  const NodeId address = flow.operands_of(load)[0];
  const Linear sum = linear_form(flow, address);
  if (sum.base == kNoNode) {
    const auto word = static_cast<std::uint32_t>(sum.offset) + static_cast<std::uint32_t>(load.value);
    return !addresses_.places().contains({false, word}) && !reasoning_.is_own_word(word);
  }
  const auto table = static_table(flow, address, load.value);
  if (!table) return false;
  const auto kept = addresses_.places().lower_bound({false, *table});
  return kept == addresses_.places().end() || kept->first.is_global ||
         kept->first.index >= *table + kMostBytes;
}

Result<bool> Limits::any_is_number(Search& search, std::span<const NodeId> ids) {
  for (const NodeId id : ids) {
    HEAPBUMP_TRY(const bool number, is_number(search, id));
    if (number) return true;
  }
  return false;
}

/// An address and a number are an address, and so is an address less something; but what is added to a number
/// that may be an address itself is a number.
Result<bool> Limits::is_sum_number(Search& search, const Node& sum) {
  constexpr std::uint32_t kLowestStatic = 1024;  // wasm-ld's --global-base
  const auto operands = search.flow.operands_of(sum);
  const auto moves = [&](NodeId id) { return !search.motions.empty() && search.motions[id].is(Kind::moved); };
  const auto stays = [&](NodeId id) {
    const Linear part = linear_form(search.flow, id);
    return part.base == kNoNode ? part.offset >= kLowestStatic && part.offset < INT32_MAX
                                : search.flow.nodes[part.base].kind == NodeKind::global;
  };
  if (op::same_on_i32(sum.opcode) == op::i32_add)
    for (std::size_t at = 0; at < 2; ++at) {
      const bool constant = search.flow.constant(operands[1 - at]).has_value();
      if (stays(operands[at]) && !constant && !moves(operands[1 - at])) return true;
    }
  HEAPBUMP_TRY(const bool first, is_number(search, operands[0]));
  if (!first || op::same_on_i32(sum.opcode) != op::i32_add) return first;
  return is_number(search, operands[1]);
}

/// The host knows no addresses.
Result<bool> Limits::is_call_number(Search& search, const Node& result) {
  const Effect& call = search.flow.effects[result.effect];
  if (addresses_.returns_address(call)) return false;
  if (call.kind == EffectKind::call)
    return is_result_number(search, call, static_cast<std::uint32_t>(call.value), result);
  if (call.kind != EffectKind::call_indirect) return false;
  for (const std::uint32_t function : addresses_.called_by(call)) {
    HEAPBUMP_TRY(const bool number, is_result_number(search, call, function, result));
    if (number) return true;
  }
  return false;
}

Result<bool> Limits::is_result_number(Search& search, const Effect& call, std::uint32_t function,
                                      const Node& result) {
  if (function < facts_.module.imported_functions || result.value != 0) return true;
  HEAPBUMP_TRY(const Returned returned, returned_by(function));
  if (returned.number) return true;
  const auto arguments = search.flow.operands_of(call);
  for (const std::uint32_t parameter : returned.parameters) {
    HEAPBUMP_TRY(const bool number, is_number(search, arguments[parameter]));
    if (number) return true;
  }
  return false;
}

/// Whether a caller gives a function a number there.
Result<bool> Limits::is_given_number(std::uint32_t function, std::uint32_t parameter) {
  const auto [known, first] = given_.emplace(std::pair(function, parameter), false);
  if (!first) return known->second;
  std::set<std::uint32_t> callers;
  for (const std::uint32_t caller : facts_.index.callers(function)) callers.insert(caller);
  if (facts_.index.is_address_taken(function))
    for (const std::uint32_t caller : facts_.index.indirect_callers()) callers.insert(caller);
  const FunctionType& type = facts_.module.function_type(function);
  for (const std::uint32_t caller : callers) {
    HEAPBUMP_TRY(const auto kept, facts_.flows.get(caller));
    const Flow& flow = *kept;
    HEAPBUMP_CHECK(facts_.budget.charge(flow.effects.size()));
    for (const Effect& effect : flow.effects) {
      const bool direct = effect.kind == EffectKind::call && effect.value == function;
      const bool by_table = effect.kind == EffectKind::call_indirect &&
                            facts_.module.types[static_cast<std::size_t>(effect.value)] == type;
      if (!direct && !by_table) continue;
      Search search{flow, {}, {}, {}};
      HEAPBUMP_TRY(const bool number, is_number(search, flow.operands_of(effect)[parameter]));
      if (number) return given_[{function, parameter}] = true;
    }
  }
  return false;
}

Result<Limits::Returned> Limits::returned_by(std::uint32_t function) {
  const auto known = returned_.find(function);
  if (known != returned_.end()) return known->second;
  Returned returned{depth_ >= kDeepestCall, {}};
  if (returned.number) return returned;  // not looked at
  returned_[function] = {};              // where it calls itself, its other results are looked at
  ++depth_;
  HEAPBUMP_TRY(const auto kept, facts_.flows.get(function));
  const Flow& flow = *kept;
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::returns || effect.operand_count == 0) continue;
    Search search{flow, {}, {}, {}};
    HEAPBUMP_TRY(const bool number, is_number(search, flow.operands_of(effect)[0]));
    returned.number |= number;
    returned.parameters.merge(search.parameters);
  }
  --depth_;
  return returned_[function] = returned;
}

Result<bool> Limits::is_number(Search& search, NodeId id) {
  const Flow& flow = search.flow;
  if (!search.motions.empty() && search.motions[id].is(Kind::moved)) return false;
  if (is_failure_value(flow, id)) return false;
  if (!search.seen.insert(id).second) return false;  // round a loop: what enters it is looked at
  if (search.seen.size() > kMostNodes) return true;
  const Node& node = flow.nodes[id];
  const auto operands = flow.operands_of(node);
  switch (node.kind) {
    case NodeKind::constant:
    case NodeKind::memory_size:
    case NodeKind::memory_grow:
      return true;
    case NodeKind::parameter:
      search.parameters.insert(static_cast<std::uint32_t>(node.value));
      return !search.motions.empty() ? is_given_number(flow.function, static_cast<std::uint32_t>(node.value))
                                     : Result<bool>(false);
    case NodeKind::phi:
      if (counts_from_number(flow, id)) return true;
      return any_is_number(search, operands);
    case NodeKind::select:
      return any_is_number(search, operands.first(2));
    case NodeKind::load:
      return facts_of(node.opcode).access_bytes < 4 || reads_number(flow, node);
    case NodeKind::unary:
      if (node.opcode != op::i32_wrap_i64 && node.opcode != op::i64_extend_i32_u) return true;
      return is_number(search, operands[0]);
    case NodeKind::call:
      return is_call_number(search, node);
    case NodeKind::binary: {
      const OpcodeClass kind = op::class_of(node.opcode);
      if (kind == OpcodeClass::sum) return is_sum_number(search, node);
      // The upper one of two words in 64 bits, or an address that is rounded.
      const bool half = node.opcode == op::i64_shr_u && flow.constant(operands[1]) == 32;
      if (half || kind == OpcodeClass::mask || op::same_on_i32(node.opcode) == op::i32_or)
        return is_number(search, operands[0]);
      return true;
    }
    case NodeKind::opaque:
      return true;
    case NodeKind::global:
      return false;
  }
  return true;
}

}  // namespace heapbump::wasm_ld
