// An engine that instantiates a module in one go runs its start function before the host has seen the memory.
// The same module with the start function as one more export, and no start section, gives the host the time
// between. Nothing else changes: no code moves, so a trap is where it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace heapbump::run {

struct StartedLater {
  std::vector<std::byte> module;
  std::string name;       ///< of the new export; no other export has it
  bool imported = false;  ///< the start function is an import: no engine of ours calls it
};

/// Nothing where the module has no start function, or its outline cannot be read: the engine says why.
[[nodiscard]] std::optional<StartedLater> start_later(Bytes module);

}  // namespace heapbump::run
