#include "detectors/tinygo/rules.h"

#include <algorithm>
#include <array>

#include "detectors/tinygo/memory_rules.h"
#include "detectors/tinygo/tables.h"

namespace heapbump::tinygo {
namespace {

// ---- Sums ----

/// Whether code is the runtime's own. What other code computes with a number that equals the heap's start may
/// be anything.
bool in_runtime(const Carrier& carrier, Shapes& shapes) {
  return shapes.runtime().own_functions.contains(carrier.value.flow->function);
}

std::optional<Verdict> block_address(const TermUse& use, Shapes& shapes) {
  if (!in_runtime(use.carrier, shapes) || use.term.sign < 0 || !shapes.is_block_offset(use.term.value))
    return std::nullopt;
  return Verdict{Use::heap_start, "the address of a block is computed from it"};
}

std::optional<Verdict> heap_size(const TermUse& use, Shapes& shapes) {
  const bool opposed = (use.term.sign > 0) != (use.carrier.sign > 0);
  if (!opposed || !shapes.is_bound(use.term.value)) return std::nullopt;
  return Verdict{Use::heap_start, "the heap's size is computed from it"};
}

std::optional<Verdict> pointer_distance(const TermUse& use, Shapes& shapes) {
  if (use.term.sign < 0 || use.carrier.sign > 0 || !shapes.is_heap_pointer(use.term.value))
    return std::nullopt;
  return Verdict{Use::heap_start, "it is taken from a pointer that is checked against the heap's end"};
}

constexpr auto kTermRules = std::to_array<VerdictRule<TermUse>>({
    {{"tinygo.block-address", "In the runtime, a block's number times 16 is added to it: it moves.",
      "blockAddress is heapStart + block * 16. The number counts from the heap's start, so the address is "
      "right for whichever start it is added to.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (gcBlock.address); gc_conservative.go before 0.27"},
     block_address},
    {{"tinygo.heap-size", "It is taken from heapEnd, metadataStart, heapStart or heapptr: it moves.",
      "A difference with a bound of the heap is a size; both ends rise by the region, so it stays the size "
      "that it was.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (calculateHeapAddresses), gc_leaking.go"},
     heap_size},
    {{"tinygo.pointer-distance",
      "It is taken from a pointer that is also checked against the heap's end: it moves.",
      "Only a pointer into the heap is compared with metadataStart or heapEnd, and its distance from the "
      "start of the heap is the same wherever the heap starts.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (blockFromAddr)"},
     pointer_distance},
});

std::optional<Verdict> roots_length(const ConstantSum& use, Shapes& shapes) {
  const auto is_global_base = [&](const Term& term) {
    return term.sign < 0 && shapes.program().constant(term.value) == shapes.global_base();
  };
  if (use.carrier.sign < 0 || !shapes.global_base() ||
      !std::ranges::any_of(use.sum.constants, is_global_base))
    return std::nullopt;
  return Verdict{Use::gc_root_end, "the length from __global_base is computed from it"};
}

constexpr auto kConstantSumRules = std::to_array<VerdictRule<ConstantSum>>({
    {{"tinygo.roots-length", "__global_base is taken from it: it stays.",
      "The distance is the length of the static data, in which the collector looks for roots. It does not "
      "grow when the heap moves away.",
      "tinygo-org/tinygo src/runtime/gc_globals.go, arch_tinygowasm.go (globalsStart, globalsEnd)"},
     roots_length},
});

std::optional<Verdict> block_number(const Carrier& carrier, Shapes& shapes) {
  if (carrier.sign > 0 || !shapes.is_block_difference(carrier.value)) return std::nullopt;
  return Verdict{Use::heap_start, "a pointer's block number is computed from it"};
}

constexpr auto kDifferenceRules = std::to_array<VerdictRule<Carrier>>({
    {{"tinygo.block-number",
      "What it is taken from is divided by the size of a block, and the quotient leads to the metadata: it "
      "moves.",
      "blockFromAddr is (address - heapStart) / 16. Only a block's number indexes the metadata.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (blockFromAddr, gcBlock.state)"},
     block_number},
});

// ---- Comparisons ----

std::optional<Verdict> negated_order(const Comparison& use, Shapes&) {
  if (use.carrier.sign > 0) return std::nullopt;
  return Verdict{Use::unknown, "its negation is compared"};
}

std::optional<Verdict> bound_compared(const Comparison& use, Shapes& shapes) {
  if (!shapes.is_bound(use.other)) return std::nullopt;
  return Verdict{Use::heap_start, "it is compared with a bound of the heap"};
}

std::optional<Verdict> roots_walk(const Comparison& use, Shapes& shapes) {
  if (!shapes.walks_static_data(use.other, true)) return std::nullopt;
  return Verdict{Use::gc_root_end, "a pointer that starts at __global_base walks up to it"};
}

std::optional<Verdict> object_walk(const Comparison& use, Shapes& shapes) {
  if (!shapes.walks_static_data(use.other, false)) return std::nullopt;
  return Verdict{Use::object_end, "a pointer into a static object walks up to it"};
}

std::optional<Verdict> pointer_compared(const Comparison& use, Shapes& shapes) {
  if (!shapes.is_heap_pointer(use.other)) return std::nullopt;
  return Verdict{Use::heap_start,
                 "a pointer that is also checked against the heap's end is compared with it"};
}

std::optional<Verdict> block_compared(const Comparison& use, Shapes& shapes) {
  if (!in_runtime(use.carrier, shapes)) return std::nullopt;
  const Sum sum = shapes.program().sum(use.other);
  const auto is_block = [&](const Term& term) { return term.sign > 0 && shapes.is_block_offset(term.value); };
  if (!std::ranges::any_of(sum.terms, is_block)) return std::nullopt;
  return Verdict{Use::heap_start, "a block's address is compared with it"};
}

constexpr auto kComparisonRules = std::to_array<VerdictRule<Comparison>>({
    {{"tinygo.negated-order", "Its negation is compared: refused.",
      "The order of negated addresses is the reverse, and no release of the runtime compares them; a number "
      "that is compared so is not known to be the heap's start.",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     negated_order},
    {{"tinygo.bound-compared", "It is compared with heapEnd, metadataStart, heapStart or heapptr: it moves.",
      "Both sides are bounds of the same heap, and both rise by the region.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go, gc_leaking.go"},
     bound_compared},
    {{"tinygo.roots-walk", "A pointer that starts at __global_base walks up to it: it stays.",
      "The loop scans the static data for roots. What is behind them, the region, is not of the program and "
      "holds no roots.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (markRoots), arch_tinygowasm.go (globalsEnd)"},
     roots_walk},
    {{"tinygo.object-walk", "A pointer that starts in a static object walks up to it: it stays.",
      "The last static object ends where the heap starts; objects do not move.",
      "llvm/llvm-project lld/wasm/Writer.cpp (layoutMemory): __heap_base follows the data"},
     object_walk},
    {{"tinygo.pointer-compared",
      "A pointer that is also checked against the heap's end is compared with it: it moves.",
      "The pair of comparisons asks whether the pointer is on the heap; its lower bound is the heap's start.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (isOnHeap, looksLikePointer)"},
     pointer_compared},
    {{"tinygo.block-compared", "In the runtime, a block's address is compared with it: it moves.",
      "The address was computed from a block's number, so it moves with the heap.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (gcBlock.address)"},
     block_compared},
});

// ---- Operands ----

std::optional<Verdict> condition(const OperandUse& use, Shapes&) {
  const Node& node = use.used_by.node();
  if (node.kind == NodeKind::select && use.position == 2) return Verdict{Use::unrelated, "it is a condition"};
  return std::nullopt;
}

std::optional<Verdict> zero_compared(const OperandUse& use, Shapes&) {
  const Node& node = use.used_by.node();
  if (node.kind != NodeKind::unary || node.opcode != op::i32_eqz) return std::nullopt;
  return Verdict{Use::unrelated, "it is compared with zero"};
}

std::optional<Verdict> factor(const OperandUse& use, Shapes&) {
  const Node& node = use.used_by.node();
  if (node.kind != NodeKind::binary || !op::is_i32_scale(node.opcode)) return std::nullopt;
  return Verdict{Use::unrelated, "it is a factor or a divisor"};
}

constexpr auto kOperandRules = std::to_array<VerdictRule<OperandUse>>({
    {{"tinygo.condition", "It is the condition of a select: it stays.",
      "Only whether it is zero counts, and neither start of the heap is.",
      "WebAssembly specification, select"},
     condition},
    {{"tinygo.zero-compared", "It is compared with zero: it stays.",
      "Neither start of the heap is zero, so the answer is the same.", "WebAssembly specification, i32.eqz"},
     zero_compared},
    {{"tinygo.factor", "It is a factor or a divisor: it stays.",
      "No address itself is multiplied or divided; the runtime divides differences of addresses only. "
      "Numbers such as the seconds of a day (86400) are addresses of some heaps.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go divides differences only"},
     factor},
});

// ---- Effects ----

std::optional<std::uint32_t> stored_word(const EffectUse& use, Shapes& shapes) {
  if (use.effect.kind != EffectKind::store || use.position != 1 || use.effect.opcode != op::i32_store)
    return std::nullopt;
  return shapes.program().address(*use.carrier.value.flow, use.effect);
}

std::optional<Verdict> first_bytes(const EffectUse& use, Shapes&) {
  if (!is_address_operand(use.effect, use.position) || use.carrier.sign < 0) return std::nullopt;
  const std::int64_t at = use.carrier.offset + (use.effect.kind == EffectKind::bulk ? 0 : use.effect.value);
  if (at < 0 || at >= kNear) return std::nullopt;
  return Verdict{Use::heap_start, "the heap's first bytes are accessed by their address"};
}

std::optional<Verdict> stored_in_start(const EffectUse& use, Shapes& shapes) {
  const auto word = stored_word(use, shapes);
  if (!word || !shapes.runtime().start_words.contains(*word)) return std::nullopt;
  return Verdict{Use::heap_start, "it is stored in heapStart"};
}

std::optional<Verdict> stored_in_pointer(const EffectUse& use, Shapes& shapes) {
  const auto word = stored_word(use, shapes);
  if (!word || !shapes.runtime().pointer_words.contains(*word)) return std::nullopt;
  return Verdict{Use::heap_start, "it is stored in heapptr"};
}

std::optional<Verdict> stored_again(const EffectUse& use, Shapes& shapes) {
  if (!in_runtime(use.carrier, shapes)) return std::nullopt;
  const auto word = stored_word(use, shapes);
  if (!word || shapes.image().load32(*word) != shapes.base() + static_cast<std::uint32_t>(use.carrier.offset))
    return std::nullopt;
  return Verdict{Use::heap_start, "it is stored in a variable that begins with it"};
}

/// Whether a constant that is no address of the heap is stored in the variable too: then it may hold
/// something else at another time, and its value need not be the heap's start.
bool keeps_other_numbers(std::uint32_t word, Shapes& shapes) {
  bool others = false;
  for_each_word_store(shapes.program(), shapes.program().mentions(word),
                      [&](const Flow& flow, const Effect& store, std::uint32_t address) {
                        const auto value = shapes.program().constant(stored_value(flow, store));
                        const std::uint32_t above = value.value_or(0) - shapes.base();
                        others |= address == word && value.value_or(0) != 0 && above >= kNear;
                      });
  return others;
}

std::optional<Verdict> stored_as_address(const EffectUse& use, Shapes& shapes) {
  if (!in_runtime(use.carrier, shapes)) return std::nullopt;
  const auto word = stored_word(use, shapes);
  if (!word || !shapes.is_pointer_word(*word) || keeps_other_numbers(*word, shapes)) return std::nullopt;
  return Verdict{Use::heap_start, "it is stored in a variable whose value is used as an address"};
}

std::optional<Verdict> suspended(const EffectUse& use, Shapes& shapes) {
  const Flow& flow = *use.carrier.value.flow;
  if (use.effect.kind != EffectKind::store || use.position != 1 || use.effect.opcode != op::i32_store ||
      shapes.program().address(flow, use.effect) ||
      !Program::on_asyncify_stack(flow, flow.operands_of(use.effect)[0]))
    return std::nullopt;
  return Verdict{Use::saved, "saved across a suspension"};
}

std::optional<Verdict> beside_global_base(const EffectUse& use, Shapes& shapes) {
  if (use.effect.kind != EffectKind::call && use.effect.kind != EffectKind::call_indirect)
    return std::nullopt;
  const Flow& flow = *use.carrier.value.flow;
  if (use.position == 0 || !shapes.is_global_base({&flow, flow.operands_of(use.effect)[use.position - 1]}))
    return std::nullopt;
  return Verdict{Use::gc_root_end, "it is passed beside __global_base"};
}

std::optional<Verdict> branch(const EffectUse& use, Shapes&) {
  if (use.effect.kind != EffectKind::branch) return std::nullopt;
  return Verdict{Use::unrelated, "it is a condition"};
}

constexpr auto kEffectRules = std::to_array<VerdictRule<EffectUse>>({
    {{"tinygo.first-bytes", "An access at it, or at most 63 bytes above, takes it as an address: it moves.",
      "The linker puts no object at or above __heap_base, so the access is to the heap's first bytes: the "
      "allocator's first node of free ranges.",
      "llvm/llvm-project lld/wasm/Writer.cpp (layoutMemory); tinygo-org/tinygo src/runtime/gc_blocks.go, "
      "0.42"},
     first_bytes},
    {{"tinygo.stored-in-start", "It is stored in heapStart: it moves.",
      "The variable was recognised by what code does with it, and is set to nothing but the heap's start.",
      "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (heapStart)"},
     stored_in_start},
    {{"tinygo.stored-in-pointer", "It is stored in heapptr: it moves.",
      "The leaking allocator hands out memory from heapptr up, and heapptr begins at the heap's start.",
      "tinygo-org/tinygo src/runtime/gc_leaking.go (heapptr)"},
     stored_in_pointer},
    {{"tinygo.stored-again",
      "In the runtime, it is stored in a variable that begins with the same number in the data: it moves.",
      "Initialiser and store give the variable the same value, so both are the heap's start, and both move.",
      "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (heapStart, set by the entry function at -opt=0)"},
     stored_again},
    {{"tinygo.stored-as-address",
      "In the runtime, it is stored in a variable whose value is used as an address, and that holds no other "
      "number: it moves.",
      "No object is at the heap's start, so a pointer with this value points at the heap.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go, 0.42 (first free range)"},
     stored_as_address},
    {{"tinygo.suspended",
      "It is put on asyncify's stack: it comes back into the same local, whose other uses decide.",
      "Asyncify writes every live local to its stack when it unwinds and reads it back into the same local "
      "when it rewinds; the value is not seen by other code.",
      "WebAssembly/binaryen src/passes/Asyncify.cpp"},
     suspended},
    {{"tinygo.beside-global-base", "It is the argument after __global_base: it stays.",
      "A range of static data is passed, in which the collector looks for roots.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (markRoots(globalsStart, globalsEnd))"},
     beside_global_base},
    {{"tinygo.branch", "A branch takes it as its condition: it stays.",
      "Only whether it is zero counts, and neither start of the heap is.",
      "WebAssembly specification, br_if and if"},
     branch},
});

constexpr auto kUseTables = std::to_array<RuleTable>({
    {"What is the heap base for that is added to this term, or taken from it?", false, kInfosOf<kTermRules>},
    {"What is the heap base for that is summed with constants alone?", false, kInfosOf<kConstantSumRules>},
    {"What is the heap base for that is taken from something?", false, kInfosOf<kDifferenceRules>},
    {"What is the heap base for that is compared with this?", false, kInfosOf<kComparisonRules>},
    {"What is the heap base for that is an operand of this instruction?", false, kInfosOf<kOperandRules>},
    {"What is the heap base for that is accessed, stored, passed or branched on here?", false,
     kInfosOf<kEffectRules>},
});

}  // namespace

Verdict settle(const std::vector<Verdict>& verdicts) {
  const Verdict* first = nullptr;
  bool saved = false;
  for (const Verdict& verdict : verdicts) {
    if (verdict.use == Use::unknown) return verdict;
    if (verdict.use == Use::saved) {
      saved = true;
    } else if (first == nullptr) {
      first = &verdict;
    } else if (first->use != verdict.use) {
      return {Use::unknown, "it is used in two ways: " + first->why + ", and " + verdict.why, {}};
    }
  }
  if (first != nullptr) return *first;
  static_assert(kEffectRules[5].info.id == "tinygo.suspended");
  if (saved) return {Use::unknown, "it is only saved across a suspension", kEffectRules[5].info.id};
  return unused();
}

std::optional<Verdict> judge_term(const TermUse& use, Shapes& shapes) {
  return ask(kTermRules, use, shapes);
}
std::optional<Verdict> judge_constant_sum(const ConstantSum& use, Shapes& shapes) {
  return ask(kConstantSumRules, use, shapes);
}
std::optional<Verdict> judge_difference(const Carrier& carrier, Shapes& shapes) {
  return ask(kDifferenceRules, carrier, shapes);
}
std::optional<Verdict> judge_comparison(const Comparison& use, Shapes& shapes) {
  return ask(kComparisonRules, use, shapes);
}
std::optional<Verdict> judge_operand(const OperandUse& use, Shapes& shapes) {
  return ask(kOperandRules, use, shapes);
}
std::optional<Verdict> judge_effect(const EffectUse& use, Shapes& shapes) {
  return ask(kEffectRules, use, shapes);
}

std::span<const RuleTable> rule_tables() {
  static const std::vector<RuleTable> tables = [] {
    std::vector<RuleTable> all;
    for (const std::span<const RuleTable> more :
         {start_rule_tables(), std::span<const RuleTable>(kUseTables), near_rule_tables(),
          place_rule_tables(), memory_rule_tables()})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return tables;
}

}  // namespace heapbump::tinygo
