// The evaluation behind evaluate_flow. Locals live in one array; each open block remembers the old value of every local
// that was set inside it, so that a branch carries only what changed since its target was entered, and a block's end can
// go back to the state at its start before it merges the ways that arrive.
#include <algorithm>
#include <string>
#include <utility>

#include "heapbump/flow.h"
#include "heapbump/flow_shapes.h"

namespace heapbump {

using LocalValue = std::pair<std::uint32_t, NodeId>;

constexpr std::uint64_t kStepsPerUnit = 2;  // steps of merging that cost as much as a byte decoded

class FlowBuilder {
 public:
  FlowBuilder(const Module& module, std::uint32_t function, const FlowLimits& limits, const FrameSlots& slots)
      : module_(module), limits_(limits), body_(*module.body(function)), slots_(slots) {
    flow_.function = function;
    work_left_ = std::min(body_.size * limits.work_per_byte + 4096, module.work->work_left() * kStepsPerUnit);
    work_given_ = work_left_;
  }

  Result<Flow> run();

 private:
  /// A way into a block's end that was seen before the end itself.
  struct Arrival {
    Edge edge;
    std::vector<LocalValue> changed;  ///< locals that differ from the block's start
    std::vector<NodeId> values;       ///< the operands it brings
  };
  struct Saved {
    std::uint32_t local = 0;
    NodeId value = kNoNode;
    std::uint32_t stamp = 0;
  };
  struct Frame {
    std::uint32_t opcode = 0;
    std::uint32_t serial = 0;
    std::uint32_t height = 0;  ///< operand stack below the block's parameters
    std::uint32_t results = 0;
    std::vector<NodeId> params;
    BlockId block = 0;         ///< the run of code that ends at the block's start; a loop's header
    NodeId condition = kNoNode;
    bool else_open = false;    ///< an if whose else has not been seen and that the condition can take
    std::size_t saved_at = 0;  ///< the block's part of saved_
    std::vector<Arrival> arrivals;
    std::vector<LocalValue> loop_phis;
    std::vector<NodeId> loop_param_phis;
    std::vector<Arrival> back_edges;
    std::size_t sets_at_entry = 0;
    BlockId blocks_at_entry = 0;
  };
  struct BlockShape {
    std::uint32_t params = 0;
    std::uint32_t results = 0;
  };

  Status plan_loops();
  Status read_tags();
  Status step(const Instruction& instruction);
  Status control(const Instruction& instruction);
  Status variable(const Instruction& instruction);
  Status memory(const Instruction& instruction);
  Status plain(const Instruction& instruction, bool& handled);
  Status call(const Instruction& instruction);

  Status open(const Instruction& instruction);
  Status close(const Instruction& instruction);
  Status open_catch(const Instruction& instruction);
  void start_loop(Frame& frame, const Instruction& instruction);
  void finish_loop(Frame& frame);
  Status merge(std::vector<Arrival>& arrivals, std::uint64_t offset);
  Status branch(std::uint32_t depth, NodeId condition, bool taken_if_true, std::uint64_t offset);
  Status arrive_at_end(Frame& frame, std::uint64_t offset);
  std::vector<LocalValue> changes_since(std::size_t frame_index);
  void restore(const Frame& frame);
  Result<BlockShape> block_shape(const Instruction& instruction) const;
  Status return_values(std::uint64_t offset, std::uint32_t opcode);

  NodeId add_node(Node node, std::span<const NodeId> operands = {});
  std::uint32_t add_effect(EffectKind kind, const Instruction& instruction, std::int64_t value,
                           std::span<const NodeId> operands);
  BlockId new_block() { return flow_.block_count++; }
  void set_local(std::uint32_t local, NodeId value);
  void push(NodeId node) { stack_.push_back(node); }
  Status need(std::uint32_t count, std::uint64_t offset) const;
  NodeId pop();
  std::vector<NodeId> pop_many(std::uint32_t count);
  Status spend(std::uint64_t work);
  /// As spend, for `count` values that are kept until a block's end.
  Status hold(std::uint64_t count);
  void finish();

  const Module& module_;
  const FlowLimits limits_;
  const FunctionBody& body_;
  const FrameSlots& slots_;
  std::uint32_t first_slot_ = 0;  ///< index in locals_ of the first frame slot
  Flow flow_;
  std::uint64_t work_left_ = 0;
  std::uint64_t work_given_ = 0;
  std::uint64_t held_ = 0;  ///< values waiting in arrivals and loop plans

