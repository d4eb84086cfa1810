// The stand-in: a core module that takes the program's place when the adapter is given its memory. It imports
// the host calls and exports each again, and owns the memory in which the adapter lives. In that memory:
//   page 0   nothing of an adapter's (it takes address 0 for "none"); what a call gets through a null pointer
//   page 1   the adapter's State       both handed out by cabi_realloc_adapter, see adapters/shim.h
//   page 2   the adapter's stack
//   page 3   the bridge's scratch: pairs, results, and from `room` on what is copied; it may grow
// With more adapters than that of preview1, each has two more pages, and the scratch begins behind them.
// Its `_start` calls through a table of one entry, which the fixup fills with the program's.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "component/calls.h"
#include "record/manifest.h"

namespace heapbump {

inline constexpr std::uint32_t kScratchPart = 0x10000;  ///< bytes that have room in the scratch at all times
inline constexpr std::uint32_t kMostAdapters = 16;
/// Addresses in a stand-in's memory.
struct Scratch {
  std::uint32_t pair;  ///< (pointer, length) of one buffer
  std::uint32_t out;   ///< up to 8 results of 64 bytes each
  std::uint32_t room;  ///< what is copied, of any length
};
[[nodiscard]] Scratch stand_in_scratch(std::uint32_t adapters);

inline constexpr std::string_view kStandInName = "heapbump stand-in";

/// A host call of some interface: the module name of its imports, and the call.
struct Service {
  std::string module;
  const HostCall* call = nullptr;
};

/// Where the adapters' slots are in the stand-in's memory, two each.
[[nodiscard]] Region stand_in_region(std::uint32_t adapters);
/// Bytes of the stand-in's memory at its start.
[[nodiscard]] std::uint64_t stand_in_memory(std::uint32_t adapters);

/// Names of what the stand-in exports for the bridge and the fixup.
namespace stand_in {
inline constexpr std::string_view load8 = "heapbump.load8", load64 = "heapbump.load64",
                                  store8 = "heapbump.store8", store64 = "heapbump.store64",
                                  reserve = "heapbump.reserve", table = "heapbump.start";
/// The name under which a service is exported again.
[[nodiscard]] std::string name_of(const Service& service);
}  // namespace stand_in

/// `command`: it exports `_start`, as the command adapter wants it.
[[nodiscard]] std::vector<std::byte> make_stand_in(std::span<const Service> services, bool command,
                                                   std::uint32_t adapters = 1);

/// All of preview1: what the shipped stand-ins serve.
[[nodiscard]] std::vector<Service> all_services();

}  // namespace heapbump
