// The functions inside a bridge that all its calls use, and the indices of what it imports. See bridge.h.
#pragma once

#include <map>
#include <string>

#include "component/stand_in.h"

namespace heapbump {

struct BridgeFunctions {
  Scratch scratch{};  ///< in the stand-in's memory
  // Of the stand-in.
  std::uint32_t load8 = 0, load64 = 0, store8 = 0, store64 = 0, reserve = 0;
  std::map<std::string, std::uint32_t, std::less<>> services;  ///< by stand_in::name_of
  // Of the bridge. Addresses are of the program's memory unless they are called `at`, which is the
  // stand-in's.
  std::uint32_t touch = 0;        ///< (address, length): traps unless all of it is inside the memory
  std::uint32_t touch_array = 0;  ///< (address, count, element size): the same
  std::uint32_t copy_in = 0;      ///< (address, at, length)
  std::uint32_t copy_out = 0;     ///< (at, address, length)
  // Of described calls alone: (at, value), (at) -> value, (address, count, size) -> whether it is inside.
  std::uint32_t store32 = 0, load32 = 0, inside = 0;
  std::uint32_t room = 0;  ///< (at, length) -> where what follows goes, 8-aligned; 0 if there is no room
};

/// Adds them to a module whose imports are complete and whose memory is the program's.
void add_bridge_helpers(emit::ModuleBuilder& module, BridgeFunctions& functions);

}  // namespace heapbump
