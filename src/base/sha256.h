// SHA-256 of byte ranges, for the record in reports and manifests.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace heapbump {

/// A hash that is fed piece by piece, and can tell the digest of what it has been fed so far at any time.
class Sha256 {
 public:
  Sha256();
  void update(Bytes data);
  /// Lower-case hexadecimal.
  [[nodiscard]] std::string hex() const;

 private:
  struct State;  // third_party/bitcoin_sha256's
  struct Free {
    void operator()(State* state) const;
  };
  std::unique_ptr<State, Free> state_;
};

/// Lower-case hexadecimal digest of the pieces, one after the other.
[[nodiscard]] std::string sha256_hex(std::span<const Bytes> pieces);
[[nodiscard]] std::string sha256_hex(Bytes data);

/// Lower-case hexadecimal of bytes, and back; nothing if the text is not an even number of lower-case digits.
[[nodiscard]] std::string to_hex(Bytes data);
[[nodiscard]] std::optional<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace heapbump
