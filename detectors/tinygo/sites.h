// Every occurrence of a heap base in a module, with its role: constants and access offsets in code, words in
// the data, exported globals. Whatever could be the heap base, or point into the pages above it, is either
// explained here or ends as a refusal that names the place.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "detectors/tinygo/runtime.h"
#include "heapbump/detect.h"
#include "wasm/data_image.h"

namespace heapbump::tinygo {

struct Occurrences {
  std::vector<Site> sites;
  std::vector<Error> refusals;
  std::vector<Evidence> evidence;  ///< what the memory's size is used for
  bool has_gc_root_end = false;
  bool has_symbol = false;  ///< an exported __heap_base says the same
};

/// `global_base`: the initial stack pointer, where the stack comes first. Sites come in file order.
[[nodiscard]] Occurrences collect_occurrences(Program& program, const Runtime& runtime,
                                              const DataImage& image, std::uint32_t base,
                                              std::optional<std::uint32_t> global_base);

}  // namespace heapbump::tinygo
