#include "detectors/go/end_use.h"

#include <algorithm>
#include <span>
#include <vector>

#include "flow/flow.h"
#include "wasm/code.h"

namespace heapbump::go {
namespace {

// The functions that hold the constants, ascending and once each, so that no body is decoded twice.
std::vector<std::uint32_t> functions_of(std::span<const Occurrence> sites) {
  std::vector<std::uint32_t> functions;
  for (const Occurrence& site : sites) {
    if (functions.empty() || functions.back() != *site.function) functions.push_back(*site.function);
  }
  return functions;
}

Result<std::vector<std::uint32_t>> functions_with(const Module& module, std::uint64_t value, Budget& budget) {
  HEAPBUMP_TRY(const auto sites, find_constants(module, static_cast<std::int64_t>(value), budget));
  return functions_of(sites);
}

// The linear-memory address that a load or store node's address operand and memarg offset make, where it is
// constant.
std::optional<std::int64_t> address_of(const Flow& flow, NodeId operand, std::int64_t offset) {
  if (flow.nodes[operand].kind == NodeKind::unary && flow.nodes[operand].opcode == op::i32_wrap_i64)
    operand = flow.operand(operand, 0);
  const auto constant = flow.constant(operand);
  if (!constant) return std::nullopt;
  return *constant + offset;
}

// The nodes that `opcode` makes of one of `from` and the constant.
std::vector<NodeId> combined_with(const Flow& flow, const std::vector<NodeId>& from, std::uint32_t opcode,
                                  std::int64_t constant) {
  std::vector<NodeId> made;
  for (const NodeId node : from) {
    for (const User& user : flow.users(node)) {
      if (user.is_effect || flow.nodes[user.index].kind != NodeKind::binary ||
          flow.nodes[user.index].opcode != opcode)
        continue;
      if (flow.constant(flow.operand(user.index, 1 - user.position)) == constant) made.push_back(user.index);
    }
  }
  return made;
}

// (value + 65535) & -65536: the nodes that hold the rounded value.
std::vector<NodeId> rounded_up(const Flow& flow, NodeId value) {
  const auto page = static_cast<std::int64_t>(kPageSize);
  return combined_with(flow, combined_with(flow, {value}, op::i64_add, page - 1), op::i64_and, -page);
}

// The addresses of the variables that the nodes are stored to, ascending; nothing if one goes anywhere else.
std::optional<std::vector<std::int64_t>> stored_to(const Flow& flow, const std::vector<NodeId>& values) {
  std::vector<std::int64_t> addresses;
  for (const NodeId node : reach(flow, values, [](const Node&, std::uint32_t) { return false; })) {
    for (const User& user : flow.users(node)) {
      if (!user.is_effect) continue;  // phis were followed; what else is made of it is not stored here
      const Effect& effect = flow.effects[user.index];
      if (effect.kind != EffectKind::store || user.position != 1) return std::nullopt;
      const auto address = address_of(flow, flow.operands_of(effect)[0], effect.value);
      if (!address) return std::nullopt;
      addresses.push_back(*address);
    }
  }
  std::ranges::sort(addresses);
  return addresses;
}

// A value of the break variable is harmless where it is compared for equality (is this the last block?) or
// where something is subtracted from it and the result goes back into the variable (give that block back).
// Source: golang/go src/runtime/mem_sbrk.go, sysFreeOS and sysReserveAligned (Go 1.21 to 1.23).
bool only_compared_or_given_back(const Flow& flow, std::span<const NodeId> loads, std::int64_t address) {
  for (const NodeId node : reach(flow, loads, [](const Node&, std::uint32_t) { return false; })) {
    for (const User& user : flow.users(node)) {
      if (user.is_effect) return false;
      const Node& made = flow.nodes[user.index];
      if (made.kind == NodeKind::phi || made.kind == NodeKind::select) continue;
      if (made.opcode == op::i64_eq || made.opcode == op::i64_ne) continue;
      if (made.opcode != op::i64_sub || user.position != 0) return false;
      for (const User& store : flow.users(user.index)) {
        if (!store.is_effect || store.position != 1 || flow.effects[store.index].kind != EffectKind::store ||
            address_of(flow, flow.operands_of(flow.effects[store.index])[0],
                       flow.effects[store.index].value) != address)
          return false;
      }
    }
  }
  return true;
}

// Whether one function makes an address from the variable, or lets the variable's own address escape.
Result<bool> hands_out(const Module& module, std::uint32_t function, std::int64_t address, Budget& budget) {
  HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget));
  std::vector<NodeId> roots;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    if (flow.nodes[id].kind == NodeKind::constant && flow.nodes[id].value == address) roots.push_back(id);
  }
  std::vector<NodeId> loads;
  for (const NodeId node :
       reach(flow, roots, [](const Node& n, std::uint32_t) { return n.kind == NodeKind::unary; })) {
    for (const User& user : flow.users(node)) {
      if (!user.is_effect) {
        const Node& made = flow.nodes[user.index];
        if (made.kind == NodeKind::unary || made.kind == NodeKind::phi || made.kind == NodeKind::select)
          continue;
        if (made.kind != NodeKind::load || made.value != 0) return true;
        loads.push_back(user.index);
      } else {
        const Effect& effect = flow.effects[user.index];
        const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store;
        if (!access || user.position != 0 || effect.value != 0) return true;
      }
    }
  }
  return !only_compared_or_given_back(flow, loads, address);
}