  std::vector<std::vector<std::uint32_t>> loop_sets_;  ///< by loop, in file order: the locals set inside
  std::size_t next_loop_ = 0;
  std::vector<std::uint32_t> tag_params_;
  bool tags_known_ = false;

  std::vector<NodeId> locals_;
  std::vector<Saved> saved_;           ///< old values of locals, innermost block last
  std::vector<std::uint32_t> stamps_;  ///< serial of the innermost block that saved a local
  std::vector<std::uint32_t> marks_;
  std::uint32_t mark_ = 0;
  std::vector<LocalValue> sets_;  ///< every local.set inside a try, for its catches
  std::uint32_t tries_ = 0;
  std::vector<NodeId> stack_;
  std::vector<Frame> frames_;
  std::uint32_t serial_ = 0;
  std::uint32_t skipped_ = 0;  ///< blocks opened inside code without a path
  bool reachable_ = true;
  BlockId block_ = 0;
};

namespace {

bool is_block(std::uint32_t opcode) {
  return opcode == op::block || opcode == op::loop || opcode == op::if_ || opcode == op::try_;
}

std::unexpected<Error> stack_error(std::uint64_t offset) {
  return fail_at(Code::kBadInstruction, offset, "the operand stack does not hold what this instruction takes");
}

}  // namespace

Status FlowBuilder::spend(std::uint64_t work) {
  const std::size_t most = std::max({flow_.nodes.size(), flow_.effects.size(), flow_.operands.size() / 2,
                                     flow_.edges.size(), sets_.size()});
  if (work > work_left_ || most > limits_.max_nodes)
    return fail_at(Code::kWorkLimit, body_.file_offset,
                   "following the values of function " + std::to_string(flow_.function) + " takes more work than the limit");
  work_left_ -= work;
  return {};
}

Status FlowBuilder::hold(std::uint64_t count) {
  held_ += count;
  return spend(held_ > limits_.max_held ? work_left_ + 1 : count);
}

NodeId FlowBuilder::add_node(Node node, std::span<const NodeId> operands) {
  node.block = block_;
  node.first_operand = static_cast<std::uint32_t>(flow_.operands.size());
  node.operand_count = static_cast<std::uint32_t>(operands.size());
  flow_.operands.insert(flow_.operands.end(), operands.begin(), operands.end());
  flow_.nodes.push_back(node);
  return static_cast<NodeId>(flow_.nodes.size() - 1);
}

std::uint32_t FlowBuilder::add_effect(EffectKind kind, const Instruction& instruction, std::int64_t value,
                                      std::span<const NodeId> operands) {
  Effect effect;
  effect.kind = kind;
  effect.opcode = instruction.opcode;
  effect.value = value;
  effect.offset = instruction.offset;
  effect.immediate_offset = instruction.immediate_offset;
  effect.width = static_cast<std::uint8_t>(instruction.immediate_width);
  effect.block = block_;
  effect.first_operand = static_cast<std::uint32_t>(flow_.operands.size());
  effect.operand_count = static_cast<std::uint32_t>(operands.size());
  flow_.operands.insert(flow_.operands.end(), operands.begin(), operands.end());
  flow_.effects.push_back(effect);
  return static_cast<std::uint32_t>(flow_.effects.size() - 1);
}

Status FlowBuilder::need(std::uint32_t count, std::uint64_t offset) const {
  if (stack_.size() - frames_.back().height < count) return stack_error(offset);
  return {};
}

NodeId FlowBuilder::pop() {
  const NodeId node = stack_.back();
  stack_.pop_back();
  return node;
}

std::vector<NodeId> FlowBuilder::pop_many(std::uint32_t count) {
  std::vector<NodeId> values(stack_.end() - count, stack_.end());
  stack_.resize(stack_.size() - count);
  return values;
}

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
  std::vector<LocalValue> changed;
  ++mark_;
  for (std::size_t i = frames_[frame_index].saved_at; i < saved_.size(); ++i) {
    const std::uint32_t local = saved_[i].local;
    if (marks_[local] == mark_) continue;
    marks_[local] = mark_;
    changed.emplace_back(local, locals_[local]);
  }
  return changed;
}

Result<FlowBuilder::BlockShape> FlowBuilder::block_shape(const Instruction& instruction) const {
  if (instruction.value < 0) return BlockShape{0, instruction.value == -64 ? 0u : 1u};
  if (static_cast<std::uint64_t>(instruction.value) >= module_.types.size())
    return fail_at(Code::kBadIndex, instruction.immediate_offset, "a block's type index is out of range");
  const FunctionType& type = module_.types[static_cast<std::size_t>(instruction.value)];
  return BlockShape{static_cast<std::uint32_t>(type.params.size()), static_cast<std::uint32_t>(type.results.size())};
}

