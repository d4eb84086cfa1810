// What relation.cc, arithmetic.cc and comparison.cc share: how deltas of 32 bits are kept, and relations made
// of them. For those three files alone.
#pragma once

#include <cstdint>
#include <optional>

#include "verify/relation.h"

namespace heapbump::verify {

inline constexpr int kPageBits = 16;

/// A delta or value of 32 bits, or all of it where values are of 64.
[[nodiscard]] inline std::int64_t narrow(std::int64_t value, bool wide) {
  return wide ? value : static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
}
/// The delta of a value that moved as a whole, a mark aside.
[[nodiscard]] std::optional<std::int64_t> delta_of(const Relation& a);
/// Only what moved up keeps its lower bound: it does not wrap.
[[nodiscard]] Relation with_bound(Relation moved, std::uint64_t at_least);
[[nodiscard]] Relation exact(std::int64_t delta, std::uint64_t at_least);
[[nodiscard]] Relation either(std::int64_t delta, bool marks, std::uint64_t at_least);
/// What a result may come from, by what its operands may.
void mark_origin(Relation& result, const Relation& a, const Relation& b);
[[nodiscard]] Relation compare(const Move& move, std::uint32_t opcode, const Relation& a, const Relation& b);

}  // namespace heapbump::verify
