// How the library makes and passes on errors. The type itself is public: heapbump/error.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "heapbump/error.h"

namespace heapbump {

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
