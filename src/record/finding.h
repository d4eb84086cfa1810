// What a detector says about a module: which toolchain, where its heap starts, every site where a
// heap-related value stands and what role it plays there, and which strategies are sound. A finding edits
// nothing: the plan alone decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "heapbump/error.h"

namespace heapbump {

/// proven: relocations, symbols, or a runtime structure checked field by field. strong: two or more
/// independent signals agree and every occurrence is explained. weak: anything less.
enum class Confidence { weak, strong, proven };
enum class Strategy { bump, tail, gap };
enum class Role { heap_start, heap_end, stack_top, gc_root_end, unrelated };

enum class SiteKind {
  i32_const,      ///< SLEB128 immediate of an i32.const in code
  i64_const,      ///< SLEB128 immediate of an i64.const in code
  memarg_offset,  ///< ULEB128 offset immediate of a load or store
  data_word32,    ///< little-endian word in the image of the active data segments
  data_word64,
  global_init,  ///< SLEB128 immediate of an i32.const that initialises a global
};

/// One place in the file where a value that may have to do with the heap stands.
struct Site {
  SiteKind kind = SiteKind::i32_const;
  std::uint64_t file_offset = 0;  ///< of the immediate's (or word's) first byte; for a data word that lies
                                  ///< partly outside any segment, of the first byte that is in the file
  unsigned width = 0;                     ///< bytes of the immediate in the file
  std::uint32_t address = 0;              ///< linear-memory address, for data words only
  std::optional<std::uint32_t> function;  ///< function index in the module's index space, for code sites
  std::int64_t value = 0;                 ///< as it stands, sign-extended
  Role role = Role::unrelated;
  /// How a bump of D bytes changes the value: +1 adds D, -1 subtracts D (negated constants), 0 leaves it
  /// alone.
  int moves = 0;
  std::string why;
};

struct Evidence {
  std::string signal;  ///< short and stable: "moduledata", "producers", "memory.size-use"
  std::string detail;
};

struct StrategyVerdict {
  Strategy strategy = Strategy::bump;
  bool sound = false;
  std::string why;
};

struct Refusal {
  Code code = Code::kNoDetector;
  std::string message;
  std::optional<std::uint64_t> offset;
};

struct Toolchain {
  std::string name;     ///< "Go", "TinyGo", "wasm-ld"
  std::string version;  ///< as precisely as the evidence gives it; may be empty
  std::string how;      ///< where name and version come from
};

struct Finding {
  std::string detector;
  Toolchain toolchain;
  Confidence confidence = Confidence::weak;
  std::optional<std::uint64_t> heap_base;  ///< linear-memory address; absent when the module bakes none in
  std::optional<std::uint64_t> heap_end;   ///< linear-memory address, where the module has one baked in
  std::string grows_by;            ///< how the runtime gets more: "memory.grow result", "memory.size", ...
  bool grows_by_doubling = false;  ///< memory.grow is asked for as many pages as there are
  std::uint64_t growth_alignment =
      kPageSize;  ///< what the heap's parts are aligned to, in bytes; a power of two
  std::vector<Site> sites;
  std::vector<Evidence> evidence;
  std::vector<StrategyVerdict> strategies;  ///< in order of preference for --strategy auto
  /// First address that a region won by `bump` may use: heap_base, or above it where the runtime writes just
  /// above (Go 1.11 to 1.13). Bytes below the moved heap start.
  std::uint64_t bump_region_floor = 0;
  /// The most pages that `tail` may take: how far above the memory's minimum constants were looked at.
  std::uint64_t tail_pages = 65536;
  /// The bytes [gap_begin, gap_end) that the module provably never touches; for `gap`.
  std::uint64_t gap_begin = 0;
  std::uint64_t gap_end = 0;
  std::vector<std::string> warnings;
  std::vector<Refusal> refusals;  ///< not empty: nothing can be reserved whatever the strategy

  [[nodiscard]] const StrategyVerdict* verdict(Strategy strategy) const;
};

[[nodiscard]] std::string_view to_string(Confidence value);
[[nodiscard]] std::string_view to_string(Strategy value);
[[nodiscard]] std::string_view to_string(Role value);
[[nodiscard]] std::string_view to_string(SiteKind value);

}  // namespace heapbump
