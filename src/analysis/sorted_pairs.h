// Sorts what a pass over code has listed: pairs of a number and the function it is in, whose functions
// come ascending. The invariant: the order is that of std::sort; the time is linear in the list's length,
// since a large module has millions of such pairs.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace heapbump {

/// `pairs` ascend by function. Takes as much memory again while it runs.
inline void sort_by_number(std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
  constexpr std::size_t kShort = 4096;  // for these a comparing sort is as quick
  constexpr unsigned kBits = 11;        // of a number in one round: its counts stay in the first cache
  constexpr std::uint32_t kMask = (1U << kBits) - 1;
  if (pairs.size() < kShort) {
    std::ranges::sort(pairs);
    return;
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> other(pairs.size());
  for (unsigned shift = 0; shift < 32; shift += kBits) {
    std::array<std::size_t, kMask + 1> place{};
    for (const auto& pair : pairs) ++place[pair.first >> shift & kMask];
    std::size_t before = 0;
    for (std::size_t& count : place) before += std::exchange(count, before);
    for (const auto& pair : pairs) other[place[pair.first >> shift & kMask]++] = pair;
    pairs.swap(other);
  }
}

}  // namespace heapbump
