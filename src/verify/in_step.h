// Both modules evaluated in step: one walk over the reserved module's code, with the original's immediates at
// hand, gives each value its relation (relation.h) to the value in the original. What functions hand each
// other, and words of memory at constant addresses, are followed as far as something moved or strange goes
// there; everything else is opaque. The invariant: whatever is not plain (an address that moved as memory
// did, or an equal value) is followed to all its users, or it is a mismatch.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "flow/flow.h"
#include "verify/context.h"
#include "verify/relation.h"

namespace heapbump::verify {

/// Something that both modules do not do alike.
struct Departure {
  std::uint64_t offset = 0;  ///< in the reserved module
  std::string what;
  std::string found;  ///< how the two values are related
};

/// What a function hands on and takes, apart from its own body: given by the program, asked by the walk.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  [[nodiscard]] virtual Relation immediate(std::uint64_t reserved_offset, std::int64_t value) const = 0;
  [[nodiscard]] virtual Relation parameter(std::uint32_t function, std::uint32_t index) = 0;
  [[nodiscard]] virtual Relation result(const Effect& call, std::span<const Relation> arguments,
                                        std::uint32_t index) = 0;
  [[nodiscard]] virtual Relation global(std::uint32_t index) = 0;
  [[nodiscard]] virtual Relation word(std::uint32_t address) = 0;
  /// Gives the first argument that may not be passed.
  virtual std::optional<std::uint32_t> call(const Effect& call, std::span<const Relation> arguments) = 0;
  /// Each says false where the value may not go there.
  [[nodiscard]] virtual bool give_back(std::uint32_t function, std::uint32_t index,
                                       const Relation& value) = 0;
  [[nodiscard]] virtual bool set_global(std::uint32_t index, const Relation& value) = 0;
  [[nodiscard]] virtual bool set_word(std::uint32_t address, const Relation& value) = 0;
};

/// The relations of one function's values, and where it departs from the original.
class Walk {
 public:
  Walk(const Module& reserved, const Flow& flow, const Move& move, Surroundings& around)
      : module_(reserved), flow_(flow), move_(move), around_(around) {}

  void run();
  [[nodiscard]] const std::vector<Departure>& departures() const { return departures_; }
  [[nodiscard]] std::uint64_t passes() const { return passes_; }  ///< over all nodes

 private:
  void settle();
  Relation evaluate(NodeId id);
  [[nodiscard]] bool keeps_in_frame();
  [[nodiscard]] std::optional<Relation> kept_in_frame(NodeId load) const;
  [[nodiscard]] bool may_change(NodeId id) const;
  void touch_users(NodeId id);
  [[nodiscard]] std::vector<bool> reached_blocks() const;
  Relation numeric(const Node& node, NodeId id);
  Relation opaque_instruction(const Node& node, NodeId id);
  Relation loaded(const Node& node, NodeId id);
  [[nodiscard]] bool passes_range(const Effect& call) const;
  [[nodiscard]] bool is_one_less(NodeId id) const;
  [[nodiscard]] bool is_negative(NodeId id) const;
  [[nodiscard]] bool is_all_or_nothing(NodeId id) const;
  [[nodiscard]] bool is_coarse_rounding(NodeId id, std::uint32_t mask) const;
  [[nodiscard]] bool is_suspended_stack(NodeId address) const;
  [[nodiscard]] bool doubles(NodeId pages) const;
  [[nodiscard]] Relation lanes(const Node& node) const;
  Relation address(const Effect& effect, NodeId base, std::int64_t offset);
  void check(const Effect& effect);
  void check_offsets();
  void check_store(const Effect& effect);
  void check_bulk(const Effect& effect);
  void check_branch(const Effect& effect);
  void check_grow(const Effect& effect);
  bool store_words(std::uint32_t at, std::uint32_t opcode, const Relation& value);
  void depart(const Effect& effect, std::string what, NodeId id);
  [[nodiscard]] std::string lost(NodeId id) const;
  [[nodiscard]] std::vector<Relation> arguments_of(const Effect& call) const;
  const Relation& of(NodeId id) const { return values_[id]; }

  const Module& module_;
  const Flow& flow_;
  const Move& move_;
  Surroundings& around_;
  std::vector<Relation> values_;
  std::vector<std::uint8_t> changed_in_;  ///< the last pass in which a value did, counted from 1; 0: none
  std::vector<std::uint8_t> touched_;     ///< whether an operand changed since it was evaluated
  std::map<NodeId, std::vector<NodeId>> kept_;  ///< loads of the frame, and what is stored there
  std::vector<Departure> departures_;
  std::uint64_t passes_ = 0;
};

}  // namespace heapbump::verify
