// Frame slots: unoptimised code keeps its variables in memory, at fixed offsets from the stack pointer it was
// entered with. Where no address in the frame goes anywhere but into loads and stores, such a slot is a local
// in all but name. The invariant: a slot is only taken for one if every access to its bytes is an i32 load or
// store of exactly those bytes, and no address at or below it escapes (an object that starts there could
// reach up to it).
#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "flow/flow.h"

namespace heapbump {
namespace {

struct Access {
  std::uint64_t instruction = 0;
  std::int64_t begin = 0;
  unsigned size = 0;
  bool whole = false;  ///< an i32 load or store
};

/// By node: of an address from the frame, in bytes; nothing for what is no such address.
using Distances = std::vector<std::optional<std::int64_t>>;

/// Where the stack pointer is, as a distance from the function's entry, at each place that reads it.
/// Inlined functions have frames of their own below their caller's. A call makes it unknown, since not every
/// function restores it.
class StackPointer {
 public:
  StackPointer(const Flow& flow, NodeId entry)
      : flow_(flow),
        first_event_(flow.block_count + 1),
        first_way_(flow.block_count + 1),
        at_start_(flow.block_count) {
    const std::int64_t global = flow.nodes[entry].value;
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind == NodeKind::global && node.value == global)
        events_.push_back({node.block, node.offset, Event::read, id});
    }
    for (const Effect& effect : flow.effects) {
      if (effect.kind == EffectKind::global_set && effect.value == global)
        events_.push_back({effect.block, effect.offset, Event::set, flow.operands_of(effect)[0]});
      else if (effect.kind == EffectKind::call || effect.kind == EffectKind::call_indirect)
        events_.push_back({effect.block, effect.offset, Event::call, kNoNode});
    }
    std::ranges::sort(events_, {}, [](const Event& event) { return std::pair{event.block, event.offset}; });
    for (const Event& event : events_) ++first_event_[event.block + 1];
    std::partial_sum(first_event_.begin(), first_event_.end(), first_event_.begin());
    for (const Edge& edge : flow.edges) ++first_way_[edge.from + 1];
    std::partial_sum(first_way_.begin(), first_way_.end(), first_way_.begin());
    ways_out_.resize(flow.edges.size());
    std::vector<std::uint32_t> next(first_way_.begin(), first_way_.end() - 1);
    for (const Edge& edge : flow.edges) ways_out_[next[edge.from]++] = edge.to;  // which ascend
  }

  /// The reads whose distance follows from the distances known so far.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  [[nodiscard]] std::vector<std::pair<NodeId, std::int64_t>> reads(const Distances& distance) {
    std::vector<std::pair<NodeId, std::int64_t>> found;
    std::ranges::fill(at_start_, State{});
    if (at_start_.empty()) return found;
    at_start_[0] = {true, 0};
    std::vector<BlockId> pending{0};
    while (!pending.empty()) {
      const BlockId block = pending.back();
      pending.pop_back();
      const std::optional<std::int64_t> end = walk(block, distance, nullptr);
      for (std::uint32_t way = first_way_[block]; way != first_way_[block + 1]; ++way) {
        State& next = at_start_[ways_out_[way]];
        const State joined{true, !next.reached || next.distance == end ? end : std::nullopt};
        if (next.reached && next.distance == joined.distance) continue;
        next = joined;
        pending.push_back(ways_out_[way]);
      }
    }
    for (BlockId block = 0; block < flow_.block_count; ++block)
      if (at_start_[block].reached) walk(block, distance, &found);
    return found;
  }

 private:
  struct Event {
    BlockId block = 0;
    std::uint64_t offset = 0;
    enum Kind : std::uint8_t { read, set, call } kind = read;
    NodeId node = kNoNode;  ///< the global.get, or the value that is set
  };
  struct State {
    bool reached = false;
    std::optional<std::int64_t> distance;
  };

  std::optional<std::int64_t> walk(BlockId block, const Distances& distance,
                                   std::vector<std::pair<NodeId, std::int64_t>>* found) {
    std::optional<std::int64_t> now = at_start_[block].distance;
    const auto events =
        std::span(events_).subspan(first_event_[block], first_event_[block + 1] - first_event_[block]);
    steps_ += 1 + events.size();
    for (const Event& event : events) {
      if (event.kind == Event::call) {
        now.reset();
      } else if (event.kind == Event::set) {
        now = distance[event.node];
      } else if (now && found != nullptr) {
        found->emplace_back(event.node, *now);
      }
    }
    return now;
  }

  const Flow& flow_;
  std::vector<Event> events_;  ///< by block, in the order of the code
  std::vector<std::uint32_t> first_event_;
  std::vector<BlockId> ways_out_;  ///< by the block that they leave
  std::vector<std::uint32_t> first_way_;
  std::vector<State> at_start_;
  std::uint64_t steps_ = 0;
};

