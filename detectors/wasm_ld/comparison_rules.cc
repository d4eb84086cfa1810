// Which comparisons of an address of the heap, or of the memory's size, turn out the same when the heap
// moves.
#include <array>
#include <optional>

#include "detectors/wasm_ld/rule_parts.h"

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;

bool is_signed_order(std::uint32_t opcode) {
  const std::uint32_t i32 = op::same_on_i32(opcode);
  return i32 == op::i32_lt_s || i32 == op::i32_gt_s || i32 == op::i32_le_s || i32 == op::i32_ge_s;
}

Verdict unknown_other(const Use& use) {
  return refuse_if(use.other != kNoNode && other_motion(use).is(Kind::unknown));
}

Verdict same_motion(const Use& use) {
  return accept_if(use.other != kNoNode && other_motion(use).is(Kind::moved) &&
                   other_motion(use).scale == use.motion.scale);
}

Verdict no_memory(const Use& use) {
  const auto limit = use.other == kNoNode ? std::optional<std::int64_t>(0) : use.flow->constant(use.other);
  const bool failed = limit == -1 || (limit == 1 && use.motion.scale == 1);
  if (!is_plain_address(use) && !(failed && !use.motion.size)) return Verdict::undecided;
  if (use.other == kNoNode) return Verdict::accept;  // eqz, or the condition of a select
  const auto value = use.flow->constant(use.other);
  if (!value) return Verdict::undecided;
  const std::uint32_t opcode = op::same_on_i32(use.flow->nodes[use.compare].opcode);
  const bool order = is_signed_order(opcode);
  // `page + 1 < 2`: the page is -1 or 0, and new memory never begins at 0.
  const bool next =
      use.motion.scale == 1 && *value == 2 && opcode != op::i32_eq && opcode != op::i32_ne && !order;
  return accept_if(*value == 0 || *value == -1 || (order && *value == 1) || next);
}

Verdict end_of_address_space(const Use& use) {
  if (use.other == kNoNode) return Verdict::undecided;
  const auto value = use.flow->constant(use.other);
  if (!value) return Verdict::undecided;
  const auto number = static_cast<std::uint64_t>(*value) & 0xffff'ffff;
  const bool pages = use.motion.scale == 1 && number >= 65535 && number <= 65536;
  return accept_if(pages || (use.motion.scale == kPage && number > 0xffff'0000));
}

Verdict fixed_limit(const Use& use) {
  return refuse_if(use.limit_is_fixed);
}

Verdict static_on_some_path(const Use& use) {
  return refuse_if(use.other != kNoNode && other_motion(use).is(Kind::foreign) && other_motion(use).based);
}

/// Memory that is new comes before or after nothing but the allocator's own: what else is from memory may be
/// a limit.
Verdict among_heap_addresses(const Use& use) {
  if (!use.motion.address() || use.motion.size || use.other == kNoNode ||
      !other_motion(use).is(Kind::foreign))
    return Verdict::undecided;
  const bool is_new = !use.motion.kept || use.from_place;
  const bool ordered = !op::is_equality(use.flow->nodes[use.compare].opcode);
  return accept_if(use.with_own_word || (use.in_allocator && !(ordered && is_new)));
}

Verdict below_the_end(const Use& use) {
  return accept_if(use.below_or_trap && use.motion.address() && other_motion(use).is(Kind::foreign));
}

Verdict size_against_unseen(const Use& use) {
  return refuse_if(use.motion.size && use.other != kNoNode && other_motion(use).is(Kind::foreign));
}

constexpr auto kComparisons = std::to_array<UseRule>({
    {{"wasm-ld.compare-unknown", "A value that changes in an unknown way is compared.",
      "What the comparison says may change.", "docs/soundness.md"},
     unknown_value},
    {{"wasm-ld.compare-with-unknown", "It is compared with a value that changes in an unknown way.",
      "What the comparison says may change.", "docs/soundness.md"},
     unknown_other},
    {{"wasm-ld.compare-alike", "Both sides move by the same.", "Their order and their difference stay.",
      "arithmetic"},
     same_motion},
    {{"wasm-ld.no-memory", "An address is compared with 0 or -1, which mean that there is no memory.",
      "An address of the heap is neither before nor after.", "core specification, memory.grow"},
     no_memory},
    {{"wasm-ld.end-of-address-space", "The size is compared with all that 32 bits can address.",
      "The comparison differs only when memory is exhausted.", "core specification, memory limits"},
     end_of_address_space},
    {{"wasm-ld.fixed-limit", "An address of the heap is compared with a word that only holds numbers.",
      "The number would have to move as well.", "docs/soundness.md"},
     fixed_limit},
    {{"wasm-ld.below-the-end",
      "What lies below the memory's end is asserted to: otherwise the function traps at once, and says "
      "nothing.",
      "The end moves at least as far as what lies below it.",
      "wasi-libc libc-bottom-half/sources/preopens.c"},
     below_the_end},
    {{"wasm-ld.size-against-unseen", "The memory's size is compared with a value from elsewhere.",
      "That may be a budget or a limit, which does not move.", "docs/soundness.md"},
     size_against_unseen},
    {{"wasm-ld.static-on-some-path",
      "An address of the heap is compared with a value that starts from a number or a static address.",
      "A walk from there would run through the region.", "docs/soundness.md"},
     static_on_some_path},
    {{"wasm-ld.among-heap-addresses", "An address of the heap is compared with one that the allocator keeps.",
      "All addresses of the heap move alike.", "docs/soundness.md"},
     among_heap_addresses},
    {{"wasm-ld.static-comparison", "It is compared with a number or a static address.",
      "One side moves, the other does not.", "docs/soundness.md"},
     refuse_always},
});

constexpr auto kComparisonInfos = infos_of(kComparisons);

}  // namespace

std::span<const UseRule> comparison_rules() {
  return kComparisons;
}
std::span<const RuleInfo> comparison_infos() {
  return kComparisonInfos;
}

}  // namespace heapbump::wasm_ld