// Whether the variable at ADDRESS is used for more than that outside the function that initialises it.
Result<bool> may_hand_out(const Module& module, std::uint32_t initialiser, std::int64_t address,
                          Budget& budget) {
  HEAPBUMP_TRY(const auto uses, find_constants(module, address, budget));
  // Within the initialiser it is stored to once; anything beyond that is a use.
  if (std::ranges::count(uses, initialiser, &Occurrence::function) != 1) return true;
  for (const std::uint32_t function : functions_of(uses)) {
    if (function == initialiser) continue;
    HEAPBUMP_TRY(const bool used, hands_out(module, function, address, budget));
    if (used) return true;
  }
  return false;
}

Status follow_direct_read(const Module& module, const ModuleData& data, EndUse& use, Budget& budget) {
  const auto end_address = static_cast<std::int64_t>(data.end_address());
  HEAPBUMP_TRY(const auto functions, functions_with(module, data.end_address(), budget));
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget));
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::load || node.opcode != op::i64_load ||
          address_of(flow, flow.operand(id, 0), node.value) != end_address)
        continue;
      // A second reader that treats the word otherwise would make the first one's rounding say too little.
      if (use.by_address) {
        use.second_read = node.offset;
        return {};
      }
      use.by_address = true;
      use.function = function;
      use.offset = node.offset;
      const auto rounded = rounded_up(flow, id);
      use.rounds_up = !rounded.empty();
      const auto variables = stored_to(flow, rounded);
      // bloc and blocMax are beside each other.
      if (variables && variables->size() == 2 && variables->at(1) == variables->at(0) + 8)
        use.bloc = static_cast<std::uint64_t>(variables->at(0));
    }
  }
  if (use.by_address && use.bloc) {
    for (const std::uint64_t variable : {*use.bloc, *use.bloc + 8}) {
      HEAPBUMP_TRY(const bool hands_out,
                   may_hand_out(module, use.function, static_cast<std::int64_t>(variable), budget));
      use.bloc_hands_out |= hands_out;
    }
  }
  return {};
}

// The load at `offset` bytes behind what the variable at ADDRESS points at.
std::optional<NodeId> load_through_pointer(const Flow& flow, std::int64_t address, std::int64_t offset) {
  std::vector<NodeId> pointers;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind == NodeKind::load && node.opcode == op::i64_load &&
        address_of(flow, flow.operand(id, 0), node.value) == address)
      pointers.push_back(id);
  }
  const auto is_wrap = [](const Node& n, std::uint32_t) {
    return n.kind == NodeKind::unary && n.opcode == op::i32_wrap_i64;
  };
  for (const NodeId pointer : reach(flow, pointers, is_wrap)) {
    for (const User& user : flow.users(pointer)) {
      if (user.is_effect) continue;
      const Node& made = flow.nodes[user.index];
      if (made.kind == NodeKind::load && made.opcode == op::i64_load && made.value == offset)
        return user.index;
    }
  }
  return std::nullopt;
}

Status follow_pointer_read(const Module& module, const DataImage& image, const ModuleData& data, EndUse& use,
                           Budget& budget) {
  std::vector<std::uint64_t> variables;
  image.for_each_word64([&](std::uint64_t address, std::uint64_t value) {
    if (value == data.address) variables.push_back(address);
  });
  // lastmoduledatap and at most a few more; a module with many is not what Go's linker makes.
  constexpr std::size_t kMaxVariables = 16;
  if (variables.size() > kMaxVariables) return {};
  for (const std::uint64_t address : variables) {
    HEAPBUMP_TRY(const auto functions, functions_with(module, address, budget));
    for (const std::uint32_t function : functions) {
      HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget));
      if (const auto load =
              load_through_pointer(flow, static_cast<std::int64_t>(address), data.layout->end_offset())) {
        use.by_pointer = true;
        use.function = function;
        use.offset = flow.nodes[*load].offset;
        use.rounds_up = !rounded_up(flow, *load).empty();
      }
    }
  }
  return {};
}