/// Finds, for every loop, the locals set inside it: its header needs a phi for each, before its body has been seen.
Status FlowBuilder::plan_loops() {
  InstructionReader reader(module_, body_);
  Instruction instruction;
  struct Open {
    std::size_t loop = SIZE_MAX;
    std::vector<std::uint32_t> sets;
  };
  std::vector<Open> open(1);
  std::vector<std::size_t> enclosing;  // indices into `open` of the loops
  std::vector<std::uint32_t> seen_in;  // by local: innermost loop that has it already
  while (reader.next(instruction)) {
    if (is_block(instruction.opcode) || instruction.opcode == op::try_table) {
      open.emplace_back();
      if (instruction.opcode == op::loop) {
        open.back().loop = loop_sets_.size();
        loop_sets_.emplace_back();
        enclosing.push_back(open.size() - 1);
      }
    } else if (instruction.opcode == op::end || instruction.opcode == op::delegate) {
      if (open.size() == 1) continue;
      Open done = std::move(open.back());
      open.pop_back();
      if (done.loop == SIZE_MAX) continue;
      enclosing.pop_back();
      std::ranges::sort(done.sets);
      const auto repeated = std::ranges::unique(done.sets);
      done.sets.erase(repeated.begin(), repeated.end());
      HEAPBUMP_CHECK(hold(done.sets.size() + 1));
      if (!enclosing.empty()) {
        auto& outer = open[enclosing.back()].sets;
        outer.insert(outer.end(), done.sets.begin(), done.sets.end());
      }
      loop_sets_[done.loop] = std::move(done.sets);
    } else if ((instruction.opcode == op::local_set || instruction.opcode == op::local_tee) && !enclosing.empty()) {
      open[enclosing.back()].sets.push_back(static_cast<std::uint32_t>(instruction.value));
    } else if (instruction.opcode == op::i32_store && !enclosing.empty()) {
      const auto slot = slots_.by_instruction.find(instruction.offset);
      if (slot != slots_.by_instruction.end()) open[enclosing.back()].sets.push_back(first_slot_ + slot->second);
    }
  }
  if (reader.error()) return std::unexpected(*reader.error());
  return {};
}

/// The parameter counts of the module's tags, for `catch`. Only tags that the module defines itself are known.
Status FlowBuilder::read_tags() {
  tags_known_ = true;
  for (const Import& import : module_.imports)
    if (import.kind == ExternalKind::tag)
      return fail_at(Code::kGcTypes, body_.file_offset, "exceptions with an imported tag are not followed");
  const Section* section = module_.section(SectionId::tag);
  if (section == nullptr) return {};
  Cursor cursor(module_.content(*section), section->content_offset);
  HEAPBUMP_TRY(const auto count, cursor.read_count("tag count", 2));
  for (std::uint32_t i = 0; i < count; ++i) {
    HEAPBUMP_TRY(const auto attribute, cursor.read_u8("tag attribute"));
    HEAPBUMP_TRY(const auto type, cursor.read_uleb32("tag type"));
    if (attribute != 0 || type.value >= module_.types.size())
      return fail_at(Code::kBadIndex, section->content_offset, "a tag's type index is out of range");
    tag_params_.push_back(static_cast<std::uint32_t>(module_.types[type.value].params.size()));
  }
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
  for (std::size_t i = 0; i < frame.loop_param_phis.size(); ++i) set_operands(frame.loop_param_phis[i], i, true);
  for (const Arrival& edge : frame.back_edges) held_ -= std::min(held_, edge.changed.size() + edge.values.size());
  frame.back_edges.clear();
}

