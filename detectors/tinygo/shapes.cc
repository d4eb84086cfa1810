#include "detectors/tinygo/shapes.h"

#include <algorithm>
#include <set>
#include <utility>

namespace heapbump::tinygo {
namespace {

constexpr std::size_t kMaxShape = 256;       // nodes that one shape may take
constexpr int kMaxCalls = 3;                 // calls between a block number and the metadata it indexes
constexpr std::uint64_t kStepsPerUser = 16;  // each is looked up among those that were seen
constexpr std::size_t kMaxSpread = 4096;     // nodes that one value is followed to

}  // namespace

std::vector<Value> Shapes::spread(Value value) {
  std::vector<Value> reached{value};
  // Most values reach a few nodes, among which a look costs less than a set.
  constexpr std::size_t kFew = 16;
  std::set<NodeId> known;
  const auto is_new = [&](NodeId id) {
    if (reached.size() <= kFew) return std::ranges::find(reached, id, &Value::id) == reached.end();
    if (known.empty())
      for (const Value& at : reached) known.insert(at.id);
    return known.insert(id).second;
  };
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const User& user : reached[i].users()) {
      if (steps_left_ == 0 || reached.size() > kMaxSpread || !program_.spend(0, kStepsPerUser)) return {};
      --steps_left_;
      if (user.is_effect) continue;
      const Node& node = value.flow->nodes[user.index];
      const bool carries = node.kind == NodeKind::phi || (node.kind == NodeKind::select && user.position < 2);
      if (carries && is_new(user.index)) reached.push_back({value.flow, user.index});
    }
  }
  return reached;
}

bool Shapes::is_global_base(Value value) {
  if (!global_base_) return false;
  if (program_.constant(value) == global_base_) return true;
  const auto word = program_.loaded_word(value);
  return word && image_.load32(*word) == *global_base_;
}

bool Shapes::is_accessed(Value address) {
  for (const Value at : spread(address))
    for (const User& user : at.users()) {
      if (!user.is_effect || user.position != 0) continue;
      const EffectKind kind = at.flow->effects[user.index].kind;
      if (kind == EffectKind::load || kind == EffectKind::store || kind == EffectKind::bulk) return true;
    }
  return false;
}

bool Shapes::is_beside_global_base(Value constant) {
  for (const Value at : spread(constant))
    for (const User& user : at.users()) {
      if (!user.is_effect || user.position == 0) continue;
      const Effect& effect = at.flow->effects[user.index];
      if (effect.kind != EffectKind::call && effect.kind != EffectKind::call_indirect) continue;
      if (is_global_base({at.flow, at.flow->operands_of(effect)[user.position - 1]})) return true;
    }
  return false;
}

/// Whether the value itself is compared with the heap's end or the metadata's start.
bool Shapes::meets_bounds(Value value) {
  for (const Value at : spread(value))
    for (const User& user : at.users()) {
      if (user.is_effect) continue;
      const Value used_by{at.flow, user.index};
      if (used_by.node().kind != NodeKind::binary || !op::compares_two_i32(used_by.node().opcode)) continue;
      const HeapKind other = runtime_.kind(program_, used_by.operand(1 - user.position));
      if (other == HeapKind::metadata || other == HeapKind::end) return true;
    }
  return false;
}

bool Shapes::is_heap_pointer(Value value) {
  if (meets_bounds(value)) return true;
  for (const Value source : program_.sources(value)) {
    if (source.node().kind != NodeKind::constant && meets_bounds(source)) return true;
    // Or its distance from the heap base becomes a block number.
    for (const Value at : spread(source))
      for (const User& user : at.users()) {
        if (user.is_effect || user.position != 0) continue;
        const Value used_by{at.flow, user.index};
        if (used_by.is_binary(op::i32_sub) && program_.constant(used_by.operand(1)) == base_ &&
            is_block_difference(used_by))
          return true;
      }
  }
  return false;
}

