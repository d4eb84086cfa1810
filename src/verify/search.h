// Where in the reserved module's code something is named: constants, words at constant addresses, callers,
// globals, and what sees the memory's size. Bodies are searched by their bytes first, and only those with a
// plausible hit are decoded. The invariant: a function that names what is wanted is never left out, as far as
// it names a word by its address, or by an object's address at most kObject below it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "verify/context.h"

namespace heapbump::verify {

inline constexpr std::uint64_t kObject = 4096;  ///< from an object's constant address to a field of it

struct Wanted {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> constants;  ///< ranges of addresses, the end excluded
  std::set<std::uint32_t> words;                                   ///< addresses
  std::set<std::uint32_t> callees;
  std::set<std::uint32_t> globals;
  std::set<std::uint32_t> table_calls;  ///< type indices of call_indirect
  bool memory_size = false;

  [[nodiscard]] bool empty() const {
    return constants.empty() && words.empty() && callees.empty() && globals.empty() && table_calls.empty() &&
           !memory_size;
  }
};

/// Every function that names something of `wanted`, ascending. None if the work is more than may be spent.
[[nodiscard]] std::vector<std::uint32_t> search(Context& context, const Wanted& wanted);

}  // namespace heapbump::verify
