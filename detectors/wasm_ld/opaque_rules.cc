// Whether the program looks into an address that its allocator returned. The contract of docs/soundness.md:
// such addresses are opaque outside the allocator.
#include <array>
#include <cstdlib>

#include "detectors/wasm_ld/rule_parts.h"

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;

/// An address in 64 bits without a second word is a number, where it is kept or given to the host.
bool is_number_in_64_bits(const Use& use) {
  if (use.effect == nullptr || !use.motion.address()) return false;
  if (use.effect->kind == EffectKind::store && use.position == 1)
    return use.effect->opcode == op::i64_store && !use.two_words && is_widened(*use.flow, use.value);
  return use.is_number;
}

/// With something else that moves. In an order, neither is nothing on some path, or a distance that may pass
/// 0.
bool moves_alike(const Use& use) {
  const Motion& other = other_motion(use);
  const bool ordered = !op::is_equality(use.flow->nodes[use.compare].opcode);
  if (ordered && (other.measured || use.motion.measured || use.motion.scale < 0)) return false;
  return other.scale == use.motion.scale && (!ordered || other.partly == use.motion.partly);
}

Verdict opaque_number(const Use& use) {
  const std::int64_t scale = use.motion.scale;
  if (!use.motion.is(Kind::moved)) return Verdict::undecided;
  if (is_number_in_64_bits(use)) return Verdict::refuse;
  if (scale == 0 || std::abs(scale) == kPage || (use.motion.pair() && use.effect != nullptr))
    return Verdict::undecided;
  if (use.effect != nullptr) return refuse_if(use.effect->kind != EffectKind::drop);
  if (use.other == kNoNode || !other_motion(use).is(Kind::moved)) return Verdict::refuse;
  // In 32 bits what is multiplied loses its upper bits.
  const std::uint32_t opcode = use.flow->nodes[use.compare].opcode;
  const bool lost = scale > kPage && op::same_on_i32(opcode) == opcode && !op::is_equality(opcode);
  return refuse_if(lost || !moves_alike(use));
}

/// How far an address is from the stack, below something, or how long something is that ends at one.
Verdict opaque_distance(const Use& use) {
  if (use.effect == nullptr || use.effect->kind == EffectKind::drop ||
      use.effect->kind == EffectKind::branch || !use.motion.is(Kind::moved))
    return Verdict::undecided;
  const bool length = use.effect->kind == EffectKind::bulk && !is_bulk_address(use);
  const bool part = use.effect->kind == EffectKind::atomic && use.position > 0;
  return refuse_if(use.motion.scale == -kPage || use.motion.measured || length || part);
}

/// Rounding to more than a page, hashing, conversion to a float.
Verdict opaque_unknown(const Use& use) {
  if (use.effect != nullptr) return Verdict::undecided;
  return refuse_if(!op::is_integer_comparison(use.flow->nodes[use.compare].opcode));
}

/// An address in this function's frame, or at its end: the stack pointer, or less.
bool is_in_frame(const Use& use, NodeId id) {
  const Linear sum = linear_form(*use.flow, id);
  return sum.base != kNoNode && use.flow->nodes[sum.base].kind == NodeKind::global &&
         use.flow->nodes[sum.base].value == use.stack_pointer && static_cast<std::int32_t>(sum.offset) <= 0;
}

/// With a number: whether the address lies in a range that begins or ends in the heap.
Verdict against_number(const Use& use, std::int64_t limit, bool address) {
  const Linear sum = linear_form(*use.flow, use.value);
  const std::uint32_t opcode = use.flow->nodes[use.compare].opcode;
  const bool equality = op::is_equality(opcode);
  // What is added in 64 bits is not seen.
  const bool wide = op::same_on_i32(opcode) != opcode;
  if (wide && use.flow->nodes[use.value].kind == NodeKind::binary) return Verdict::refuse;
  // Whether a value is nothing at all, or there is no memory.
  if (sum.offset == 0 && limit == 0) return refuse_if(!equality && !address);
  if (sum.offset == 0 && limit == -1 && address) return Verdict::undecided;
  if (wide || !address) return Verdict::refuse;
  const bool rounded = sum.base != kNoNode && use.flow->nodes[sum.base].opcode == op::i32_and;
  // Of `address - base < length` what is asked is whether the address lies from base to base + length.
  const auto in_heap = [&](std::uint32_t number) {
    constexpr std::uint32_t kErrors = 0xffff'f000;  // error codes, not addresses
    return number >= (use.line & ~std::uint64_t{kPageSize - 1}) && number < kErrors;
  };
  const bool from = !equality && sum.offset != 0 && in_heap(0 - sum.offset);
  return refuse_if(rounded || from || in_heap(static_cast<std::uint32_t>(limit) - sum.offset));
}

