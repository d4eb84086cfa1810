// What every room returns when it cannot answer: a diagnostic code, the file offset it is about, and a
// sentence that says what is wrong and what to do. The library never prints, throws across its face, or
// exits.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace heapbump {

/// One diagnostic. The hundreds of its number are the process exit code: HB03xx exits with 3.
enum class Code : std::uint16_t {
#define HEAPBUMP_CODE(name, number, summary, explanation) name = number,
#include "heapbump/codes.def"
#undef HEAPBUMP_CODE
};

struct CodeInfo {
  Code code;
  std::string_view name;  ///< "HB0301"
  std::string_view summary;
  std::string_view explanation;
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
  std::optional<std::uint64_t> offset;  ///< file offset in the input, where there is one
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message), std::nullopt});
}
[[nodiscard]] inline std::unexpected<Error> fail_at(Code code, std::uint64_t offset, std::string message) {
  return std::unexpected(Error{code, std::move(message), offset});
}

/// "0x1f" in lower case, without leading zeros.
[[nodiscard]] std::string hex(std::uint64_t value);

}  // namespace heapbump

// Propagates an error out of the enclosing function; the reason it is a macro is that C++23 has no `?`
// operator.
#define HEAPBUMP_CONCAT_(a, b) a##b
#define HEAPBUMP_CONCAT(a, b) HEAPBUMP_CONCAT_(a, b)
#define HEAPBUMP_TRY_(result, declaration, expression)            \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = *std::move(result)
/// HEAPBUMP_TRY(const auto count, cursor.read_u32("count"));
#define HEAPBUMP_TRY(declaration, expression) \
  HEAPBUMP_TRY_(HEAPBUMP_CONCAT(heapbump_result_, __LINE__), declaration, expression)
/// HEAPBUMP_CHECK(do_it()); for a Status
#define HEAPBUMP_CHECK(expression)                                \
  do {                                                            \
    if (auto heapbump_status = (expression); !heapbump_status)    \
      return std::unexpected(std::move(heapbump_status).error()); \
  } while (false)
