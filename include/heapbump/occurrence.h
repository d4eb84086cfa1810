// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A number at a place in the file: an immediate in code, a global's initial value, or a word of the initial
// memory. Every part of heapbump that looks for a number, follows it or changes it names the place in this
// way. An occurrence is a fact about the file; what it is for is decided elsewhere (Site).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace heapbump {

enum class OccurrenceKind : std::uint8_t {
  i32_const,      ///< SLEB128 immediate of an i32.const in code
  i64_const,      ///< SLEB128 immediate of an i64.const in code
  memarg_offset,  ///< ULEB128 offset immediate of a load or store
  data_word32,    ///< little-endian word in the image of the active data segments
  data_word64,
  global_init,  ///< SLEB128 immediate of an i32.const or i64.const that initialises a global
};

struct Occurrence {
  OccurrenceKind kind = OccurrenceKind::i32_const;
  std::uint64_t file_offset = 0;  ///< of the immediate's (or word's) first byte; for a data word that lies
                                  ///< partly outside any segment, of the first byte that is in the file
  unsigned width = 0;             ///< bytes in the file
  std::uint32_t address = 0;      ///< linear-memory address, for data words only
  std::optional<std::uint32_t> function;  ///< function index in the module's index space, in code only
  std::int64_t value = 0;                 ///< as it is in the file, sign-extended
};

[[nodiscard]] std::string_view to_string(OccurrenceKind value);

}  // namespace heapbump
