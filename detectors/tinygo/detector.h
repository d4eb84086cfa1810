// The detector of TinyGo: see Detector in detectors/registry.h for what it answers.
#pragma once

#include <optional>

#include "base/budget.h"
#include "heapbump/detect.h"
#include "wasm/module.h"

namespace heapbump {

[[nodiscard]] Result<std::optional<Finding>> detect_tinygo(const Module& module, Budget& budget);

}  // namespace heapbump
