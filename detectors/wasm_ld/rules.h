// The named rules by which each use of a moved value is decided: a table, asked in its order. The invariant:
// a use that no rule accepts refuses the strategy, with the place and the rule that says why; the last rule
// of each table refuses.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/motion.h"
#include "analysis/rule.h"
#include "detectors/wasm_ld/place.h"

namespace heapbump::wasm_ld {

enum class Verdict : std::uint8_t { undecided, accept, refuse };

/// A use of a value that is moved or unknown: by an effect (operand `position`), or, of a comparison, by a
/// node.
struct Use {
  const Flow* flow = nullptr;
  std::span<const Motion> motions;
  NodeId value = kNoNode;  ///< the moved or unknown one
  Motion motion;           ///< of `value`
  const Effect* effect = nullptr;
  std::uint32_t position = 0;
  NodeId compare = kNoNode;
  NodeId other = kNoNode;           ///< what `value` is compared with
  std::uint64_t line = 0;           ///< from here up addresses move
  std::int64_t stack_pointer = -1;  ///< the global that is
  bool into_import = false;         ///< calls: the callee is the host
  bool in_allocator = false;        ///< in a function of a known allocator
  bool may_keep = false;            ///< stores: a known allocator keeps it there, or is given it back there
  bool from_place = false;  ///< comparisons: `value` is kept in a static word or global that is not its own
  bool with_own_word = false;   ///< comparisons: either is a word of a known allocator's state
  bool below_or_trap = false;   ///< comparisons: the function cannot return unless `other` lies below `value`
  bool limit_is_fixed = false;  ///< comparisons: `other` is a number, or may be one where it is not fixed
  bool two_words = false;  ///< stores of 64 bits: aligned as one word is, so that two of them were joined
  bool is_number = false;  ///< calls: the host is given the value in 64 bits, or a table is
};

struct UseRule {
  RuleInfo info;
  Verdict (*applies)(const Use&);
};

[[nodiscard]] std::span<const UseRule> comparison_rules();
[[nodiscard]] std::span<const UseRule> effect_rules();
/// Of what an allocator returns: it is opaque to the program, and these are the uses that show that it
/// is not.
[[nodiscard]] std::span<const UseRule> opaque_rules();

/// Whether a value is 32 bits widened to 64, without a second word: also with a number added or in its low
/// bits, and also where it is so on some path alone.
[[nodiscard]] bool is_widened(const Flow& flow, NodeId id);

/// The first rule of a table that decides the use.
[[nodiscard]] const UseRule& decide(std::span<const UseRule> rules, const Use& use, Verdict& verdict);

/// All of them, with those of the structure of the argument and the models, as they are listed.
[[nodiscard]] std::span<const RuleTable> rule_tables();

}  // namespace heapbump::wasm_ld
