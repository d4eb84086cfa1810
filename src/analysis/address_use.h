// What becomes of a constant that lies in the heap's range: whether it serves as an address, or only as a
// number. The linker puts no object above the heap's start, so such a constant is an address of the heap or
// no address at all.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "analysis/survey.h"
#include "flow/flow.h"

namespace heapbump {

struct AddressUse {
  enum class Kind {
    address,  ///< some load, store or bulk operation uses it as its whole address
    escapes,  ///< it is stored, passed, returned or kept in a global as it is
    offset,   ///< a memory access's offset from a base that is no constant: a field or an element
    number,   ///< compared or calculated with
    dead,     ///< no path leads to it
  };
  RangeHit hit;
  Kind kind = Kind::number;
  std::int64_t target = 0;  ///< address: which one; else the constant
  std::string_view how;     ///< in words, for the report
  NodeId constant =
      kNoNode;  ///< in the flow that was looked at; none for an access's offset and where no path leads
};

/// The address of an access, where it is constant.
[[nodiscard]] std::optional<std::uint32_t> constant_address(const Flow& flow, const Effect& access);

/// The use of one constant's occurrences in an evaluated body; `hits` are all in this function.
[[nodiscard]] Result<std::vector<AddressUse>> classify_in(const Flow& flow, std::span<const RangeHit> hits,
                                                          Budget& budget);

/// The uses of all hits, in their order; each function is evaluated once. Errors: those of evaluate_flow.
[[nodiscard]] Result<std::vector<AddressUse>> classify_hits(const Module& module,
                                                            std::span<const RangeHit> hits, Budget& budget);

}  // namespace heapbump
