// Instructions that take values and give values, as nodes and effects: constants, variables, calls, memory,
// and whatever has a fixed number of operands, which the table of shapes knows.
#include <array>
#include <optional>

#include "flow/flow_builder.h"

namespace heapbump {

void FlowBuilder::constant(const Instruction& instruction) {
  const bool integer = op::is_integer_constant(instruction.opcode);
  Node node = node_of(integer ? NodeKind::constant : NodeKind::opaque, instruction);
  node.value = instruction.value;
  node.immediate_offset = instruction.immediate_offset;
  node.width = static_cast<std::uint8_t>(instruction.immediate_width);
  push(add_node(node));
}

Status FlowBuilder::variable(const Instruction& instruction) {
  const auto index = static_cast<std::uint64_t>(instruction.value);
  const bool is_global = instruction.opcode == op::global_get || instruction.opcode == op::global_set;
  if (index >= (is_global ? module_.globals.size() : std::size_t{first_slot_}))
    return fail_at(Code::kBadIndex, instruction.immediate_offset, "a local or global index is out of range");
  if (instruction.opcode == op::local_get) {
    push(locals_[static_cast<std::size_t>(index)]);
  } else if (instruction.opcode == op::global_get) {
    Node node = node_of(NodeKind::global, instruction);
    node.value = instruction.value;
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
  const FunctionType& type = indirect ? module_.types[static_cast<std::size_t>(index)]
                                      : module_.function_type(static_cast<std::uint32_t>(index));
  const auto count = static_cast<std::uint32_t>(type.params.size()) + (indirect ? 1u : 0u);
  HEAPBUMP_CHECK(need(count, instruction.offset));
  const std::uint32_t effect = add_effect(indirect ? EffectKind::call_indirect : EffectKind::call,
                                          instruction, instruction.value, top(count));
  drop_top(count);
  for (std::size_t i = 0; i < type.results.size(); ++i) {
    Node node = node_of(NodeKind::call, instruction);
    node.value = static_cast<std::int64_t>(i);
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

/// memory.size, memory.grow, and the bulk instructions.
Status FlowBuilder::memory(const Instruction& instruction) {
  if (instruction.opcode == op::memory_size) {
    push(add_node(node_of(NodeKind::memory_size, instruction)));
    return {};
  }
  if (instruction.opcode == op::memory_grow) {
    HEAPBUMP_CHECK(need(1, instruction.offset));
    const NodeId pages = pop();
    Node node = node_of(NodeKind::memory_grow, instruction);
    node.effect = add_effect(EffectKind::grow, instruction, instruction.value, std::span(&pages, 1));
    push(add_node(node, std::span(&pages, 1)));
    return {};
  }
  HEAPBUMP_CHECK(need(3, instruction.offset));
  add_effect(EffectKind::bulk, instruction, instruction.value, top(3));
  drop_top(3);
  return {};
}

Status FlowBuilder::drop(const Instruction& instruction) {
  HEAPBUMP_CHECK(need(1, instruction.offset));
  const NodeId value = pop();
  add_effect(EffectKind::drop, instruction, 0, std::span(&value, 1));
  return {};
}

Status FlowBuilder::select(const Instruction& instruction) {
  HEAPBUMP_CHECK(need(3, instruction.offset));
  const NodeId chosen = add_node(node_of(NodeKind::select, instruction), top(3));
  drop_top(3);
  push(chosen);
  return {};
}

/// Everything with a fixed number of operands and results.
Status FlowBuilder::plain(const Instruction& instruction) {
  const OpcodeFacts& facts = facts_of(instruction.opcode);
  HEAPBUMP_CHECK(need(facts.pops, instruction.offset));
  const std::span<const NodeId> operands = top(facts.pops);
  std::optional<std::uint32_t> shared;
  if (slots_.count != 0 && facts.access_bytes != 0) {
    const auto slot = slots_.by_instruction.find(instruction.offset);
    if (slot != slots_.by_instruction.end()) {
      const std::uint32_t local = first_slot_ + slot->second;
      const bool store = facts.kind == OpcodeClass::store;
      const NodeId last = operands.back();
      if (store) set_local(local, last);
      if (!slots_.shared[slot->second]) {
        drop_top(facts.pops);
        if (!store) push(locals_[local]);
        return spend(1);
      }
      if (!store) shared = local;
    }
  }
  Node node = node_of(NodeKind::opaque, instruction);
  if (op::is_numeric(instruction.opcode)) node.kind = facts.pops == 1 ? NodeKind::unary : NodeKind::binary;
  if (facts.access_bytes != 0) {
    const EffectKind kind = facts.kind == OpcodeClass::load    ? EffectKind::load
                            : facts.kind == OpcodeClass::store ? EffectKind::store
                                                               : EffectKind::atomic;
    node.effect = add_effect(kind, instruction, instruction.value, operands);
    if (kind == EffectKind::load) node.kind = NodeKind::load;
    node.value = instruction.value;
    node.immediate_offset = instruction.immediate_offset;
    node.width = static_cast<std::uint8_t>(instruction.immediate_width);
  } else if (facts.pushes == 0 || instruction.opcode == op::table_get) {
    add_effect(EffectKind::other, instruction, instruction.value, operands);
  }
  const NodeId made = facts.pushes != 0 ? add_node(node, operands) : kNoNode;
  drop_top(facts.pops);
  if (shared) {
    const std::array either{locals_[*shared], made, made};
    push(add_node(node_of(NodeKind::select, instruction), either));
  } else if (made != kNoNode) {
    push(made);
  }
  return spend(1);
}

}  // namespace heapbump
