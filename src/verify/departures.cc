// What one function does with its values, once each has its relation (walk.cc): every access, call, branch
// and write has to be the same in both modules, or to differ as the heap does. Whatever is neither is a
// departure.
#include <algorithm>
#include <set>
#include <utility>

#include "verify/host.h"
#include "verify/in_step.h"
#include "wasm/code.h"

namespace heapbump::verify {
namespace {

constexpr std::uint64_t kBelowStart = 64;    // addends that compilers fold into the heap's start
constexpr std::size_t kMostDepartures = 64;  // listed of one function

/// i32.store8 and the like: 8 or 16 bits of an integer.
bool stores_low_bits(std::uint32_t opcode) {
  return opcode == op::i32_store8 || opcode == op::i32_store16 || opcode == op::i64_store8 ||
         opcode == op::i64_store16;
}

}  // namespace

/// Where a value that cannot be related is first made of some that can.
std::string Walk::lost(NodeId id) const {
  std::vector<NodeId> pending{id};
  std::set<NodeId> seen{id};
  while (!pending.empty()) {
    const Node& node = flow_.nodes[pending.back()];
    pending.pop_back();
    std::string from;
    bool first = true;
    for (const NodeId operand : flow_.operands_of(node)) {
      from += from.empty() ? "" : " and ";
      from += to_string(of(operand));
      if (!of(operand).unknown()) continue;
      first = false;
      if (seen.insert(operand).second) pending.push_back(operand);
    }
    if (first) return "not related since " + hex(node.offset) + (from.empty() ? "" : ": ") + from;
  }
  return to_string(of(id));
}

void Walk::depart(const Effect& effect, std::string what, NodeId id) {
  if (departures_.size() < kMostDepartures)
    departures_.push_back({effect.offset, std::move(what), of(id).unknown() ? lost(id) : to_string(of(id))});
}

/// A call by address with the bounds of static data, which end at the heap's start: where a collector finds
/// its roots.
bool Walk::passes_range(const Effect& call) {
  if (call.kind != EffectKind::call_indirect) return false;
  const std::span<const Relation> arguments = arguments_of(call);
  bool range = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool ends = i > 0 && arguments[i].equal() && arguments[i].sort == Sort::start &&
                      arguments[i - 1].equal() && arguments[i - 1].in_static;
    if (!ends && !plain(move_, arguments[i])) return false;
    range = range || ends;
  }
  return range;
}

void Walk::check(const Effect& effect) {
  const auto operands = flow_.operands_of(effect);
  switch (effect.kind) {
    case EffectKind::load:
    case EffectKind::atomic:
    case EffectKind::store:
      return check_store(effect);
    case EffectKind::bulk:
      return check_bulk(effect);
    case EffectKind::grow:
      return check_grow(effect);
    case EffectKind::branch:
      return check_branch(effect);
    case EffectKind::call:
    case EffectKind::call_indirect:
      if (passes_range(effect)) return;
      if (const auto bad = around_.call(effect, arguments_of(effect)))
        depart(effect, "argument " + std::to_string(*bad) + " of a call is not the same in both modules",
               operands[*bad]);
      else if (const auto number =
                   different_number(module_, flow_, effect, [&](NodeId id) { return of(id); }))
        depart(effect, "the host is given a number that is not the same in both modules", *number);
      return;
    case EffectKind::global_set:
      if (!around_.set_global(static_cast<std::uint32_t>(effect.value), of(operands[0])))
        depart(effect, "a global is set to what is not the same in both modules", operands[0]);
      return;
    case EffectKind::returns:
      for (std::uint32_t i = 0; i < operands.size(); ++i)
        if (!around_.give_back(flow_.function, i, of(operands[i])))
          depart(effect, "a function returns what is not the same in both modules", operands[i]);
      return;
    case EffectKind::drop:
      return;
    case EffectKind::throws:
    case EffectKind::other:
      for (const NodeId id : operands)
        if (!plain(move_, of(id)))
          depart(effect, "a value leaves the function that is not the same in both modules", id);
      return;
  }
}

/// A number that is added to the heap's start counts from there, as references of 16 or fewer bits do. Where
/// it is added to a constant right below the start as well, that is the start and an addend, which did not
/// move.
void Walk::check_offsets() {
  std::set<NodeId> offsets;
  for (const Node& node : flow_.nodes) {
    if (node.kind != NodeKind::binary || node.opcode != op::i32_add) continue;
    const auto operands = flow_.operands_of(node);
    for (const std::size_t side : {0U, 1U}) {
      const Relation& start = of(operands[side]);
      const bool moved = start.constant && start.moved() && start.delta == move_.distance;
      if (moved && !of(operands[1 - side]).constant) offsets.insert(operands[1 - side]);
    }
  }
  if (offsets.empty()) return;
  for (const Effect& effect : flow_.effects) {
    if (effect.kind != EffectKind::load && effect.kind != EffectKind::store) continue;
    const NodeId address = flow_.operands_of(effect)[0];
    const Linear at = linear_form(flow_, address);
    const std::uint64_t offset = at.offset + static_cast<std::uint64_t>(effect.value);
    if (at.base == kNoNode || !offsets.contains(at.base)) continue;
    if (offset < move_.start && offset + kBelowStart >= move_.start)
      depart(effect, "an offset from the heap's start is added to an address beside it that did not move",
             address);
  }
}

