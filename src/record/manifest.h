// layout.json: where the reserved region is, who may use which part of it, and which module it belongs to. A
// placer or an auditor needs nothing else. Reading treats the document as hostile: every field, range and
// overlap is checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "record/finding.h"

namespace heapbump {

inline constexpr int kManifestVersion = 1;
inline constexpr std::uint64_t kSlotSize =
    65536;  ///< bytes; an adapter asks for two allocations of this size
inline constexpr std::uint64_t kSlotAlignment = 16;  ///< bytes; the adapter asks for 8
inline constexpr std::string_view kShimExport = "cabi_realloc_adapter";

enum class Placement { shim, adapter, none };
enum class SlotName { state, stack };

[[nodiscard]] std::string_view to_string(Placement value);
[[nodiscard]] std::string_view to_string(SlotName value);

/// The reserved bytes [base, base + size).
struct Region {
  std::uint64_t base = 0;   ///< linear-memory address
  std::uint64_t size = 0;   ///< bytes
  std::uint64_t pages = 0;  ///< size / 65536
  [[nodiscard]] std::uint64_t end() const { return base + size; }
  bool operator==(const Region&) const = default;
};

/// A part of the region that one adapter uses for one thing.
struct Slot {
  std::uint32_t adapter = 0;
  SlotName name = SlotName::state;
  std::uint64_t base = 0;
  std::uint64_t size = 0;
  bool grows_down = false;
  bool operator==(const Slot&) const = default;
};

struct Manifest {
  std::string input_sha256;
  std::string output_sha256;  ///< empty in the copy that the module itself carries
  Toolchain toolchain;
  Strategy strategy = Strategy::bump;
  std::uint64_t memory_min_before = 0;  ///< pages
  std::uint64_t memory_min_after = 0;
  std::optional<std::uint64_t> memory_max_before;
  std::optional<std::uint64_t> memory_max_after;
  std::optional<std::uint64_t> heap_base_before;  ///< linear-memory addresses
  std::optional<std::uint64_t> heap_base_after;
  Region region;
  std::vector<Slot> slots;
  Placement placement = Placement::shim;
  std::string export_name;  ///< of the shim; empty without one
  std::optional<std::uint32_t> function_index;

  /// The slot of that adapter and name; nullptr if there is none.
  [[nodiscard]] const Slot* slot(std::uint32_t adapter, SlotName name) const;
};

/// The slots of `adapters` adapters from the region's base up: for each, State in the low page and the stack,
/// which grows down and has no guard, in the high one, so that an overflow runs into State's end magic.
[[nodiscard]] std::vector<Slot> make_slots(const Region& region, std::uint32_t adapters);

[[nodiscard]] Json to_json(const Manifest& manifest);
/// Errors: kBadManifest naming the field; kUnsupportedManifest for another schema version.
[[nodiscard]] Result<Manifest> manifest_from_json(const Json& document);
/// parse_json and manifest_from_json.
[[nodiscard]] Result<Manifest> read_manifest(std::string_view text);

}  // namespace heapbump
