#include "base/printable.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace heapbump {
namespace {

constexpr std::size_t kLongest = 4096;  // bytes

struct Character {
  char32_t value = 0;
  std::size_t size = 0;  ///< bytes
};

bool continues(unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

/// The UTF-8 character at the front; nothing if the bytes are none (RFC 3629, section 4).
std::optional<Character> first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return Character{lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return std::nullopt;
  char32_t value = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if (!continues(next)) return std::nullopt;
    value = (value << 6U) | (next & 0x3fU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kLeast[size] || value > 0x10ffff || surrogate) return std::nullopt;
  return Character{value, size};
}

/// Whether a character only does something to the text around it (Unicode: Cc, Zl, Zp and the marks of UAX
/// 9).
bool is_control(char32_t c) {
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return true;
  if (c == 0x061c || c == 0x200e || c == 0x200f) return true;
  return (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void append_escaped(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size() && at < kLongest) {
    const auto character = first_character(text.substr(at));
    const std::string_view bytes = text.substr(at, character ? character->size : 1);
    if (character && !is_control(character->value))
      out += bytes;
    else
      append_escaped(out, bytes);
    at += bytes.size();
  }
  if (at < text.size()) out += "...";
  return out;
}

std::string printable_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const auto character = first_character(json.substr(at));
    const std::string_view bytes = json.substr(at, character ? character->size : 1);
    at += bytes.size();
    if (!character || character->value < 0x7f || !is_control(character->value)) {
      out += bytes;
      continue;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(character->value >> shift) & 15U];
  }
  return out;
}

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t i = digits.size(); i > 3; i -= 3)
    digits.insert(digits.begin() + static_cast<std::ptrdiff_t>(i) - 3, ',');
  return digits;
}

}  // namespace heapbump