/// Loads, stores and atomic accesses.
void Walk::check_store(const Effect& effect) {
  const auto operands = flow_.operands_of(effect);
  const Relation at = address(effect, operands[0], effect.value);
  if (at.equal() && at.constant && move_.in_region(at.value))
    depart(effect, "an instruction reads or writes the region at a constant address", operands[0]);
  else if (!same_place(move_, at))
    depart(effect, "an access goes to different places in the two modules", operands[0]);
  for (const NodeId operand : operands.subspan(1)) {
    const Relation& value = of(operand);
    if (value.equal() && is_suspended_stack(operands[0])) continue;
    const bool bytes = stores_low_bits(effect.opcode);
    if (bytes && value.low_bits && value.sort != Sort::start) continue;
    if (at.equal() && at.constant && effect.kind == EffectKind::store) {
      if (store_words(static_cast<std::uint32_t>(at.value), effect.opcode, value)) continue;
    } else if (plain(move_, value) && !(move_.by_tail && value.size)) {
      continue;
    }
    depart(effect, "a value is stored that is not the same in both modules", operand);
  }
}

/// Where Binaryen's asyncify keeps variables while a program is suspended: the first word of a record whose
/// address is in a global, and up from there. They come back into the same variables.
bool Walk::is_suspended_stack(NodeId address) const {
  const Linear top = linear_form(flow_, address);
  if (top.base == kNoNode || flow_.nodes[top.base].kind != NodeKind::load) return false;
  const Linear record = linear_form(flow_, flow_.operand(top.base, 0));
  return record.base != kNoNode && flow_.nodes[record.base].kind == NodeKind::global &&
         of(record.base).sort != Sort::stack;
}

bool Walk::store_words(std::uint32_t at, std::uint32_t opcode, const Relation& value) {
  if (opcode == op::i32_store || opcode == op::i64_store32) return around_.set_word(at, value);
  const bool vector = opcode == op::v128_store;
  if (vector && !plain(move_, value)) return false;
  if (opcode != op::i64_store && !vector) return plain(move_, value);
  Relation first = value;
  Relation rest = vector ? value : equal_value();
  if (value.equal() && value.constant && !vector) {
    const std::int64_t low = static_cast<std::int32_t>(static_cast<std::uint32_t>(value.value));
    first = constant_value(move_, low, low);
    rest = constant_value(move_, value.value >> 32, value.value >> 32);
  } else if (value.opaque()) {
    rest = value;
  }
  bool fine = around_.set_word(at, first);
  for (std::uint32_t i = 1; i < (vector ? 4U : 2U); ++i) fine = around_.set_word(at + 4 * i, rest) && fine;
  return fine;
}

void Walk::check_bulk(const Effect& effect) {
  const auto operands = flow_.operands_of(effect);
  const bool copies = effect.opcode == op::memory_copy;
  const Relation& length = of(operands.back());
  const std::uint64_t size = length.equal() && length.constant ? static_cast<std::uint32_t>(length.value) : 1;
  for (const NodeId place : operands.first(copies ? 2 : 1))
    if (of(place).equal() && of(place).constant && size != 0 && move_.in_region(of(place).value, size))
      depart(effect, "an instruction reads or writes the region at a constant address", place);
    else if (!same_place(move_, of(place)))
      depart(effect, "memory is filled or copied at different places in the two modules", place);
  for (const NodeId number : operands.subspan(copies ? 2 : 1))
    if (!same_number(of(number))) depart(effect, "another length of memory is filled or copied", number);
}

void Walk::check_branch(const Effect& effect) {
  const NodeId id = flow_.operands_of(effect)[0];
  const Relation& condition = of(id);
  const bool table = effect.opcode == op::br_table;
  if (table ? same_number(condition) : same_truth(condition)) return;
  depart(effect, "the two modules may go different ways", id);
}

/// A heap that asks for as much memory as there is gets more than it would have had, and no less: that
/// changes how often it asks, which only a declared maximum lets it see that did not rise far enough.
bool Walk::doubles(NodeId pages) const {
  const Node& node = flow_.nodes[pages];
  if (node.kind == NodeKind::memory_size) return true;
  if (node.kind != NodeKind::select && node.kind != NodeKind::phi) return false;
  const auto values = flow_.operands_of(node).first(node.kind == NodeKind::select ? 2 : node.operand_count);
  return std::ranges::all_of(values, [&](NodeId value) {
    return flow_.nodes[value].kind == NodeKind::memory_size || same_number(of(value));
  });
}

void Walk::check_grow(const Effect& effect) {
  const NodeId pages = flow_.operands_of(effect)[0];
  if (same_number(of(pages)) || (move_.may_double && doubles(pages))) return;
  depart(effect, "memory grows by what is not the same in both modules", pages);
}

}  // namespace heapbump::verify
