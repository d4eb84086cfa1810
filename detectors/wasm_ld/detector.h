// The detector of what wasm-ld links: see Detector in detectors/registry.h for what it answers.
#pragma once

#include <optional>

#include "analysis/program.h"
#include "heapbump/detect.h"

namespace heapbump {

[[nodiscard]] Result<std::optional<Finding>> detect_wasm_ld(WholeProgram& program);

}  // namespace heapbump
