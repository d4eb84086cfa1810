#include "base/error.h"

#include <algorithm>
#include <array>

namespace heapbump {
namespace {

constexpr auto kCodes = std::to_array<CodeInfo>({
#define HEAPBUMP_CODE(name, number, summary, explanation) {Code::name, "HB0" #number, summary, explanation},
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
