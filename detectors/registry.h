// The detectors, in the order they are asked. A detector reads facts and returns a finding; it edits nothing.
// To add one: a file in this folder and one line in registry.cc (see README.md here).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "record/finding.h"
#include "wasm/module.h"

namespace heapbump {

struct Detector {
  std::string_view name;
  std::string_view help;  ///< one line for `heapbump detectors`
  /// Nothing: not this toolchain's module. A finding with refusals: its module, but nothing can be reserved,
  /// and why. Errors are for modules that cannot be read on (malformed code, work limits).
  Result<std::optional<Finding>> (*detect)(const Module& module);
};

[[nodiscard]] std::span<const Detector> all_detectors();

// One line a detector; each is defined in its own file.
[[nodiscard]] Result<std::optional<Finding>> detect_go(const Module& module);
[[nodiscard]] Result<std::optional<Finding>> detect_tinygo(const Module& module);
[[nodiscard]] Result<std::optional<Finding>> detect_wasm_ld(const Module& module);

}  // namespace heapbump
