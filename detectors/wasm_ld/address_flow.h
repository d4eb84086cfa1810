// Where the addresses go that an allocator returns: to its callers, into the functions that they are passed
// to, direct or through a table, and into the static words and globals that keep them. Addresses in other
// memory are not followed. The invariant: each set only grows, and a function is looked at again when one
// that it sees has grown.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "analysis/motion.h"
#include "detectors/wasm_ld/judgement.h"
#include "detectors/wasm_ld/kept_words.h"
#include "detectors/wasm_ld/place.h"
#include "detectors/wasm_ld/reasoning.h"

namespace heapbump::wasm_ld {

class AddressFlow {
 public:
  /// All must outlive it.
  AddressFlow(const Facts& facts, const Reasoning& reasoning);

  /// Follows them everywhere. Errors: those of evaluate_flow.
  Status run();

  /// Whether a load takes a part of a word that keeps an address and that the function was given the address
  /// of.
  [[nodiscard]] bool takes_part_of_input(const Flow& flow, const Effect& load) const;

  /// Functions that see an address, once it has run.
  [[nodiscard]] const std::set<std::uint32_t>& functions() const { return functions_; }
  /// Static words and globals that keep one, by how they move.
  [[nodiscard]] const std::map<Place, Motion>& places() const { return places_; }
  /// How each value of a function moves, and the words that it keeps addresses in.
  struct Followed {
    std::vector<Motion> motions;
    KeptWords kept;
  };
  /// Errors: kWorkLimit.
  Result<Followed> follow(const Flow& flow);
  /// Whether a call returns an address.
  [[nodiscard]] bool returns_address(const Effect& call) const {
    return result_of(sources_, call).has_value();
  }
  /// The functions that a call through a table may reach.
  [[nodiscard]] std::vector<std::uint32_t> called_by(const Effect& call_indirect) const;
  /// Where something moves in two ways, so that it is not known to move in one, or a search was given up:
  /// function, file offset.
  [[nodiscard]] const std::optional<std::pair<std::uint32_t, std::uint64_t>>& clash() const { return clash_; }

 private:
  using Seeds = std::vector<std::pair<NodeId, Motion>>;
  using Parameter = std::pair<std::uint32_t, std::uint32_t>;  ///< function, position
  /// Functions that return addresses, and the types of those of them that are in tables.
  struct Returning {
    std::map<std::uint32_t, Motion> functions;
    std::vector<std::pair<FunctionType, Motion>> types;
  };

  void put(std::uint32_t function);
  void put_callers(std::uint32_t function);
  void put_readers(const Place& place);
  [[nodiscard]] std::optional<Motion> result_of(const Returning& returning, const Effect& call) const;
  [[nodiscard]] std::optional<Motion> loaded(std::uint32_t opcode, std::uint32_t address) const;
  [[nodiscard]] std::optional<Motion> pointed_to(const Flow& flow, const Node& load) const;
  void point(std::uint32_t position, const Flow& flow, const Effect& call,
             std::map<std::int64_t, Motion> words);
  template <typename Visit>
  void for_each_callee(const Effect& call, std::uint32_t position, Visit visit) const;
  [[nodiscard]] std::optional<Motion> indexed(const Flow& flow, const Node& load) const;
  [[nodiscard]] bool starts_as_number(std::uint32_t opcode, std::uint32_t address) const;
  [[nodiscard]] std::optional<Motion> arriving(const Flow& flow, const Node& node) const;
  bool add_given_back(const Flow& flow, std::span<const Motion> motions, Seeds& seeds) const;
  bool add_kept(const KeptWords& kept, std::span<const Motion> motions, Seeds& seeds) const;
  Result<Followed> follow_values(const Flow& flow, bool with_parameters);
  Result<bool> is_source(const Flow& flow);
  bool writes_words(std::uint32_t function, std::uint32_t parameter);
  Status look_at(const Flow& flow);
  void returns(Returning& returning, const Motion& motion, const Flow& flow, const Effect& effect);
  void pass(std::uint32_t position, const Motion& motion, const Flow& flow, const Effect& call);
  void keep(const Place& place, Motion motion, const Flow& flow, const Effect& effect);
  void keep_words(std::uint32_t address, const Motion& motion, const Flow& flow, const Effect& effect);
  template <typename Map>
  bool is_new(Map& known, const typename Map::key_type& key, const Motion& motion, const Flow& flow,
              const Effect& effect);

  const Facts& facts_;
  const Reasoning& reasoning_;
  const Module& module_;
  Returning sources_;  ///< that return one whatever they are given
  Returning passing_;  ///< that return one where they are given one
  std::map<Parameter, Motion> parameters_;
  std::map<Parameter, std::map<std::int64_t, Motion>> inputs_;  ///< words that a parameter points to
  std::map<Parameter, bool> writing_;  ///< functions that store words through a parameter, or pass it on
  int writing_depth_ = 0;              ///< of calls
  Writes writes_ = [this](const Effect& call, std::uint32_t position) {
    return call.kind != EffectKind::call || writes_words(static_cast<std::uint32_t>(call.value), position);
  };
  std::map<Place, Motion> places_;
  std::vector<std::uint32_t> in_tables_;
  std::set<std::uint32_t> functions_;
  std::deque<std::uint32_t> queue_;
  std::set<std::uint32_t> waiting_;
  std::optional<std::pair<std::uint32_t, std::uint64_t>> clash_;
  bool own_ = false;      ///< whether the function that is looked at is the allocator's own
  bool settled_ = false;  ///< it has run: what keeps no address now keeps none
};

}  // namespace heapbump::wasm_ld
