// What the C interface hands out: one object that holds the bytes of an answer, or the error in its place. A
// verb is a function that fills it; `answer` runs one, so that no exception and no missing memory leaves the
// interface in another way than as a result.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "heapbump.h"
#include "heapbump/error.h"

struct heapbump_result {
  int exit_code = 0;
  std::string code;
  std::string message;
  std::optional<std::uint64_t> offset;
  std::vector<std::byte> module;
  std::vector<std::byte> component;
  std::string manifest;
  std::string report;
};

namespace heapbump::c {

/// Sets the error, and keeps what else the result holds.
void set_error(heapbump_result& result, const Error& error);
/// The report as the program writes it to a file: with its verb, and a line end.
void set_report(heapbump_result& result, Json report, std::string_view verb);

/// The bytes of a caller, who may give null for none.
[[nodiscard]] std::span<const std::byte> bytes_of(const void* data, std::size_t size);
[[nodiscard]] std::string_view text_of(const char* data, std::size_t size);

inline constexpr std::size_t kMaxOptions = 4096;  ///< bytes; a greater struct_size was never set

/// The caller's options as this library knows them: what the caller's structure does not have is zero. What
/// this library does not know must be zero, since it would not be done. Errors: kUsage.
template <typename Options>
Result<Options> read_options(const Options* given) {
  Options options{};
  if (given == nullptr) return options;
  if (given->struct_size < sizeof(std::size_t) || given->struct_size > kMaxOptions)
    return std::unexpected(Error{Code::kUsage, "struct_size of the options is not set"});
  const auto* from = reinterpret_cast<const std::byte*>(given);
  const std::byte* end = from + given->struct_size;
  const std::byte* known = from + std::min(given->struct_size, sizeof(Options));
  if (std::any_of(known, end, [](std::byte b) { return b != std::byte{0}; }))
    return std::unexpected(
        Error{Code::kUsage, "the options ask for what this version of the library does not have"});
  std::copy(from, known, reinterpret_cast<std::byte*>(&options));
  return options;
}

/// The result of one verb; never null. `verb` returns an Error, or has filled the result.
using Verb = Status (*)(heapbump_result& result, const void* arguments);
[[nodiscard]] heapbump_result* answer(Verb verb, const void* arguments) noexcept;
void release(heapbump_result* result) noexcept;

/// As above, for a verb that is a lambda.
template <typename Function>
heapbump_result* answer(const Function& verb) noexcept {
  return answer([](heapbump_result& result,
                   const void* function) { return (*static_cast<const Function*>(function))(result); },
                &verb);
}

}  // namespace heapbump::c
