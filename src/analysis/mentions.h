// Which functions name a number or a global: where the words and globals that hold a moved value are read and
// written. Asked of the index; what a number means is not asked here.
#pragma once

#include <cstdint>
#include <set>

#include "analysis/program.h"

namespace heapbump {

class Mentions {
 public:
  /// Parts that the index must have.
  static constexpr CodeIndex::Parts kParts = CodeIndex::kNumbers | CodeIndex::kGlobals;
  explicit Mentions(const CodeIndex& index) : index_(index) {}

  /// Functions with an i32.const or an access's offset in [first, last].
  [[nodiscard]] std::set<std::uint32_t> of_numbers(std::uint32_t first, std::uint32_t last) const;
  [[nodiscard]] std::set<std::uint32_t> of_global(std::uint32_t global) const;

 private:
  const CodeIndex& index_;
};

}  // namespace heapbump