Status FlowBuilder::open(const Instruction& instruction) {
  HEAPBUMP_TRY(const BlockShape shape, block_shape(instruction));
  Frame frame;
  frame.opcode = instruction.opcode;
  frame.serial = ++serial_;
  frame.results = shape.results;
  frame.saved_at = saved_.size();
  if (frames_.size() >= limits_.max_depth)
    return fail_at(Code::kWorkLimit, instruction.offset, "blocks are nested deeper than the limit");
  if (instruction.opcode == op::if_) {
    HEAPBUMP_CHECK(need(shape.params + 1, instruction.offset));
    frame.condition = pop();
    add_effect(EffectKind::branch, instruction, 0, std::span(&frame.condition, 1));
  } else {
    HEAPBUMP_CHECK(need(shape.params, instruction.offset));
  }
  frame.params = pop_many(shape.params);
  frame.height = static_cast<std::uint32_t>(stack_.size());
  frame.block = block_;
  frame.sets_at_entry = sets_.size();
  frame.blocks_at_entry = flow_.block_count;
  if (instruction.opcode == op::loop) ++next_loop_;
  frames_.push_back(std::move(frame));
  Frame& opened = frames_.back();
  if (instruction.opcode == op::try_) ++tries_;
  if (instruction.opcode == op::loop) {
    start_loop(opened, instruction);
    return spend(opened.loop_phis.size() + 1);
  }
  stack_.insert(stack_.end(), opened.params.begin(), opened.params.end());
  if (instruction.opcode == op::if_) {
    const auto decided = flow_.decided(opened.condition);
    opened.else_open = !decided || !*decided;
    reachable_ = !decided || *decided;
    block_ = new_block();
    if (reachable_) flow_.edges.push_back({opened.block, block_, opened.condition, true});
  }
  return spend(1 + shape.params);
}

/// Records the way that falls into the end of the innermost block (or into its else or catch).
Status FlowBuilder::arrive_at_end(Frame& frame, std::uint64_t offset) {
  if (!reachable_) return {};
  if (stack_.size() != std::size_t{frame.height} + frame.results)
    return stack_error(offset);
  Arrival arrival;
  arrival.edge = {block_, kNoBlock, kNoNode, true};
  arrival.changed = changes_since(frames_.size() - 1);
  arrival.values = pop_many(frame.results);
  HEAPBUMP_CHECK(hold(arrival.changed.size() + frame.results + 1));
  frame.arrivals.push_back(std::move(arrival));
  return {};
}

/// Starts the run of code after a block, with a phi for whatever differs between the ways into it. The state of the
/// locals is that of the block's start.
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

Status FlowBuilder::close(const Instruction& instruction) {
  Frame& frame = frames_.back();
  if (frames_.size() == 1) {
    if (!reachable_) return {};
    if (stack_.size() != frame.results) return stack_error(instruction.offset);
    return return_values(instruction.offset, op::end);
  }
  HEAPBUMP_CHECK(arrive_at_end(frame, instruction.offset));
  restore(frame);
  if (frame.opcode == op::if_ && frame.else_open) {
    if (frame.params.size() != frame.results) return stack_error(instruction.offset);
    HEAPBUMP_CHECK(hold(frame.params.size()));
    frame.arrivals.push_back({{frame.block, kNoBlock, frame.condition, false}, {}, frame.params});
  }
  if (frame.opcode == op::loop) finish_loop(frame);
  if (frame.opcode == op::try_) {
    --tries_;
    if (tries_ == 0) sets_.clear();
  }
  Frame done = std::move(frame);
  frames_.pop_back();
  stack_.resize(done.height);
  std::uint64_t work = 1;
  for (const Arrival& arrival : done.arrivals) {
    work += arrival.changed.size() + arrival.values.size() + 1;
    held_ -= std::min(held_, arrival.changed.size() + arrival.values.size());
  }
  HEAPBUMP_CHECK(spend(work));
  return merge(done.arrivals, instruction.offset);
}

Status FlowBuilder::open_catch(const Instruction& instruction) {
  Frame& frame = frames_.back();
  if (frame.opcode != op::try_) return fail_at(Code::kBadInstruction, instruction.offset, "catch outside a try");
  HEAPBUMP_CHECK(arrive_at_end(frame, instruction.offset));
  restore(frame);
  stack_.resize(frame.height);
  block_ = new_block();
  reachable_ = true;
  flow_.edges.push_back({frame.block, block_, kNoNode, true});
  for (BlockId inside = frame.blocks_at_entry; inside < block_; ++inside)
    flow_.edges.push_back({inside, block_, kNoNode, true});
  HEAPBUMP_CHECK(spend(block_ - frame.blocks_at_entry + sets_.size() - frame.sets_at_entry + 1));
  // An exception can leave the body anywhere, so a local has one of all the values it was ever given there.
  std::vector<LocalValue> given(sets_.begin() + static_cast<std::ptrdiff_t>(frame.sets_at_entry), sets_.end());
  std::ranges::sort(given);
  Node phi;
  phi.kind = NodeKind::phi;
  phi.offset = instruction.offset;
  for (std::size_t i = 0; i < given.size();) {
    const std::uint32_t local = given[i].first;
    std::vector<NodeId> values{locals_[local]};
    for (; i < given.size() && given[i].first == local; ++i) values.push_back(given[i].second);
    set_local(local, add_node(phi, values));
  }
  if (instruction.opcode == op::catch_) {
    if (!tags_known_) HEAPBUMP_CHECK(read_tags());
    if (static_cast<std::uint64_t>(instruction.value) >= tag_params_.size())
      return fail_at(Code::kBadIndex, instruction.offset, "a tag index is out of range");
    for (std::uint32_t i = 0; i < tag_params_[static_cast<std::size_t>(instruction.value)]; ++i) {
      Node payload;
      payload.opcode = instruction.opcode;
      payload.offset = instruction.offset;
      push(add_node(payload));
    }
  }
  return {};
}

