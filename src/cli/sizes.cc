#include "cli/sizes.h"

#include <cctype>
#include <charconv>
#include <limits>
#include <string>

namespace heapbump::cli {

std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t unit) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  std::string suffix;
  for (const char* at = read.ptr; at != text.data() + text.size(); ++at)
    suffix += static_cast<char>(std::toupper(static_cast<unsigned char>(*at)));
  std::uint64_t factor = suffix.empty() ? unit : 1;
  if (!suffix.empty() && suffix != "B") {
    const std::size_t power = std::string_view("KMGT").find(suffix.front());
    const std::string_view rest = std::string_view(suffix).substr(1);
    if (power == std::string_view::npos || (!rest.empty() && rest != "B" && rest != "IB"))
      return std::nullopt;
    factor = std::uint64_t{1} << (10 * (power + 1));
  }
  if (factor != 0 && number > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  return number * factor;
}

}  // namespace heapbump::cli
