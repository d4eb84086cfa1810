// The linker's own record of where addresses stand, kept by --emit-relocs: the `linking` section's symbols
// and the `reloc.*` sections. It is believed only as a whole: every entry must point at an immediate or word
// that holds exactly the symbol's value plus the addend, since tools that rewrite a module often keep these
// sections without updating them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "heapbump/detect.h"
#include "wasm/module.h"

namespace heapbump {

/// One relocated address in the file.
struct Relocation : Occurrence {
  std::string_view symbol;
  std::int64_t addend = 0;
};

struct Relocations {
  std::vector<Relocation> addresses;       ///< every relocated linear-memory address, in file order
  std::optional<std::uint64_t> heap_base;  ///< value of __heap_base
  std::optional<std::uint64_t> heap_end;   ///< value of __heap_end
  std::string_view stale;                  ///< not empty: why the sections are not believed
};

/// Nothing if the module carries no relocations (or malformed ones: they are a help, never needed).
[[nodiscard]] std::optional<Relocations> read_relocations(const Module& module, Budget& budget);

}  // namespace heapbump
