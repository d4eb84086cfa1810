// The detector of TinyGo: see Detector in detectors/registry.h for what it answers.
#pragma once

#include <optional>

#include "analysis/program.h"
#include "heapbump/detect.h"

namespace heapbump {

[[nodiscard]] Result<std::optional<Finding>> detect_tinygo(WholeProgram& program);

}  // namespace heapbump
