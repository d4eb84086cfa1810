#include "analysis/motion_lattice.h"

#include <algorithm>
#include <bit>

namespace heapbump {
namespace {

using Kind = Motion::Kind;

/// Two values of which one moves at least, and neither is fixed or unknown.
Motion join_moved(const Motion& a, const Motion& b) {
  if (a.is(Kind::moved) && b.is(Kind::moved) && a.scale != b.scale) return lost(a, b);
  Motion result = a.is(Kind::moved) ? a : b;
  // What is the memory's size on one path and new memory on another is what sbrk gives: an address.
  result.size = (!a.is(Kind::moved) || a.size) && (!b.is(Kind::moved) || b.size);
  result.kept = a.kept || b.kept || a.is(Kind::foreign) || b.is(Kind::foreign);
  result.partly = a.partly || b.partly;
  result.measured = a.measured || b.measured;
  return result;
}

/// What a sum with a foreign value is, given `moved` for it if that value is a number.
Motion sum_with_foreign(const Motion& foreign, Motion moved, int sign, MotionView view) {
  // How far an address is from a value that may be any number: a distance, or an address below.
  if (view == MotionView::outside && sign < 0) return Motion::unknown(0);
  if (view == MotionView::handed_out && sign < 0 && foreign.based) {
    moved.measured = true;
    return moved;
  }
  if (sign < 0 || foreign.scale != 0) return {.kind = Kind::foreign, .scale = moved.scale};
  moved.kept = true;
  return moved;
}

/// What is said of either of two values, of which one moves.
Motion marks_of_both(const Motion& a, const Motion& b) {
  const auto either = [&](bool Motion::* mark) {
    return (a.is(Kind::moved) && a.*mark) || (b.is(Kind::moved) && b.*mark);
  };
  Motion both = Motion::moved(0);
  both.size = either(&Motion::size);
  both.kept = either(&Motion::kept);
  both.partly = a.partly || b.partly;
  both.measured = a.measured || b.measured;
  return both;
}

}  // namespace

Motion sum(const Motion& a, const Motion& b, int sign, MotionView view) {
  const std::int64_t scale = a.scale + sign * b.scale;
  const bool foreign = a.is(Kind::foreign) || b.is(Kind::foreign);
  const bool moved = a.is(Kind::moved) || b.is(Kind::moved);
  if (!moved)
    return {.kind = foreign ? Kind::foreign : Kind::fixed,
            .based = a.based || b.based,
            .measured = foreign && (a.measured || b.measured),
            .scale = foreign ? scale : 0};
  Motion result = marks_of_both(a, b);
  result.scale = scale;
  if (foreign) return sum_with_foreign(a.is(Kind::foreign) ? a : b, result, sign, view);
  if (scale != 0) return result;
  // Between two readings memory may grow by what an alignment lacks, which depends on where it ends.
  if (a.size && b.size && view == MotionView::outside) return Motion::unknown(0);
  // Where a size is kept, or arrives on some paths alone, zero may be in its place.
  if (result.size && result.kept) return Motion::unknown(0);
  // So it may be where one of two addresses arrives on some paths alone: the other one is left.
  if (view == MotionView::handed_out && a.partly != b.partly) {
    result.scale = a.partly ? sign * b.scale : a.scale;
    result.measured = true;
    return result;
  }
  return Motion::fixed();
}

unsigned grain_of(const Motion& motion) {
  if (motion.is(Kind::moved))
    return static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(motion.scale)));
  return motion.is(Kind::unknown) ? motion.grain : 64;
}

Motion lost(const Motion& a, const Motion& b) {
  return Motion::unknown(std::min(grain_of(a), grain_of(b)));
}

Motion join(const Motion& a, const Motion& b) {
  if (a.is(Kind::unreached)) return b;
  if (b.is(Kind::unreached) || a == b) return a;
  if (a.is(Kind::unknown) || b.is(Kind::unknown)) return lost(a, b);
  if (!a.is(Kind::moved) && !b.is(Kind::moved))
    return {.kind = std::max(a.kind, b.kind),
            .based = a.based || b.based || a.kind != b.kind,
            .measured = a.measured || b.measured,
            .scale = a.scale == b.scale ? a.scale : 0};
  if (a.is(Kind::fixed) || b.is(Kind::fixed)) return lost(a, b);
  return join_moved(a, b);
}

}  // namespace heapbump
