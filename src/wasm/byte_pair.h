// Where two given bytes are one after the other: what every encoding of a large constant has in it, so
// bodies without them need not be decoded. Sixteen places at a time where the processor can; the plain search
// beside it gives the same answers, and tests hold one against the other.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace heapbump {

/// The first place in [at, end) where `first` is and `second` follows; nullptr if there is none.
[[nodiscard]] inline const char* find_pair_plainly(const char* at, const char* end, char first, char second) {
  while (end - at >= 2) {
    at = static_cast<const char*>(std::memchr(at, first, static_cast<std::size_t>(end - at - 1)));
    if (at == nullptr || at[1] == second) return at;
    ++at;
  }
  return nullptr;
}

[[nodiscard]] inline const char* find_pair(const char* at, const char* end, char first, char second) {
#if defined(__SSE2__)
  constexpr std::ptrdiff_t kPlaces = 16;
  const __m128i wanted_first = _mm_set1_epi8(first), wanted_second = _mm_set1_epi8(second);
  for (; end - at > kPlaces; at += kPlaces) {
    const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i after = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 1));
    const __m128i both =
        _mm_and_si128(_mm_cmpeq_epi8(here, wanted_first), _mm_cmpeq_epi8(after, wanted_second));
    if (const int found = _mm_movemask_epi8(both); found != 0)
      return at + std::countr_zero(static_cast<unsigned>(found));
  }
#endif
  return find_pair_plainly(at, end, first, second);
}

}  // namespace heapbump
