// What the files that hold TinyGo's tables share (start_rules.cc, rules.cc, near_rules.cc, place_rules.cc,
// memory_rules.cc); rules.h has the subjects. The invariant: a table is only asked through `ask`, so a
// verdict names the rule that gave it.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "detectors/tinygo/rules.h"

namespace heapbump::tinygo {

/// Asks a table, and writes the rule that decided into the verdict.
template <typename Subject, std::size_t N>
[[nodiscard]] std::optional<Verdict> ask(
    const std::array<Rule<std::optional<Verdict>, Subject, Shapes>, N>& table, const Subject& subject,
    Shapes& shapes) {
  auto decided = first_decision(table, subject, shapes);
  if (!decided) return std::nullopt;
  decided->first.rule = decided->second;
  return std::move(decided->first);
}

template <typename Subject>
using VerdictRule = Rule<std::optional<Verdict>, Subject, Shapes>;

[[nodiscard]] inline std::optional<Verdict> refused(const char* why) {
  return Verdict{Use::unknown, why, {}};
}

/// The sum or difference that a user makes of a value.
[[nodiscard]] inline std::optional<Value> sum_made(const Value& value, const User& user) {
  const Value sum{value.flow, user.index};
  if (user.is_effect || !(sum.is_binary(op::i32_add) || sum.is_binary(op::i32_sub))) return std::nullopt;
  return sum;
}

/// In the order in which they are listed.
[[nodiscard]] std::span<const RuleTable> start_rule_tables();
[[nodiscard]] std::span<const RuleTable> near_rule_tables();
[[nodiscard]] std::span<const RuleTable> place_rule_tables();

}  // namespace heapbump::tinygo
