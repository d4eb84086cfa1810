// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every function returns when it cannot answer: a diagnostic code, the file offset it is about, and a
// sentence that says what is wrong and what to do.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heapbump {

/// One diagnostic. The hundreds of its number are the process exit code: HB03xx exits with 3.
enum class Code : std::uint16_t {
#define HEAPBUMP_CODE(name, number, summary, explanation, remedy) name = number,
#include "heapbump/codes.def"
#undef HEAPBUMP_CODE
};

struct CodeInfo {
  Code code;
  std::string_view name;  ///< "HB0301"
  std::string_view summary;
  std::string_view explanation;  ///< what it means
  std::string_view remedy;       ///< what to do
};

/// All diagnostics, in ascending order.
[[nodiscard]] std::span<const CodeInfo> all_codes();
[[nodiscard]] const CodeInfo& code_info(Code code);
[[nodiscard]] constexpr int exit_code(Code code) {
  return static_cast<int>(code) / 100;
}

struct Error {
  Code code = Code::kInternal;
  std::string message;
  std::optional<std::uint64_t> offset = {};  ///< file offset in the input, where there is one
  /// Id of the rule that refused (docs/rules.md), in static storage; empty where none did.
  std::string_view rule = {};
  /// Name of the strategy that it speaks against, in static storage; empty where it is against all.
  std::string_view strategy = {};
  /// The single reasons, where there are several: one for each strategy that was tried, or all that a
  /// detector found in the way. Empty where `message` is the only one.
  std::vector<Error> causes = {};
};

/// Where in the file an error is: its offset, or the first file offset that its message names.
[[nodiscard]] std::optional<std::uint64_t> place_of(const Error& error);
/// As place_of, for a text alone: "... at file offset 0x412a".
[[nodiscard]] std::optional<std::uint64_t> offset_in(std::string_view text);

template <typename T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

}  // namespace heapbump