Status FlowBuilder::return_values(std::uint64_t offset, std::uint32_t opcode) {
  HEAPBUMP_CHECK(need(frames_.front().results, offset));
  const auto values = std::span(stack_).last(frames_.front().results);
  Instruction at;
  at.opcode = opcode;
  at.offset = offset;
  add_effect(EffectKind::returns, at, 0, values);
  return spend(values.size() + 1);
}

Status FlowBuilder::branch(std::uint32_t depth, NodeId condition, bool taken_if_true, std::uint64_t offset) {
  if (depth >= frames_.size()) return fail_at(Code::kBadIndex, offset, "a branch leaves the function");
  const std::size_t target = frames_.size() - 1 - depth;
  if (target == 0) return return_values(offset, op::br);
  Frame& frame = frames_[target];
  const std::uint32_t arity =
      frame.opcode == op::loop ? static_cast<std::uint32_t>(frame.params.size()) : frame.results;
  HEAPBUMP_CHECK(need(arity, offset));
  Arrival arrival;
  arrival.edge = {block_, kNoBlock, condition, taken_if_true};
  arrival.values.assign(stack_.end() - arity, stack_.end());
  if (frame.opcode == op::loop) {
    arrival.edge.to = frame.block;
    flow_.edges.push_back(arrival.edge);
    for (const auto& [local, phi] : frame.loop_phis) arrival.changed.emplace_back(local, locals_[local]);
    HEAPBUMP_CHECK(hold(arrival.changed.size() + arity + 1));
    frame.back_edges.push_back(std::move(arrival));
    return {};
  }
  HEAPBUMP_CHECK(spend(saved_.size() - frame.saved_at));
  arrival.changed = changes_since(target);
  HEAPBUMP_CHECK(hold(arrival.changed.size() + arity + 1));
  frame.arrivals.push_back(std::move(arrival));
  return {};
}

Status FlowBuilder::control(const Instruction& instruction) {
  switch (instruction.opcode) {
    case op::block:
    case op::loop:
    case op::if_:
    case op::try_:
      return open(instruction);
    case op::end:
    case op::delegate:
      return close(instruction);
    case op::catch_:
    case op::catch_all:
      return open_catch(instruction);
    case op::else_: {
      Frame& frame = frames_.back();
      if (frame.opcode != op::if_) return fail_at(Code::kBadInstruction, instruction.offset, "else outside an if");
      HEAPBUMP_CHECK(arrive_at_end(frame, instruction.offset));
      restore(frame);
      stack_.resize(frame.height);
      stack_.insert(stack_.end(), frame.params.begin(), frame.params.end());
      reachable_ = frame.else_open;
      block_ = new_block();
      if (reachable_) flow_.edges.push_back({frame.block, block_, frame.condition, false});
      frame.opcode = op::else_;
      frame.else_open = false;
      return {};
    }
    case op::br:
      HEAPBUMP_CHECK(branch(static_cast<std::uint32_t>(instruction.value), kNoNode, true, instruction.offset));
      reachable_ = false;
      return {};
    case op::br_if: {
      HEAPBUMP_CHECK(need(1, instruction.offset));
      const NodeId condition = pop();
      add_effect(EffectKind::branch, instruction, 0, std::span(&condition, 1));
      const auto decided = flow_.decided(condition);
      const bool goes = !decided || *decided;
      if (goes)
        HEAPBUMP_CHECK(branch(static_cast<std::uint32_t>(instruction.value), condition, true, instruction.offset));
      reachable_ = !decided || !goes;
      const BlockId before = block_;
      block_ = new_block();
      if (reachable_) flow_.edges.push_back({before, block_, condition, false});
      return {};
    }
    case op::br_table: {
      HEAPBUMP_CHECK(need(1, instruction.offset));
      const NodeId index = pop();
      add_effect(EffectKind::branch, instruction, 0, std::span(&index, 1));
      std::vector<std::uint32_t> targets = instruction.targets;
      std::ranges::sort(targets);
      const auto repeated = std::ranges::unique(targets);
      targets.erase(repeated.begin(), repeated.end());
      for (const std::uint32_t target : targets) HEAPBUMP_CHECK(branch(target, kNoNode, true, instruction.offset));
      reachable_ = false;
      return {};
    }
    case op::return_:
      HEAPBUMP_CHECK(return_values(instruction.offset, op::return_));
      reachable_ = false;
      return {};
    case op::throw_: {
      // How many values the tag takes does not matter: the whole stack counts as thrown, which is more.
      const std::vector<NodeId> payload(stack_.begin() + frames_.back().height, stack_.end());
      add_effect(EffectKind::throws, instruction, instruction.value, payload);
      reachable_ = false;
      return {};
    }
    case op::unreachable:
    case op::rethrow:
      reachable_ = false;
      return {};
    default:
      return {};
  }
}