/// Follows the frame's address through a function: every access at a known distance from it, and the lowest
/// distance at which an address escapes.
class FrameSearch {
 public:
  FrameSearch(const Flow& flow, NodeId frame, bool shared)
      : flow_(flow),
        live_(needed_nodes(flow, true)),
        frame_(frame),
        shared_(shared),
        distance_(flow.nodes.size()) {
    reach(frame, 0);
  }

  FrameSlots run() {
    constexpr int kNested = 8;                  // frames of functions inlined into each other
    constexpr std::uint64_t kUnitsPerStep = 4;  // each looks a node up
    follow_pending();
    if (is_read_again()) {
      StackPointer pointer(flow_, frame_);
      for (int nested = 0; nested < kNested; ++nested) {
        for (const auto& [read, known] : pointer.reads(distance_)) reach(read, known);
        if (pending_.empty()) break;
        follow_pending();
      }
      slots_.work += kUnitsPerStep * pointer.steps();
    }
    slots_.work += flow_.nodes.size() / 4;
    collect();
    return std::move(slots_);
  }

 private:
  /// Whether any other node reads the stack pointer.
  [[nodiscard]] bool is_read_again() const {
    const std::int64_t global = flow_.nodes[frame_].value;
    for (NodeId id = 0; id < flow_.nodes.size(); ++id)
      if (id != frame_ && flow_.nodes[id].kind == NodeKind::global && flow_.nodes[id].value == global)
        return true;
    return false;
  }
  void reach(NodeId node, std::int64_t distance) {
    if (distance_[node]) return;
    distance_[node] = distance;
    pending_.push_back(node);
  }

  void follow_pending() {
    while (!pending_.empty()) {
      const NodeId at = pending_.back();
      pending_.pop_back();
      const std::int64_t here = *distance_[at];
      slots_.work += flow_.users(at).size();
      for (const User& user : flow_.users(at)) {
        if (user.is_effect)
          take(flow_.effects[user.index], user.position, here);
        else if (flow_.nodes[user.index].kind != NodeKind::load && live_[user.index])
          follow(user, here);  // a load's effect was seen
      }
    }
  }

  void take(const Effect& effect, std::uint32_t position, std::int64_t here) {
    const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store;
    if (access && position == 0) {
      const bool whole = effect.opcode == op::i32_load || effect.opcode == op::i32_store;
      accesses_.push_back({effect.offset, here + effect.value, facts_of(effect.opcode).access_bytes, whole});
    } else if (effect.kind != EffectKind::global_set && effect.kind != EffectKind::drop) {
      escaped_ = std::min(escaped_, here);
    }
  }

  void follow(const User& user, std::int64_t here) {
    const Node& node = flow_.nodes[user.index];
    const bool sum = node.kind == NodeKind::binary &&
                     (node.opcode == op::i32_add || (node.opcode == op::i32_sub && user.position == 0));
    const auto amount = sum ? flow_.constant(flow_.operands_of(node)[1 - user.position]) : std::nullopt;
    if (amount)
      reach(user.index, node.opcode == op::i32_add ? here + *amount : here - *amount);
    else
      escaped_ = std::min(escaped_, sum ? here : std::numeric_limits<std::int64_t>::min());
  }

  /// One slot for each run of accesses that overlap, all of one whole word.
  void collect() {
    std::ranges::sort(accesses_, {}, &Access::begin);
    for (std::size_t i = 0; i < accesses_.size();) {
      std::int64_t end = accesses_[i].begin + accesses_[i].size;
      bool uniform = true;
      std::size_t next = i;
      for (; next < accesses_.size() && accesses_[next].begin < end; ++next) {
        uniform = uniform && accesses_[next].whole && accesses_[next].begin == accesses_[i].begin;
        end = std::max(end, accesses_[next].begin + accesses_[next].size);
      }
      const bool is_private = end <= escaped_;
      if (uniform && (is_private || shared_)) {
        for (; i < next; ++i) slots_.by_instruction.emplace(accesses_[i].instruction, slots_.count);
        slots_.shared.push_back(!is_private);
        ++slots_.count;
      }
      i = next;
    }
  }

  const Flow& flow_;
  const std::vector<bool> live_;
  const NodeId frame_;
  const bool shared_;
  Distances distance_;
  std::vector<NodeId> pending_;
  std::vector<Access> accesses_;
  std::int64_t escaped_ = std::numeric_limits<std::int64_t>::max();
  FrameSlots slots_;
};

}  // namespace

FrameSlots find_frame_slots(const Flow& flow, bool shared) {
  for (NodeId id = 0; id < flow.nodes.size(); ++id)
    if (flow.nodes[id].kind == NodeKind::global && flow.nodes[id].block == 0)
      return FrameSearch(flow, id, shared).run();
  return {};
}

}  // namespace heapbump
