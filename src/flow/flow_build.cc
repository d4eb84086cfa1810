// The walk behind evaluate_flow: every instruction of the body once, in file order, and the budget for it.
// Code that no path reaches is passed over, but its immediates are kept: they are still occurrences.
#include <algorithm>
#include <string>
#include <utility>

#include "base/work_counts.h"
#include "flow/flow_builder.h"

namespace heapbump {

std::unexpected<Error> stack_error(std::uint64_t offset) {
  return fail_at(Code::kBadInstruction, offset,
                 "the operand stack does not hold what this instruction takes");
}

Status FlowBuilder::too_much_work() const {
  return fail_at(Code::kWorkLimit, body_.file_offset,
                 "following the values of function " + std::to_string(flow_.function) +
                     " takes more work than the limit");
}

Status FlowBuilder::hold(std::uint64_t count) {
  held_ += count;
  return spend(held_ > limits_.max_held ? work_left_ + 1 : count);
}

NodeId FlowBuilder::add_node(Node node, std::span<const NodeId> operands) {
  node.block = block_;
  node.first_operand = static_cast<std::uint32_t>(flow_.operands.size());
  node.operand_count = static_cast<std::uint32_t>(operands.size());
  add_operands(operands);
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
  add_operands(operands);
  flow_.effects.push_back(effect);
  return static_cast<std::uint32_t>(flow_.effects.size() - 1);
}

/// Code without a path: only its nesting and its immediates matter, until what ends it.
Status FlowBuilder::skip(const Instruction& instruction) {
  if (op::opens_block(instruction.opcode)) {
    if (instruction.opcode == op::loop) ++next_loop_;
    ++skipped_;
    return {};
  }
  const bool ends = op::closes_block(instruction.opcode);
  if (skipped_ != 0) {
    if (ends) --skipped_;
  } else if (ends || instruction.opcode == op::else_ || instruction.opcode == op::catch_ ||
             instruction.opcode == op::catch_all) {
    stack_.resize(frames_.back().height);
    return control(instruction);
  }
  if (instruction.immediate == Immediate::i32 || instruction.immediate == Immediate::i64 ||
      instruction.immediate == Immediate::memarg || instruction.immediate == Immediate::memarg_lane) {
    if (flow_.dead.size() >= limits_.max_nodes) return too_much_work();
    flow_.dead.push_back(occurrence_of(instruction, flow_.function));
  }
  return {};
}

Status FlowBuilder::step(const Instruction& instruction) {
  if (!reachable_) return skip(instruction);
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
    case op::f64_const:
      constant(instruction);
      return {};
    case op::memory_size:
    case op::memory_grow:
    case op::memory_init:
    case op::memory_copy:
    case op::memory_fill:
      return memory(instruction);
    case op::drop:
      return drop(instruction);
    case op::select:
    case op::select_t:
      return select(instruction);
    default:
      return op::is_plain(instruction.opcode) ? plain(instruction) : control(instruction);
  }
}

namespace {

/// Whether a node is a phi or select whose values are themselves constants, phis or selects, as few are.
bool may_settle(const Flow& flow, const Node& node) {
  const bool phi = node.kind == NodeKind::phi;
  if ((!phi && node.kind != NodeKind::select) || node.operand_count == 0) return false;
  const auto values = flow.operands_of(node);
  return std::ranges::all_of(phi ? values : values.first(2), [&](NodeId value) {
    const NodeKind kind = flow.nodes[value].kind;
    return kind == NodeKind::constant || kind == NodeKind::phi || kind == NodeKind::select;
  });
}

}  // namespace

