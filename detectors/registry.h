// The detectors, in the order they are asked. A detector reads facts and returns a finding; it edits nothing.
// To add one: a folder, its header included here, and a row in registry.cc (docs/tutorial.md).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/program.h"
#include "analysis/rule.h"
#include "detectors/go/detector.h"
#include "detectors/tinygo/detector.h"
#include "detectors/wasm_ld/detector.h"

namespace heapbump {

struct Detector {
  std::string_view name;
  std::string_view help;  ///< one line for `heapbump detectors`
  /// Nothing: not this toolchain's module. A finding with refusals: its module, but nothing can be reserved,
  /// and why. Errors are for modules that cannot be read on (malformed code, work limits).
  Result<std::optional<Finding>> (*detect)(WholeProgram& program);
  /// The tables that it decides by; nullptr while it has none.
  std::span<const RuleTable> (*rule_tables)() = nullptr;
  /// Knows no runtime in particular, so it is not asked where one that does is sure.
  bool general = false;
};

[[nodiscard]] std::span<const Detector> all_detectors();

/// A rule, the table it is in and the detector that the table is of.
struct ListedRule {
  const Detector* detector = nullptr;
  const RuleTable* table = nullptr;
  const RuleInfo* info = nullptr;
};
/// Every rule of every detector, in the order in which they are asked.
[[nodiscard]] std::vector<ListedRule> all_rules();

}  // namespace heapbump
