#include "cli/suggest.h"

#include <algorithm>

namespace heapbump::cli {
namespace {

constexpr std::size_t kLongest = 64;  // a longer word is no mistyped verb or option

}  // namespace

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> steps(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        steps[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      steps[i][j] = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
    }
  }
  return steps[a.size()][b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& words) {
  if (word.size() > kLongest) return "";
  const auto begins = [&](const std::string& candidate) { return candidate.starts_with(word); };
  if (word.size() > 2 && std::ranges::count_if(words, begins) == 1)
    return *std::ranges::find_if(words, begins);
  std::string best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : words) {
    if (candidate.size() > kLongest) continue;
    const std::size_t far = distance(word, candidate);
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

}  // namespace heapbump::cli
