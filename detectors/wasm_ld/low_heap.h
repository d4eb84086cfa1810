// Whether a module has a heap that starts below its declared minimum of memory, which newly grown memory may
// be taken to continue. Where the linker put the heap's start is known exactly if it is exported or is where
// the stack ends; else it lies above every static variable that the code names. The invariant: nothing found
// means that no code, global or static variable holds an address where such a heap can start.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "detectors/wasm_ld/growth.h"
#include "heapbump/detect.h"
#include "wasm/module.h"

namespace heapbump {

struct LowHeap {
  std::uint64_t start = 0;            ///< one address that was found
  std::string where;                  ///< and where
  std::set<Place> starts;             ///< static places that such an address is given to
  std::set<std::uint32_t> functions;  ///< those that hold such an address
  bool in_data = false;               ///< a static variable or global starts as one
  bool elsewhere = false;             ///< it is also handed on in a way that no place stands for
};

/// Errors: those of survey_code and evaluate_flow.
[[nodiscard]] Result<std::optional<LowHeap>> find_low_heap(const Module& module, Budget& budget,
                                                           const NameSection& names);

}  // namespace heapbump
