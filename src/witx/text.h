// The text of a description as a tree: lists, words, `$names` and "strings". The reader keeps a stack of its
// own, so no depth of the input reaches the stack of the machine; depth, nodes and bytes are bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace heapbump::witx {

inline constexpr std::size_t kMaxTextBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMaxNodes = 200'000;
inline constexpr std::size_t kMaxDepth = 64;

struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;  ///< in bytes
};

struct Node {
  enum class Kind : std::uint8_t { list, word, name, string };
  Kind kind = Kind::list;
  std::string text;  ///< a name without its `$`, a string without its quotes
  Position at;
  std::vector<Node> items;  ///< of a list

  [[nodiscard]] bool is_word(std::string_view word) const { return kind == Kind::word && text == word; }
  /// Whether it is a list that begins with these words.
  [[nodiscard]] bool starts(std::string_view first, std::string_view second = {}) const;
};

/// kBadDescription: NAME:LINE:COLUMN: message
[[nodiscard]] std::unexpected<Error> fail_in(std::string_view file, Position at, const std::string& message);

/// The lists of the outermost level. `file`: for messages. Errors: kBadDescription.
[[nodiscard]] Result<std::vector<Node>> read_text(std::string_view file, std::string_view text);

}  // namespace heapbump::witx
