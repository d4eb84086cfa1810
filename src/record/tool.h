// What wrote a report or a record: the tool, its version and the version of its rules.
#pragma once

#include <string_view>

#include "base/json.h"

namespace heapbump {

/// The rules a report was made by; raised whenever a detector or the plan decides differently for some
/// module.
inline constexpr int kRulesVersion = 2;

/// "0.2.0"
[[nodiscard]] std::string_view tool_version();
/// {name, version, rules}
[[nodiscard]] Json tool_json();
/// {sha256, size} of a file.
[[nodiscard]] Json file_json(std::string_view sha256, std::uint64_t size);

}  // namespace heapbump
