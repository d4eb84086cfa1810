// Whether comparisons turn out alike in both modules.
#include "verify/relation_parts.h"
#include "wasm/code.h"

namespace heapbump::verify {
namespace {

constexpr std::uint64_t kNegative = 0xffff'0000;  // from here on, 32 bits are a small negative number

/// Whether a comparison of a moved value with an equal one has the same outcome in both modules.
bool agrees(const Move& move, const Relation& moved, const Relation& fixed) {
  const bool address = moved.delta == move.distance;
  const std::uint64_t bound =
      moved.kind == Kind::either && !moved.marks ? (address ? move.start : 0) : moved.at_least;
  if (fixed.sort == Sort::stack) return address && bound != 0;
  if (!fixed.constant || moved.delta < 0) return false;
  const auto value = static_cast<std::uint64_t>(fixed.value) & 0xffff'ffff;
  if (value == 0) return bound != 0 || moved.marks;
  return value >= kNegative || value < bound;
}

/// By tail the declared memory does not move and what is grown does: whether an address of the one may be
/// held against the end of the other, so that a walk goes on across the region.
bool may_cross(const Relation& a, const Relation& b) {
  const auto from_below = [](const Relation& r) {
    return r.kind == Kind::either ? !r.marks : r.opaque() && r.low_heap && !r.heap;
  };
  const auto above = [](const Relation& r) { return !r.opaque() || r.heap; };
  const auto meets = [&](const Relation& r, const Relation& other) {
    return (from_below(r) && above(other)) || (r.opaque() && other.size);
  };
  return meets(a, b) || meets(b, a);
}

}  // namespace

Relation compare(const Move& move, std::uint32_t opcode, const Relation& a, const Relation& b) {
  if (a.unknown() || b.unknown()) return unknown_value();
  const Relation same = equal_value(Sort::number);
  if (a.kind == Kind::none || b.kind == Kind::none) return same;
  if (a.equal() && b.equal()) return same;
  // An address of the old heap, which did not move with memory's end.
  if ((a.unmoved && b.moved()) || (b.unmoved && a.moved())) return unknown_value();
  const Relation& first = a.equal() ? a : b;  // the equal one, if there is one
  const Relation& other = &first == &a ? b : a;
  if (first.equal()) {
    // A pair is compared as a whole: what is its first, an address that moved?
    if (other.packed && !(first.constant && first.value == 0)) return unknown_value();
    // How high an address lies that an allocator gave.
    const bool high = first.constant && (static_cast<std::uint64_t>(first.value) & 0xffff'ffff) >= move.start;
    if (other.given && op::is_order(opcode) && high && first.value > 0) return unknown_value();
    if (other.opaque()) return first.sort == Sort::start && !other.in_static ? unknown_value() : same;
    return agrees(move, other, first) ? same : unknown_value();
  }
  const bool ends = (a.size && b.opaque()) || (b.size && a.opaque());
  const auto is_address = [&](const Relation& r) { return r.opaque() || r.delta == move.distance; };
  if (is_address(a) && is_address(b))
    return move.by_tail && op::is_order(opcode) && may_cross(a, b) ? unknown_value()
           : ends                                                  ? equal_value(Sort::outcome)
                                                                   : same;
  return !a.opaque() && !b.opaque() && a.delta == b.delta ? same : unknown_value();
}

}  // namespace heapbump::verify
