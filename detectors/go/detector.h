// The detector of Big Go: see Detector in detectors/registry.h for what it answers.
#pragma once

#include <optional>

#include "analysis/program.h"
#include "heapbump/detect.h"

namespace heapbump {

[[nodiscard]] Result<std::optional<Finding>> detect_go(WholeProgram& program);

}  // namespace heapbump
