// What numbers are for that are near the heap base: farther above it than folded offsets reach, or just
// below.
#include <algorithm>

#include "detectors/tinygo/tables.h"

namespace heapbump::tinygo {
namespace {

/// What the value is compared with, where its user is a comparison.
std::optional<Value> compared_with(const Value& value, const User& user) {
  const Value used_by{value.flow, user.index};
  if (user.is_effect || used_by.node().kind != NodeKind::binary ||
      !op::compares_two_i32(used_by.node().opcode))
    return std::nullopt;
  return used_by.operand(1 - user.position);
}

// ---- Numbers above ----

std::optional<Verdict> far_access(const FarUse& use, Shapes& shapes) {
  if (!use.user.is_effect) return std::nullopt;
  const Effect& effect = use.value.flow->effects[use.user.index];
  if (!is_address_operand(effect, use.user.position) ||
      shapes.program().constant(use.value).value_or(0) < shapes.base())
    return std::nullopt;
  return refused("memory is accessed at a fixed address inside the heap");
}

std::optional<Verdict> far_stored(const FarUse& use, Shapes& shapes) {
  if (!use.user.is_effect || use.user.position != 1) return std::nullopt;
  const Effect& effect = use.value.flow->effects[use.user.index];
  if (effect.kind != EffectKind::store) return std::nullopt;
  const auto word = shapes.program().address(*use.value.flow, effect);
  const Runtime& runtime = shapes.runtime();
  if (!word || !(runtime.start_words.contains(*word) || runtime.pointer_words.contains(*word) ||
                 runtime.metadata_words.contains(*word) || runtime.end_words.contains(*word)))
    return std::nullopt;
  return refused("it is stored in a variable of the heap");
}

bool has_bound(const Value& sum, Shapes& shapes) {
  return std::ranges::any_of(shapes.program().sum(sum).terms,
                             [&](const Term& term) { return shapes.is_bound(term.value); });
}

std::optional<Verdict> far_summed(const FarUse& use, Shapes& shapes) {
  const auto sum = sum_made(use.value, use.user);
  if (!sum || !has_bound(*sum, shapes)) return std::nullopt;
  return refused("it is added to, or taken from, a bound of the heap");
}

std::optional<Verdict> far_indexed(const FarUse& use, Shapes& shapes) {
  const auto sum = sum_made(use.value, use.user);
  if (!sum) return std::nullopt;
  for (const Term& term : shapes.program().sum(*sum).terms)
    if (shapes.is_block_offset(term.value) &&
        (shapes.is_accessed(*sum) || shapes.runtime().heap_functions.contains(sum->flow->function)))
      return refused("an array that begins at it, inside the heap, is indexed");
  return std::nullopt;
}

std::optional<Verdict> far_compared(const FarUse& use, Shapes& shapes) {
  const auto other = compared_with(use.value, use.user);
  if (!other) return std::nullopt;
  if (shapes.is_bound(*other)) return refused("it is compared with a bound of the heap");
  if (shapes.is_heap_pointer(*other))
    return refused("a pointer that is also checked against the heap's end is compared with it");
  return std::nullopt;
}

constexpr auto kFarRules = std::to_array<VerdictRule<FarUse>>({
    {{"tinygo.far-access", "Memory is accessed at it: refused.",
      "An access at a fixed address inside the heap is to an object at a known place, which would move.",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     far_access},
    {{"tinygo.far-stored", "It is stored in a variable of the heap: refused.",
      "Then it is an address of the heap, farther from its start than any offset that the compiler folds.",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     far_stored},
    {{"tinygo.far-summed", "It is added to, or taken from, a bound of the heap: refused.",
      "The sum is a distance in the heap or an address of it; which of the two, and whether it should move, "
      "is not known.",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     far_summed},
    {{"tinygo.far-indexed", "A multiple of 16 is added to it, and the sum is an address: refused.",
      "A scaled index has no address of its own, so the constant is the address of an array inside the heap.",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     far_indexed},
    {{"tinygo.far-compared", "It is compared with a bound of the heap or with a pointer into it: refused.",
      "Then it bounds a part of the heap by an address that would move.",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     far_compared},
});

// ---- Numbers below ----

std::optional<Verdict> below_compared(const BelowUse& use, Shapes& shapes) {
  const auto other = compared_with(use.value, use.user);
  if (!other || !shapes.is_bound(*other)) return std::nullopt;
  return refused("an address just below the heap base is compared with a bound of the heap");
}

std::optional<Verdict> last_byte_below(const BelowUse& use, Shapes& shapes) {
  const auto other = compared_with(use.value, use.user);
  if (!other || use.offset != -1 || !shapes.is_heap_pointer(*other)) return std::nullopt;
  return Verdict{
      Use::heap_start,
      "a pointer that is also checked against the heap's end is compared with the last byte below it"};
}

std::optional<Verdict> below_order(const BelowUse& use, Shapes& shapes) {
  const auto other = compared_with(use.value, use.user);
  if (!other || use.offset != -1 || shapes.walks_static_data(*other, false)) return std::nullopt;
  return refused("something that is not known is compared with the last byte below the heap base");
}

std::optional<Verdict> below_summed(const BelowUse& use, Shapes& shapes) {
  const auto sum = sum_made(use.value, use.user);
  if (!sum || !has_bound(*sum, shapes)) return std::nullopt;
  return refused("an address just below the heap base is taken from a bound of the heap");
}

constexpr auto kBelowRules = std::to_array<VerdictRule<BelowUse>>({
    {{"tinygo.below-compared", "It is compared with a bound of the heap: refused.",
      "Then it is a bound of the heap with an offset that no release folds, and not the address of an "
      "object.",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     below_compared},
    {{"tinygo.last-byte-below",
      "The heap base less one is compared with a pointer that is also checked against the heap's end: it "
      "moves.",
      "`p > start - 1` is how the optimiser writes `p >= start`.",
      "llvm/llvm-project llvm/lib/Transforms/InstCombine/InstCombineCompares.cpp (canonical predicates)"},
     last_byte_below},
    {{"tinygo.below-order", "The heap base less one is compared with something that is not known: refused.",
      "It may be `p >= start`, written as `p > start - 1`, of a pointer that was not recognised.",
      "llvm/llvm-project llvm/lib/Transforms/InstCombine/InstCombineCompares.cpp (canonical predicates)"},
     below_order},
    {{"tinygo.below-summed", "It is taken from a bound of the heap: refused.",
      "Then it is the heap's start with an offset, in a sum that is not the metadata's size "
      "(tinygo.folded-size).",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     below_summed},
});

constexpr auto kNearTables = std::to_array<RuleTable>({
    {"Is this use of a number above the heap base one of the heap?", false, kInfosOf<kFarRules>},
    {"Is this use of a number just below the heap base one of the heap?", false, kInfosOf<kBelowRules>},
});

}  // namespace

std::optional<Verdict> judge_far_use(const FarUse& use, Shapes& shapes) {
  return ask(kFarRules, use, shapes);
}
std::optional<Verdict> judge_below_use(const BelowUse& use, Shapes& shapes) {
  return ask(kBelowRules, use, shapes);
}

std::span<const RuleTable> near_rule_tables() {
  return kNearTables;
}

}  // namespace heapbump::tinygo
