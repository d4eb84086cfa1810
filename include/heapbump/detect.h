// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a detector says about a module: which toolchain, where its heap starts, every place of a
// heap-related value and what role it plays there, and which strategies are sound. A finding edits
// nothing: the plan alone decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heapbump/error.h"
#include "heapbump/input.h"
#include "heapbump/manifest.h"
#include "heapbump/occurrence.h"

namespace heapbump {

/// proven: relocations, symbols, or a runtime structure checked field by field. strong: two or more
/// independent signals agree and every occurrence is explained. weak: anything less.
enum class Confidence { weak, strong, proven };
enum class Role { heap_start, heap_end, stack_top, gc_root_end, unrelated };

/// One occurrence of a value that may have to do with the heap, and what was decided about it.
struct Site : Occurrence {
  Role role = Role::unrelated;
  /// How a bump of D bytes changes the value: +1 adds D, -1 subtracts D (negated constants), 0 leaves it
  /// alone.
  int moves = 0;
  std::string why;
  std::string_view rule = {};  ///< id of the rule that decided, in static storage; empty where none did
};

struct Evidence {
  std::string signal;  ///< short and stable: "moduledata", "producers", "memory.size-use"
  std::string detail;
  std::string_view rule = {};  ///< id of the rule whose evidence it is; empty where it is of none
};

struct StrategyVerdict {
  Strategy strategy = Strategy::bump;
  bool sound = false;
  std::string why;
};

struct Finding {
  std::string detector;
  Toolchain toolchain;
  Confidence confidence = Confidence::weak;
  std::optional<std::uint64_t> heap_base;  ///< linear-memory address; absent when the module bakes none in
  std::optional<std::uint64_t> heap_end;   ///< linear-memory address, where the module has one baked in
  std::string grows_by;            ///< how the runtime gets more: "memory.grow result", "memory.size", ...
  bool grows_by_doubling = false;  ///< memory.grow is asked for as many pages as there are
  std::uint64_t growth_alignment = 65536;  ///< what the heap's parts are aligned to, in bytes; a power of two
  std::vector<Site> sites;
  std::vector<Evidence> evidence;
  std::vector<StrategyVerdict> strategies;  ///< in order of preference for --strategy auto
  /// First address that a region made by `bump` may use: heap_base, or above it where the runtime writes just
  /// above (Go 1.11 to 1.13). Bytes below the moved heap start.
  std::uint64_t bump_region_floor = 0;
  /// The most pages that `tail` may take: how far above the memory's minimum constants were looked at.
  std::uint64_t tail_pages = 65536;
  /// The bytes [gap_begin, gap_end) that the module provably never touches; for `gap`.
  std::uint64_t gap_begin = 0;
  std::uint64_t gap_end = 0;
  std::vector<std::string> warnings;
  std::vector<Error> refusals;  ///< not empty: nothing can be reserved whatever the strategy

  [[nodiscard]] const StrategyVerdict* verdict(Strategy strategy) const;
};

[[nodiscard]] std::string_view to_string(Confidence value);
[[nodiscard]] std::string_view to_string(Role value);

/// The finding of the one detector that recognises the module. A finding with refusals says what the module
/// is and why nothing can be reserved in it. Errors: memories that no region can be reserved in (HB0403 to
/// HB0408); kNoDetector if no detector recognises it; kAmbiguous if two find different heap starts;
/// kWorkLimit.
[[nodiscard]] Result<Finding> detect(const Input& input);

}  // namespace heapbump
