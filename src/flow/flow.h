// Value flow inside one function body. The body is decoded from its first byte and evaluated symbolically
// over WebAssembly's structured control flow: every value becomes a node of a small graph (constants with the
// place in the file they came from, loads, memory.size, arithmetic, phis where paths meet), every memory
// access, call, branch and return an effect with the nodes it consumes. Detectors ask it what becomes of a
// constant or of memory.size. The invariant: a node's operands are all the values that can reach it on some
// path, so whatever is not reached by following users() is not influenced by it, except through linear
// memory, globals and other functions, and what goes there is an effect. Work and memory are bounded linearly
// in the body's size; nothing recurses.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "wasm/code.h"
#include "wasm/module.h"

namespace heapbump {

using NodeId = std::uint32_t;
using BlockId = std::uint32_t;
inline constexpr NodeId kNoNode = UINT32_MAX;
inline constexpr BlockId kNoBlock = UINT32_MAX;

enum class NodeKind : std::uint8_t {
  constant,   ///< i32.const or i64.const; also a local's initial zero, which has no immediate (width 0)
  parameter,  ///< value: the parameter's index
  global,     ///< global.get; value: the global's index
  load,       ///< any plain load: operand 0 is the address, value the memarg offset
  memory_size,
  memory_grow,  ///< operand 0: pages asked for
  call,         ///< one result of a call; value: which result, effect: the call
  unary,        ///< numeric instruction of one operand (eqz, clz, extend, wrap, ...)
  binary,       ///< numeric instruction of two operands, comparisons included
  select,       ///< operands: value if true, value if false, condition
  phi,          ///< one operand for each path that arrives, in the order of the block's predecessors
  opaque,       ///< anything else (floats, vectors, atomics, references); operands are what it was made from
};

struct Node {
  NodeKind kind = NodeKind::opaque;
  std::uint8_t width = 0;    ///< bytes of the immediate; 0 if it has none
  bool settled = false;      ///< a phi or select whose values are all one constant, which is in `value`
  std::uint32_t opcode = 0;  ///< of the instruction that made it; 0 for parameters, initial zeros and phis
  std::int64_t value = 0;    ///< constant (sign-extended), or what the kind says
  std::uint64_t offset = 0;  ///< file offset of the instruction; for a phi, of the block's end or the loop
  std::uint64_t immediate_offset = 0;
  BlockId block = 0;                  ///< the straight run of code it is in
  std::uint32_t effect = UINT32_MAX;  ///< calls, loads, memory.grow: the effect that goes with it
  std::uint32_t first_operand = 0;    ///< into Flow::operands
  std::uint32_t operand_count = 0;
};

enum class EffectKind : std::uint8_t {
  load,           ///< operands: address
  store,          ///< operands: address, value
  bulk,           ///< memory.copy, memory.fill (destination, source or value, count), memory.init
  atomic,         ///< operands: address, then the rest
  grow,           ///< memory.grow; operands: pages
  call,           ///< value: the callee; operands: the arguments
  call_indirect,  ///< value: the type index; operands: the arguments, then the table index
  global_set,     ///< value: the global; operands: the value
  branch,         ///< br_if, if, br_table; operands: the condition or index
  returns,        ///< return, fall through the body's end, tail calls come as call and then returns
  throws,         ///< throw: the payload
  drop,
  other,  ///< table instructions, global state that is not memory
};

struct Effect {
  EffectKind kind = EffectKind::other;
  std::uint8_t width = 0;  ///< bytes of the memarg offset's immediate, for accesses
  std::uint32_t opcode = 0;
  std::int64_t value = 0;    ///< memarg offset, callee, type or global index
  std::uint64_t offset = 0;  ///< file offset of the instruction
  std::uint64_t immediate_offset = 0;
  BlockId block = 0;
  std::uint32_t first_operand = 0;
  std::uint32_t operand_count = 0;
};

/// A way from one straight run of code to the next. `condition` is kNoNode for an unconditional one.
struct Edge {
  BlockId from = 0;
  BlockId to = 0;
  NodeId condition = kNoNode;
  bool taken_if_true = true;  ///< whether the condition is non-zero on this way
};

/// Who consumes a node: another node, or an effect.
struct User {
  bool is_effect = false;
  std::uint32_t index = 0;     ///< NodeId or index into effects
  std::uint32_t position = 0;  ///< which operand
};

class Flow {
 public:
  std::uint32_t function = 0;  ///< index in the module's index space
  std::vector<Node> nodes;
  std::vector<Effect> effects;
  std::vector<NodeId> operands;
  std::vector<Edge> edges;  ///< sorted by `to`; phi operands follow this order
  std::uint32_t block_count = 0;
  std::vector<Occurrence> dead;  ///< i32.const, i64.const and memarg immediates without a path to them

