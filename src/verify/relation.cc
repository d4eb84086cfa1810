#include "verify/relation.h"

#include <algorithm>

#include "verify/relation_parts.h"
#include "wasm/code.h"

namespace heapbump::verify {
namespace {

constexpr std::uint64_t kReach = 64;  // addends that linkers fold into the heap's start

}  // namespace

std::optional<std::int64_t> delta_of(const Relation& a) {
  if (a.kind == Kind::exact || (a.kind == Kind::either && a.marks)) return a.delta;
  return std::nullopt;
}

Relation with_bound(Relation moved, std::uint64_t at_least) {
  moved.at_least = moved.delta > 0 ? at_least : 0;
  return moved;
}

Relation exact(std::int64_t delta, std::uint64_t at_least) {
  return delta == 0 ? equal_value(Sort::number) : moved_value(delta, at_least);
}

Relation either(std::int64_t delta, bool marks, std::uint64_t at_least) {
  Relation result = moved_value(delta, at_least);
  result.kind = Kind::either;
  result.marks = marks;
  return result;
}

void mark_origin(Relation& result, const Relation& a, const Relation& b) {
  result.size = !result.equal() && !result.opaque() && (a.size || b.size);
  if (!result.opaque() && !result.equal()) return;
  result.unmoved = result.unmoved || a.unmoved || b.unmoved;
  result.low_heap = a.low_heap || b.low_heap;
  result.in_static = a.in_static || b.in_static;
  result.given = result.opaque() && !result.less && (a.given || b.given);
  result.heap = result.opaque() && (result.heap || a.heap || b.heap);
  result.packed = result.opaque() && (a.packed || b.packed);
}

Sort Move::sort_of(std::int64_t value) const {
  const auto at = static_cast<std::uint64_t>(value) & 0xffff'ffff;
  const auto negative = static_cast<std::uint64_t>(negated(value)) & 0xffff'ffff;
  const auto near = [&](std::uint64_t address) { return address >= start && address < start + kReach; };
  if (distance == 0) return Sort::any;
  if (!by_tail && (near(at) || near(negative))) return Sort::start;
  if (by_tail && at == end) return Sort::any;  // where the heap in the declared memory ends
  return value > 0 && at >= start ? Sort::beyond : Sort::any;
}

Sort Move::sort_of_pair(std::int64_t value) const {
  const auto is_start = [&](std::int64_t word) { return sort_of(word) == Sort::start; };
  const bool starts = is_start(value >> 32) || is_start(static_cast<std::int32_t>(value & 0xffff'ffff));
  return starts ? Sort::start : sort_of(value);
}

bool Move::in_region(std::int64_t address, std::uint64_t size) const {
  const auto at = static_cast<std::uint64_t>(address) & 0xffff'ffff;
  return at < region_end && (at >= region_base || size > region_base - at);
}

Relation opaque_value() {
  Relation result;
  result.kind = Kind::opaque;
  return result;
}

Relation unknown_value(bool low_bits) {
  Relation result;
  result.kind = Kind::unknown;
  result.low_bits = low_bits;
  return result;
}

Relation page_value() {
  Relation result = unknown_value();
  result.page = true;
  return result;
}

Relation equal_value(Sort sort) {
  Relation result;
  result.kind = Kind::exact;
  result.sort = sort;
  return result;
}

Relation moved_value(std::int64_t delta, std::uint64_t at_least) {
  Relation result;
  result.kind = Kind::exact;
  result.delta = delta;
  result.low_bits = delta % (1 << kPageBits) == 0;
  return with_bound(result, at_least);
}

Relation constant_value(const Move& move, std::int64_t original, std::int64_t reserved) {
  const auto is_narrow = [](std::int64_t v) { return v == narrow(v, false); };
  const std::int64_t delta = narrow(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(reserved) - static_cast<std::uint64_t>(original)),
      !is_narrow(original) || !is_narrow(reserved));
  Relation result = moved_value(delta, static_cast<std::uint64_t>(original) & 0xffff'ffff);
  result.constant = true;
  result.value = original;
  if (delta != 0) return result;
  result.sort = is_narrow(original) ? move.sort_of(original) : move.sort_of_pair(original);
  const auto at = static_cast<std::uint64_t>(original);
  result.in_static = at >= move.data_begin && at < move.start;
  result.low_heap = at >= move.data_end && at < move.end && at != 0;
  return result;
}

Relation join_different(const Move& move, const Relation& a, const Relation& b) {
  const bool low = a.low_bits && b.low_bits;
  const auto is_page = [&](const Relation& r) {
    return r.opaque() || r.page || r.is_mark() || (r.moved() && r.delta == move.pages);
  };
  if (is_page(a) && is_page(b) &&
      (a.page || b.page || (a.opaque() != b.opaque() && !a.equal() && !b.equal())))
    return page_value();
  if (a.unknown() || b.unknown()) return unknown_value(low);
  Relation result;
  const auto strange = [](const Relation& r) { return r.equal() && r.sort >= Sort::beyond; };
  if (a.equal() && b.equal()) {
    result = equal_value(a.sort == b.sort ? a.sort : Sort::any);
    if (a.sort == Sort::start || b.sort == Sort::start)
      result.sort = Sort::start;
    else if (strange(a) && b.is_mark())
      result.sort = a.sort;
    else if (strange(b) && a.is_mark())
      result.sort = b.sort;
    result.constant = a.constant && b.constant && a.value == b.value;
    result.value = result.constant ? a.value : 0;
  } else if (a.equal() || b.equal()) {
    const Relation& fixed = a.equal() ? a : b;
    const Relation& other = a.equal() ? b : a;
    if (other.opaque()) {
      result = fixed.sort == Sort::start ? equal_value(Sort::start) : opaque_value();
      result.heap = other.heap && result.opaque();
    } else if (fixed.sort == Sort::start) {
      return unknown_value(low);
    } else {
      const bool marks = fixed.is_mark() && (other.kind == Kind::exact || other.marks);
      if (strange(fixed) || (!marks && other.delta != move.distance)) return unknown_value(low);
      result = either(other.delta, marks, other.at_least);
      result.grown = other.grown && marks;
      result.counted = other.counted;
    }
  } else if (a.opaque() || b.opaque()) {
    const Relation& other = a.opaque() ? b : a;
    if (!other.opaque() && other.delta != move.distance) return unknown_value(low);
    result = opaque_value();
    result.heap = !other.opaque() || a.heap || b.heap;
  } else {
    if (a.delta != b.delta) return unknown_value(low);
    const bool exact_both = a.kind == Kind::exact && b.kind == Kind::exact;
    const bool marks = (a.kind == Kind::exact || a.marks) && (b.kind == Kind::exact || b.marks);
    result = either(a.delta, marks, std::min(a.at_least, b.at_least));
    if (exact_both) result.kind = Kind::exact, result.marks = false;
    result.grown = a.grown && b.grown;
    result.counted = a.counted || b.counted;
  }
  mark_origin(result, a, b);
  const auto given = [](const Relation& r) { return r.given || r.moved() || r.is_mark(); };
  result.given = result.opaque() && given(a) && given(b) && (a.given || b.given);
  return result;
}

bool same_truth(const Relation& a) {
  if (a.unknown()) return false;
  return a.kind == Kind::none || a.equal() || a.opaque() || a.kind == Kind::either || a.at_least != 0;
}

bool same_number(const Relation& a) {
  return a.kind == Kind::none || (a.opaque() && !a.given) || (a.equal() && a.sort != Sort::start);
}

bool plain(const Move& move, const Relation& a) {
  switch (a.kind) {
    case Kind::none:
    case Kind::opaque:
      return true;
    case Kind::unknown:
      return false;
    case Kind::exact:
      if (a.delta == 0) return a.sort != Sort::start;
      return a.delta == move.distance && (!a.constant || static_cast<std::uint64_t>(a.value) >= move.start);
    case Kind::either:
      return a.delta == move.distance;
  }
  return false;
}

bool same_place(const Move& move, const Relation& a) {
  if (!plain(move, a)) return false;
  // By tail the memory right below what was grown is declared memory in the one module, the region in the
  // other.
  if (move.by_tail && a.moved() && a.at_least != 0 && a.at_least < move.start) return false;
  if (!a.equal()) return true;
  if (a.constant && static_cast<std::uint64_t>(a.value) >= move.start) return false;
  return a.sort != Sort::number && a.sort != Sort::beyond;
}

std::string to_string(const Relation& relation) {
  switch (relation.kind) {
    case Kind::none:
      return "none";
    case Kind::opaque:
      return "from memory or a caller";
    case Kind::unknown:
      return "not related";
    case Kind::exact:
    case Kind::either:
      break;
  }
  static constexpr const char* kSorts[] = {"equal",
                                           "an equal number",
                                           "whether it lies below memory's end",
                                           "equal, from the stack pointer",
                                           "an equal constant where memory moves",
                                           "the old heap start, which did not move"};
  if (relation.equal()) return kSorts[static_cast<std::size_t>(relation.sort)];
  std::string text = "moved by " + std::to_string(relation.delta);
  if (relation.kind == Kind::either) text += relation.marks ? ", or no address" : " on some paths";
  return text;
}

}  // namespace heapbump::verify
