// One function's part of the argument (reasoning.h): how each of its values moves, and which rule decides
// each use.
#pragma once

#include "detectors/wasm_ld/assertions.h"
#include "detectors/wasm_ld/reasoning.h"

namespace heapbump::wasm_ld {

class FunctionReasoning {
 public:
  FunctionReasoning(const Reasoning& whole, const Flow& flow, const Context& context)
      : whole_(whole), flow_(flow), context_(context), assertions_(whole.module_, flow) {}

  /// Errors: kWorkLimit.
  Result<FunctionFacts> run();

 private:
  void seed();
  [[nodiscard]] bool grows_next(const Node& size) const;
  void seed_call(NodeId id, const Node& node);
  [[nodiscard]] std::optional<Context> context_of(const Effect& call) const;
  void decide_comparison(NodeId id);
  void decide_condition(NodeId select);
  void decide_effect(const Effect& effect);
  void record_store(const Effect& effect, const Place& place, NodeId value);
  void record_return(const Effect& effect);
  void judge(Use use, std::uint64_t offset);
  [[nodiscard]] bool reads_fixed_limit(NodeId id) const;
  [[nodiscard]] bool is_parameter(NodeId id) const;
  [[nodiscard]] bool may_keep(const Effect& effect, bool kept) const;
  [[nodiscard]] bool reads_own_word(NodeId id) const;
  [[nodiscard]] bool reads_place(NodeId id) const;
  [[nodiscard]] bool is_start(NodeId id) const;
  [[nodiscard]] bool adjoins(BlockId block, NodeId start) const;
  void check_growths();
  void check_rounding(const std::vector<bool>& live);
  void index();
  [[nodiscard]] std::vector<bool> used_nodes() const;
  void check_below(const Effect& effect);
  void object(std::string_view rule, std::string what, std::uint64_t offset);

  const Reasoning& whole_;
  const Flow& flow_;
  const Context& context_;
  std::vector<std::pair<NodeId, Motion>> seeds_;
  std::vector<Motion> motions_;
  struct Growing {
    BlockId block = 0;
    std::uint64_t offset = 0;
    bool grows = false;  ///< or calls
    auto operator<=>(const Growing&) const = default;
  };
  std::vector<Growing> growing_;  ///< sorted
  Assertions assertions_;
  bool own_ = false;  ///< see Reasoning::is_own
  FunctionFacts facts_;
};

}  // namespace heapbump::wasm_ld
