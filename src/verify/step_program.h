// The program around the functions that are walked in step: which of them are walked, what they hand each
// other, and the words and globals that are followed. Rounds: all functions known so far are walked to a
// fixed point from nothing, so that the order does not matter; what they turn out to pass on is searched for,
// and the next round has more functions. The invariant: the last round, which finds nothing new, is the one
// that counts.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "verify/in_step.h"
#include "verify/search.h"
#include "wasm/data_image.h"

namespace heapbump::verify {

inline constexpr std::size_t kMostContexts = 8;  ///< sets of arguments that one function is walked with
inline constexpr std::size_t kNoInstance = SIZE_MAX;
inline constexpr std::uint64_t kBeside = 64;  ///< bytes from the heap's start

/// A function with one set of arguments, and what it gives back for them.
struct Instance {
  std::uint32_t function = 0;
  std::vector<Relation> arguments, results;
  std::set<std::size_t> readers;     ///< instances that call it
  std::vector<std::size_t> callees;  ///< that it called last
  std::vector<Departure> departures;
  unsigned visits = 0;
  bool queued = false;
};

/// A word of memory at a constant address, or a global.
struct Place {
  Relation content;
  std::set<std::size_t> readers;
};

class Program final : public Surroundings {
 public:
  explicit Program(Context& context);
  void run();

  [[nodiscard]] Relation immediate(std::uint64_t reserved_offset, std::int64_t value) const override;
  [[nodiscard]] Relation parameter(std::uint32_t function, std::uint32_t index) override;
  [[nodiscard]] Relation result(const Effect& call, std::span<const Relation> arguments,
                                std::uint32_t index) override;
  [[nodiscard]] Relation global(std::uint32_t index) override;
  [[nodiscard]] Relation word(std::uint32_t address) override;
  std::optional<std::uint32_t> call(const Effect& call, std::span<const Relation> arguments) override;
  [[nodiscard]] bool give_back(std::uint32_t function, std::uint32_t index, const Relation& value) override;
  [[nodiscard]] bool set_global(std::uint32_t index, const Relation& value) override;
  [[nodiscard]] bool set_word(std::uint32_t address, const Relation& value) override;

 private:
  void find_stack();
  [[nodiscard]] bool is_stack_top(const Relation& value) const;
  [[nodiscard]] bool is_lowered(std::uint32_t global) const;
  void roots();
  void words_near_start();
  void moved_words();
  [[nodiscard]] bool may_begin_low_heap(std::int64_t value) const;
  [[nodiscard]] std::string describe(const Instance& instance) const;
  void round();
  [[nodiscard]] std::vector<std::size_t> live() const;
  void walk(std::size_t instance);
  const Flow* flow_of(std::uint32_t function);
  bool search_on();
  void add_function(std::uint32_t function);
  std::size_t find_instance(std::uint32_t function, const std::vector<Relation>& arguments);
  std::size_t make_instance(std::uint32_t function, const std::vector<Relation>& arguments);
  void enqueue(std::size_t instance);
  void enqueue(const std::set<std::size_t>& instances);
  void put(Place& place, const Relation& value);
  [[nodiscard]] Relation content(const Place& place, const Relation& initial) const;
  [[nodiscard]] static bool lies_in_old_heap(const Relation& value);
  [[nodiscard]] static Relation given(Relation result);
  Relation table_result(std::uint32_t type, std::uint32_t index);
  const std::vector<std::uint32_t>* in_tables_of(std::uint32_t type);
  std::set<std::uint32_t> table_types(std::uint32_t function);
  [[nodiscard]] bool worth_following(const Relation& value) const;
  [[nodiscard]] bool begins_as_address(std::uint32_t address) const;
  [[nodiscard]] Relation initial(std::uint32_t address) const;
  [[nodiscard]] bool called_from_outside(std::uint32_t function) const;
  [[nodiscard]] bool gives_back(std::uint32_t callee, std::span<const Relation> arguments);
  [[nodiscard]] Relation argument(const Relation& value) const;
  [[nodiscard]] std::optional<std::vector<Relation>> arguments_for(std::uint32_t callee,
                                                                   std::span<const Relation> values) const;

  Context& c_;
  Move move_;
  std::optional<DataImage> before_, after_;
  std::optional<std::uint32_t> stack_;
  std::optional<std::uint64_t> said_base_;  ///< the heap's start, where the module exports it
  std::map<FunctionType, std::vector<std::uint32_t>> tables_;  ///< functions in tables, by type
  bool hosts_reach_table_ = false;                             ///< and may put functions of their own into it
  std::set<std::uint32_t> outside_;                            ///< functions that a table or the host calls
  std::set<std::uint32_t> functions_;                          ///< that are walked whatever is passed to them
  std::map<std::uint32_t, std::unique_ptr<Flow>> flows_;
  std::uint64_t kept_ = 0;  ///< bytes of them
  std::deque<Instance> instances_;
  std::map<std::uint32_t, std::vector<std::size_t>> by_function_;
  std::map<std::uint32_t, Place> words_, globals_;
  std::set<std::uint32_t> followed_words_, followed_globals_, followed_results_;
  Wanted wanted_;
  std::deque<std::size_t> queue_;
  std::size_t walking_ = 0, roots_ = 0;
  bool begun_ = false;  ///< whether words and globals that nobody set hold what they begin with
};

}  // namespace heapbump::verify