Status FlowBuilder::variable(const Instruction& instruction) {
  const auto index = static_cast<std::uint64_t>(instruction.value);
  const bool is_global = instruction.opcode == op::global_get || instruction.opcode == op::global_set;
  if (index >= (is_global ? module_.globals.size() : std::size_t{first_slot_}))
    return fail_at(Code::kBadIndex, instruction.immediate_offset, "a local or global index is out of range");
  if (instruction.opcode == op::local_get) {
    push(locals_[index]);
  } else if (instruction.opcode == op::global_get) {
    Node node;
    node.kind = NodeKind::global;
    node.opcode = instruction.opcode;
    node.value = instruction.value;
    node.offset = instruction.offset;
    push(add_node(node));
  } else {
    HEAPBUMP_CHECK(need(1, instruction.offset));
    const NodeId value = pop();
    if (is_global) {
      add_effect(EffectKind::global_set, instruction, instruction.value, std::span(&value, 1));
    } else {
      set_local(static_cast<std::uint32_t>(index), value);
      if (instruction.opcode == op::local_tee) push(value);
    }
  }
  return {};
}

Status FlowBuilder::call(const Instruction& instruction) {
  const bool indirect =
      instruction.opcode == op::call_indirect || instruction.opcode == op::return_call_indirect;
  const auto index = static_cast<std::uint64_t>(instruction.value);
  if (index >= (indirect ? module_.types.size() : module_.functions.size()))
    return fail_at(Code::kBadIndex, instruction.immediate_offset, "a function or type index is out of range");
  const FunctionType& type =
      indirect ? module_.types[index] : module_.function_type(static_cast<std::uint32_t>(index));
  const auto count = static_cast<std::uint32_t>(type.params.size()) + (indirect ? 1u : 0u);
  HEAPBUMP_CHECK(need(count, instruction.offset));
  const std::vector<NodeId> arguments = pop_many(count);
  const std::uint32_t effect = add_effect(indirect ? EffectKind::call_indirect : EffectKind::call, instruction,
                                          instruction.value, arguments);
  for (std::size_t i = 0; i < type.results.size(); ++i) {
    Node node;
    node.kind = NodeKind::call;
    node.opcode = instruction.opcode;
    node.value = static_cast<std::int64_t>(i);
    node.offset = instruction.offset;
    node.effect = effect;
    push(add_node(node));
  }
  HEAPBUMP_CHECK(spend(count + type.results.size() + 1));
  if (instruction.opcode == op::return_call || instruction.opcode == op::return_call_indirect) {
    HEAPBUMP_CHECK(return_values(instruction.offset, instruction.opcode));
    reachable_ = false;
  }
  return {};
}

/// Everything with a fixed number of operands and results.
Status FlowBuilder::plain(const Instruction& instruction, bool& handled) {
  const auto shape = instruction_shape(instruction.opcode);
  handled = shape.has_value();
  if (!handled) return {};
  HEAPBUMP_CHECK(need(shape->pops, instruction.offset));
  const std::vector<NodeId> operands = pop_many(shape->pops);
  if (const auto slot = slots_.by_instruction.find(instruction.offset); slot != slots_.by_instruction.end()) {
    const std::uint32_t local = first_slot_ + slot->second;
    if (shape->access == Access::store) {
      set_local(local, operands[1]);
    } else {
      push(locals_[local]);
    }
    return spend(1);
  }
  Node node;
  node.opcode = instruction.opcode;
  node.offset = instruction.offset;
  const std::uint32_t prefix = instruction.opcode >> 16;
  const bool numeric = (prefix == 0 && instruction.opcode >= op::i32_eqz && instruction.opcode <= 0xc4) ||
                       (prefix == 0xfc && (instruction.opcode & 0xffff) <= 7);
  if (numeric) node.kind = shape->pops == 1 ? NodeKind::unary : NodeKind::binary;
  if (shape->access != Access::none) {
    const EffectKind kind = shape->access == Access::load    ? EffectKind::load
                            : shape->access == Access::store ? EffectKind::store
                                                             : EffectKind::atomic;
    node.effect = add_effect(kind, instruction, instruction.value, operands);
    if (shape->access == Access::load) node.kind = NodeKind::load;
    node.value = instruction.value;
    node.immediate_offset = instruction.immediate_offset;
    node.width = static_cast<std::uint8_t>(instruction.immediate_width);
  } else if (shape->pushes == 0 || (prefix == 0 && (instruction.opcode == op::table_get))) {
    add_effect(EffectKind::other, instruction, instruction.value, operands);
  }
  if (shape->pushes != 0) push(add_node(node, operands));
  return spend(1);
}

