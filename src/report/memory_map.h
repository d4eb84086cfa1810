// The picture of a module's linear memory at its start: what stands where, from the data segments, the stack
// pointer, the heap start that a detector found, and the region if one is reserved. For people; nothing is
// decided from it.
#pragma once

#include <string>
#include <vector>

#include "heapbump/detect.h"
#include "record/manifest.h"
#include "wasm/module.h"

namespace heapbump {

struct MemoryArea {
  enum class Kind { untouched, stack, data, zeroed, region, heap };
  Kind kind = Kind::untouched;
  std::uint64_t begin = 0;  ///< linear-memory address
  std::uint64_t end = 0;
  std::string label;
};

/// Areas in ascending order, without holes, from 0 to the declared minimum. `finding` and `manifest` may be
/// null.
[[nodiscard]] std::vector<MemoryArea> map_memory(const Module& module, const Finding* finding,
                                                 const Manifest* manifest);

/// One line an area: addresses, size, a bar.
[[nodiscard]] std::string draw_text(const std::vector<MemoryArea>& areas);
[[nodiscard]] std::string draw_svg(const std::vector<MemoryArea>& areas, const std::string& title);

}  // namespace heapbump
