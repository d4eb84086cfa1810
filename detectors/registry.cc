#include "detectors/registry.h"

#include <array>

namespace heapbump {
namespace {

constexpr auto kDetectors = std::to_array<Detector>({
    {"go", "Big Go 1.11 to 1.26, GOOS=js and wasip1: the `end` word of runtime.firstmoduledata", detect_go},
});

}  // namespace

std::span<const Detector> all_detectors() { return kDetectors; }

}  // namespace heapbump