  [[nodiscard]] std::span<const NodeId> operands_of(const Node& node) const {
    return std::span(operands).subspan(node.first_operand, node.operand_count);
  }
  [[nodiscard]] std::span<const NodeId> operands_of(const Effect& effect) const {
    return std::span(operands).subspan(effect.first_operand, effect.operand_count);
  }
  [[nodiscard]] NodeId operand(NodeId node, std::uint32_t position) const {
    return operands[nodes[node].first_operand + position];
  }
  [[nodiscard]] std::span<const User> users(NodeId node) const {
    return std::span(users_).subspan(user_index_[node], user_index_[node + 1] - user_index_[node]);
  }
  /// The ways into a block.
  [[nodiscard]] std::span<const Edge> predecessors(BlockId block) const {
    return std::span(edges).subspan(edge_index_[block], edge_index_[block + 1] - edge_index_[block]);
  }
  /// The constant a node always has: a constant, or a phi or select whose values are all that same constant.
  [[nodiscard]] std::optional<std::int64_t> constant(NodeId node) const {
    const Node& at = nodes[node];
    if (at.kind == NodeKind::constant || at.settled) return at.value;
    return std::nullopt;
  }
  /// A constant that has an immediate, or the offset of an access, as the occurrence of its number.
  template <typename NodeOrEffect>
  [[nodiscard]] Occurrence occurrence(const NodeOrEffect& of) const {
    return {.kind = occurrence_kind(of.opcode),
            .file_offset = of.immediate_offset,
            .width = of.width,
            .function = function,
            .value = of.value};
  }
  /// Which way a condition always goes: a constant, or a constant compared with zero, as unoptimised code
  /// asks whether a weak symbol is there. Two other constants are not compared: an edit may move one of them.
  [[nodiscard]] std::optional<bool> decided(NodeId condition) const;
  /// Memory that the graph takes, in bytes.
  [[nodiscard]] std::uint64_t bytes() const {
    return sizeof(Flow) + nodes.capacity() * sizeof(Node) + effects.capacity() * sizeof(Effect) +
           operands.capacity() * sizeof(NodeId) + edges.capacity() * sizeof(Edge) +
           dead.capacity() * sizeof(Occurrence) + users_.capacity() * sizeof(User) +
           (user_index_.capacity() + edge_index_.capacity()) * sizeof(std::uint32_t);
  }

 private:
  friend class FlowBuilder;
  std::vector<User> users_;
  std::vector<std::uint32_t> user_index_;
  std::vector<std::uint32_t> edge_index_;
  Held held_;  ///< its bytes, against the budget that it was made with
};

struct FlowLimits {
  std::uint32_t max_nodes = 400'000;   ///< nodes, effects, operands and edges, each
  std::uint32_t work_per_byte = 256;   ///< steps of merging for each byte of the body
  std::uint64_t max_held = 2'000'000;  ///< values waiting for the end of a block
  std::uint32_t max_depth = 65'536;    ///< open blocks
  std::uint64_t max_locals = 50'000;   ///< what engines allow
  bool frame_slots = false;            ///< take private words of the stack frame for locals (see FrameSlots)
  /// Of the other words too: what is loaded is what was stored or, as a function may have written there, what
  /// memory holds (a select of both).
  bool shared_slots = false;
};

/// Words of a function's stack frame that are locals in all but name, by the loads and stores that are their
/// only uses.
struct FrameSlots {
  std::uint32_t count = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> by_instruction;  ///< file offset of the access -> slot
  std::vector<bool> shared;                                         ///< by slot: others may write there
  std::uint64_t work = 0;  ///< units that finding them took (budget.h)
};
/// `shared`: also words that others may read or write.
[[nodiscard]] FrameSlots find_frame_slots(const Flow& flow, bool shared);

/// Evaluates the body of a function (not an imported one). Constant conditions are followed: `block (br_if 0
/// (i32.const 1)) A end` leaves A without a path, which is how linkers' weak symbols look. Errors: those of
/// InstructionReader, kBadInstruction for a stack that does not add up, kWorkLimit beyond the limits.
[[nodiscard]] Result<Flow> evaluate_flow(const Module& module, std::uint32_t function, Budget& budget,
                                         const FlowLimits& limits = {});
/// With a budget of its own.
[[nodiscard]] Result<Flow> evaluate_flow(const Module& module, std::uint32_t function,
                                         const FlowLimits& limits = {});

/// A comparison, and how it must turn out.
struct Outcome {
  NodeId node = kNoNode;
  bool holds = true;
};
/// What a condition asks, without the `i32.eqz` and `& 1` that unoptimised code wraps comparisons in.
[[nodiscard]] Outcome asked(const Flow& flow, NodeId condition, bool holds);

/// `base + offset`, gathered from additions and subtractions of constants (32-bit, modulo 2^32).
struct Linear {
  NodeId base = kNoNode;  ///< kNoNode if the whole is a constant
  std::uint32_t offset = 0;
  std::vector<NodeId> constants;  ///< the constant nodes that went into the offset
};
[[nodiscard]] Linear linear_form(const Flow& flow, NodeId node);

/// Nodes that some effect depends on. Where paths meet, every local that differs gets a phi, used or not.
/// `by_drops`: what is only dropped counts as well.
[[nodiscard]] std::vector<bool> needed_nodes(const Flow& flow, bool by_drops);

/// Whether a node is `-n` or `~n`, worked out at run time: what an address is rounded down with.
[[nodiscard]] bool is_negation(const Flow& flow, NodeId node);

/// Whether a user takes a node as the address of a load or store. A load counts as two: the value, and the
/// access.
[[nodiscard]] bool takes_address(const Flow& flow, const User& user);

/// Follows users from `roots` through the nodes that `through` accepts (phis and selects are always followed,
/// but for a select's condition). Returns every node reached, the roots first.
template <typename Through>
[[nodiscard]] std::vector<NodeId> reach(const Flow& flow, std::span<const NodeId> roots, Through through) {
  std::vector<bool> seen(flow.nodes.size());
  std::vector<NodeId> reached;
  for (const NodeId root : roots)
    if (!seen[root]) {
      seen[root] = true;
      reached.push_back(root);
    }
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const User& user : flow.users(reached[i])) {
      if (user.is_effect || seen[user.index]) continue;
      const Node& node = flow.nodes[user.index];
      const bool carries = node.kind == NodeKind::phi || (node.kind == NodeKind::select && user.position < 2);
      if (!carries && !through(node, user.position)) continue;
      seen[user.index] = true;
      reached.push_back(user.index);
    }
  }
  return reached;
}

}  // namespace heapbump
