#include "detectors/wasm_ld/rules.h"

#include <array>
#include <cstdlib>
#include <optional>

#include "detectors/wasm_ld/models.h"

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;
constexpr auto kPage = static_cast<std::int64_t>(kPageSize);

Verdict accept_if(bool holds) {
  return holds ? Verdict::accept : Verdict::undecided;
}
Verdict refuse_if(bool holds) {
  return holds ? Verdict::refuse : Verdict::undecided;
}
Verdict refuse_always(const Use&) {
  return Verdict::refuse;
}

bool is_access(const Use& use) {
  return use.effect->kind == EffectKind::load || use.effect->kind == EffectKind::store ||
         use.effect->kind == EffectKind::atomic;
}

/// Operands of memory.copy and memory.fill that are addresses.
bool is_bulk_address(const Use& use) {
  if (use.effect->kind != EffectKind::bulk) return false;
  return use.position == 0 || (use.position == 1 && use.effect->opcode == op::memory_copy);
}

bool is_address_operand(const Use& use) {
  return (is_access(use) && use.position == 0) || is_bulk_address(use);
}

bool is_signed_order(std::uint32_t opcode) {
  const std::uint32_t i32 = op::same_on_i32(opcode);
  return i32 == op::i32_lt_s || i32 == op::i32_gt_s || i32 == op::i32_le_s || i32 == op::i32_ge_s;
}

const Motion& other_motion(const Use& use) {
  return use.motions[use.other];
}

/// Stores of at least the 32 bits of an address.
bool stores_whole(const Use& use) {
  const std::uint32_t opcode = use.effect->opcode;
  return opcode != op::i32_store8 && opcode != op::i32_store16 && opcode != op::i64_store8 &&
         opcode != op::i64_store16;
}

bool is_static_store(const Use& use) {
  return use.effect->kind == EffectKind::store && use.position == 1 &&
         static_address(*use.flow, *use.effect).has_value();
}

// ---- Comparisons ----

Verdict unknown_value(const Use& use) {
  return refuse_if(use.motion.is(Kind::unknown));
}

Verdict unknown_other(const Use& use) {
  return refuse_if(use.other != kNoNode && other_motion(use).is(Kind::unknown));
}

Verdict same_motion(const Use& use) {
  return accept_if(use.other != kNoNode && other_motion(use).is(Kind::moved) &&
                   other_motion(use).scale == use.motion.scale);
}

