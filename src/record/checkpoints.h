// Where a file was changed after it was written: SHA-256 of each of its prefixes, cut to four bytes each,
// taken while the whole file is hashed, so that they cost next to nothing. They only say where; that nothing
// changed is for the whole hash to say. There are at most 512 of them, whatever the file's size.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/pages.h"
#include "base/sha256.h"

namespace heapbump {

struct Checkpoints {
  std::uint64_t every =
      0;                ///< bytes from one prefix to the next, a power of two; the last prefix is the whole
  std::string digests;  ///< of each prefix, kCheckpointDigits lower-case hexadecimal digits
  bool operator==(const Checkpoints&) const = default;
};

/// A range of file offsets.
struct FileRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

inline constexpr std::size_t kCheckpointDigits = 8;
inline constexpr std::uint64_t kMinCheckpointDistance = 1024;  ///< bytes

/// The distance, in bytes, for a file of `size` bytes.
[[nodiscard]] std::uint64_t checkpoint_distance(std::uint64_t size);
/// How many prefixes a file of `size` bytes has.
[[nodiscard]] constexpr std::uint64_t checkpoint_count(std::uint64_t size, std::uint64_t every) {
  return size / every + (size % every != 0 ? 1 : 0);
}

/// Feeds the pieces, one after the other, to `hash`, which is new, and takes the prefixes' digests on the
/// way.
[[nodiscard]] Checkpoints take_checkpoints(std::span<const Bytes> pieces, std::uint64_t every, Sha256& hash,
                                           PagesUsed* pages = nullptr);

/// The range of `file` in which its first difference lies to a file of `size` bytes with these checkpoints:
/// one block of it, or what was appended. Nothing if no difference is seen. An empty range: the file ends
/// there before its time.
[[nodiscard]] std::optional<FileRange> first_difference(const Checkpoints& checkpoints, std::uint64_t size,
                                                        Bytes file);

}  // namespace heapbump