Status FlowBuilder::step(const Instruction& instruction) {
  if (!reachable_) {
    // Code without a path: only its nesting and its immediates matter.
    if (is_block(instruction.opcode) || instruction.opcode == op::try_table) {
      if (instruction.opcode == op::loop) ++next_loop_;
      ++skipped_;
      return {};
    }
    const bool ends = instruction.opcode == op::end || instruction.opcode == op::delegate;
    if (skipped_ != 0) {
      if (ends) --skipped_;
    } else if (ends || instruction.opcode == op::else_ || instruction.opcode == op::catch_ ||
               instruction.opcode == op::catch_all) {
      stack_.resize(frames_.back().height);
      return control(instruction);
    }
    if (instruction.immediate == Immediate::i32 || instruction.immediate == Immediate::i64 ||
        instruction.immediate == Immediate::memarg || instruction.immediate == Immediate::memarg_lane)
      flow_.dead.push_back(
          {instruction.opcode, instruction.value, instruction.immediate_offset, instruction.immediate_width});
    return {};
  }
  HEAPBUMP_CHECK(spend(1));
  switch (instruction.opcode) {
    case op::try_table:
    case op::throw_ref:
      return fail_at(Code::kGcTypes, instruction.offset, "exception handling with try_table is not followed");
    case op::local_get:
    case op::local_set:
    case op::local_tee:
    case op::global_get:
    case op::global_set:
      return variable(instruction);
    case op::call:
    case op::call_indirect:
    case op::return_call:
    case op::return_call_indirect:
      return call(instruction);
    case op::i32_const:
    case op::i64_const:
    case op::f32_const:
    case op::f64_const: {
      Node node;
      const bool integer = instruction.opcode == op::i32_const || instruction.opcode == op::i64_const;
      node.kind = integer ? NodeKind::constant : NodeKind::opaque;
      node.opcode = instruction.opcode;
      node.value = instruction.value;
      node.offset = instruction.offset;
      node.immediate_offset = instruction.immediate_offset;
      node.width = static_cast<std::uint8_t>(instruction.immediate_width);
      push(add_node(node));
      return {};
    }
    case op::memory_size:
    case op::memory_grow: {
      Node node;
      node.opcode = instruction.opcode;
      node.offset = instruction.offset;
      node.kind = NodeKind::memory_size;
      if (instruction.opcode == op::memory_size) {
        push(add_node(node));
        return {};
      }
      HEAPBUMP_CHECK(need(1, instruction.offset));
      const NodeId pages = pop();
      node.kind = NodeKind::memory_grow;
      node.effect = add_effect(EffectKind::grow, instruction, instruction.value, std::span(&pages, 1));
      push(add_node(node, std::span(&pages, 1)));
      return {};
    }
    case op::memory_init:
    case op::memory_copy:
    case op::memory_fill: {
      HEAPBUMP_CHECK(need(3, instruction.offset));
      const std::vector<NodeId> operands = pop_many(3);
      add_effect(EffectKind::bulk, instruction, instruction.value, operands);
      return {};
    }
    case op::drop: {
      HEAPBUMP_CHECK(need(1, instruction.offset));
      const NodeId value = pop();
      add_effect(EffectKind::drop, instruction, 0, std::span(&value, 1));
      return {};
    }
    case op::select:
    case op::select_t: {
      HEAPBUMP_CHECK(need(3, instruction.offset));
      const std::vector<NodeId> operands = pop_many(3);
      Node node;
      node.kind = NodeKind::select;
      node.opcode = instruction.opcode;
      node.offset = instruction.offset;
      push(add_node(node, operands));
      return {};
    }
    default: {
      bool handled = false;
      HEAPBUMP_CHECK(plain(instruction, handled));
      return handled ? Status{} : control(instruction);
    }
  }
}

