// Every constant in the range of a heap that is to move (`bump`): which are the heap's start and move with
// it, which are an equal number, where the stack ends, or a field's offset, and which cannot be told. The
// argument for leaving one alone: a module that works has one owner of the memory above its static data. A
// constant there which nobody uses as an address, and which is not handed on as it is, cannot be a second
// owner.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/survey.h"
#include "detectors/wasm_ld/growth.h"
#include "detectors/wasm_ld/heap_candidates.h"
#include "heapbump/detect.h"
#include "wasm/module.h"

namespace heapbump {

struct HeapConstants {
  std::vector<Site> sites;
  std::vector<Evidence> evidence;
  bool owned = false;            ///< the start is used as more than the measure of a size
  bool addressed = false;        ///< ... and by more than being handed on as it is
  bool dlmalloc = false;         ///< the fields of dlmalloc's malloc_state check out
  std::optional<Error> refusal;  ///< the first constant that could not be explained
};

/// `found`: the functions that measure the heap from `base`, and where its breaks are. Errors: those of
/// survey_code and evaluate_flow.
[[nodiscard]] Result<HeapConstants> explain_heap_constants(const Module& module, Budget& budget,
                                                           const Survey& survey, const GrowthReport& growth,
                                                           const NameSection& names, std::uint64_t base,
                                                           const HeapCandidates& found);

}  // namespace heapbump
