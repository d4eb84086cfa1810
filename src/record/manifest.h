// Writing and reading layout.json. Reading treats the document as hostile: every field, range and overlap is
// checked. The type itself is public: heapbump/manifest.h.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "heapbump/manifest.h"

namespace heapbump {

inline constexpr int kManifestVersion = 1;
inline constexpr std::uint64_t kSlotSize =
    65536;  ///< bytes; an adapter asks for two allocations of this size
inline constexpr std::uint64_t kSlotAlignment = 16;  ///< bytes; the adapter asks for 8
inline constexpr std::string_view kShimExport = "cabi_realloc_adapter";

/// The slots of `adapters` adapters from the region's base up: for each, State in the low page and the stack,
/// which grows down and has no guard, in the high one, so that an overflow runs into State's end magic.
[[nodiscard]] std::vector<Slot> make_slots(const Region& region, std::uint32_t adapters);

[[nodiscard]] Json to_json(const Toolchain& toolchain);
[[nodiscard]] Json to_json(const Manifest& manifest);
/// The manifest of a module that needs no region: no strategy, region and slots. `minimum` and `maximum` are
/// the memory's limits in pages. manifest_from_json refuses it, since there is nothing to place.
[[nodiscard]] Json manifest_without_region(const std::string& sha256, std::uint64_t minimum,
                                           std::optional<std::uint64_t> maximum);
/// Errors: kBadManifest naming the field; kUnsupportedManifest for another schema version.
[[nodiscard]] Result<Manifest> manifest_from_json(const Json& document);

}  // namespace heapbump