/// Whether a value is an address or a page number as it was made, with nothing added: the start of new memory
/// is never 0, but `size - 40` is where the size is 40, and `page << 30` is for every fourth page. A constant
/// that moves is no 0 before and after.
bool is_plain_address(const Use& use) {
  if (use.motion.scale != kPage && use.motion.scale != 1) return false;
  if (const auto value = use.flow->constant(use.value)) return *value != 0 && use.motion.is(Kind::moved);
  return !use.motion.size && use.motion.is(Kind::moved) && linear_form(*use.flow, use.value).offset == 0;
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

// ---- Effects ----

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

// ---- What an allocator returns ----

bool is_widened(const Use& use) {
  return use.flow->nodes[use.value].opcode == op::i64_extend_i32_u ||
         use.flow->nodes[use.value].opcode == op::i64_extend_i32_s;
}

/// An address in 64 bits without a second word is a number, where it is kept or given to the host.
bool is_number_in_64_bits(const Use& use) {
  if (use.effect == nullptr || !use.motion.address()) return false;
  if (use.effect->kind == EffectKind::store && use.position == 1)
    return use.effect->opcode == op::i64_store && is_widened(use);
  return use.is_number;
}

Verdict opaque_number(const Use& use) {
  const std::int64_t scale = use.motion.scale;
  if (!use.motion.is(Kind::moved)) return Verdict::undecided;
  if (is_number_in_64_bits(use)) return Verdict::refuse;
  if (scale == 0 || std::abs(scale) == kPage || (use.motion.pair() && use.effect != nullptr))
    return Verdict::undecided;
  if (use.effect != nullptr) return refuse_if(use.effect->kind != EffectKind::drop);
  return refuse_if(use.other == kNoNode || !other_motion(use).is(Kind::moved) ||
                   other_motion(use).scale != scale);
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

/// With something else that moves. In an order, neither is nothing on some path, or a distance that may pass
/// 0.
bool moves_alike(const Use& use) {
  const Motion& other = other_motion(use);
  const bool ordered = !op::is_equality(use.flow->nodes[use.compare].opcode);
  if (ordered && (other.measured || use.motion.measured)) return false;
  return other.scale == use.motion.scale && (!ordered || other.partly == use.motion.partly);
}

Verdict opaque_limit(const Use& use) {
  if (use.effect != nullptr || use.other == kNoNode || std::abs(use.motion.scale) != kPage)
    return Verdict::undecided;
  if (other_motion(use).is(Kind::moved)) return refuse_if(!moves_alike(use));
  const bool address = use.motion.address() && !use.motion.measured;
  if (!other_motion(use).is(Kind::fixed)) return refuse_if(use.limit_is_fixed || !address);
  const auto limit = use.flow->constant(use.other);
  if (!limit) return refuse_if(!address || !is_in_frame(use, use.other));
  const Linear sum = linear_form(*use.flow, use.value);
  // Whether a value is nothing at all, or there is no memory.
  const std::uint32_t opcode = use.flow->nodes[use.compare].opcode;
  const bool equality = op::is_equality(opcode);
  // What is added in 64 bits is not seen.
  const bool wide = op::same_on_i32(opcode) != opcode;
  if (wide && use.flow->nodes[use.value].kind == NodeKind::binary) return Verdict::refuse;
  if (sum.offset == 0 && *limit == 0) return refuse_if(!equality && !address);
  if (sum.offset == 0 && *limit == -1 && address) return Verdict::undecided;
  if (wide) return Verdict::refuse;
  const bool rounded = sum.base != kNoNode && use.flow->nodes[sum.base].opcode == op::i32_and;
  // Of `address - base < length` what is asked is whether the address lies from base to base + length.
  const auto in_heap = [&](std::uint32_t number) {
    constexpr std::uint32_t kErrors = 0xffff'f000;  // error codes, not addresses
    return number >= (use.line & ~std::uint64_t{kPageSize - 1}) && number < kErrors;
  };
  const bool from = !equality && sum.offset != 0 && in_heap(0 - sum.offset);
  return refuse_if(!address || rounded || from || in_heap(static_cast<std::uint32_t>(*limit) - sum.offset));
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

constexpr auto kStructure = std::to_array<RuleInfo>({
    {"wasm-ld.growth-in-place",
     "Where memory grows, the new memory is taken to begin where memory.grow says.",
     "What is only asked whether there is memory extends something in place, and would run through the "
     "region.",
     "core specification, memory.grow"},
    {"wasm-ld.coarse-rounding",
     "In a function of the allocator nothing from memory is rounded to more than a page.",
     "A compiler may have merged the program with it, and a block that is aligned to more than a page would "
     "lie "
     "elsewhere in its memory.",
     "docs/soundness.md"},
    {"wasm-ld.below-growth",
     "Memory just below what was grown is not used unless the code has found that the two adjoin.",
     "It belongs to what lay before, and the region lies between.",
     "wasi-libc emmalloc/emmalloc.c, claim_more_memory"},
    {"wasm-ld.mixed-place",
     "A word or global that keeps an address of the heap or the memory's size keeps no number elsewhere.",
     "Whatever reads it could not tell which moves.", "docs/soundness.md"},
    {"wasm-ld.place-starts-set",
     "A word or global that keeps an address of the heap or the memory's size starts as nothing.",
     "What it starts as would not move.", "docs/soundness.md"},
    {"wasm-ld.size-through-table",
     "No function that is exported or called through a table returns the memory's size.",
     "Its callers cannot be seen.", "docs/soundness.md"},
    {"wasm-ld.returned-number",
     "No function returns a page number or another number of the heap, or else something different.",
     "Its callers could not tell which moves.", "docs/soundness.md"},
    {"wasm-ld.known-allocator", "Memory grows, and its size is read, for known allocators alone.",
     "What an unknown allocator does with addresses elsewhere is not known: it may mask them, count by them, "
     "or continue memory below the declared minimum.",
     "docs/soundness.md"},
    {"wasm-ld.wide-root", "No vector lane, float or 64-bit number is where the heap starts or memory ends.",
     "Nothing tells whether it is an address.", "docs/soundness.md"},
    {"wasm-ld.constant-address",
     "No constant address in the heap, or above the declared minimum, is accessed.", "It does not move.",
     "LLVM lld/wasm/Writer.cpp, layoutMemory"},
    {"wasm-ld.low-heap", "No allocator has its first memory below the declared minimum.",
     "New memory would not continue it: blocks come to lie elsewhere and in another order, and realloc moves "
     "others.",
     "wasi-libc dlmalloc/src/malloc.c, try_init_allocator"},
    {"wasm-ld.new-memory", "An allocator that is known takes all its memory from memory.grow.",
     "Memory from elsewhere, as from a break that starts at the heap's start, goes on through the region.",
     "Doug Lea's malloc 2.8.6, MORECORE"},
    {"wasm-ld.maximum", "Zig's page allocator has no maximum to run into.",
     "Which of its pages it keeps for its own table depends on their numbers.",
     "Zig lib/std/heap/WasmPageAllocator.zig"},
    {"wasm-ld.two-starts", "One known allocator starts at a constant, and an exported __heap_base agrees.",
     "Two owners of one heap cannot both be right.", "LLVM lld/wasm/Writer.cpp, layoutMemory"},
    {"wasm-ld.start-elsewhere",
     "Nothing outside the allocator is the heap's start, or within 64 bytes above it.",
     "It would be another address of the heap, or an equal number.", "docs/soundness.md"},
    {"wasm-ld.allocator-start",
     "In a function of the allocator, the heap's start and what is within 64 bytes above it moves.",
     "Afterwards every use of it there is decided by these rules.",
     "wasi-libc dlmalloc/src/malloc.c, try_init_allocator"},
    {"wasm-ld.first-block-end",
     "What is just below the start and added to the first block's size to address memory moves.",
     "(start - 52) + (end - start) is where dlmalloc ends its first block.",
     "Binaryen OptimizeInstructions.cpp"},
    {"wasm-ld.below-start", "What is just below the start is added to nothing else in the allocator.",
     "Whether that is a distance from the start cannot be told.", "Binaryen OptimizeInstructions.cpp"},
    {"wasm-ld.heap-end",
     "Where the allocator has the end of its first memory as a number, that is used as an address alone, and "
     "moves.",
     "It is compared with the start, has the start taken from it, or is where memory is accessed. What was "
     "worked out from both before is a size, which stays.",
     "wasi-libc dlmalloc/src/malloc.c, try_init_allocator; emmalloc/emmalloc.c"},
    {"wasm-ld.snapshot", "No data lies in the heap, and the allocator's state is not set.",
     "What was saved in use holds addresses that nothing names.", "Wizer"},
    {"wasm-ld.fixed-address",
     "No number in the heap's initial memory is added to an index to address memory, static data is not "
     "filled beyond its end, and no function returns where the declared memory ends.",
     "It would be memory that the program uses beside its allocator: the region would lie there, or the "
     "allocator's first memory move over it.",
     "docs/soundness.md"},
    {"wasm-ld.address-in-data", "No word of data that is read lies in the heap's initial memory.",
     "It may be where memory of the program's own begins or ends, which would not move.",
     "docs/soundness.md"},
    {"wasm-ld.start-in-data", "No word of data is the heap's start, or within 64 bytes above it.",
     "Whether it is an address cannot be told.", "docs/soundness.md"},
    {"wasm-ld.start-in-global",
     "No global starts in the heap's range, but for the stack pointer and the linker's exported symbols.",
     "Whether it is an address cannot be told.", "LLVM lld/wasm/Driver.cpp, createOptionalSymbols"},
    {"wasm-ld.stack-pointer",
     "The first variable global may start as the heap's start: the stack ends there, and stays.",
     "The stack grows down from there, away from the region.", "LLVM lld/wasm/Writer.cpp, layoutMemory"},
    {"wasm-ld.exported-symbol",
     "__heap_base and __heap_end move in their exported globals, __data_end and the stack's bounds stay.",
     "No code reads them; hosts do.", "LLVM lld/wasm/Driver.cpp, createOptionalSymbols"},
});

template <std::size_t N>
constexpr std::array<RuleInfo, N> infos_of(const std::array<UseRule, N>& table) {
  std::array<RuleInfo, N> infos{};
  for (std::size_t i = 0; i < N; ++i) infos[i] = table[i].info;
  return infos;
}
constexpr auto kComparisonInfos = infos_of(kComparisons);
constexpr auto kEffectInfos = infos_of(kEffects);
constexpr auto kOpaqueInfos = infos_of(kOpaque);

}  // namespace

std::span<const UseRule> comparison_rules() {
  return kComparisons;
}
std::span<const UseRule> effect_rules() {
  return kEffects;
}

std::span<const UseRule> opaque_rules() {
  return kOpaque;
}

const UseRule& decide(std::span<const UseRule> rules, const Use& use, Verdict& verdict) {
  for (const UseRule& rule : rules) {
    verdict = rule.applies(use);
    if (verdict != Verdict::undecided) return rule;
  }
  verdict = Verdict::refuse;
  return rules.back();
}

std::span<const RuleTable> rule_tables() {
  static const auto tables = std::to_array<RuleTable>({
      {"May an address of the heap or the memory's size be compared so?", false, kComparisonInfos},
      {"May an address of the heap or the memory's size be used so?", false, kEffectInfos},
      {"Does the program look into an address that its allocator returned?", false, kOpaqueInfos},
      {"Is everything explained that could stand for the heap?", true, kStructure},
      {"Which allocators are known?", false, model_infos()},
  });
  return tables;
}

}  // namespace heapbump::wasm_ld
