#include "record/checkpoints.h"

#include <algorithm>

namespace heapbump {
namespace {

constexpr std::uint64_t kMaxCheckpoints = 512;

std::string_view digest_at(const Checkpoints& checkpoints, std::uint64_t index) {
  const std::string_view digests = checkpoints.digests;
  const std::uint64_t at = index * kCheckpointDigits;
  return at < digests.size() ? digests.substr(static_cast<std::size_t>(at), kCheckpointDigits)
                             : std::string_view{};
}

}  // namespace

std::uint64_t checkpoint_distance(std::uint64_t size) {
  std::uint64_t every = kMinCheckpointDistance;
  while (checkpoint_count(size, every) > kMaxCheckpoints) every *= 2;
  return every;
}

Checkpoints take_checkpoints(std::span<const Bytes> pieces, std::uint64_t every, Sha256& hash,
                             PagesUsed* pages) {
  Checkpoints checkpoints{every, {}};
  const auto take = [&] { checkpoints.digests += hash.hex().substr(0, kCheckpointDigits); };
  std::uint64_t room = every;  // bytes up to the next prefix's end
  for (Bytes piece : pieces) {
    while (!piece.empty()) {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>({room, piece.size(), PagesUsed::kBlock}));
      hash.update(piece.first(size));
      if (pages != nullptr) pages->add(size);
      piece = piece.subspan(size);
      room -= size;
      if (room != 0) continue;
      take();
      room = every;
    }
  }
  if (room != every) take();
  return checkpoints;
}

std::optional<FileRange> first_difference(const Checkpoints& checkpoints, std::uint64_t size, Bytes file) {
  Sha256 hash;
  const std::uint64_t common = std::min<std::uint64_t>(size, file.size());
  for (std::uint64_t begin = 0; begin < common; begin += checkpoints.every) {
    const std::uint64_t end = std::min(begin + checkpoints.every, size);
    if (end > file.size()) return FileRange{begin, file.size()};
    hash.update(file.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    if (hash.hex().substr(0, kCheckpointDigits) != digest_at(checkpoints, begin / checkpoints.every))
      return FileRange{begin, end};
  }
  if (size == file.size()) return std::nullopt;
  return FileRange{common, file.size()};
}

}  // namespace heapbump
