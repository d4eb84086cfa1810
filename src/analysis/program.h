// What every detector asks about the whole module, answered once for all of them in a request: which
// functions mention a constant, who calls whom, who reads or grows the memory's size, who uses a global,
// whose address is taken, and the value flow of a function. Nothing is decoded before it is asked for, and
// one pass over the code answers all parts of the index that are asked for together. The invariant: answers
// depend on the module alone, never on what was asked before; the flows that are kept for the next question
// are given back as soon as their memory is needed, so keeping them never makes a request fail.
//
//   WholeProgram program(module, budget);
//   HEAPBUMP_TRY(const CodeIndex* index, program.index(CodeIndex::kMentions | CodeIndex::kCalls));
//   for (const std::uint32_t function : index->mentions(base)) {
//     HEAPBUMP_TRY(const FlowPointer flow, program.flow(function));
//     for (NodeId id = 0; id < flow->nodes.size(); ++id) ...
//   }
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "flow/flow.h"
#include "wasm/code.h"
#include "wasm/module.h"

namespace heapbump {

/// A constant that is no integer and may be an address nevertheless: a floating-point constant that is a
/// whole number of 32 bits, or one of the four lanes of a v128.const.
struct OddConstant {
  std::uint32_t value = 0;
  std::uint32_t function = 0;
  std::uint64_t file_offset = 0;
  bool vector = false;
};

/// Lists made by one pass over all code. Functions come ascending and once each.
class CodeIndex {
 public:
  /// Which lists to make: the others take no memory and may not be asked.
  using Parts = unsigned;
  static constexpr Parts kMentions = 1, kCalls = 2, kGlobals = 4, kOddConstants = 8, kNumbers = 16,
                         kRoots = 32;

  /// Constants and access offsets below this are not listed: every program is full of them, and no heap
  /// starts in the first kilobyte.
  static constexpr std::uint32_t kLeastMentioned = 1024;

  /// kMentions: functions with an i32.const, half of an i64.const or an access offset in [first, last]. A
  /// negative i32 counts as its unsigned 32 bits.
  [[nodiscard]] std::vector<std::uint32_t> mentions(std::uint32_t first, std::uint32_t last) const;
  [[nodiscard]] std::vector<std::uint32_t> mentions(std::uint32_t value) const {
    return mentions(value, value);
  }
  /// kNumbers: functions with an i32.const or an access's offset in [first, last], small ones as well.
  [[nodiscard]] std::vector<std::uint32_t> numbers(std::uint32_t first, std::uint32_t last) const;
  /// kRoots: functions with a constant of another type than i32 that is in [first, last]: half of an
  /// i64.const, a float that is a whole number, or a lane. From kLeastMentioned on.
  [[nodiscard]] std::vector<std::uint32_t> wide_numbers(std::uint32_t first, std::uint32_t last) const;
  /// kRoots: functions that access an address in [first, last] which is a constant (known_operands.h). From
  /// kLeastMentioned on; an address above 32 bits counts as the highest of them.
  [[nodiscard]] std::vector<std::uint32_t> accesses(std::uint32_t first, std::uint32_t last) const;
  /// kCalls: functions that call `function` directly, also as a tail call.
  [[nodiscard]] std::vector<std::uint32_t> callers(std::uint32_t function) const;
  /// Whether a reference to the function is made: in an element segment, as a global's first value, or by
  /// ref.func in code.
  [[nodiscard]] bool is_address_taken(std::uint32_t function) const {
    return function < address_taken_.size() && address_taken_[function];
  }
  /// Whether someone besides direct callers can call it: its address is taken, it is exported or the start.
  [[nodiscard]] bool escapes(std::uint32_t function) const {
    return function < escaping_.size() && escaping_[function];
  }
  /// kGlobals: functions with a global.get, or a global.set, of it.
  [[nodiscard]] std::vector<std::uint32_t> readers_of_global(std::uint32_t global) const;
  [[nodiscard]] std::vector<std::uint32_t> writers_of_global(std::uint32_t global) const;
  /// Readers and writers.
  [[nodiscard]] std::vector<std::uint32_t> users_of_global(std::uint32_t global) const;
  /// kOddConstants: in file order.
  [[nodiscard]] const std::vector<OddConstant>& odd_constants() const { return odd_constants_; }
  [[nodiscard]] std::span<const std::uint32_t> size_functions() const { return size_functions_; }
  [[nodiscard]] std::span<const std::uint32_t> grow_functions() const { return grow_functions_; }
  /// Functions with a call through a table.
  [[nodiscard]] std::span<const std::uint32_t> indirect_callers() const { return indirect_callers_; }
  /// Whether immediates that the linker relocated still have their five bytes: then a shorter i32.const is no
  /// address. The wrappers that the linker makes itself (constructors, exported commands) are never padded
  /// and hold no constants.
  [[nodiscard]] bool relocations_padded() const { return padded_calls_ >= 4 && short_calls_ == 0; }

