// A small JSON value for reports and manifests, so that the rest of the library does not depend on a JSON
// library. Objects keep their keys sorted, so the same content always prints as the same bytes. Parsing
// treats its input as hostile: size and depth are bounded, duplicate keys are refused.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace heapbump {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(unsigned value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::int64_t value) : value_(value) {}
  /// Values above 2^63 - 1 do not occur in reports (file offsets, addresses, pages).
  Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  static Json object(std::initializer_list<std::pair<const std::string, Json>> members) {
    return Json(Object(members));
  }
  static Json array() { return Json(Array{}); }
  /// An array with what `make` gives for each item, or the items themselves.
  template <typename Range, typename Make>
  static Json list(const Range& items, Make make) {
    Array out;
    for (const auto& item : items) out.push_back(make(item));
    return Json(std::move(out));
  }
  template <typename Range>
  static Json list(const Range& items) {
    return list(items, [](const auto& item) {
      if constexpr (std::is_constructible_v<Json, decltype(item)>)
        return Json(item);
      else
        return to_json(item);
    });
  }
  /// null where the optional is empty
  template <typename T>
  static Json optional(const T& value) {
    return value ? Json(*value) : Json();
  }

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const std::int64_t* as_integer() const { return std::get_if<std::int64_t>(&value_); }
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* as_object() const { return std::get_if<Object>(&value_); }
  /// The member of that name; nullptr if this is no object or has no such member.
  [[nodiscard]] const Json* find(std::string_view key) const;

  Json& operator[](std::string key);  ///< of an object (null becomes one)
  void push_back(Json element);       ///< of an array (null becomes one)

  bool operator==(const Json& other) const;

  /// Text with sorted keys; indent < 0 gives one line. Bytes that are not UTF-8 are replaced.
  [[nodiscard]] std::string dump(int indent = 2) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> value_;
};

inline constexpr std::size_t kMaxJsonBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMaxJsonValues =
    200'000;  ///< in one document: each costs far more than its two bytes
inline constexpr int kMaxJsonDepth = 32;

/// Errors: kBadJson, with the byte offset in `text`; numbers that are not 64-bit signed integers are refused
/// too.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

}  // namespace heapbump
