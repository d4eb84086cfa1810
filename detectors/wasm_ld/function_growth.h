// What one function does with the memory's size and with newly grown memory; the inside of analyse_growth.
// The invariant: every reading of the size and every growth is either explained or objected to, in the
// report.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "detectors/wasm_ld/growth.h"

namespace heapbump::growth {

/// A place where memory grows or its size is read, within one function.
struct Source {
  NodeId node = kNoNode;
  std::uint64_t offset = 0;
  BlockId block = 0;
  bool is_size = false;
  bool wrapper = false;  ///< a call of a function that grows
  bool base_escapes = false;
  NodeId tied_to = kNoNode;  ///< a memory.size: the memory.grow right after it, whose result it equals
};

/// What a node holds of the start of newly grown memory.
struct Carried {
  bool bytes = false;       ///< an address; otherwise a page number
  std::int64_t offset = 0;  ///< the least that was added to it
  bool operator==(const Carried&) const = default;
};

/// One function's part of the argument. growth_sizes.cc looks at readings of the size, growth_starts.cc at
/// where new memory is taken to begin.
class FunctionGrowth {
 public:
  FunctionGrowth(const Flow& flow, const std::map<std::uint32_t, GrowthSummary>& summaries,
                 GrowthReport& report, bool module_grows, Budget& budget)
      : flow_(flow), summaries_(summaries), report_(report), module_grows_(module_grows), budget_(budget) {}

  /// Errors: kWorkLimit.
  Result<GrowthSummary> run();
  /// After run(): what becomes of the new memory here, apart from being returned. Errors: kWorkLimit.
  [[nodiscard]] Result<std::vector<GrowthJoin>> joins() const;

 private:
  /// Charges the budget. False once that is spent: whatever was being asked then has no answer, and
  /// run() fails.
  [[nodiscard]] bool spend(std::uint64_t units) const {
    if (paid_) paid_ = budget_.charge(units).has_value();
    return paid_;
  }
  /// What is said once the budget is spent.
  [[nodiscard]] std::unexpected<Error> unpaid() const { return std::unexpected(budget_.charge(0).error()); }
  /// Units for following values through the whole function once.
  [[nodiscard]] std::uint64_t whole() const { return (flow_.nodes.size() + flow_.operands.size()) / 2; }
  void find_sources();
  void make_index();
  void tie_sizes();
  [[nodiscard]] NodeId zero_tied(const Source& source) const;
  [[nodiscard]] NodeId grow_after(const Source& source) const;
  [[nodiscard]] bool dominates(BlockId gate, BlockId block) const;
  [[nodiscard]] bool may_grow(BlockId block, std::uint64_t from, std::uint64_t to) const;
  [[nodiscard]] bool passes(const Source& gate, BlockId block, std::uint64_t offset) const;
  void check_uses(NodeId node);
  void check_compare(NodeId node, NodeId compare);
  void assert_bound(NodeId pointer, std::uint64_t offset);
  [[nodiscard]] bool guards_a_trap(NodeId compare) const;
  [[nodiscard]] bool checks_overflow(NodeId node, NodeId compare) const;
  [[nodiscard]] bool tied_at(NodeId node, BlockId block, std::uint64_t offset) const;
  [[nodiscard]] bool excused(NodeId node, BlockId block, std::uint64_t offset) const;
  void check_growth();
  [[nodiscard]] std::map<NodeId, Carried> carry(const Source& source) const;
  [[nodiscard]] std::map<NodeId, Carried> carry(const Source& source,
                                                const std::set<NodeId>& continued) const;
  [[nodiscard]] bool continues(const std::map<NodeId, Carried>& carried, BlockId block) const;
  [[nodiscard]] std::vector<NodeId> made_by(const Source& source) const;
  [[nodiscard]] bool asks_adjoining(std::span<const NodeId> made, bool pure_use,
                                    const std::set<Place>& bases) const;
  [[nodiscard]] bool is_used(const std::map<NodeId, Carried>& carried) const;
  [[nodiscard]] bool base_escapes(const Source& source);
  [[nodiscard]] std::vector<bool> from_allocators() const;
  void summarise(GrowthSummary& summary) const;
  void explain(std::uint64_t offset, std::string what) {
    report_.explained.push_back({flow_.function, offset, std::move(what)});
  }
  void object(std::uint64_t offset, std::string what) {
    report_.unexplained.push_back({flow_.function, offset, std::move(what)});
  }

  const Flow& flow_;
  const std::map<std::uint32_t, GrowthSummary>& summaries_;
  GrowthReport& report_;
  const bool module_grows_;
  Budget& budget_;
  mutable bool paid_ = true;
  std::vector<Source> sources_;
  std::vector<std::uint64_t>
      made_from_;  ///< by node: bit i is set if sources_[i] is a reading of the size that reaches it
  // Each is made once, since what asks for it does so for every node or block.
  struct SlotLoad {
    NodeId address = kNoNode;
    std::int64_t offset = 0;
    NodeId load = kNoNode;
    auto operator<=>(const SlotLoad&) const = default;
  };
  std::vector<SlotLoad> loads_;                             ///< sorted
  std::vector<std::pair<BlockId, std::uint64_t>> growing_;  ///< calls and grows, by block and offset
  std::vector<std::pair<BlockId, BlockId>> ways_out_;       ///< from, to; sorted
  std::vector<std::pair<NodeId, BlockId>> decisions_;       ///< condition, to; sorted
  std::vector<bool> returns_;                               ///< by block: whether a return can be reached
  mutable std::map<BlockId, std::vector<bool>>
      without_;  ///< by gate: the blocks that can be reached without passing it
  std::vector<Shift> shifts_;
  std::set<std::pair<NodeId, std::uint64_t>> seen_;
};

/// A slot of the shadow stack, where unoptimised code keeps its variables: one base node made from a global,
/// one offset.
[[nodiscard]] bool is_frame(const Flow& flow, NodeId address);
[[nodiscard]] bool same_slot(const Flow& flow, const Effect& a, const Effect& b);

}  // namespace heapbump::growth
