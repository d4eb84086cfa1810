// Which functions name a number or a global: where the words and globals that hold a moved value are read and
// written. One pass over all code; what a number means is not asked here.
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "wasm/code.h"
#include "wasm/module.h"

namespace heapbump {

class Mentions {
 public:
  /// Errors: those of InstructionReader; kWorkLimit.
  [[nodiscard]] static Result<Mentions> make(const Module& module, Budget& budget);

  /// Functions with an i32.const or an access's offset in [first, last].
  [[nodiscard]] std::set<std::uint32_t> of_numbers(std::uint32_t first, std::uint32_t last) const;
  [[nodiscard]] std::set<std::uint32_t> of_global(std::uint32_t global) const;

 private:
  using Pair = std::pair<std::uint32_t, std::uint32_t>;  ///< number or global, function
  std::vector<Pair> numbers_;
  std::vector<Pair> globals_;
  Held held_;
};

}  // namespace heapbump
