// The second half of TinyGo's rules: numbers near the heap base, words of data, globals, access offsets and
// dead code. rules.h has their subjects; this header is for the two files that hold the tables.
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

[[nodiscard]] std::span<const RuleTable> place_rule_tables();

}  // namespace heapbump::tinygo
