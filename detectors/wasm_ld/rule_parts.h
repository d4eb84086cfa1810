// What the tables of rules share: verdicts, and what several rules ask of a use. Each table has a file of its
// own: comparison_rules.cc, effect_rules.cc, opaque_rules.cc, structure_rules.cc. rules.cc lists them.
#pragma once

#include <array>

#include "detectors/wasm_ld/rules.h"

namespace heapbump::wasm_ld {

inline constexpr auto kPage = static_cast<std::int64_t>(kPageSize);

inline Verdict accept_if(bool holds) {
  return holds ? Verdict::accept : Verdict::undecided;
}
inline Verdict refuse_if(bool holds) {
  return holds ? Verdict::refuse : Verdict::undecided;
}
inline Verdict refuse_always(const Use&) {
  return Verdict::refuse;
}

inline Verdict unknown_value(const Use& use) {
  return refuse_if(use.motion.is(Motion::Kind::unknown));
}

inline const Motion& other_motion(const Use& use) {
  return use.motions[use.other];
}

/// Operands of memory.copy and memory.fill that are addresses.
[[nodiscard]] bool is_bulk_address(const Use& use);

/// Stores of at least the 32 bits of an address.
[[nodiscard]] bool stores_whole(const Use& use);

/// Whether a value is an address or a page number as it was made, with nothing added: the start of new memory
/// is never 0, but `size - 40` is where the size is 40, and `page << 30` is for every fourth page. A constant
/// that moves is no 0 before and after.
[[nodiscard]] bool is_plain_address(const Use& use);

/// A table's rules as they are listed.
template <std::size_t N>
constexpr std::array<RuleInfo, N> infos_of(const std::array<UseRule, N>& table) {
  std::array<RuleInfo, N> infos{};
  for (std::size_t i = 0; i < N; ++i) infos[i] = table[i].info;
  return infos;
}
[[nodiscard]] std::span<const RuleInfo> comparison_infos();
[[nodiscard]] std::span<const RuleInfo> effect_infos();
[[nodiscard]] std::span<const RuleInfo> opaque_infos();
/// What is asked of the module as a whole besides the rules of uses.
[[nodiscard]] std::span<const RuleInfo> structure_infos();

}  // namespace heapbump::wasm_ld
