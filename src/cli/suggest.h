// "Did you mean": the word of a list that is nearest to one that is in none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heapbump::cli {

/// Insertions, deletions, replacements and swaps of neighbours that make one word of the other (Damerau and
/// Levenshtein, optimal string alignment).
[[nodiscard]] std::size_t distance(std::string_view a, std::string_view b);
/// The nearest word, or the only one that `word` begins; empty where none is near: beyond a third of the
/// word's length.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace heapbump::cli
