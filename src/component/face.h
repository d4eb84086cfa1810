// What a module shows to whoever makes a component of it: its imports by module, how it is started, which
// adapter fits, and everything that is in the way, reported before any work is done. Only imports, exports,
// types and memories are read, so a module whose heap cannot be found has a face as well. `Blocker::stops`
// is "component" exactly where `component` would refuse the module whatever its strategy.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "heapbump/error.h"
#include "wasm/outline.h"

namespace heapbump {

struct ImportedModule {
  std::string_view name;
  std::uint64_t count = 0;   ///< imports of any kind
  std::uint64_t served = 0;  ///< of them, host calls that a preview1 adapter or the adapter apart answers
};

/// command: it exports `_start`. start: it has a start function and no `_start`. reactor: it exports
/// functions for its host. none: nothing of it can be called.
enum class Entry : std::uint8_t { command, start, reactor, none };
[[nodiscard]] std::string_view to_string(Entry entry);

/// What a blocker keeps from being made. relocation: a component whose adapter lives in a reserved region, so
/// `component` puts the adapter apart. apart: the other way round. component: any.
enum class Stops : std::uint8_t { component, relocation, apart };
[[nodiscard]] std::string_view to_string(Stops stops);

struct Blocker {
  Stops stops = Stops::component;
  Error error;
};

struct Face {
  std::vector<ImportedModule> imports;  ///< in order of appearance
  Entry entry = Entry::none;
  std::string_view adapter;  ///< "command" or "reactor"; empty: nothing in it asks for an adapter
  std::vector<Blocker> blockers;

  [[nodiscard]] bool stops(Stops what) const;
};

/// What speaks against a region before the heap is looked at, where a module has no component types.
enum class Obstacle : std::uint8_t { preview0, start_function, reactor };
/// "it is a reactor, ..."
[[nodiscard]] std::string_view sentence(Obstacle obstacle);
/// All that there are, the most telling first.
[[nodiscard]] std::vector<Obstacle> obstacles_to_relocation(const Outline& outline);

[[nodiscard]] Face read_face(const Outline& outline);

}  // namespace heapbump