namespace {

/// Whether an instruction makes a multiple of the size of a block, 16 bytes, by its constant.
bool makes_multiple(std::uint32_t opcode, std::optional<std::uint32_t> left,
                    std::optional<std::uint32_t> right) {
  const auto multiple = [](std::optional<std::uint32_t> by) { return by && *by != 0 && *by % 16 == 0; };
  if (opcode == op::i32_shl) return right && *right >= 4 && *right <= 16;
  if (opcode == op::i32_mul) return multiple(right) || multiple(left);
  return opcode == op::i32_and && multiple(right) && *right >= 0x80000000;
}

}  // namespace

bool Shapes::is_block_offset(Value value) {
  std::vector<Value> pending{value};
  bool scaled = false;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    if (i == kMaxShape) return false;
    for (const Value source : program_.sources(pending[i])) {
      const Node& node = source.node();
      if (node.kind == NodeKind::constant) {
        if (node.value % 16 != 0) return false;
        continue;
      }
      if (node.kind == NodeKind::phi && source == pending[i]) return false;
      if (node.kind != NodeKind::binary) return false;
      if (node.opcode == op::i32_add || node.opcode == op::i32_sub) {
        for (const std::uint32_t side : {0u, 1u})
          if (const Value next = source.operand(side); std::ranges::find(pending, next) == pending.end())
            pending.push_back(next);
      } else if (makes_multiple(node.opcode, program_.constant(source.operand(0)),
                                program_.constant(source.operand(1)))) {
        scaled = true;
      } else {
        return false;
      }
    }
  }
  return scaled;
}

bool Shapes::is_block_difference(Value difference) {
  for (const Value at : spread(difference))
    for (const User& user : at.users()) {
      if (user.is_effect || user.position != 0) continue;
      const Value quotient{at.flow, user.index};
      const auto by =
          quotient.node().kind == NodeKind::binary ? program_.constant(quotient.operand(1)) : std::nullopt;
      if (!by) continue;
      const bool shifts = quotient.is_binary(op::i32_shr_u) && *by >= 4 && *by <= 8;
      const bool divides = quotient.is_binary(op::i32_div_u) && *by >= 16 && *by % 16 == 0;
      if ((shifts || divides) && indexes_metadata(quotient)) return true;
    }
  return false;
}

/// Whether the value, shifted, masked or stepped on its way, is added to metadataStart, here or in a function
/// that it is passed to.
/// Where an effect takes a value: to the parameter of a callee, or as a function's result to its direct
/// calls.
std::vector<Value> Shapes::passed_on(const Value& value, const User& user) {
  const Effect& effect = value.flow->effects[user.index];
  std::vector<Value> there;
  if (effect.kind == EffectKind::call)
    if (const Flow* inside = program_.flow(static_cast<std::uint32_t>(effect.value)))
      there.push_back({inside, user.position});
  if (effect.kind != EffectKind::returns || program_.escapes(value.flow->function)) return there;
  for (const std::uint32_t caller : program_.callers(value.flow->function)) {
    const Flow* flow = program_.flow(caller);
    if (flow == nullptr || !program_.spend(flow->nodes.size())) continue;
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      if (flow->nodes[id].kind != NodeKind::call) continue;
      const Effect& call = flow->effects[flow->nodes[id].effect];
      if (call.kind == EffectKind::call && call.value == value.flow->function) there.push_back({flow, id});
    }
  }
  return there;
}

