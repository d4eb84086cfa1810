// What numeric instructions make of relations.
#include <algorithm>
#include <bit>
#include <optional>

#include "verify/relation_parts.h"
#include "wasm/code.h"

namespace heapbump::verify {
namespace {

/// The bits of a mask that keep what a delta changes: all, none, or some of them.
enum class Keeps : std::uint8_t { all, none, some };
Keeps keeps(std::int64_t mask, std::int64_t delta) {
  const auto changed = ~std::uint64_t{0} << std::countr_zero(static_cast<std::uint64_t>(delta));
  const auto kept = static_cast<std::uint64_t>(mask) & changed;
  return kept == changed ? Keeps::all : kept == 0 ? Keeps::none : Keeps::some;
}

std::optional<std::int64_t> fold(std::uint32_t op32, std::int64_t a, std::int64_t b, bool wide) {
  const auto x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
  const auto low = [wide](std::uint64_t v) { return wide ? v : v & 0xffff'ffff; };
  const std::uint64_t shift = y & (wide ? 63 : 31);
  switch (op32) {
    case op::i32_add:
      return narrow(static_cast<std::int64_t>(x + y), wide);
    case op::i32_sub:
      return narrow(static_cast<std::int64_t>(x - y), wide);
    case op::i32_mul:
      return narrow(static_cast<std::int64_t>(x * y), wide);
    case op::i32_and:
      return a & b;
    case op::i32_or:
      return a | b;
    case op::i32_xor:
      return a ^ b;
    case op::i32_shl:
      return narrow(static_cast<std::int64_t>(x << shift), wide);
    case op::i32_shr_u:
      return narrow(static_cast<std::int64_t>(low(x) >> shift), wide);
    default:
      return std::nullopt;
  }
}

Sort sum_sort(const Move& move, const Relation& a, const Relation& b) {
  const auto of = [&](Sort sort) { return a.sort == sort || b.sort == sort; };
  const bool number = a.constant || b.constant || of(Sort::number);
  if (of(Sort::start)) return Sort::start;
  if (of(Sort::stack)) return number ? Sort::stack : Sort::any;
  if (of(Sort::beyond)) return number ? Sort::beyond : Sort::any;
  if (!of(Sort::number)) return Sort::any;
  if (a.sort == b.sort) return Sort::number;
  const Relation& other = a.sort == Sort::number ? b : a;
  const bool small = other.constant && static_cast<std::uint64_t>(other.value) < move.data_begin;
  const bool negative = other.constant && other.value < 0;
  return small || negative ? Sort::number : Sort::any;
}

Relation negate(const Relation& a) {
  Relation result = a;
  result.delta = -a.delta;
  result.value = negated(a.value);
  result.at_least = 0;
  result.grown = false;
  if (result.moved()) result.kind = Kind::exact;  // no arithmetic is done with a mark
  result.marks = false;
  return result;
}

bool is_outcome(const Relation& a) {
  return a.equal() && a.sort == Sort::outcome;
}

/// The sum of an opaque value and one that is known.
Relation add_opaque(const Move& move, const Relation& from, const Relation& known) {
  if (known.equal()) {
    if (known.sort == Sort::start) return unknown_value(true);
    Relation result = opaque_value();
    result.less = from.less;
    result.unmoved = known.sort == Sort::beyond;
    return result;
  }
  const auto delta = delta_of(known);
  if (!delta) return known.delta == move.distance ? known : unknown_value(known.low_bits);
  if (*delta == -move.distance || (*delta == move.distance && from.less)) {
    Relation result = opaque_value();
    result.less = *delta < 0;
    return result;
  }
  Relation result = moved_value(*delta, known.at_least);
  result.counted = result.moved();
  return result;
}

/// By tail the declared memory stays and what is grown moves: the distance of the two is not the same, as the
/// size of a heap that begins in the one and ends in the other. By bump the same holds of memory's end and a
/// constant in the old heap that did not move.
bool crosses(const Move& move, const Relation& above, const Relation& below, bool negated_already) {
  if (!above.moved() || above.delta != move.distance || !below.equal() || !below.constant) return false;
  const auto at =
      static_cast<std::uint64_t>(negated_already ? negated(below.value) : below.value) & 0xffff'ffff;
  if (!move.by_tail) return above.size && at >= move.start && at < move.end;
  return at >= move.data_end && at < move.end && at != 0;
}

Relation subtract(const Move& move, const Relation& a, const Relation& b, bool wide) {
  const bool low = a.low_bits && b.low_bits;
  if (a.unknown() || b.unknown()) return unknown_value(low);
  const bool stack = a.sort == Sort::stack || b.sort == Sort::stack;
  if (stack && (a.moved() || b.moved())) return unknown_value(low);  // the distance from stack to heap
  if (stack && a.equal() && b.equal() && a.sort == b.sort) return equal_value(Sort::number);
  const bool from_opaque = a.opaque() || a.kind == Kind::either;
  // From what may lie in the old heap to what moved, or back.
  if ((a.moved() && b.unmoved) || (a.unmoved && b.moved())) return unknown_value(low);
  if (b.opaque() || (b.kind == Kind::either && !b.marks)) {
    if (a.equal() && a.sort == Sort::start) return unknown_value(low);
    if (a.equal() && b.opaque()) {
      Relation result = opaque_value();
      result.less = !b.less;
      return result;
    }
    if (from_opaque || a.equal()) return from_opaque ? opaque_value() : negate(b);
    // How far memory's end is from what may lie below: the heap in the declared memory did not move.
    if (move.by_tail && a.size) return unknown_value(low);
    if (a.moved() && b.kind == Kind::either) return unknown_value(low);
    return a.delta == move.distance ? opaque_value() : b.opaque() ? with_bound(a, 0) : unknown_value(low);
  }
  if (b.equal() && b.sort == Sort::start && !a.equal()) return unknown_value(low);
  if (crosses(move, a, b, false)) return unknown_value(low);
  Relation result = add(move, a, negate(b), wide);
  if (!b.constant && result.moved()) result.at_least = 0;
  if (b.equal() && !b.constant && result.equal() && a.sort != Sort::stack && result.sort == Sort::number)
    result.sort = Sort::any;
  return result;
}

/// A constant that is a number even where it equals the heap's start: nobody multiplies by an address, or
/// divides by one, to get an address.
bool is_factor(const Relation& a) {
  return a.equal() && a.constant;
}

Relation multiply(const Relation& a, const Relation& b, bool wide) {
  const bool low = a.low_bits && b.low_bits;
  const Relation& factor = b.constant && b.equal() ? b : a;
  const Relation& other = &factor == &b ? a : b;
  if (!a.unknown() && !b.unknown()) {
    if (is_factor(factor) && same_number(other)) return equal_value(Sort::number);
    if (same_number(a) && same_number(b)) return equal_value(Sort::number);
    const auto delta = delta_of(other);
    if (factor.constant && factor.equal() && delta && factor.value > 0) {
      Relation result = exact(narrow(*delta * factor.value, wide),
                              other.at_least * static_cast<std::uint64_t>(factor.value));
      result.size = result.moved() && other.size;
      return result;
    }
  }
  return unknown_value(low);
}

Relation mask(const Relation& a, const Relation& b) {
  const Relation& by = b.constant && b.equal() ? b : a;
  const Relation& value = &by == &b ? a : b;
  if (!by.constant || !by.equal()) {
    if (same_number(a) && same_number(b)) return a.opaque() || b.opaque() ? opaque_value() : equal_value();
    return unknown_value(a.low_bits && b.low_bits);
  }
  const bool low = by.value >= 0 && by.value < (1 << kPageBits);
  if (low && value.low_bits) return equal_value(Sort::number);
  const bool rounds = keeps(by.value, std::int64_t{1} << kPageBits) == Keeps::all;
  if (value.equal()) return rounds ? value : equal_value(Sort::number);
  if (value.given && !rounds) return unknown_value(value.low_bits);
  if (value.opaque()) return rounds ? value : equal_value(Sort::number);
  if (value.unknown() || value.kind == Kind::none) return unknown_value(value.low_bits);
  const Keeps kept = keeps(by.value, value.delta);
  if (kept == Keeps::none) return equal_value(Sort::number);
  if (kept == Keeps::some) return unknown_value(value.low_bits);
  Relation result = value;
  result.value = value.constant ? value.value & by.value : 0;  // rounded down, it may lie before the heap
  result.at_least &= static_cast<std::uint64_t>(by.value);
  return result;
}

/// or and xor with bits below what a delta changes.
Relation set_bits(std::uint32_t op32, const Relation& a, const Relation& b) {
  const Relation& by = b.constant && b.equal() ? b : a;
  const Relation& value = &by == &b ? a : b;
  const auto follows = [](const Relation& r) { return r.opaque() || same_number(r); };
  if (follows(a) && follows(b)) {
    // An address that collectors may not see is kept as its complement.
    const bool complement = op32 == op::i32_xor && by.constant && by.value == -1;
    if ((complement || op32 == op::i32_or) && (a.opaque() || b.opaque())) {
      Relation result = opaque_value();
      result.packed = a.packed || b.packed;
      result.given = (a.given && b.equal()) || (b.given && a.equal());
      return result;
    }
    return equal_value(a.sort == Sort::number && b.sort == Sort::number ? Sort::number
                       : op32 == op::i32_or                             ? Sort::any
                                                                        : Sort::number);
  }
  const bool low = a.low_bits && b.low_bits;
  if (!by.constant || !by.equal() || value.unknown()) return unknown_value(low);
  if (op32 == op::i32_xor && by.value == -1) return negate(value);
  if (keeps(by.value, value.delta) != Keeps::none) return unknown_value(low);
  Relation result = value;
  result.constant = false;
  return result;
}

/// shl, shr and division: scaled by a power of two, or divided by what divides the delta.
Relation scale(std::uint32_t op32, const Relation& a, const Relation& b, bool wide) {
  // Two words of 32 bits are kept in one of 64: the upper one is as opaque as the whole.
  const bool left = op32 == op::i32_shl;
  if (a.page && left && b.equal() && b.constant && b.value == kPageBits) return opaque_value();
  const bool packs = wide && b.constant && b.value == 32 && (left || op32 == op::i32_shr_u);
  if (packs && a.equal() && !a.constant) return equal_value();
  if (packs && (a.opaque() || a.kind == Kind::either || (a.moved() && left))) {
    Relation result = opaque_value();
    result.packed = left && !a.opaque();
    return result;
  }
  const bool shifts = left || op32 == op::i32_shr_u || op32 == op::i32_shr_s;
  if (same_number(a) && (same_number(b) || (!shifts && is_factor(b)))) return equal_value(Sort::number);
  const bool low = left && a.low_bits && b.equal();
  if (!b.constant || !b.equal() || b.value <= 0 || a.unknown() || a.opaque() || a.equal())
    return unknown_value(low);
  if (shifts && b.value > 31) return unknown_value(low);
  const std::int64_t by = shifts ? std::int64_t{1} << b.value : b.value;
  Relation result = a;
  result.constant = false;
  if (left) {
    result.delta = narrow(a.delta * by, wide);
    result.at_least = a.at_least > 0xffff'ffff / static_cast<std::uint64_t>(by)
                          ? 0
                          : a.at_least * static_cast<std::uint64_t>(by);
    return result.delta == 0 ? unknown_value(true) : result;
  }
  if (a.delta < 0 || a.delta % by != 0) return unknown_value();
  if (op32 == op::i32_rem_s || op32 == op::i32_rem_u) return equal_value(Sort::number);
  result.delta = a.delta / by;
  result.at_least = a.at_least / static_cast<std::uint64_t>(by);
  result.low_bits = result.delta % (1 << kPageBits) == 0;
  return result;
}

}  // namespace

Relation add(const Move& move, const Relation& a, const Relation& b, bool wide) {
  const bool low = a.low_bits && b.low_bits;
  if (a.unknown() || b.unknown()) return unknown_value(low);
  if (a.kind == Kind::none || b.kind == Kind::none) return Relation{};
  if (crosses(move, a, b, true) || crosses(move, b, a, true)) return unknown_value(low);
  Relation result;
  const auto x = delta_of(a), y = delta_of(b);
  if (x && y) {
    const std::int64_t delta = narrow(*x + *y, wide);
    if (a.equal() && b.equal()) {
      if (a.constant && b.constant)
        return constant_value(move, *fold(op::i32_add, a.value, b.value, wide),
                              *fold(op::i32_add, a.value, b.value, wide));
      result = equal_value(sum_sort(move, a, b));
    } else {
      const Relation& base = *x != 0 ? a : b;
      const Relation& addend = *x != 0 ? b : a;
      std::int64_t bound = static_cast<std::int64_t>(base.at_least);
      if (addend.constant) bound += bound == 0 ? 0 : addend.value;
      if (*x != 0 && *y != 0) bound = 0;
      result = exact(delta, static_cast<std::uint64_t>(std::max<std::int64_t>(bound, 0)));
      result.grown = base.grown && addend.constant && addend.value == 0;
      result.counted = base.counted && result.moved();
      if (addend.sort == Sort::start && addend.equal()) return unknown_value(low);
    }
  } else if (a.opaque() && b.opaque()) {
    result = opaque_value();
    result.less = a.less != b.less;
  } else if (a.opaque() || b.opaque()) {
    result = a.opaque() ? add_opaque(move, a, b) : add_opaque(move, b, a);
  } else {
    const Relation& known = x ? a : b;  // the other is `either`
    const Relation& other = x ? b : a;
    if (!x && !y) return unknown_value(low);
    if (known.equal() && known.sort != Sort::start)
      result = other;
    else if (known.delta == -other.delta)
      result = equal_value(Sort::number);
    else
      return unknown_value(low);
  }
  mark_origin(result, a, b);
  // Of an address that moved it stays known whether it lies before the heap.
  result.constant = a.constant && b.constant && result.moved();
  result.value = result.constant ? narrow(a.value + b.value, wide) : 0;
  return result;
}

Relation unary(const Move& move, std::uint32_t opcode, const Relation& a) {
  if (a.kind == Kind::none) return a;
  if (opcode == op::i32_eqz || opcode == op::i64_eqz)
    return same_truth(a) ? equal_value(is_outcome(a) ? Sort::outcome : Sort::number) : unknown_value();
  if (op::is_resize(opcode) || opcode == op::i64_extend32_s) {
    if (opcode == op::i64_extend_i32_u && a.moved() && a.delta < 0) return unknown_value(true);
    if (a.equal() && a.constant) {
      const std::int64_t value =
          opcode == op::i64_extend_i32_u ? static_cast<std::uint32_t>(a.value) : narrow(a.value, false);
      return constant_value(move, value, value);
    }
    Relation result = a;
    result.delta = opcode == op::i32_wrap_i64 ? narrow(a.delta, false) : a.delta;
    return result;
  }
  if (op::class_of(opcode) == OpcodeClass::sign_extend)
    return a.low_bits ? equal_value(Sort::number) : unknown_value();
  return same_number(a) ? equal_value(Sort::number) : unknown_value();
}

namespace {

Relation combine(const Move& move, std::uint32_t opcode, const Relation& a, const Relation& b) {
  const std::uint32_t op32 = op::same_on_i32(opcode);
  const bool wide = op32 != opcode;
  if (a.equal() && b.equal() && a.constant && b.constant)
    if (const auto value = fold(op32, a.value, b.value, wide)) return constant_value(move, *value, *value);
  switch (op32) {
    case op::i32_add:
      return add(move, a, b, wide);
    case op::i32_sub:
      return subtract(move, a, b, wide);
    case op::i32_mul:
      return multiply(a, b, wide);
    case op::i32_and:
      return mask(a, b);
    case op::i32_or:
    case op::i32_xor:
      return set_bits(op32, a, b);
    case op::i32_shl:
    case op::i32_shr_s:
    case op::i32_shr_u:
    case op::i32_div_s:
    case op::i32_div_u:
    case op::i32_rem_s:
    case op::i32_rem_u:
      return scale(op32, a, b, wide);
    default:
      return same_number(a) && same_number(b) ? equal_value(Sort::number) : unknown_value();
  }
}

}  // namespace

Relation binary(const Move& move, std::uint32_t opcode, const Relation& a, const Relation& b) {
  if (a.kind == Kind::none || b.kind == Kind::none) return Relation{};
  if (op::is_integer_comparison(opcode)) return compare(move, opcode, a, b);
  if (!is_outcome(a) && !is_outcome(b)) return combine(move, opcode, a, b);
  const std::uint32_t op32 = op::same_on_i32(opcode);
  if (op32 != op::i32_and && op32 != op::i32_or && op32 != op::i32_xor) return unknown_value();
  Relation result = combine(move, opcode, a, b);
  if (result.equal()) result.sort = Sort::outcome;
  return result;
}

}  // namespace heapbump::verify