Verdict opaque_limit(const Use& use) {
  if (use.effect != nullptr || use.other == kNoNode || std::abs(use.motion.scale) != kPage)
    return Verdict::undecided;
  if (other_motion(use).is(Kind::moved)) return refuse_if(!moves_alike(use));
  const bool address = use.motion.address() && !use.motion.measured;
  if (!other_motion(use).is(Kind::fixed)) return refuse_if(use.limit_is_fixed || !address);
  const auto limit = use.flow->constant(use.other);
  if (!limit) return refuse_if(!address || !is_in_frame(use, use.other));
  return against_number(use, *limit, address);
}

Verdict opaque_narrowed(const Use& use) {
  return refuse_if(use.effect != nullptr && use.effect->kind == EffectKind::store && use.position == 1 &&
                   !stores_whole(use));
}

/// The ways of an address that are followed, or that take it whole to where it is opaque.
Verdict opaque_use(const Use& use) {
  if (use.effect == nullptr) return Verdict::accept;  // what is not opaque there was refused
  switch (use.effect->kind) {
    case EffectKind::load:
    case EffectKind::store:
    case EffectKind::atomic:
    case EffectKind::bulk:
    case EffectKind::call:
    case EffectKind::call_indirect:
    case EffectKind::global_set:
    case EffectKind::drop:
      return Verdict::accept;
    case EffectKind::branch:
      return accept_if(use.effect->opcode != op::br_table);
    case EffectKind::returns:
      return accept_if(use.effect->operand_count == 1);
    default:
      return Verdict::undecided;
  }
}

constexpr auto kOpaque = std::to_array<UseRule>({
    {{"wasm-ld.opaque-unknown",
      "An address that the allocator returned is rounded to more than a page, hashed, or used in another "
      "operation whose result changes in an unknown way.",
      "A chunk that is found by rounding, or a place in a table by a hash, would be another.",
      "docs/soundness.md"},
     opaque_unknown},
    {{"wasm-ld.opaque-number", "A number made from an address that the allocator returned is used as one.",
      "A page or granule number changes, and tables by it end where they ended.", "docs/soundness.md"},
     opaque_number},
    {{"wasm-ld.opaque-distance",
      "How far an address that the allocator returned is from a static address or the stack is used as a "
      "length, "
      "as an index, or kept.",
      "It grows with the heap's start, and what it indexes does not.", "docs/soundness.md"},
     opaque_distance},
    {{"wasm-ld.opaque-limit",
      "An address that the allocator returned is compared with a number in the heap's range.",
      "The address moves, the number does not.", "docs/soundness.md"},
     opaque_limit},
    {{"wasm-ld.opaque-narrowed",
      "An address that the allocator returned is stored in fewer bits than it has.",
      "A compressed reference may no longer fit.", "docs/soundness.md"},
     opaque_narrowed},
    {{"wasm-ld.opaque", "Nothing shows that the program looks into an address of the heap.",
      "The contract: heap addresses are opaque outside the allocator.", "docs/soundness.md"},
     opaque_use},
    {{"wasm-ld.opaque-way", "An address that the allocator returned goes a way that is not followed.",
      "What is done with it there cannot be seen.", "docs/soundness.md"},
     refuse_always},
});

constexpr auto kOpaqueInfos = infos_of(kOpaque);

}  // namespace

std::span<const UseRule> opaque_rules() {
  return kOpaque;
}
std::span<const RuleInfo> opaque_infos() {
  return kOpaqueInfos;
}

}  // namespace heapbump::wasm_ld
