// Frame slots: unoptimised code keeps its variables in memory, at fixed offsets from the stack pointer it was entered
// with. Where no address in the frame goes anywhere but into loads and stores, such a slot is a local in all but name.
// The invariant: a slot is only taken for one if every access to its bytes is an i32 load or store of exactly those
// bytes, and no address at or below it escapes (an object that starts there could reach up to it).
#include <algorithm>
#include <limits>
#include <map>

#include "heapbump/flow.h"

namespace heapbump {
namespace {

/// Bytes a plain load or store touches, by opcode (core specification, 0x28 i32.load to 0x3e i64.store32).
unsigned access_bytes(std::uint32_t opcode) {
  constexpr unsigned char bytes[] = {4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 4, 8, 4, 8, 1, 2, 1, 2, 4};
  return opcode >= op::i32_load && opcode <= op::i64_store32 ? bytes[opcode - op::i32_load] : 16;
}

struct Access {
  std::uint64_t instruction = 0;
  std::int64_t begin = 0;
  unsigned size = 0;
  bool whole = false;  ///< an i32 load or store
};

}  // namespace

FrameSlots find_frame_slots(const Flow& flow) {
  FrameSlots slots;
  NodeId frame = kNoNode;
  for (NodeId id = 0; id < flow.nodes.size() && frame == kNoNode; ++id)
    if (flow.nodes[id].kind == NodeKind::global && flow.nodes[id].block == 0) frame = id;
  if (frame == kNoNode) return slots;

  // Addresses at a known distance from the frame, and the lowest that escapes.
  std::map<NodeId, std::int64_t> distance{{frame, 0}};
  std::vector<NodeId> pending{frame};
  std::vector<Access> accesses;
  std::int64_t escaped = std::numeric_limits<std::int64_t>::max();
  while (!pending.empty()) {
    const NodeId at = pending.back();
    pending.pop_back();
    const std::int64_t here = distance[at];
    for (const User& user : flow.users(at)) {
      if (user.is_effect) {
        const Effect& effect = flow.effects[user.index];
        const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store;
        if (access && user.position == 0) {
          const bool whole = effect.opcode == op::i32_load || effect.opcode == op::i32_store;
          accesses.push_back({effect.offset, here + effect.value, access_bytes(effect.opcode), whole});
        } else if (effect.kind != EffectKind::global_set && effect.kind != EffectKind::drop) {
          escaped = std::min(escaped, here);
        }
        continue;
      }
      const Node& node = flow.nodes[user.index];
      if (node.kind == NodeKind::load) continue;  // its effect was seen
      const bool sum = node.kind == NodeKind::binary && (node.opcode == op::i32_add || (node.opcode == op::i32_sub && user.position == 0));
      const auto amount = sum ? flow.constant(flow.operands_of(node)[1 - user.position]) : std::nullopt;
      if (amount) {
        if (distance.emplace(user.index, node.opcode == op::i32_add ? here + *amount : here - *amount).second)
          pending.push_back(user.index);
      } else {
        escaped = std::min(escaped, sum ? here : std::numeric_limits<std::int64_t>::min());
      }
    }
  }
  std::ranges::sort(accesses, {}, &Access::begin);
  for (std::size_t i = 0; i < accesses.size();) {
    // One run of accesses whose bytes overlap.
    std::int64_t end = accesses[i].begin + accesses[i].size;
    bool uniform = true;
    std::size_t next = i;
    for (; next < accesses.size() && accesses[next].begin < end; ++next) {
      uniform = uniform && accesses[next].whole && accesses[next].begin == accesses[i].begin;
      end = std::max(end, accesses[next].begin + accesses[next].size);
    }
    if (uniform && end <= escaped) {
      for (; i < next; ++i) slots.by_instruction.emplace(accesses[i].instruction, slots.count);
      ++slots.count;
    }
    i = next;
  }
  return slots;
}

}  // namespace heapbump