/// Finds the phis and selects whose values are all one constant. Once for each, since a hostile body asks for
/// the same phi of a hundred thousand values as often.
Status FlowBuilder::settle_constants() {
  constexpr std::size_t kMost = 64;  // nodes looked at before a phi is taken for "not a constant"
  std::vector<NodeId> pending;
  std::vector<NodeId> seen_by(flow_.nodes.size(), kNoNode);  // the last root whose search came by
  std::vector<bool> varies(flow_.nodes.size());              // whether a node is known to be no constant
  const auto search = [&](NodeId root) -> Result<std::optional<std::int64_t>> {
    pending.assign(1, root);
    seen_by[root] = root;
    std::optional<std::int64_t> value;
    for (std::size_t i = 0; i < pending.size(); ++i) {
      const Node& at = flow_.nodes[pending[i]];
      if (at.kind == NodeKind::constant || at.settled) {
        if (value && *value != at.value) return varies[root] = true, std::nullopt;
        value = at.value;
      } else if (varies[pending[i]]) {
        return varies[root] = true, std::nullopt;
      } else {
        const auto values = flow_.operands_of(at).first(at.kind == NodeKind::select ? 2 : at.operand_count);
        HEAPBUMP_CHECK(spend(2 * values.size()));
        for (const NodeId next : values) {
          if (seen_by[next] == root) continue;
          if (pending.size() == kMost) return std::nullopt;
          seen_by[next] = root;
          pending.push_back(next);
        }
      }
    }
    return value;
  };
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const NodeKind kind = flow_.nodes[id].kind;
    varies[id] = kind != NodeKind::constant && !may_settle(flow_, flow_.nodes[id]);
  }
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    Node& node = flow_.nodes[id];
    if (varies[id] || node.kind == NodeKind::constant) continue;
    HEAPBUMP_TRY(const auto value, search(id));
    if (!value) continue;
    node.settled = true;
    node.value = *value;
  }
  return {};
}

/// Sorts the edges by target and lists each node's users.
Status FlowBuilder::finish() {
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
  return settle_constants();
}

/// The state at the body's first instruction: parameters, zeros, and frame slots that nobody has written yet.
void FlowBuilder::start(const FunctionType& type, std::uint64_t locals) {
  block_ = new_block();
  for (std::size_t i = 0; i < type.params.size(); ++i) {
    Node node;
    node.kind = NodeKind::parameter;
    node.value = static_cast<std::int64_t>(i);
    node.offset = body_.file_offset;
    locals_.push_back(add_node(node));
  }
  if (locals > type.params.size()) {
    Node zero;
    zero.kind = NodeKind::constant;
    zero.offset = body_.file_offset;
    locals_.resize(static_cast<std::size_t>(locals), add_node(zero));
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
}

Result<Flow> FlowBuilder::run() {
  count(work_counts.flows_built);
  const FunctionType& type = module_.function_type(flow_.function);
  InstructionReader reader(module_, body_, budget_);
  const std::uint64_t total = reader.locals().total + type.params.size();
  if (!reader.error() && total > limits_.max_locals)
    return fail_at(Code::kWorkLimit, body_.file_offset,
                   "the function declares more locals than engines allow");
  first_slot_ = static_cast<std::uint32_t>(total);
  HEAPBUMP_CHECK(plan_loops());
  start(type, total);

  Instruction instruction;
  while (reader.next(instruction)) HEAPBUMP_CHECK(step(instruction));
  if (reader.error()) return std::unexpected(*reader.error());
  HEAPBUMP_CHECK(finish());
  HEAPBUMP_CHECK(budget_.charge((work_given_ - work_left_) / kStepsPerUnit));
  HEAPBUMP_TRY(flow_.held_, Held::take(budget_, flow_.bytes()));
  return std::move(flow_);
}

Result<Flow> evaluate_flow(const Module& module, std::uint32_t function, Budget& budget,
                           const FlowLimits& limits) {
  if (module.body(function) == nullptr)
    return fail(Code::kInternal, "function " + std::to_string(function) + " has no body to follow");
  const FrameSlots none;
  auto flow = FlowBuilder(module, function, budget, limits, none).run();
  if (!flow || !limits.frame_slots) return flow;
  const FrameSlots slots = find_frame_slots(*flow, limits.shared_slots);
  HEAPBUMP_CHECK(budget.charge(slots.work));
  if (slots.count == 0) return flow;
  return FlowBuilder(module, function, budget, limits, slots).run();
}

Result<Flow> evaluate_flow(const Module& module, std::uint32_t function, const FlowLimits& limits) {
  Budget budget(module.file.size());
  return evaluate_flow(module, function, budget, limits);
}

}  // namespace heapbump
