// Whether something that an address is compared with may be a number: what a program works out, reads from
// its data or is given by the host. Only what is loaded whole from other memory, or arrives as a parameter,
// may be an address that was not followed. The invariant: a search that stops early says that it may be one.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "detectors/wasm_ld/address_flow.h"
#include "detectors/wasm_ld/judgement.h"

namespace heapbump::wasm_ld {

class Limits {
 public:
  /// All must outlive it.
  Limits(const Facts& facts, const Reasoning& reasoning, const AddressFlow& addresses)
      : facts_(facts), reasoning_(reasoning), addresses_(addresses) {}

  /// Whether a value may be a number, give or take what is added. Errors: those of evaluate_flow.
  Result<bool> may_be_number(const Flow& flow, std::span<const Motion> motions, NodeId id);

 private:
  /// A value of one function: in a function that is called, nothing is known to move.
  struct Search {
    const Flow& flow;
    std::span<const Motion> motions;
    std::set<NodeId> seen;
    std::set<std::uint32_t> parameters;  ///< that it comes from
  };
  /// What a function returns.
  struct Returned {
    bool number = false;
    std::set<std::uint32_t> parameters;  ///< or one of these, give or take what is added
  };

  Result<bool> is_number(Search& search, NodeId id);
  Result<bool> any_is_number(Search& search, std::span<const NodeId> ids);
  Result<bool> is_sum_number(Search& search, const Node& sum);
  Result<bool> is_call_number(Search& search, const Node& result);
  Result<bool> is_result_number(Search& search, const Effect& call, std::uint32_t function,
                                const Node& result);
  Result<bool> is_given_number(std::uint32_t function, std::uint32_t parameter);
  Result<Returned> returned_by(std::uint32_t function);
  [[nodiscard]] bool reads_number(const Flow& flow, const Node& load) const;

  const Facts& facts_;
  const Reasoning& reasoning_;
  const AddressFlow& addresses_;
  int depth_ = 0;  ///< of calls
  std::map<std::uint32_t, Returned> returned_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, bool> given_;  ///< what is_given_number has found
};

}  // namespace heapbump::wasm_ld
