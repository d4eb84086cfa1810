// The errno values of WASI preview1 that the host answers with (wasi_snapshot_preview1, typenames `errno`).
#pragma once

#include <cstdint>

namespace heapbump::run::errno_code {

inline constexpr std::uint16_t success = 0;
inline constexpr std::uint16_t acces = 2;
inline constexpr std::uint16_t badf = 8;
inline constexpr std::uint16_t exist = 20;
inline constexpr std::uint16_t fault = 21;
inline constexpr std::uint16_t inval = 28;
inline constexpr std::uint16_t isdir = 31;
inline constexpr std::uint16_t loop = 32;
inline constexpr std::uint16_t noent = 44;
inline constexpr std::uint16_t nosys = 52;
inline constexpr std::uint16_t notdir = 54;
inline constexpr std::uint16_t notsock = 57;
inline constexpr std::uint16_t notsup = 58;
inline constexpr std::uint16_t perm = 63;
inline constexpr std::uint16_t rofs = 69;
inline constexpr std::uint16_t spipe = 70;
inline constexpr std::uint16_t notcapable = 76;

}  // namespace heapbump::run::errno_code
