// Changes a module as a module: whole sections, LEB128 integers, words of data, memory limits, with the
// section sizes kept true, so that what lies behind the outermost checks is reached.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heapbump::fuzz {

using BlindMutator = std::size_t (*)(std::uint8_t* data, std::size_t size, std::size_t max_size);

/// Changes `data` in place and returns its new size. `blind` changes the bytes of one section.
std::size_t mutate_module(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                          BlindMutator blind);

}  // namespace heapbump::fuzz
