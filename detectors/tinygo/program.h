// Values of the whole program as TinyGo's detector needs them, on top of the shared analysis/program.h: as
// sums of terms, seen through phis, and as they are while asyncify suspends nothing. The invariant: a
// question that cannot be answered gives "nothing", never a guess, and the first body that could not be
// evaluated is kept in error().
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analysis/program.h"
#include "flow/flow.h"
#include "wasm/module.h"

namespace heapbump::tinygo {

/// A node of one function's value flow.
struct Value {
  const Flow* flow = nullptr;
  NodeId id = kNoNode;

  [[nodiscard]] const Node& node() const { return flow->nodes[id]; }
  [[nodiscard]] Value operand(std::uint32_t position) const { return {flow, flow->operand(id, position)}; }
  [[nodiscard]] std::span<const User> users() const { return flow->users(id); }
  [[nodiscard]] bool is_binary(std::uint32_t opcode) const {
    return node().kind == NodeKind::binary && node().opcode == opcode;
  }
  auto operator<=>(const Value&) const = default;
};

struct Term {
  int sign = 1;
  Value value;
};

/// A 32-bit sum, modulo 2^32: `constant` and what is no constant. `constants` are the nodes that went into
/// `constant`.
struct Sum {
  std::uint32_t constant = 0;
  std::vector<Term> terms;
  std::vector<Term> constants;
};

class Program {
 public:
  /// Finds the functions with memory.size. `shared` must outlive it. Errors: those of InstructionReader.
  [[nodiscard]] static Result<Program> make(WholeProgram& shared);
  /// Has to come before mentions(). Before it no callers are known, and nothing escapes. Errors: those of
  /// InstructionReader.
  [[nodiscard]] Status index();

  [[nodiscard]] const Module& module() const { return shared_->module(); }
  /// The flow of a function with a body; nullptr for an import and where evaluation failed (see error()).
  [[nodiscard]] const Flow* flow(std::uint32_t function);
  /// Lets go of all flows so far; every Value, and what was kept whole, is void.
  void forget_flows();
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /// Counts work that is not linear in the code by itself. False, and error() says so, once there was too
  /// much of it: what was being asked then has no answer. `more` is charged to the budget alone: steps
  /// that this detector's own limit does not count.
  [[nodiscard]] bool spend(std::uint64_t steps, std::uint64_t more = 0);
  /// The same for memory that is kept.
  [[nodiscard]] bool hold(std::uint64_t bytes);

  [[nodiscard]] const std::set<std::uint32_t>& functions_with_memory_size() const { return memory_size_; }
  /// Known after index().
  [[nodiscard]] const std::set<std::uint32_t>& functions_with_memory_grow() const { return memory_grow_; }
  /// Known after index(), in file order.
  [[nodiscard]] const std::vector<OddConstant>& odd_constants() const { return index_->odd_constants(); }
  /// As CodeIndex says.
  [[nodiscard]] std::vector<std::uint32_t> mentions(std::uint32_t value) const {
    return index_->mentions(value);
  }
  [[nodiscard]] std::vector<std::uint32_t> mentions(std::uint32_t low, std::uint32_t high) const {
    return index_->mentions(low, high);
  }
  [[nodiscard]] std::vector<std::uint32_t> callers(std::uint32_t function) const {
    return index_ ? index_->callers(function) : std::vector<std::uint32_t>{};
  }
  [[nodiscard]] bool escapes(std::uint32_t function) const { return index_ && index_->escapes(function); }

  /// The values that reach a node through phis and selects while nothing is suspended. What arrives only
  /// where asyncify skips code or reloads locals is left out: it is a value that arrived before, on another
  /// day.
  [[nodiscard]] std::vector<Value> sources(Value value);
  /// The one source, or the value itself.
  [[nodiscard]] Value resolve(Value value);
  [[nodiscard]] std::optional<std::uint32_t> constant(Value value);
  [[nodiscard]] Sum sum(Value value);
  /// The linear-memory address that operand 0 and the access offset of an access come to, if it is a
  /// constant.
  [[nodiscard]] std::optional<std::uint32_t> address(const Flow& flow, const Effect& access);
  /// The address of the word if the value is a whole i32.load of a constant address.
  [[nodiscard]] std::optional<std::uint32_t> loaded_word(Value value);
  /// Sums treat this value as one term from now on.
  void keep_whole(Value value) { whole_.insert(value); }
  [[nodiscard]] bool is_kept_whole(Value value) const { return whole_.contains(value); }
  /// A store to, or a load from, the stack that asyncify keeps behind a pointer in a global.
  [[nodiscard]] static bool on_asyncify_stack(const Flow& flow, NodeId address);

 private:
  struct Entry {
    FlowPointer flow;
    std::vector<bool> live;  ///< by edge: whether it can be taken while nothing is suspended
  };
  void find_asyncify_state();
  Status note_odd_constant(const Instruction& instruction, std::uint32_t function);
  void mark_live(Entry& entry) const;
  /// The value of a condition while nothing is suspended, where that decides it.
  [[nodiscard]] std::optional<std::int64_t> settled(const Flow& flow, NodeId node, int depth = 0) const;

  WholeProgram* shared_ = nullptr;
  const CodeIndex* index_ = nullptr;
  std::set<std::uint32_t> memory_size_;
  std::set<std::uint32_t> memory_grow_;
  std::unordered_map<std::uint32_t, Entry> flows_;
  std::set<Value> whole_;
  std::optional<std::uint32_t> asyncify_state_;  ///< the global that is 0 while nothing is suspended
  std::optional<Error> error_;
  std::uint64_t steps_left_ = 0;
  std::uint64_t unpaid_ = 0;  ///< steps that are not yet charged to the budget
};

}  // namespace heapbump::tinygo
