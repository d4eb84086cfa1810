// Whether a module can be given pages above its declared minimum that it never touches (`tail`). The
// argument: move everything at or above the old minimum up by N pages. memory.size and memory.grow then
// return N more, and the program means the same if every value made from them is used as an address above the
// line, or in a difference of two such. What breaks it is a memory.size that bounds a heap which began below
// the line, and a memory.grow whose result is not where the new memory is taken to begin. So every
// memory.size and memory.grow must be explained from the code, through the functions that return them; one
// that is not makes the strategy unsound, with the place named.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analysis/shift.h"
#include "analysis/survey.h"
#include "heapbump/detect.h"

namespace heapbump {

/// What a function's result is made of, for its callers.
struct GrowthSummary {
  bool returns_fresh = false;  ///< the start of memory that it has just grown (or a failure value)
  bool returns_size = false;   ///< memory.size itself, in pages or bytes
  bool only_fresh = false;     ///< returns_fresh, and nothing else but failure values
  Shift shift;                 ///< of the result
  std::int64_t header = 0;     ///< how far above the start of the new memory the result can be at least
  /// If this parameter is zero the result is memory.size instead: how sbrk(0) looks. Growing by nothing does
  /// the same.
  std::optional<std::uint32_t> size_if_zero;
  bool operator==(const GrowthSummary&) const = default;
};

/// One use of the memory's size that was looked at.
struct GrowthUse {
  std::uint32_t function = 0;
  std::uint64_t offset = 0;
  std::string what;
};

/// A static word or a global: somewhere that an allocator keeps a pointer.
struct Place {
  bool is_global = false;
  std::uint32_t index = 0;  ///< global index or linear-memory address
  auto operator<=>(const Place&) const = default;
};

/// What a function does with memory from one growth, where it does more than return it.
struct GrowthJoin {
  std::uint32_t function = 0;
  std::uint64_t offset = 0;     ///< where it grows
  bool asks_adjoining = false;  ///< whether the new memory begins where something else ends
  bool elsewhere = false;       ///< hands it to a call, or keeps it where no static place is
  std::set<Place> kept;         ///< the static places that are given an address made from it
};

/// A memory.size that is explained as the bound of a pointer, which is right only for pointers into grown
/// memory.
struct GrowthAssertion {
  std::uint32_t function = 0;
  std::uint64_t offset = 0;
  std::optional<Place> pointer;  ///< where the pointer is kept, if that is a static place
};

struct GrowthReport {
  bool sound = false;
  bool uses_size = false;
  bool grows = false;
  std::vector<GrowthUse> explained;
  std::vector<GrowthUse> unexplained;  ///< not empty exactly if not sound
  std::vector<GrowthAssertion> assertions;
  std::vector<GrowthJoin> joins;
  std::map<std::uint32_t, GrowthSummary>
      summaries;  ///< of functions whose result matters, and empty ones of all that were followed
  /// Functions that give new memory or memory from elsewhere and grow it through others. Their callers were
  /// not looked at.
  std::map<std::uint32_t, GrowthSummary> allocators;
};

/// Errors: those of evaluate_flow for a function that has to be followed.
[[nodiscard]] Result<GrowthReport> analyse_growth(const Module& module, Budget& budget, const Survey& survey);

/// The shifts that memory.size, memory.grow and calls of summarised functions start with in one function.
[[nodiscard]] std::vector<ShiftSeed> growth_seeds(const Flow& flow,
                                                  const std::map<std::uint32_t, GrowthSummary>& summaries);

}  // namespace heapbump