/// Sorts the edges by target and lists each node's users.
void FlowBuilder::finish() {
  flow_.edge_index_.assign(flow_.block_count + 1, 0);
  for (const Edge& edge : flow_.edges) ++flow_.edge_index_[edge.to + 1];
  for (std::size_t i = 1; i < flow_.edge_index_.size(); ++i) flow_.edge_index_[i] += flow_.edge_index_[i - 1];
  std::vector<Edge> sorted(flow_.edges.size());
  std::vector<std::uint32_t> place(flow_.edge_index_.begin(), flow_.edge_index_.end() - 1);
  for (const Edge& edge : flow_.edges) sorted[place[edge.to]++] = edge;
  flow_.edges = std::move(sorted);

  const auto each_use = [&](auto visit) {
    for (std::uint32_t i = 0; i < flow_.nodes.size(); ++i)
      for (std::uint32_t k = 0; k < flow_.nodes[i].operand_count; ++k)
        visit(flow_.operands[flow_.nodes[i].first_operand + k], User{false, i, k});
    for (std::uint32_t i = 0; i < flow_.effects.size(); ++i)
      for (std::uint32_t k = 0; k < flow_.effects[i].operand_count; ++k)
        visit(flow_.operands[flow_.effects[i].first_operand + k], User{true, i, k});
  };
  flow_.user_index_.assign(flow_.nodes.size() + 1, 0);
  each_use([&](NodeId used, User) { ++flow_.user_index_[used + 1]; });
  for (std::size_t i = 1; i < flow_.user_index_.size(); ++i) flow_.user_index_[i] += flow_.user_index_[i - 1];
  flow_.users_.resize(flow_.user_index_.back());
  std::vector<std::uint32_t> next(flow_.user_index_.begin(), flow_.user_index_.end() - 1);
  each_use([&](NodeId used, User user) { flow_.users_[next[used]++] = user; });
}

Result<Flow> FlowBuilder::run() {
  const FunctionType& type = module_.function_type(flow_.function);
  InstructionReader reader(module_, body_);
  const std::uint64_t total = reader.locals().total + type.params.size();
  if (!reader.error() && total > limits_.max_locals)
    return fail_at(Code::kWorkLimit, body_.file_offset, "the function declares more locals than engines allow");
  first_slot_ = static_cast<std::uint32_t>(total);
  HEAPBUMP_CHECK(plan_loops());

  block_ = new_block();
  for (std::size_t i = 0; i < type.params.size(); ++i) {
    Node node;
    node.kind = NodeKind::parameter;
    node.value = static_cast<std::int64_t>(i);
    node.offset = body_.file_offset;
    locals_.push_back(add_node(node));
  }
  if (total > type.params.size()) {
    Node zero;
    zero.kind = NodeKind::constant;
    zero.offset = body_.file_offset;
    locals_.resize(static_cast<std::size_t>(total), add_node(zero));
  }
  for (std::uint32_t i = 0; i < slots_.count; ++i) {
    Node unset;
    unset.offset = body_.file_offset;
    locals_.push_back(add_node(unset));
  }
  stamps_.assign(locals_.size(), 0);
  marks_.assign(locals_.size(), 0);
  Frame outermost;
  outermost.opcode = op::block;
  outermost.serial = ++serial_;
  outermost.results = static_cast<std::uint32_t>(type.results.size());
  frames_.push_back(std::move(outermost));

  Instruction instruction;
  while (reader.next(instruction)) HEAPBUMP_CHECK(step(instruction));
  if (reader.error()) return std::unexpected(*reader.error());
  finish();
  HEAPBUMP_CHECK(module_.work->charge((work_given_ - work_left_) / kStepsPerUnit));
  HEAPBUMP_CHECK(module_.work->hold(flow_.nodes.size() * sizeof(Node) + flow_.effects.size() * sizeof(Effect) +
                                    flow_.operands.size() * sizeof(NodeId)));
  return std::move(flow_);
}

Result<Flow> evaluate_flow(const Module& module, std::uint32_t function, const FlowLimits& limits) {
  if (module.body(function) == nullptr)
    return fail(Code::kInternal, "function " + std::to_string(function) + " has no body to follow");
  const FrameSlots none;
  auto flow = FlowBuilder(module, function, limits, none).run();
  if (!flow || !limits.frame_slots) return flow;
  const FrameSlots slots = find_frame_slots(*flow);
  if (slots.count == 0) return flow;
  return FlowBuilder(module, function, limits, slots).run();
}

}  // namespace heapbump