constexpr std::int64_t kStackPointer =
    0;  // Go's SP is global 0: cmd/link/internal/wasm/asm.go (writeGlobalSec)

// Whether a node's only uses are stores of it to words of Go's stack.
bool only_returned(const Flow& flow, NodeId node) {
  return std::ranges::all_of(flow.users(node), [&](const User& user) {
    if (!user.is_effect) return false;
    const Effect& effect = flow.effects[user.index];
    if (effect.kind == EffectKind::drop) return true;
    if (effect.kind != EffectKind::store || user.position != 1) return false;
    const Linear address = linear_form(flow, flow.operands_of(effect)[0]);
    return address.base != kNoNode && flow.nodes[address.base].kind == NodeKind::global &&
           flow.nodes[address.base].value == kStackPointer;
  });
}

// What one function does with the memory's size: at most one entry for each of the two instructions.
Status add_memory_uses(const Module& module, std::uint32_t function, std::vector<MemoryUse>& uses,
                       Budget& budget) {
  HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget));
  for (const NodeKind kind : {NodeKind::memory_size, NodeKind::memory_grow}) {
    std::optional<MemoryUse> use;
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      if (flow.nodes[id].kind != kind) continue;
      if (!use) use = MemoryUse{function, kind == NodeKind::memory_grow, flow.nodes[id].offset, true};
      use->only_returned = use->only_returned && only_returned(flow, id);
    }
    if (use) uses.push_back(*use);
  }
  return {};
}

// Every function that asks for the memory's size or grows it. Only bodies that hold one of the two
// instructions' bytes are decoded, and only those that have the instruction are evaluated.
Result<std::vector<MemoryUse>> find_memory_uses(const Module& module, Budget& budget) {
  std::vector<MemoryUse> uses;
  for (std::uint32_t i = 0; i < module.bodies.size(); ++i) {
    const FunctionBody& body = module.bodies[i];
    const std::string_view text = as_text(module.bytes_at(body.file_offset, body.size));
    if (!may_hold_on_memory(text, op::memory_size) && !may_hold_on_memory(text, op::memory_grow)) continue;
    InstructionReader reader(module, body, budget);
    Instruction instruction;
    bool found = false;
    while (reader.next(instruction))
      found |= instruction.opcode == op::memory_size || instruction.opcode == op::memory_grow;
    if (reader.error()) return std::unexpected(*reader.error());
    if (found) HEAPBUMP_CHECK(add_memory_uses(module, module.imported_functions + i, uses, budget));
  }
  return uses;
}

// Whether all uses of a node are those of the entry's stack pointer: the global, and the stores of argc and
// argv.
bool serves_as_entry_stack(const Flow& flow, NodeId id) {
  return std::ranges::all_of(flow.users(id), [&](const User& user) {
    if (!user.is_effect) {
      const Node& made = flow.nodes[user.index];
      return made.opcode == op::i32_wrap_i64 && serves_as_entry_stack(flow, user.index);
    }
    const Effect& effect = flow.effects[user.index];
    if (effect.kind == EffectKind::global_set) return effect.value == kStackPointer;
    const std::uint64_t bytes = facts_of(effect.opcode).access_bytes;
    return effect.kind == EffectKind::store && user.position == 0 && bytes <= kEntryScratch &&
           static_cast<std::uint64_t>(effect.value) <= kEntryScratch - bytes;
  });
}

}  // namespace

Result<EndUse> follow_end(const Module& module, const DataImage& image, const ModuleData& data,
                          Budget& budget) {
  EndUse use;
  HEAPBUMP_CHECK(follow_direct_read(module, data, use, budget));
  if (!use.by_address) HEAPBUMP_CHECK(follow_pointer_read(module, image, data, use, budget));
  HEAPBUMP_TRY(use.memory, find_memory_uses(module, budget));
  for (const MemoryUse& memory : use.memory)
    if (!memory.grows && !use.memory_size) use.memory_size = memory.offset;
  return use;
}

Result<bool> only_sets_stack(const Module& module, const Occurrence& constant, Budget& budget) {
  HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, *constant.function, budget));
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind == NodeKind::constant && node.immediate_offset == constant.file_offset)
      return serves_as_entry_stack(flow, id);
  }
  return true;  // no path leads to it
}

std::string describe(const EndUse& use) {
  std::string text =
      "the word is read at file offset " + hex(use.offset) + " in function " + std::to_string(use.function);
  text += use.by_address ? " by its address" : " through a pointer to the structure";
  if (use.rounds_up) text += ", rounded up to a page";
  if (use.bloc)
    text += ", stored to " + hex(*use.bloc) +
            (use.bloc_hands_out ? ", from which it allocates" : ", from which no address is made");
  return text;
}

}  // namespace heapbump::go