bool Shapes::indexes_metadata(Value block) {
  std::vector<std::pair<Value, int>> pending{{block, 0}};
  std::set<Value> known{block};
  const auto reach = [&](Value value, int calls) {
    if (known.insert(value).second) pending.emplace_back(value, calls);
  };
  for (std::size_t i = 0; i < pending.size() && i < kMaxShape; ++i) {
    const auto [value, calls] = pending[i];
    for (const User& user : value.users()) {
      if (steps_left_ == 0) return false;
      --steps_left_;
      if (user.is_effect) {
        if (calls < kMaxCalls)
          for (const Value there : passed_on(value, user)) reach(there, calls + 1);
        continue;
      }
      const Value next{value.flow, user.index};
      if (next.node().kind == NodeKind::phi || (next.node().kind == NodeKind::select && user.position < 2)) {
        reach(next, calls);
      } else if (next.node().kind == NodeKind::binary) {
        const Value other = next.operand(1 - user.position);
        if (next.is_binary(op::i32_add) && runtime_.kind(program_, other) == HeapKind::metadata) return true;
        // Blocks are counted on from there, so the other side of a sum need not be constant.
        const bool counts = next.is_binary(op::i32_add) || next.is_binary(op::i32_sub);
        if (counts || program_.constant(other)) reach(next, calls);
      }
    }
  }
  return false;
}

std::optional<std::vector<std::uint32_t>> Shapes::walk_starts(Value value) {
  std::vector<std::uint32_t> starts;
  std::vector<Value> pending{value};
  bool steps = false;
  const auto add = [&](Value next) {
    if (std::ranges::find(pending, next) == pending.end()) pending.push_back(next);
  };
  for (std::size_t i = 0; i < pending.size(); ++i) {
    if (i == kMaxShape) return std::nullopt;
    for (const Value source : program_.sources(pending[i])) {
      const Node& node = source.node();
      if (node.kind == NodeKind::constant) {
        starts.push_back(static_cast<std::uint32_t>(node.value));
      } else if (source.is_binary(op::i32_add) || source.is_binary(op::i32_sub)) {
        if (!program_.constant(source.operand(1))) return std::nullopt;
        steps = true;
        add(source.operand(0));
      } else if (node.kind == NodeKind::parameter && !program_.escapes(source.flow->function)) {
        for (const std::uint32_t caller : program_.callers(source.flow->function)) {
          const Flow* flow = program_.flow(caller);
          if (flow == nullptr || !program_.spend(flow->effects.size())) return std::nullopt;
          for (const Effect& effect : flow->effects)
            if (effect.kind == EffectKind::call && effect.value == source.flow->function)
              add({flow, flow->operands_of(effect)[static_cast<std::size_t>(node.value)]});
        }
      } else {
        return std::nullopt;
      }
    }
  }
  if (!steps || starts.empty()) return std::nullopt;
  return starts;
}

bool Shapes::walks_static_data(Value pointer, bool from_global_base) {
  const auto starts = walk_starts(pointer);
  if (!starts) return false;
  const std::uint32_t lowest = global_base_.value_or(0);
  if (!std::ranges::all_of(*starts, [&](std::uint32_t at) { return at >= lowest && at < base_; }))
    return false;
  return !from_global_base || (global_base_ && std::ranges::find(*starts, *global_base_) != starts->end());
}

bool Shapes::is_pointer_word(std::uint32_t address) {
  for (const std::uint32_t function : program_.mentions(address)) {
    const Flow* flow = program_.flow(function);
    if (flow == nullptr || !program_.spend(flow->nodes.size())) continue;
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      const Value load{flow, id};
      if (load.node().kind != NodeKind::load || load.node().opcode != op::i32_load) continue;
      const bool from_word = std::ranges::any_of(program_.sources(load.operand(0)), [&](Value source) {
        const auto at = program_.constant(source);
        return at && *at + static_cast<std::uint32_t>(load.node().value) == address;
      });
      if (!from_word) continue;
      std::vector<Value> pending = spread(load);
      for (std::size_t i = 0; i < pending.size() && i < kMaxShape; ++i)
        for (const User& user : Value{pending[i]}.users()) {
          if (user.is_effect) {
            const EffectKind kind = flow->effects[user.index].kind;
            if (user.position == 0 && (kind == EffectKind::load || kind == EffectKind::store)) return true;
            continue;
          }
          const Value next{flow, user.index};
          if (next.is_binary(op::i32_add) && program_.constant(next.operand(1 - user.position)) &&
              std::ranges::find(pending, next) == pending.end())
            pending.push_back(next);
        }
    }
  }
  return false;
}

}  // namespace heapbump::tinygo
