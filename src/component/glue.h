// The smallest modules of a component. Two are of `apart`: the shim gives the program functions to import
// before there is anything that could answer them, each a call through a table; the fixup fills that table,
// and the stand-in's. The initializer is for a relocated program, whose table the encoder's own fixup fills.
#pragma once

#include <vector>

#include "component/program.h"

namespace heapbump {

inline constexpr std::string_view kShimTable = "calls";
/// Module names of the fixup's imports.
inline constexpr std::string_view kFixupFromShim = "shim", kFixupFromStandIn = "stand-in",
                                  kFixupFromProgram = "program", kFixupFromBridge = "bridge";

[[nodiscard]] std::vector<std::byte> make_shim(const Program& program);
/// Its start function runs the program's start function and `_initialize`, where there are any. `command`:
/// the stand-in has a table for what runs when the component is run.
[[nodiscard]] std::vector<std::byte> make_fixup(const Program& program, bool command);
/// Imports `program.initialize`, which may not be empty, from kFixupFromProgram and runs it as its start
/// function.
[[nodiscard]] std::vector<std::byte> make_initializer(const Program& program);

}  // namespace heapbump
