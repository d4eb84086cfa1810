// What may be done with an address of the heap, or with the memory's size: where it is stored, passed,
// returned or decides.
#include <array>

#include "detectors/wasm_ld/rule_parts.h"

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;

bool is_access(const Use& use) {
  return use.effect->kind == EffectKind::load || use.effect->kind == EffectKind::store ||
         use.effect->kind == EffectKind::atomic;
}

bool is_address_operand(const Use& use) {
  return (is_access(use) && use.position == 0) || is_bulk_address(use);
}

bool is_static_store(const Use& use) {
  return use.effect->kind == EffectKind::store && use.position == 1 &&
         static_address(*use.flow, *use.effect).has_value();
}

/// A pair of words that is loaded and stored as one.
Verdict copied_whole(const Use& use) {
  const Node& value = use.flow->nodes[use.value];
  return accept_if(use.effect->kind == EffectKind::store && use.position == 1 &&
                   value.kind == NodeKind::load && value.opcode == op::i64_load &&
                   use.effect->opcode == op::i64_store && !static_address(*use.flow, *use.effect));
}

Verdict heap_address(const Use& use) {
  return accept_if(is_address_operand(use) && use.motion.address());
}

Verdict index_from_address(const Use& use) {
  return refuse_if(is_address_operand(use));
}

Verdict test_for_zero(const Use& use) {
  return accept_if(use.effect->kind == EffectKind::branch && use.effect->opcode != op::br_table &&
                   is_plain_address(use));
}

Verdict kept_in_place(const Use& use) {
  return accept_if(use.may_keep && is_static_store(use) && stores_whole(use) && use.motion.address() &&
                   !use.motion.size);
}

Verdict kept_in_memory(const Use& use) {
  return accept_if(use.may_keep && use.effect->kind == EffectKind::store && use.position == 1 &&
                   use.motion.address() && !use.motion.size && stores_whole(use));
}

Verdict kept_elsewhere(const Use& use) {
  const bool stored = use.effect->kind == EffectKind::store && use.position == 1 && stores_whole(use);
  return refuse_if((stored || use.effect->kind == EffectKind::global_set) && use.motion.address() &&
                   !use.motion.size && !use.may_keep);
}

Verdict narrowed(const Use& use) {
  return refuse_if(use.effect->kind == EffectKind::store && use.position == 1 && !stores_whole(use));
}

Verdict number_in_memory(const Use& use) {
  return refuse_if(use.effect->kind == EffectKind::store || use.effect->kind == EffectKind::atomic);
}

Verdict handed_on(const Use& use) {
  const bool call = use.effect->kind == EffectKind::call || use.effect->kind == EffectKind::call_indirect;
  return accept_if(call && use.motion.address() && !use.motion.size);
}

Verdict followed_call(const Use& use) {
  return accept_if(use.effect->kind == EffectKind::call && !use.into_import);
}

Verdict returned(const Use& use) {
  return accept_if(use.effect->kind == EffectKind::returns && use.effect->operand_count == 1);
}

Verdict growth_by_size(const Use& use) {
  return refuse_if(use.effect->kind == EffectKind::grow);
}

Verdict length_from_size(const Use& use) {
  return refuse_if(use.effect->kind == EffectKind::bulk);
}

constexpr auto kEffects = std::to_array<UseRule>({
    {{"wasm-ld.copied-whole", "Two words that the allocator keeps are copied as they are.",
      "What memory holds is opaque outside the allocator.", "dlmalloc-rs src/dlmalloc.rs, add_segment"},
     copied_whole},
    {{"wasm-ld.use-unknown", "A value that changes in an unknown way is used.", "What it does may change.",
      "docs/soundness.md"},
     unknown_value},
    {{"wasm-ld.heap-address", "An address of the heap is where memory is accessed.",
      "What lies there has moved with it.", "docs/soundness.md"},
     heap_address},
    {{"wasm-ld.index-from-address", "A number made from an address of the heap is where memory is accessed.",
      "A table by addresses or page numbers ends where it ended.", "docs/soundness.md"},
     index_from_address},
    {{"wasm-ld.test-for-zero", "It decides a branch by being zero or not.", "It is neither before nor after.",
      "arithmetic"},
     test_for_zero},
    {{"wasm-ld.kept-in-place",
      "An address of new memory is kept in a static word, whose other uses are looked at.",
      "Every function that reads the word is decided by these rules.", "docs/soundness.md"},
     kept_in_place},
    {{"wasm-ld.kept-in-memory", "An address of the heap is kept whole in memory.",
      "What memory holds is opaque outside the allocator.", "docs/soundness.md"},
     kept_in_memory},
    {{"wasm-ld.kept-elsewhere", "An address of new memory is kept in a place that is not the allocator's.",
      "It may be the memory's size there, or where something ends.", "docs/soundness.md"},
     kept_elsewhere},
    {{"wasm-ld.narrowed", "It is stored in fewer bits than it has.",
      "A compressed reference may no longer fit.", "docs/soundness.md"},
     narrowed},
    {{"wasm-ld.number-in-memory", "A number made from an address or from the memory's size is stored.",
      "What is done with it cannot be followed.", "docs/soundness.md"},
     number_in_memory},
    {{"wasm-ld.handed-on", "An address of the heap is passed to a function.",
      "It is opaque there, or that function is looked at.", "docs/soundness.md"},
     handed_on},
    {{"wasm-ld.followed-call", "It is passed to a function, which is looked at with it.",
      "Each use there is decided by these rules.", "docs/soundness.md"},
     followed_call},
    {{"wasm-ld.returned", "It is returned, and the callers are looked at.",
      "Each use there is decided by these rules.", "docs/soundness.md"},
     returned},
    {{"wasm-ld.growth-by-size", "How much memory is asked for depends on how much there is.",
      "Under a maximum, other sizes are reached.", "docs/soundness.md"},
     growth_by_size},
    {{"wasm-ld.length-from-size", "How many bytes are copied or filled depends on the memory's size.",
      "What lies in between would be counted.", "docs/soundness.md"},
     length_from_size},
    {{"wasm-ld.no-rule", "No rule explains this use.", "What is not understood is refused.",
      "docs/soundness.md"},
     refuse_always},
});

constexpr auto kEffectInfos = infos_of(kEffects);

}  // namespace

std::span<const UseRule> effect_rules() {
  return kEffects;
}
std::span<const RuleInfo> effect_infos() {
  return kEffectInfos;
}

}  // namespace heapbump::wasm_ld
