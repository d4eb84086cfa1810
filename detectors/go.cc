// Big Go's detector; see docs/toolchains/go.md for the layout it checks.
#include "detectors/registry.h"

namespace heapbump {

Result<std::optional<Finding>> detect_go(const Module&) { return std::optional<Finding>{}; }

}  // namespace heapbump
