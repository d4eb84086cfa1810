// The rules by which TinyGo's detector decides, as tables: what the runtime and its layout must be, and what
// each occurrence of the heap base, or of a number near it, is for. Roles (roles.h) follows an occurrence to
// its uses and Collector (sites.cc) finds the occurrences; both only ask. Invariant: a use without a rule is
// unexplained, and one unexplained use refuses the module.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/rule.h"
#include "detectors/tinygo/shapes.h"

namespace heapbump::tinygo {

enum class Use {
  heap_start,   ///< moves with the heap
  gc_root_end,  ///< the end of what the collector scans for roots: stays
  object_end,   ///< one past a static object: stays
  stack_top,    ///< the initial stack pointer: stays
  unrelated,    ///< a number
  saved,        ///< put on asyncify's stack, from where it comes back into the same local
  unknown,
};

struct Verdict {
  Use use = Use::unknown;
  std::string why;
  std::string_view rule = {};  ///< empty only where the use is unknown
};

/// One verdict for all uses of an occurrence: two that differ are a contradiction.
[[nodiscard]] Verdict settle(const std::vector<Verdict>& verdicts);

/// What is being followed: `sign * (base + offset)`.
struct Carrier {
  Value value;
  int sign = 1;
  std::int32_t offset = 0;
};

/// A term that the carried value is added to, or taken from.
struct TermUse {
  const Carrier& carrier;
  const Term& term;
};
[[nodiscard]] std::optional<Verdict> judge_term(const TermUse& use, Shapes& shapes);

/// A sum of constants that the carried value is part of.
struct ConstantSum {
  const Carrier& carrier;
  const Sum& sum;
};
[[nodiscard]] std::optional<Verdict> judge_constant_sum(const ConstantSum& use, Shapes& shapes);

/// A difference of something and the carried value, whole.
[[nodiscard]] std::optional<Verdict> judge_difference(const Carrier& carrier, Shapes& shapes);

/// What the carried value is compared with.
struct Comparison {
  const Carrier& carrier;
  Value other;
};
[[nodiscard]] std::optional<Verdict> judge_comparison(const Comparison& use, Shapes& shapes);

/// An operand of a numeric instruction or a select that is neither a sum nor a comparison.
struct OperandUse {
  Value used_by;
  std::uint32_t position = 0;
};
[[nodiscard]] std::optional<Verdict> judge_operand(const OperandUse& use, Shapes& shapes);

/// An operand of an access, a store, a call or a branch.
struct EffectUse {
  const Carrier& carrier;
  const Effect& effect;
  std::uint32_t position = 0;
};
[[nodiscard]] std::optional<Verdict> judge_effect(const EffectUse& use, Shapes& shapes);

/// A constant above the heap base, farther than folded offsets reach: its refusing uses first.
struct FarUse {
  Value value;  ///< the constant, or what it became
  User user;
};
[[nodiscard]] std::optional<Verdict> judge_far_use(const FarUse& use, Shapes& shapes);
/// Where no use of it is refused. `seen_as`: its last use.
[[nodiscard]] Verdict far_number(std::string_view seen_as);

/// A constant just below the heap base.
struct BelowUse {
  Value value;
  User user;
  std::int32_t offset = 0;
};
[[nodiscard]] std::optional<Verdict> judge_below_use(const BelowUse& use, Shapes& shapes);
[[nodiscard]] Verdict object_address();
/// A constant that is no integer and equals the heap base, or is near it.
[[nodiscard]] Verdict odd_constant(bool vector);

/// A word of data that holds the heap base, by its address.
[[nodiscard]] std::optional<Verdict> judge_word(std::uint32_t address, Shapes& shapes);
/// A store of the heap base to the word that begins with it.
[[nodiscard]] Verdict word_set_again();
[[nodiscard]] Verdict unused();

/// A constant that is part of the metadata's size: `heapEnd - (heapStart - 64)` and the like.
[[nodiscard]] std::optional<Verdict> judge_folded(const Value& constant, Shapes& shapes);
/// An i64.const of which a half, or the whole, is the heap base.
[[nodiscard]] std::optional<Verdict> judge_wide(const Value& constant, Shapes& shapes);
/// As much as the heap base lies above __global_base.
[[nodiscard]] std::optional<Verdict> judge_length(const Value& constant, Shapes& shapes);

/// The offset immediate of an access in the heap's range.
struct AccessOffset {
  const Flow& flow;
  const Effect& effect;
};
[[nodiscard]] std::optional<Verdict> judge_access(const AccessOffset& access, Shapes& shapes);
[[nodiscard]] Verdict dead_code();

/// A global that begins with the heap base.
struct GlobalValue {
  const Global& global;
  bool exported_as_base = false;
  bool exported_as_end = false;
};
[[nodiscard]] std::optional<Verdict> judge_global(const GlobalValue& global, Shapes& shapes);

/// What the heap start that the runtime's arithmetic gives is checked against.
struct StartContext {
  Program& program;
  const DataImage& image;
};
/// The first thing that the heap's start, its variables or the memory's limits have and TinyGo's have not.
[[nodiscard]] std::optional<Failure> check_start(const Runtime& runtime, const StartContext& context);

/// All tables of this detector.
[[nodiscard]] std::span<const RuleTable> rule_tables();

}  // namespace heapbump::tinygo
