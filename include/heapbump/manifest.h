// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// layout.json: where the reserved region is, who may use which part of it, and which module it belongs to. A
// placer or an auditor needs nothing else. The words that detect, reserve and verify share (strategy,
// placement, toolchain) are defined here, below all three.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heapbump/error.h"

namespace heapbump {

/// How the region is made. bump: the heap start moves up, and the region is where it was. tail: the memory's
/// declared minimum rises, and the region is above the old one. gap: the module has bytes that it never
/// touches.
enum class Strategy { bump, tail, gap };
/// How an adapter comes to the region. shim: the module exports a function that hands it out. adapter: the
/// adapter is rewritten (place_adapter). none: neither.
enum class Placement { shim, adapter, none };
enum class SlotName { state, stack };

struct Toolchain {
  std::string name;     ///< "Go", "TinyGo", "wasm-ld"
  std::string version;  ///< as precisely as the evidence gives it; may be empty
  std::string how;      ///< where name and version come from
};

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

[[nodiscard]] std::string_view to_string(Strategy value);
[[nodiscard]] std::string_view to_string(Placement value);
[[nodiscard]] std::string_view to_string(SlotName value);

/// The manifest of a document. Every field, range and overlap is checked. Errors: kBadJson; kBadManifest
/// naming the field; kUnsupportedManifest for another schema version.
[[nodiscard]] Result<Manifest> read_manifest(std::string_view text);

}  // namespace heapbump
