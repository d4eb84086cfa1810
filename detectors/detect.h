// Asks the detectors about a module and settles on one finding, or says why there is none.
#pragma once

#include "base/budget.h"
#include "heapbump/detect.h"
#include "wasm/module.h"

namespace heapbump {

/// The finding of the one detector that recognises the module. Errors: those of check_supported_memory;
/// kNoDetector if none does; kAmbiguous if two claim it with different heap bases; a detector's own error.
[[nodiscard]] Result<Finding> detect(const Module& module, Budget& budget);
/// With a budget of its own.
[[nodiscard]] Result<Finding> detect(const Module& module);

}  // namespace heapbump
