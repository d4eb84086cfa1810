// What evaluates a body for evaluate_flow, private to the rooms it fills: flow_build.cc (the walk and its
// budget), flow_values.cc (instructions that take and give values), flow_control.cc (blocks and branches) and
// flow_merge.cc (locals, and what is merged where paths meet).
// The invariant: locals_ holds every local's value where the walk is, and each open block keeps in saved_
// the old value of every local that was set inside it. So a branch carries only what changed since its target
// was entered, and a block's end can go back to the state at its start before it merges the ways that arrive.
// Work and kept values are paid for, by spend and hold, so that both stay linear in the body's size.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "flow/flow.h"

namespace heapbump {

using LocalValue = std::pair<std::uint32_t, NodeId>;

inline constexpr std::uint64_t kStepsPerUnit = 2;  // steps of merging that cost as much as a byte decoded

/// What an instruction makes, without its operands.
[[nodiscard]] inline Node node_of(NodeKind kind, const Instruction& instruction) {
  Node node;
  node.kind = kind;
  node.opcode = instruction.opcode;
  node.offset = instruction.offset;
  return node;
}

[[nodiscard]] std::unexpected<Error> stack_error(std::uint64_t offset);

class FlowBuilder {
 public:
  FlowBuilder(const Module& module, std::uint32_t function, Budget& budget, const FlowLimits& limits,
              const FrameSlots& slots)
      : module_(module), budget_(budget), limits_(limits), body_(*module.body(function)), slots_(slots) {
    flow_.function = function;
    work_left_ = std::min(body_.size * limits.work_per_byte + 4096, budget.work_left() * kStepsPerUnit);
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
    BlockId block = 0;  ///< the run of code that ends at the block's start; a loop's header
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

  // The walk (flow_build.cc).
  void start(const FunctionType& type, std::uint64_t locals);
  Status step(const Instruction& instruction);
  Status skip(const Instruction& instruction);
  Status finish();
  Status settle_constants();
  NodeId add_node(Node node, std::span<const NodeId> operands = {});
  std::uint32_t add_effect(EffectKind kind, const Instruction& instruction, std::int64_t value,
                           std::span<const NodeId> operands);
  BlockId new_block() { return flow_.block_count++; }
  void push(NodeId node) { stack_.push_back(node); }
  /// Fails unless the innermost block has `count` operands; pop and pop_many rely on it.
  Status need(std::uint32_t count, std::uint64_t offset) const;
  NodeId pop();
  std::vector<NodeId> pop_many(std::uint32_t count);
  /// The last operands, which stay where they are until `drop_top`.
  [[nodiscard]] std::span<const NodeId> top(std::uint32_t count) const {
    return std::span(stack_).last(count);
  }
  void drop_top(std::uint32_t count) { stack_.resize(stack_.size() - count); }
  void add_operands(std::span<const NodeId> operands) {
    for (const NodeId operand : operands) flow_.operands.push_back(operand);
  }
  /// Pays for `work` steps, and holds the graph against its limits.
  Status spend(std::uint64_t work);
  Status too_much_work() const;
  /// As spend, for `count` values that are kept until a block's end.
  Status hold(std::uint64_t count);

  // Values (flow_values.cc).
  void constant(const Instruction& instruction);
  Status variable(const Instruction& instruction);
  Status call(const Instruction& instruction);
  Status memory(const Instruction& instruction);
  Status drop(const Instruction& instruction);
  Status select(const Instruction& instruction);
  Status plain(const Instruction& instruction);

  // Control flow (flow_control.cc).
  Status control(const Instruction& instruction);
  Status open(const Instruction& instruction);
  Status close(const Instruction& instruction);
  Status open_else(const Instruction& instruction);
  Status open_catch(const Instruction& instruction);
  Status branch(std::uint32_t depth, NodeId condition, bool taken_if_true, std::uint64_t offset);
  Status branch_if(const Instruction& instruction);
  Status branch_table(const Instruction& instruction);
  void throw_values(const Instruction& instruction);
  Status return_values(std::uint64_t offset, std::uint32_t opcode);
  Result<BlockShape> block_shape(const Instruction& instruction) const;
  Status push_payload(const Instruction& instruction);
  Status read_tags();
  Status arrive_at_end(Frame& frame, std::uint64_t offset);

  // Locals and merges (flow_merge.cc).
  void set_local(std::uint32_t local, NodeId value);
  void restore(const Frame& frame);
  std::vector<LocalValue> changes_since(std::size_t frame_index);
  Status plan_loops();
  void start_loop(Frame& frame, const Instruction& instruction);
  void finish_loop(Frame& frame);
  Status merge(std::vector<Arrival>& arrivals, std::uint64_t offset);
  void merge_thrown(const Frame& frame, std::uint64_t offset);

  const Module& module_;
  Budget& budget_;
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
  std::vector<LocalValue> changed_;  ///< of changes_since
  std::vector<LocalValue> sets_;     ///< every local.set inside a try, for its catches
  std::uint32_t tries_ = 0;
  std::vector<NodeId> stack_;
  std::vector<Frame> frames_;
  std::uint32_t serial_ = 0;
  std::uint32_t skipped_ = 0;  ///< blocks opened inside code without a path
  bool reachable_ = true;
  BlockId block_ = 0;
};

// Inline, since every instruction comes by here.

inline Status FlowBuilder::need(std::uint32_t count, std::uint64_t offset) const {
  if (stack_.size() - frames_.back().height < count) return stack_error(offset);
  return {};
}

inline NodeId FlowBuilder::pop() {
  const NodeId node = stack_.back();
  stack_.pop_back();
  return node;
}

inline std::vector<NodeId> FlowBuilder::pop_many(std::uint32_t count) {
  std::vector<NodeId> values(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return values;
}

inline Status FlowBuilder::spend(std::uint64_t work) {
  const std::size_t most = std::max({flow_.nodes.size(), flow_.effects.size(), flow_.operands.size() / 2,
                                     flow_.edges.size(), sets_.size()});
  if (work > work_left_ || most > limits_.max_nodes) return too_much_work();
  work_left_ -= work;
  return {};
}

}  // namespace heapbump
