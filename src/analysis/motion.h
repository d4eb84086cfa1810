// How a value changes if every address of the heap moves up by whole pages: the lattice behind the proof that
// a module keeps its meaning. The order is unreached < fixed < foreign < moved < unknown:
//   fixed    does not change: numbers, addresses of static data, sizes measured between two moved values
//   foreign  was made where this function cannot see it (parameters, memory): an address of the heap then
//            moves and anything else does not, as the contract says (docs/soundness.md)
//   moved    changes by `scale` for each page: 65536 for an address, 1 for a page number
//   unknown  changes in another way; only its lowest `grain` bits do not
// The invariant: an operation that this file does not know gives unknown, never fixed.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "flow/flow.h"

namespace heapbump {

struct Motion {
  enum class Kind : std::uint8_t { unreached, fixed, foreign, moved, unknown };
  Kind kind = Kind::unreached;
  std::uint8_t grain = 64;  ///< unknown: low bits that do not change
  bool based = false;       ///< foreign: on some path it is fixed, or starts from what is
  bool size = false;        ///< moved: made from memory.size, not from a growth
  bool kept = false;        ///< moved: read from where the allocator keeps it, or moved only on some paths
  bool partly = false;      ///< moved, handed_out: nothing, or what stays, on some paths
  bool measured = false;    ///< moved, handed_out: how far an address is from what stays
  std::int64_t scale = 0;   ///< moved; of foreign: what a difference still owes (see subtract)
  auto operator<=>(const Motion&) const = default;

  [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
  /// A whole address of the heap.
  [[nodiscard]] bool address() const {
    return kind == Kind::moved && scale == static_cast<std::int64_t>(kPageSize);
  }
  /// Two words in 64 bits, of which the upper one at least is a whole address.
  [[nodiscard]] bool pair() const {
    constexpr auto kPage = static_cast<std::int64_t>(kPageSize);
    constexpr std::int64_t kUpper = kPage << 32;
    return kind == Kind::moved && (scale == kUpper || scale == kUpper + kPage);
  }
  [[nodiscard]] static Motion fixed() { return {.kind = Kind::fixed}; }
  [[nodiscard]] static Motion foreign() { return {.kind = Kind::foreign}; }
  [[nodiscard]] static Motion moved(std::int64_t scale) { return {.kind = Kind::moved, .scale = scale}; }
  [[nodiscard]] static Motion unknown(unsigned grain) {
    return {.kind = Kind::unknown, .grain = static_cast<std::uint8_t>(grain)};
  }
};

/// The least motion that both are; a value that is moved on one path and fixed on another is unknown.
[[nodiscard]] Motion join(const Motion& a, const Motion& b);

/// Low bits that a value keeps when the heap moves.
[[nodiscard]] unsigned grain_of(const Motion& motion);

/// 0 and -1: "no memory", which is distinguished from an address before it is used as one.
[[nodiscard]] bool is_failure_value(const Flow& flow, NodeId node);

[[nodiscard]] inline bool is_comparison_opcode(std::uint32_t opcode) {
  return op::is_integer_comparison(opcode);
}

/// Whose eyes a function is read with.
enum class MotionView : std::uint8_t {
  allocator,   ///< a foreign value beside an address is an address of the heap as well
  outside,     ///< how far the memory's size, or a page number, is from a foreign value is unknown
  handed_out,  ///< who uses addresses: what is one on some path is one, and its distance from static data too
};

/// One motion for each node, from those that are given. Errors: kWorkLimit.
[[nodiscard]] Result<std::vector<Motion>> compute_motions(const Flow& flow,
                                                          std::span<const std::pair<NodeId, Motion>> seeds,
                                                          Budget& budget, MotionView view);

}  // namespace heapbump
