// Names as they are repeated in findings, messages and reports. A file can hold one name of its own size, and
// a report would say it once for each of a thousand places, so only a name's front is kept.
#pragma once

#include <cstddef>
#include <string_view>

namespace heapbump {

inline constexpr std::size_t kMostShown = 1000;  // bytes

/// The first 1000 bytes of a name, and no part of a character.
[[nodiscard]] inline std::string_view shown(std::string_view name) {
  if (name.size() <= kMostShown) return name;
  std::size_t end = kMostShown;
  while (end != 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  return name.substr(0, end);
}

}  // namespace heapbump