 private:
  friend class IndexBuilder;
  using Entry = std::pair<std::uint32_t, std::uint32_t>;  // what, function
  /// Parts of a list, each sorted by what; functions ascend from part to part. So a list is never copied
  /// whole.
  using List = std::vector<std::vector<Entry>>;

  List mentions_;
  List numbers_;
  List wide_;
  List accesses_;
  List calls_;
  List reads_;
  List writes_;
  std::vector<OddConstant> odd_constants_;
  std::vector<std::uint32_t> size_functions_;
  std::vector<std::uint32_t> grow_functions_;
  std::vector<std::uint32_t> indirect_callers_;
  std::uint64_t padded_calls_ = 0;  ///< direct calls whose callee is a five-byte LEB128
  std::uint64_t short_calls_ = 0;   ///< the others, but for those in functions that do nothing but call
  std::vector<bool> address_taken_;
  std::vector<bool> escaping_;
};

/// A flow that stays as it is for as long as someone has the pointer.
using FlowPointer = std::shared_ptr<const Flow>;

class WholeProgram {
 public:
  /// Nothing is decoded yet. Both must outlive it.
  WholeProgram(const Module& module, Budget& budget);
  ~WholeProgram();
  WholeProgram(const WholeProgram&) = delete;
  WholeProgram& operator=(const WholeProgram&) = delete;

  [[nodiscard]] const Module& module() const { return module_; }
  [[nodiscard]] Budget& budget() const { return budget_; }

  /// The index with at least these parts; it lives as long as the program. Errors: those of
  /// InstructionReader.
  [[nodiscard]] Result<const CodeIndex*> index(CodeIndex::Parts parts);
  /// The functions with memory.size, ascending. Without an index only bodies that hold the instruction's two
  /// bytes are decoded. Errors: those of InstructionReader.
  [[nodiscard]] Result<std::span<const std::uint32_t>> size_functions();
  /// Every i32.const and i64.const of that value, in file order, as find_constants gives them; a short answer
  /// is kept for the next time.
  [[nodiscard]] Result<std::vector<Occurrence>> constants(std::int64_t value);

  /// The flow of a function that has a body. Errors: those of evaluate_flow.
  [[nodiscard]] Result<FlowPointer> flow(std::uint32_t function, bool frame_slots = false);

 private:
  struct CachedFlow {
    std::pair<std::uint32_t, bool> key;
    FlowPointer flow;
  };
  void forget_oldest_flow();
  bool forget_flows();

  const Module& module_;
  Budget& budget_;
  std::unique_ptr<CodeIndex> index_;
  CodeIndex::Parts parts_ = 0;
  std::unique_ptr<std::vector<std::uint32_t>> size_functions_;
  std::map<std::int64_t, std::vector<Occurrence>> constants_;
  std::list<CachedFlow> flows_;  ///< the last one that was asked for first
  std::map<std::pair<std::uint32_t, bool>, std::list<CachedFlow>::iterator> flow_at_;
  std::uint64_t cached_bytes_ = 0;
};

}  // namespace heapbump
