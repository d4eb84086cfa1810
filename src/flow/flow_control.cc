// Structured control flow: blocks, loops, ifs and tries, the branches out of them, and returns. Each way that
// reaches a block's end waits there as an Arrival until the end is seen; a loop's header is known at once.
#include <algorithm>
#include <utility>

#include "flow/flow_builder.h"

namespace heapbump {

Result<FlowBuilder::BlockShape> FlowBuilder::block_shape(const Instruction& instruction) const {
  if (instruction.value < 0) return BlockShape{0, instruction.value == -64 ? 0u : 1u};
  if (static_cast<std::uint64_t>(instruction.value) >= module_.types.size())
    return fail_at(Code::kBadIndex, instruction.immediate_offset, "a block's type index is out of range");
  const FunctionType& type = module_.types[static_cast<std::size_t>(instruction.value)];
  return BlockShape{static_cast<std::uint32_t>(type.params.size()),
                    static_cast<std::uint32_t>(type.results.size())};
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
  if (stack_.size() != std::size_t{frame.height} + frame.results) return stack_error(offset);
  Arrival arrival;
  arrival.edge = {block_, kNoBlock, kNoNode, true};
  arrival.changed = changes_since(frames_.size() - 1);
  arrival.values = pop_many(frame.results);
  HEAPBUMP_CHECK(hold(arrival.changed.size() + frame.results + 1));
  frame.arrivals.push_back(std::move(arrival));
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
    held_ -= std::min<std::uint64_t>(held_, arrival.changed.size() + arrival.values.size());
  }
  HEAPBUMP_CHECK(spend(work));
  return merge(done.arrivals, instruction.offset);
}

Status FlowBuilder::open_else(const Instruction& instruction) {
  Frame& frame = frames_.back();
  if (frame.opcode != op::if_)
    return fail_at(Code::kBadInstruction, instruction.offset, "else outside an if");
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

Status FlowBuilder::open_catch(const Instruction& instruction) {
  Frame& frame = frames_.back();
  if (frame.opcode != op::try_)
    return fail_at(Code::kBadInstruction, instruction.offset, "catch outside a try");
  HEAPBUMP_CHECK(arrive_at_end(frame, instruction.offset));
  restore(frame);
  stack_.resize(frame.height);
  block_ = new_block();
  reachable_ = true;
  flow_.edges.push_back({frame.block, block_, kNoNode, true});
  for (BlockId inside = frame.blocks_at_entry; inside < block_; ++inside)
    flow_.edges.push_back({inside, block_, kNoNode, true});
  HEAPBUMP_CHECK(spend(block_ - frame.blocks_at_entry + sets_.size() - frame.sets_at_entry + 1));
  merge_thrown(frame, instruction.offset);
  return instruction.opcode == op::catch_ ? push_payload(instruction) : Status{};
}

/// The values of a caught exception: nothing is known of them but how many there are.
Status FlowBuilder::push_payload(const Instruction& instruction) {
  if (!tags_known_) HEAPBUMP_CHECK(read_tags());
  if (static_cast<std::uint64_t>(instruction.value) >= tag_params_.size())
    return fail_at(Code::kBadIndex, instruction.offset, "a tag index is out of range");
  for (std::uint32_t i = 0; i < tag_params_[static_cast<std::size_t>(instruction.value)]; ++i)
    push(add_node(node_of(NodeKind::opaque, instruction)));
  return {};
}

/// How many parameters the module's tags have, for `catch`. Only tags that it defines itself are known.
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
  arrival.values.assign(stack_.end() - static_cast<std::ptrdiff_t>(arity), stack_.end());
  if (frame.opcode == op::loop) {
    arrival.edge.to = frame.block;
    flow_.edges.push_back(arrival.edge);
    arrival.changed.reserve(frame.loop_phis.size());
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

Status FlowBuilder::branch_if(const Instruction& instruction) {
  HEAPBUMP_CHECK(need(1, instruction.offset));
  const NodeId condition = pop();
  add_effect(EffectKind::branch, instruction, 0, std::span(&condition, 1));
  const auto decided = flow_.decided(condition);
  const bool goes = !decided || *decided;
  if (goes)
    HEAPBUMP_CHECK(
        branch(static_cast<std::uint32_t>(instruction.value), condition, true, instruction.offset));
  reachable_ = !decided || !goes;
  const BlockId before = block_;
  block_ = new_block();
  if (reachable_) flow_.edges.push_back({before, block_, condition, false});
  return {};
}

Status FlowBuilder::branch_table(const Instruction& instruction) {
  HEAPBUMP_CHECK(need(1, instruction.offset));
  const NodeId index = pop();
  add_effect(EffectKind::branch, instruction, 0, std::span(&index, 1));
  std::vector<std::uint32_t> targets = instruction.targets;
  std::ranges::sort(targets);
  const auto repeated = std::ranges::unique(targets);
  targets.erase(repeated.begin(), repeated.end());
  for (const std::uint32_t target : targets)
    HEAPBUMP_CHECK(branch(target, kNoNode, true, instruction.offset));
  return {};
}

/// How many values the tag takes does not matter: the whole stack counts as thrown, which is more.
void FlowBuilder::throw_values(const Instruction& instruction) {
  const std::vector<NodeId> payload(stack_.begin() + static_cast<std::ptrdiff_t>(frames_.back().height),
                                    stack_.end());
  add_effect(EffectKind::throws, instruction, instruction.value, payload);
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
    case op::else_:
      return open_else(instruction);
    case op::br_if:
      return branch_if(instruction);
    case op::br:
      HEAPBUMP_CHECK(
          branch(static_cast<std::uint32_t>(instruction.value), kNoNode, true, instruction.offset));
      break;
    case op::br_table:
      HEAPBUMP_CHECK(branch_table(instruction));
      break;
    case op::return_:
      HEAPBUMP_CHECK(return_values(instruction.offset, op::return_));
      break;
    case op::throw_:
      throw_values(instruction);
      break;
    case op::unreachable:
    case op::rethrow:
      break;
    default:
      return {};
  }
  reachable_ = false;
  return {};
}

}  // namespace heapbump
