// SHA-256 of byte ranges, for the record in reports and manifests.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heapbump/bytes.h"

namespace heapbump {

/// Lower-case hexadecimal digest of the pieces, one after the other.
[[nodiscard]] std::string sha256_hex(std::span<const Bytes> pieces);
[[nodiscard]] std::string sha256_hex(Bytes data);

/// Lower-case hexadecimal of bytes, and back; nothing if the text is not an even number of lower-case digits.
[[nodiscard]] std::string to_hex(Bytes data);
[[nodiscard]] std::optional<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace heapbump
