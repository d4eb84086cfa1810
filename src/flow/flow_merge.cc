// Locals over time, and what is merged where paths meet. A loop's header gets a phi for every local that its
// body sets, since the body has not been seen yet; a block's end gets one only for what really differs.
#include <algorithm>
#include <utility>

#include "flow/flow_builder.h"

namespace heapbump {

void FlowBuilder::set_local(std::uint32_t local, NodeId value) {
  const Frame& frame = frames_.back();
  if (stamps_[local] != frame.serial) {
    saved_.push_back({local, locals_[local], stamps_[local]});
    stamps_[local] = frame.serial;
  }
  locals_[local] = value;
  if (tries_ != 0) sets_.emplace_back(local, value);
}

void FlowBuilder::restore(const Frame& frame) {
  while (saved_.size() > frame.saved_at) {
    const Saved& saved = saved_.back();
    locals_[saved.local] = saved.value;
    stamps_[saved.local] = saved.stamp;
    saved_.pop_back();
  }
}

std::vector<LocalValue> FlowBuilder::changes_since(std::size_t frame_index) {
  changed_.clear();
  ++mark_;
  for (std::size_t i = frames_[frame_index].saved_at; i < saved_.size(); ++i) {
    const std::uint32_t local = saved_[i].local;
    if (marks_[local] == mark_) continue;
    marks_[local] = mark_;
    changed_.emplace_back(local, locals_[local]);
  }
  return changed_;  // as large as it has to be
}

/// Finds the locals set inside each loop: its header needs a phi for each, before its body has been seen.
Status FlowBuilder::plan_loops() {
  InstructionReader reader(module_, body_, budget_);
  struct Open {
    std::size_t loop = SIZE_MAX;
    std::vector<std::uint32_t> sets;
  };
  std::vector<Open> open(1);
  std::vector<std::size_t> enclosing;  // indices into `open` of the loops
  std::vector<std::uint32_t> seen_in;  // by local: innermost loop that has it already
  Status status;
  reader.each([&](const BriefInstruction& instruction) {
    if (op::opens_block(instruction.opcode)) {
      open.emplace_back();
      if (instruction.opcode == op::loop) {
        open.back().loop = loop_sets_.size();
        loop_sets_.emplace_back();
        enclosing.push_back(open.size() - 1);
      }
    } else if (op::closes_block(instruction.opcode)) {
      if (open.size() == 1) return true;
      Open done = std::move(open.back());
      open.pop_back();
      if (done.loop == SIZE_MAX) return true;
      enclosing.pop_back();
      std::ranges::sort(done.sets);
      const auto repeated = std::ranges::unique(done.sets);
      done.sets.erase(repeated.begin(), repeated.end());
      status = hold(done.sets.size() + 1);
      if (!status) return false;
      if (!enclosing.empty()) {
        auto& outer = open[enclosing.back()].sets;
        outer.insert(outer.end(), done.sets.begin(), done.sets.end());
      }
      loop_sets_[done.loop] = std::move(done.sets);
    } else if ((instruction.opcode == op::local_set || instruction.opcode == op::local_tee) &&
               !enclosing.empty()) {
      if (static_cast<std::uint64_t>(instruction.value) >= first_slot_) {
        status =
            fail_at(Code::kBadIndex, instruction.immediate_offset, "a local or global index is out of range");
        return false;
      }
      open[enclosing.back()].sets.push_back(static_cast<std::uint32_t>(instruction.value));
    } else if (instruction.opcode == op::i32_store && !enclosing.empty() && slots_.count != 0) {
      const auto slot = slots_.by_instruction.find(instruction.offset);
      if (slot != slots_.by_instruction.end())
        open[enclosing.back()].sets.push_back(first_slot_ + slot->second);
    }
    return true;
  });
  HEAPBUMP_CHECK(status);
  if (reader.error()) return std::unexpected(*reader.error());
  return {};
}

void FlowBuilder::start_loop(Frame& frame, const Instruction& instruction) {
  const BlockId before = block_;
  block_ = new_block();
  frame.block = block_;
  flow_.edges.push_back({before, block_, kNoNode, true});
  Node phi;
  phi.kind = NodeKind::phi;
  phi.offset = instruction.offset;
  Arrival entry;
  entry.values = frame.params;
  held_ += entry.values.size() + loop_sets_[next_loop_ - 1].size();
  entry.changed.reserve(loop_sets_[next_loop_ - 1].size());
  frame.loop_phis.reserve(loop_sets_[next_loop_ - 1].size());
  for (const std::uint32_t local : loop_sets_[next_loop_ - 1]) {
    entry.changed.emplace_back(local, locals_[local]);
    const NodeId node = add_node(phi);
    frame.loop_phis.emplace_back(local, node);
    set_local(local, node);
  }
  for (std::size_t i = 0; i < frame.params.size(); ++i) {
    const NodeId node = add_node(phi);
    frame.loop_param_phis.push_back(node);
    push(node);
  }
  frame.back_edges.push_back(std::move(entry));
}

/// Gives the phis of a loop's header their operands: the value at entry, then one for each back edge.
void FlowBuilder::finish_loop(Frame& frame) {
  const auto set_operands = [&](NodeId phi, std::size_t index, bool param) {
    Node& node = flow_.nodes[phi];
    node.first_operand = static_cast<std::uint32_t>(flow_.operands.size());
    node.operand_count = static_cast<std::uint32_t>(frame.back_edges.size());
    for (const Arrival& edge : frame.back_edges)
      flow_.operands.push_back(param ? edge.values[index] : edge.changed[index].second);
  };
  for (std::size_t i = 0; i < frame.loop_phis.size(); ++i) set_operands(frame.loop_phis[i].second, i, false);
  for (std::size_t i = 0; i < frame.loop_param_phis.size(); ++i)
    set_operands(frame.loop_param_phis[i], i, true);
  for (const Arrival& edge : frame.back_edges)
    held_ -= std::min<std::uint64_t>(held_, edge.changed.size() + edge.values.size());
  frame.back_edges.clear();
}

/// Starts the run of code after a block, with a phi for whatever differs between the ways into it. The state
/// of the locals is that of the block's start.
Status FlowBuilder::merge(std::vector<Arrival>& arrivals, std::uint64_t offset) {
  block_ = new_block();
  reachable_ = !arrivals.empty();
  if (!reachable_) return {};
  Node phi;
  phi.kind = NodeKind::phi;
  phi.offset = offset;
  std::vector<std::uint32_t> changed;
  ++mark_;
  for (Arrival& arrival : arrivals) {
    arrival.edge.to = block_;
    flow_.edges.push_back(arrival.edge);
    for (const auto& [local, value] : arrival.changed)
      if (marks_[local] != mark_) {
        marks_[local] = mark_;
        changed.push_back(local);
      }
  }
  HEAPBUMP_CHECK(spend((changed.size() + arrivals[0].values.size()) * arrivals.size()));
  std::ranges::sort(changed);
  for (Arrival& arrival : arrivals) std::ranges::sort(arrival.changed);
  std::vector<std::size_t> positions(arrivals.size());
  std::vector<NodeId> values(arrivals.size());
  const auto combine = [&]() {
    if (std::ranges::all_of(values, [&](NodeId value) { return value == values[0]; })) return values[0];
    return add_node(phi, values);
  };
  for (const std::uint32_t local : changed) {
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      const auto& list = arrivals[i].changed;
      const bool here = positions[i] < list.size() && list[positions[i]].first == local;
      values[i] = here ? list[positions[i]++].second : locals_[local];
    }
    set_local(local, combine());
  }
  for (std::size_t result = 0; result < arrivals[0].values.size(); ++result) {
    for (std::size_t i = 0; i < arrivals.size(); ++i) values[i] = arrivals[i].values[result];
    push(combine());
  }
  return {};
}

/// The locals at a catch. An exception can leave the body anywhere, so a local has one of all the values it
/// was ever given there, or the one from before.
void FlowBuilder::merge_thrown(const Frame& frame, std::uint64_t offset) {
  std::vector<LocalValue> given(sets_.begin() + static_cast<std::ptrdiff_t>(frame.sets_at_entry),
                                sets_.end());
  std::ranges::sort(given);
  Node phi;
  phi.kind = NodeKind::phi;
  phi.offset = offset;
  for (std::size_t i = 0; i < given.size();) {
    const std::uint32_t local = given[i].first;
    std::vector<NodeId> values{locals_[local]};
    for (; i < given.size() && given[i].first == local; ++i) values.push_back(given[i].second);
    set_local(local, add_node(phi, values));
  }
}

}  // namespace heapbump
