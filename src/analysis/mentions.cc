#include "analysis/mentions.h"

namespace heapbump {

std::set<std::uint32_t> Mentions::of_numbers(std::uint32_t first, std::uint32_t last) const {
  const auto functions = index_.numbers(first, last);
  return {functions.begin(), functions.end()};
}

std::set<std::uint32_t> Mentions::of_global(std::uint32_t global) const {
  const auto readers = index_.readers_of_global(global), writers = index_.writers_of_global(global);
  std::set<std::uint32_t> functions(readers.begin(), readers.end());
  functions.insert(writers.begin(), writers.end());
  return functions;
}

}  // namespace heapbump
