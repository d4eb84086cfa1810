// Counts what is allocated by operator new in this binary, wabt's and the JSON reader's included.
#pragma once

#include <cstddef>

namespace heapbump::counting {

[[nodiscard]] std::size_t held_now();  ///< bytes
void start();                          ///< forgets the peak and the number of allocations
[[nodiscard]] std::size_t peak();      ///< most bytes held at once since start(), above what was held then
[[nodiscard]] std::size_t allocations();

}  // namespace heapbump::counting
