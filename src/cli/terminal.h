// The terminal that a stream goes to: how wide it is, whether it shows colours and characters beyond ASCII.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heapbump::cli {

/// Columns of the terminal behind this descriptor: COLUMNS, else what the terminal says, else `otherwise`.
/// Between 40 and 200.
[[nodiscard]] std::size_t terminal_width(int descriptor, std::size_t otherwise = 80);
/// Whether LC_ALL, LC_CTYPE or LANG (the first that is set) ask for UTF-8.
[[nodiscard]] bool speaks_utf8();

/// The text in lines of at most `width` columns, each after `indent` spaces but the first. Breaks at spaces;
/// a longer word has a line of its own.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent,
                                  std::size_t at = 0);

}  // namespace heapbump::cli
