// What a program that is run for `verify --run` gets to see, and the limits it runs under. Everything is
// given: no clock, no randomness and no file of the machine reaches the program, so the same request has the
// same answer anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heapbump::run {

struct HostOptions {
  std::vector<std::string> arguments;    ///< argv, the program's name first
  std::vector<std::string> environment;  ///< "NAME=value"
  std::string standard_input;
  std::optional<std::string> folder;  ///< host folder that the program sees, read-only, as "/"
  std::uint64_t random_seed = 1;
};

struct Limits {
  std::uint64_t instructions = 20'000'000'000;  ///< of the embedded engine
  std::uint32_t seconds = 300;                  ///< wall clock, for each run
  std::uint64_t memory_bytes = 2ULL << 30;   ///< address space above what the process has when the run starts
  std::uint64_t output_bytes = 64ULL << 20;  ///< all bytes that the program hands to the host
  std::uint64_t host_calls = 4'000'000;
};

/// What the region holds before the program's first instruction, and must hold after each host call.
struct Canary {
  std::uint32_t base = 0;
  std::uint32_t size = 0;
  std::uint64_t seed = 0;  ///< of a pattern; kZeros: the zeros that memory begins with
};
inline constexpr std::uint64_t kZeros = 0;

[[nodiscard]] constexpr std::uint64_t mix(
    std::uint64_t x) {  // splitmix64's finaliser (public domain constants)
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

/// The pattern's byte at `index` of the region.
[[nodiscard]] constexpr std::uint8_t canary_byte(std::uint64_t seed, std::uint64_t index) {
  return static_cast<std::uint8_t>(mix(seed ^ (index / 8)) >> (8 * (index % 8)));
}

}  // namespace heapbump::run
