// Text that comes from files (names, imports, producers, paths) as it may go to a terminal. A module can name
// its functions as it likes, so no such text may move the cursor, change colours, start a line of its own,
// turn the direction of writing, or fill the screen. Every message goes through here; JSON does not, as it
// escapes by itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heapbump {

/// The text with every byte that is not part of a visible character as \xNN: control characters (C0, DEL and
/// C1), line and paragraph separators, marks of writing direction, and what is not UTF-8. Beyond 4096 bytes
/// it ends in "...". The result is valid UTF-8 on one line.
[[nodiscard]] std::string printable(std::string_view text);

/// JSON text in which no such character occurs as it is: each becomes \uNNNN, which means the same (RFC 8259,
/// section 7). The text must be valid UTF-8.
[[nodiscard]] std::string printable_json(std::string_view json);

/// "1,234,567"
[[nodiscard]] std::string grouped(std::uint64_t value);

}  // namespace heapbump
