// How a value of the original relates to the value in the same place of the reserved module when both are run
// in step: the algebra of the second method. Deltas are exact: `moved by d` means that the reserved value is
// the original one plus d, modulo 2^32 (or 2^64). The invariant: an operation whose effect on the delta is
// not certain gives `unknown`, never a delta; what is taken for granted of `opaque` values is the contract in
// docs/verify.md and nothing else.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace heapbump::verify {

enum class Kind : std::uint8_t {
  none,     ///< no path has brought a value yet
  exact,    ///< the reserved value is the original one plus `delta`
  either,   ///< equal on some paths, plus `delta` on others
  opaque,   ///< from memory or a caller: a number, or an address that moved if it is the heap's
  unknown,  ///< nothing can be said
};

/// What an equal value can be taken for.
enum class Sort : std::uint8_t {
  any,
  number,   ///< made by scaling, narrowing or comparing: no address by itself
  outcome,  ///< whether something lies below memory's end: good for a decision, no number to count with
  stack,    ///< the stack pointer, with an offset
  beyond,   ///< a constant in the part of memory that moves, with an offset: an address in neither module
  start,    ///< the same, right at the old heap start: what a site looks like that was missed
};

struct Relation {
  Kind kind = Kind::none;
  Sort sort = Sort::any;
  bool low_bits = true;    ///< the low 16 bits are equal, also where nothing else is known
  bool marks = false;      ///< `either`: the equal values are only 0 and -1, which mark "none"
  bool low_heap = false;   ///< may come from a constant above the initialised data
  bool in_static = false;  ///< may come from a constant address in static data
  bool less = false;     ///< `opaque`: less an address that moved, so a distance, or a number less an address
  bool heap = false;     ///< `opaque`: an address that moved on some paths
  bool grown = false;    ///< the start of memory that was just grown
  bool size = false;     ///< may come from memory.size
  bool packed = false;   ///< `opaque`: an address that moved is in its upper 32 bits
  bool counted = false;  ///< moved: an address, and something from memory or a caller that was added to it
  bool page = false;     ///< `unknown`: the number of a page, from memory or a page that moved
  bool constant = false;  ///< `value` is the original's value
  bool unmoved = false;   ///< from a variable that is set to a constant of the sort `beyond` somewhere
  bool given = false;     ///< `opaque`: an address that an allocator's function gave, with an offset
  std::int64_t delta = 0;
  std::int64_t value = 0;
  std::uint64_t at_least = 0;  ///< lower bound of the original's value where it moved; 0: none

  bool operator==(const Relation& other) const { return std::memcmp(this, &other, sizeof other) == 0; }
  [[nodiscard]] bool equal() const { return kind == Kind::exact && delta == 0; }
  [[nodiscard]] bool opaque() const { return kind == Kind::opaque; }
  [[nodiscard]] bool unknown() const { return kind == Kind::unknown; }
  /// Moved by `delta` wherever it is no mark.
  [[nodiscard]] bool moved() const {
    return (kind == Kind::exact && delta != 0) || (kind == Kind::either && marks);
  }
  /// An equal value that is 0 or -1.
  [[nodiscard]] bool is_mark() const { return equal() && constant && (value == 0 || value == -1); }
};

static_assert(std::has_unique_object_representations_v<Relation>,
              "relations are compared as bytes, so their fields leave no gap");

/// What relates the two memories: addresses from `start` on are `distance` higher in the reserved module.
struct Move {
  std::uint64_t start = 0;  ///< in the original
  std::uint64_t end = 0;    ///< of the original's declared memory
  std::int64_t distance = 0;
  std::int64_t pages = 0;         ///< by which memory.size is greater
  std::uint64_t data_begin = 0;   ///< the lowest address of static data
  std::uint64_t data_end = 0;     ///< one past the initialised data
  std::uint64_t region_base = 0;  ///< what the program must not touch
  std::uint64_t region_end = 0;
  bool by_tail = false;  ///< only memory that is grown moves, or none
  bool may_double =
      true;  ///< doubling the memory from its minimum reaches the maximum no earlier than before

  [[nodiscard]] Sort sort_of(std::int64_t value) const;
  /// The same of 64 bits, which may be two words.
  [[nodiscard]] Sort sort_of_pair(std::int64_t value) const;
  /// Whether memory from a constant address on, so many bytes of it, reaches into the region.
  [[nodiscard]] bool in_region(std::int64_t address, std::uint64_t size = 1) const;
};

[[nodiscard]] Relation opaque_value();
[[nodiscard]] Relation unknown_value(bool low_bits = false);
/// The number of a page, from memory or of a page that moved: good for nothing but to become an address.
[[nodiscard]] Relation page_value();
[[nodiscard]] Relation equal_value(Sort sort = Sort::any);
[[nodiscard]] Relation moved_value(std::int64_t delta, std::uint64_t at_least);
/// A constant of the original and what is in its place.
[[nodiscard]] Relation constant_value(const Move& move, std::int64_t original, std::int64_t reserved);

/// The same for two that are there and differ.
[[nodiscard]] Relation join_different(const Move& move, const Relation& a, const Relation& b);
/// What a value is where two paths meet.
[[nodiscard]] inline Relation join(const Move& move, const Relation& a, const Relation& b) {
  if (a.kind == Kind::none || a == b) return b;
  return b.kind == Kind::none ? a : join_different(move, a, b);
}

/// What a numeric instruction makes. Comparisons whose outcome may differ are unknown.
[[nodiscard]] Relation unary(const Move& move, std::uint32_t opcode, const Relation& a);
[[nodiscard]] Relation binary(const Move& move, std::uint32_t opcode, const Relation& a, const Relation& b);
[[nodiscard]] Relation add(const Move& move, const Relation& a, const Relation& b, bool wide);

/// Whether "is it zero" has the same answer in both modules.
[[nodiscard]] bool same_truth(const Relation& a);
/// Equal, or a number from memory: what counts and lengths must be.
[[nodiscard]] bool same_number(const Relation& a);
/// Whether the value may go where nobody follows it: equal, or an address that moved as memory did.
[[nodiscard]] bool plain(const Move& move, const Relation& a);
/// Whether an access through it reaches the same bytes in both memories.
[[nodiscard]] bool same_place(const Move& move, const Relation& a);

/// "equal", "moved by 131072", "moved by 2 on some paths", "not related"
[[nodiscard]] std::string to_string(const Relation& relation);

}  // namespace heapbump::verify
