// Words of memory in which a function keeps addresses itself: of its frame, or of a structure or table that
// it has the address of. The invariant: a load that may give such an address is taken to give it, wherever in
// the function the store is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "analysis/motion.h"

namespace heapbump::wasm_ld {

/// The static table that an address lies in by an index or as a pointer that walks it: its linear-memory
/// address. Nothing for a constant address.
[[nodiscard]] std::optional<std::uint32_t> static_table(const Flow& flow, NodeId address,
                                                        std::int64_t offset);

/// A load of 32 bits, also into 64.
[[nodiscard]] bool loads_word(std::uint32_t opcode);

/// How many bytes the elements have that a value is an index of: what it is multiplied by. 0 if it is not.
[[nodiscard]] std::int64_t element_bytes(const Flow& flow, const Node& index);

/// How 64 bits move that are loaded of two words, of which either may keep no address.
[[nodiscard]] std::optional<Motion> joined(const std::optional<Motion>& low,
                                           const std::optional<Motion>& high);
/// How the words of 32 bits move that a value is stored as, by their bytes from where it is stored; those
/// that do not move are left out.
[[nodiscard]] std::vector<std::pair<std::int64_t, Motion>> words_of(const Motion& motion);

/// Whether a call may store whole words through an argument: it then ends what was kept there.
using Writes = std::function<bool(const Effect& call, std::uint32_t position)>;

/// What may be in such words before each effect of a function: what was stored there last. A call that is
/// given the address of one may write it and what follows it. Static words are left out.
struct KeptWords {
  /// What each load gives that may give such an address, by its node.
  std::vector<std::pair<NodeId, Motion>> loads;
  /// The first load that takes a part of a word that was stored just before, in the same straight run of
  /// code: an index of effects.
  std::optional<std::size_t> part;
  /// The words from an argument's address on, by their distance in bytes; by the call's effect and position.
  std::map<std::pair<std::size_t, std::size_t>, std::map<std::int64_t, Motion>> passed;
};

/// As the function's values move. Errors: kWorkLimit.
[[nodiscard]] Result<KeptWords> find_kept_words(const Flow& flow, std::span<const Motion> motions,
                                                const Writes& writes, Budget& budget);

}  // namespace heapbump::wasm_ld
