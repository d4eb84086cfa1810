// Where a module's heap may start, by the code that uses it: `memory.size * 65536 - C`, and a break (a word
// or global that is compared with memory.size before it rises) that starts at C, in its initial value or at
// the first call. The invariant: a candidate is only a number that some allocator measures from; that it owns
// the memory there, and that nothing else does, is for others to show.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analysis/survey.h"
#include "detectors/wasm_ld/growth.h"
#include "heapbump/detect.h"
#include "wasm/data_image.h"
#include "wasm/module.h"

namespace heapbump {

struct HeapCandidate {
  std::uint64_t base = 0;
  std::uint32_t function = 0;
  std::uint64_t offset = 0;  ///< of the instruction that shows it, in the file
};

struct HeapCandidates {
  std::vector<HeapCandidate> candidates;
  std::set<std::uint32_t> functions;  ///< those that measure the heap from its start
  std::set<Place> places;             ///< where breaks are kept
  std::vector<Site> breaks;           ///< initial values of breaks: the start itself, in data or a global
  std::optional<HeapCandidate>
      saved;  ///< one below the end of the data: a heap in use when the module was saved looks so
  std::optional<std::string> given_up;  ///< why the search was not ended, where it was not
};

/// Errors: those of survey_code and evaluate_flow.
[[nodiscard]] Result<HeapCandidates> find_heap_candidates(const Module& module, Budget& budget,
                                                          const Survey& survey, const GrowthReport& growth,
                                                          const NameSection& names, const DataImage& image);

}  // namespace heapbump
