// The bridge: the one module that sees both memories. Memory 0 is the program's; the stand-in's is reached
// through functions that the stand-in exports. Each of its functions has the type of the host call that the
// program imports: it copies what the call reads into the stand-in's memory, calls the stand-in's, and copies
// back what the call wrote. Invariants of every generated function:
//   - it reads and writes no byte of the program's memory but those that the call may read and write;
//   - a buffer that is not wholly inside the program's memory traps before the call is made, as an adapter
//     inside that memory would have trapped;
//   - bytes of a result that the call leaves alone stay as they were.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "component/stand_in.h"

namespace heapbump {

/// One function of the bridge.
struct BridgeCall {
  std::string export_name;
  Service service;        ///< of the stand-in
  bool preview0 = false;  ///< the program has the layouts of 2019
};

/// Module names of the bridge's imports.
inline constexpr std::string_view kBridgeFromProgram = "program";
inline constexpr std::string_view kBridgeFromStandIn = "stand-in";

/// `memory`: the type of the program's memory, and its export's name; nothing where no call uses it.
struct ProgramMemory {
  std::string name;
  emit::MemoryType type;
};
/// `adapters`: that live in the stand-in's memory.
[[nodiscard]] std::vector<std::byte> make_bridge(std::span<const BridgeCall> calls,
                                                 const std::optional<ProgramMemory>& memory,
                                                 std::uint32_t adapters = 1);

}  // namespace heapbump
