// The argument over a whole module for one strategy: every result of memory.size and memory.grow (and for
// bump every number that moves) is followed through the functions that return it, the static words and
// globals that keep it and the functions it is handed to; every use on the way is decided by a rule
// (rules.h). The invariant: a strategy is sound only if the list of objections is empty, and every function
// that sees a moved value was looked at.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analysis/motion.h"
#include "analysis/program.h"
#include "detectors/wasm_ld/place.h"
#include "detectors/wasm_ld/rules.h"
#include "wasm/data_image.h"
#include "wasm/module.h"

namespace heapbump::wasm_ld {

/// Why a strategy is not sound.
struct Objection {
  std::string_view rule;
  std::string what;
  std::uint32_t function = 0;
  std::uint64_t offset = 0;
};

/// The words [begin, end) of a known allocator's state. What is kept there is its own: whatever it compares
/// with it, the model has shown to be right (models.h).
struct StateRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// What one strategy takes for granted of one module.
struct Premises {
  bool bump = false;
  std::vector<StateRange> states;
  /// By file offset of the immediate: numbers in code that move with the heap (bump), by how much a page.
  std::map<std::uint64_t, std::int64_t> moving;
  /// Words that start as an address of the heap, which moves with it (bump).
  std::set<std::uint32_t> words;
  /// Static words that known allocators use, where their whole state is not known.
  std::set<std::uint32_t> own_words;
  bool words_are_known = true;  ///< of every known allocator, by `states` and `own_words`
  /// Functions of known allocators that set them up or give them memory.
  std::set<std::uint32_t> allocators;
  /// Functions that get memory for Zig's page allocator, which keeps where it begins in a table.
  std::set<std::uint32_t> growing;
  /// Functions of a known allocator that work on page numbers, as its model explains; what they are given is
  /// right.
  std::set<std::uint32_t> explained;
};

/// A function, and how its parameters move (none: as its callers may).
struct Context {
  std::uint32_t function = 0;
  std::vector<Motion> parameters;
  auto operator<=>(const Context&) const = default;
};

/// Functions that may read or write a place. A word's address is named by a number up to `reach` bytes below
/// it, ascending.
[[nodiscard]] std::vector<std::uint32_t> users_of(const CodeIndex& index, const Place& place,
                                                  std::uint32_t reach);

/// What is stored in a place by one function.
struct PlaceStores {
  Motion moved;
  bool fixed = false;
  std::uint64_t offset = 0;  ///< of the first store of something fixed
};

struct FunctionFacts {
  Motion result;
  bool returns_size = false;
  bool returns_growth = false;
  std::vector<Objection> objections;
  std::map<Place, PlaceStores> stores;
  std::set<Context> calls;
  std::map<std::string_view, std::uint32_t> rules;  ///< how often each rule accepted a use
};

/// A function whose result is memory's size or the start of new memory, and nothing else.
struct RawResult {
  Motion motion;
  bool size = false;
  bool growth = false;
  bool operator==(const RawResult&) const = default;
};

class Reasoning {
 public:
  Reasoning(const Module& module, Budget& budget, const CodeIndex& index, const Result<DataImage>& image,
            const Premises& premises)
      : module_(module), budget_(budget), index_(index), image_(image), premises_(premises) {}

  /// Errors: those of evaluate_flow; kWorkLimit.
  Status run(std::span<const std::uint32_t> functions);

  [[nodiscard]] const std::vector<Objection>& objections() const { return objections_; }
  /// Functions that hand out memory: what they return is an address of the heap, or else none.
  [[nodiscard]] std::set<std::uint32_t> allocating() const;
  /// Whether a known allocator's model explains what a function does with the numbers that it is given.
  [[nodiscard]] bool is_explained(std::int64_t function) const {
    return premises_.explained.contains(static_cast<std::uint32_t>(function));
  }
  /// Whether a word is of a known allocator's state.
  [[nodiscard]] bool in_state(std::uint32_t address) const;
  /// Or it is one that a known allocator uses, where its whole state is not known.
  [[nodiscard]] bool is_own_word(std::uint32_t address) const {
    return in_state(address) || premises_.own_words.contains(address);
  }
  /// Whether this is a known allocator's function: it helps one alone, or uses a word of its state. Where
  /// what it does with new memory is asked, one that gets memory is not, but for those that its model names.
  [[nodiscard]] bool is_own(const Flow& flow, bool with_new_memory = true) const;
  [[nodiscard]] const std::map<std::string_view, std::uint32_t>& rules() const { return rules_; }

 private:
  friend class FunctionReasoning;
  Status take(const Context& context);
  Status settle(const Context& context, FunctionFacts facts);
  void settle_result(const Context& context, FunctionFacts& facts);
  void put(const Context& context);
  void put_readers(const Place& place);
  void object_to_places(const std::map<Place, std::pair<std::uint32_t, std::uint64_t>>& fixed);
  Result<const Flow*> flow(std::uint32_t function);
  /// Whether a static word only ever holds numbers: it starts as one, or only constants are stored there.
  [[nodiscard]] bool holds_numbers(std::uint32_t address) const;
  /// An access to a word of a known allocator's state.
  [[nodiscard]] bool uses_own_word(const Flow& flow, const Effect& effect) const;
  /// Whether a function is the known allocators', or helps them: nobody else calls it, and it does not get
  /// memory, which may be the program's own part.
  [[nodiscard]] bool is_allocators_own(std::uint32_t function) const;
  /// Whether nobody but the known allocators' own functions calls it.
  [[nodiscard]] bool only_allocators_call(std::uint32_t function) const;
  /// Whether what it is given in this context comes from the known allocators' own functions.
  [[nodiscard]] bool only_allocators_give(const Context& context) const;
  void find_getters();
  [[nodiscard]] std::uint32_t initial(const Place& place) const;

  const Module& module_;
  Budget& budget_;
  const CodeIndex& index_;
  const Result<DataImage>& image_;
  const Premises& premises_;
  std::map<Context, FunctionFacts> facts_;
  std::map<Context, std::set<Context>> callers_;
  std::map<std::uint32_t, RawResult> raw_;
  std::map<Place, Motion> places_;
  std::deque<Context> queue_;
  std::set<Context> waiting_;
  std::map<Context, int> rounds_;
  std::map<std::uint32_t, std::unique_ptr<Flow>> flows_;
  mutable std::map<std::uint32_t, bool> numbers_;  ///< what holds_numbers has found
  std::set<std::uint32_t> getters_;                ///< see find_getters
  mutable std::map<std::uint32_t, bool> helpers_;  ///< what is_allocators_own has found; false while it looks
  std::vector<Objection> objections_;
  std::map<std::string_view, std::uint32_t> rules_;
};

}  // namespace heapbump::wasm_ld
