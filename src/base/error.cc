#include "base/error.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace heapbump {
namespace {

constexpr auto kCodes = std::to_array<CodeInfo>({
#define HEAPBUMP_CODE(name, number, summary, explanation, remedy) \
  {Code::name, "HB0" #number, summary, explanation, remedy},
#include "heapbump/codes.def"
#undef HEAPBUMP_CODE
});

static_assert(std::ranges::is_sorted(kCodes, {}, &CodeInfo::code), "codes.def is kept in ascending order");

}  // namespace

std::span<const CodeInfo> all_codes() {
  return kCodes;
}

const CodeInfo& code_info(Code code) {
  const auto found = std::ranges::lower_bound(kCodes, code, {}, &CodeInfo::code);
  return *found;
}

std::optional<std::uint64_t> offset_in(std::string_view text) {
  static constexpr std::string_view kMark = "file offset 0x";
  const std::size_t mark = text.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  text.remove_prefix(mark + kMark.size());
  std::uint64_t offset = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), offset, 16);
  return read.ec == std::errc() ? std::optional(offset) : std::nullopt;
}

std::optional<std::uint64_t> place_of(const Error& error) {
  return error.offset ? error.offset : offset_in(error.message);
}

std::string hex(std::uint64_t value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  do {
    digits.insert(digits.begin(), kDigits[value & 0xf]);
    value >>= 4;
  } while (value != 0);
  return "0x" + digits;
}

}  // namespace heapbump
