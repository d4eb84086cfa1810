// Names of the values of an enum that counts from 0, as one table in its order. The invariant: a table has a
// name for each value up to the last, which the caller names.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace heapbump {

///   std::string_view to_string(Role value) { return name_of<Role::unrelated>(value, {"heap-start", ...}); }
template <auto kLast, std::size_t N>
[[nodiscard]] constexpr std::string_view name_of(decltype(kLast) value, const std::string_view (&names)[N]) {
  static_assert(N == static_cast<std::size_t>(kLast) + 1, "one name for each value");
  return names[static_cast<std::size_t>(value)];
}

/// The value that to_string gives that name.
template <auto kLast>
[[nodiscard]] std::optional<decltype(kLast)> value_named(std::string_view name) {
  using Enum = decltype(kLast);
  for (std::size_t i = 0; i <= static_cast<std::size_t>(kLast); ++i)
    if (to_string(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace heapbump
