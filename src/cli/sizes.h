// Sizes as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace heapbump::cli {

/// Bytes of "65536", "64K", "64KB", "64KiB", "10m", "1G" or "2T": powers of 1024, in any case. A number alone
/// counts units of `unit` bytes. Nothing for any other text, and for what 64 bits do not hold.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t unit = 1);

}  // namespace heapbump::cli
