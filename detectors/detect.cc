#include "detectors/detect.h"

#include <algorithm>

#include "analysis/program.h"
#include "detectors/registry.h"

namespace heapbump {
namespace {

/// Whether the next detector need not be asked. A runtime's own structure, checked field by field, settles
/// it. So does a detector of one runtime that has explained every occurrence: what is more general knows less
/// of it, and `verify` is the second opinion.
bool is_settled(const Finding& found, const Detector& next) {
  if (!found.refusals.empty()) return false;
  return found.confidence == Confidence::proven || (next.general && found.confidence == Confidence::strong);
}

}  // namespace

Result<Finding> detect(const Module& module, Budget& budget) {
  HEAPBUMP_CHECK(check_supported_memory(module));
  HEAPBUMP_TRY(const Held facts, Held::take(budget, module.facts_size));
  WholeProgram program(module, budget);  // one for all detectors: what one asks, the next need not ask again
  std::optional<Finding> chosen;
  for (const Detector& detector : all_detectors()) {
    if (chosen && is_settled(*chosen, detector)) break;
    auto asked = detector.detect(program);
    // What one detector cannot follow does not take away what another has found.
    if (!asked && chosen && chosen->refusals.empty()) continue;
    HEAPBUMP_TRY(std::optional<Finding> finding, std::move(asked));
    if (!finding) continue;
    finding->detector = detector.name;
    if (!chosen) {
      chosen = std::move(finding);
      continue;
    }
    // A later detector that agrees adds nothing; one that disagrees shows that the first may be wrong.
    const bool both_usable = chosen->refusals.empty() && finding->refusals.empty();
    if (both_usable && chosen->heap_base && finding->heap_base && chosen->heap_base != finding->heap_base) {
      return fail(Code::kAmbiguous, "the detectors " + chosen->detector + " and " + finding->detector +
                                        " find different heap starts: " + hex(chosen->heap_base.value_or(0)) +
                                        " and " + hex(finding->heap_base.value_or(0)));
    }
    if (!chosen->refusals.empty() && finding->refusals.empty() && finding->confidence > chosen->confidence)
      chosen = std::move(finding);
  }
  if (!chosen) {
    return fail(Code::kNoDetector,
                "no detector recognised this module's heap; `heapbump detectors` lists what is known");
  }
  return *std::move(chosen);
}

Result<Finding> detect(const Module& module) {
  Budget budget(module.file.size());
  return detect(module, budget);
}

Result<Finding> detect(const Input& input) {
  return detect(input.module());
}

}  // namespace heapbump
