// Both modules evaluated in step: one walk over the reserved module's code, with the original's immediates at
// hand, gives each value its relation (relation.h) to the value in the original. What functions hand each
// other, and words of memory at constant addresses, are followed as far as something moved or strange goes
// there; everything else is opaque. The invariant: whatever is not plain (an address that moved as memory
// did, or an equal value) is followed to all its users, or it is a mismatch.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "flow/flow.h"
#include "verify/context.h"
#include "verify/frame_words.h"
#include "verify/relation.h"

namespace heapbump::verify {

/// Something that both modules do not do alike.
struct Departure {
  std::uint64_t offset = 0;  ///< in the reserved module
  std::string what;
  std::string found;  ///< how the two values are related
};

/// What a function passes on and takes, apart from its own body: given by the program, asked by the walk.
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

/// Nodes of one function, taken out in ascending order.
class NodeSet {
 public:
  void resize(std::size_t nodes) { words_.assign((nodes + kBits - 1) / kBits, 0); }
  void add(NodeId id) { words_[id / kBits] |= std::uint64_t{1} << id % kBits; }
  /// Takes out the first one from `from` on; kNoNode if there is none. There are none in front of it.
  NodeId take(NodeId from) {
    for (std::size_t i = from / kBits; i < words_.size(); ++i) {
      if (words_[i] == 0) continue;
      const auto bit = static_cast<unsigned>(std::countr_zero(words_[i]));
      words_[i] &= words_[i] - 1;
      return static_cast<NodeId>(i * kBits + bit);
    }
    return kNoNode;
  }

 private:
  static constexpr std::size_t kBits = 64;
  std::vector<std::uint64_t> words_;
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
  bool update(NodeId id);
  void note_phis();
  void note_users(NodeId id);
  [[nodiscard]] std::vector<bool> reached_blocks() const;
  Relation numeric(const Node& node, NodeId id);
  Relation opaque_instruction(const Node& node, NodeId id);
  Relation loaded(const Node& node, NodeId id);
  [[nodiscard]] bool passes_range(const Effect& call);
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
  [[nodiscard]] std::span<const Relation> arguments_of(const Effect& call);
  const Relation& of(NodeId id) const { return values_[id]; }

  const Module& module_;
  const Flow& flow_;
  const Move& move_;
  Surroundings& around_;
  std::vector<Relation> values_;
  std::map<NodeId, StoredValues> kept_;     ///< loads of the frame, and what is stored there
  std::multimap<NodeId, NodeId> loads_of_;  ///< the same, the other way round
  std::vector<NodeId> result_of_;           ///< by effect: the first result of a call
  NodeSet due_, due_later_;                 ///< what is to be evaluated in this pass, and in the next
  std::vector<Relation> arguments_;
  std::vector<Departure> departures_;
  std::uint64_t passes_ = 0;
};

}  // namespace heapbump::verify
