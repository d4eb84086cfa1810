// What words of data, globals, access offsets and constants of another kind are for, and what is left where
// all uses were looked at.
#include <algorithm>

#include "detectors/tinygo/tables.h"

namespace heapbump::tinygo {
namespace {

// ---- Words of data ----

std::optional<Verdict> start_word(const std::uint32_t& address, Shapes& shapes) {
  if (!shapes.runtime().start_words.contains(address)) return std::nullopt;
  return Verdict{Use::heap_start, "the variable heapStart begins with it"};
}

std::optional<Verdict> pointer_word(const std::uint32_t& address, Shapes& shapes) {
  if (!shapes.runtime().pointer_words.contains(address)) return std::nullopt;
  return Verdict{Use::heap_start, "the variable heapptr begins with it"};
}

std::optional<Verdict> roots_word(const std::uint32_t& address, Shapes& shapes) {
  if (!shapes.global_base() || address < 4 || shapes.image().load32(address - 4) != *shapes.global_base())
    return std::nullopt;
  return Verdict{Use::gc_root_end, "the word before it holds __global_base"};
}

constexpr auto kWordRules = std::to_array<VerdictRule<std::uint32_t>>({
    {{"tinygo.start-word", "It is heapStart's initial value: it moves.",
      "The variable was recognised by what code does with it.",
      "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (heapStart)"},
     start_word},
    {{"tinygo.pointer-word", "It is heapptr's initial value: it moves.",
      "The variable was recognised by what code does with it.",
      "tinygo-org/tinygo src/runtime/gc_leaking.go (heapptr)"},
     pointer_word},
    {{"tinygo.roots-word", "The word before it holds __global_base: it stays.",
      "The two are globalsStart and globalsEnd, the range in which the collector looks for roots.",
      "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (globalsStart, globalsEnd)"},
     roots_word},
});

// ---- Constants of their own kind ----

std::optional<Verdict> folded_size(const Value& value, Shapes& shapes) {
  // The constant may be shared with other code; then it cannot be both.
  const auto is_sized = [&](const User& user) {
    const auto sum = sum_made(value, user);
    return sum && std::ranges::any_of(shapes.program().sum(*sum).terms, [&](const Term& term) {
             return shapes.runtime().is_end(shapes.program(), term.value);
           });
  };
  if (!std::ranges::all_of(value.users(), is_sized)) return std::nullopt;
  return Verdict{Use::heap_start,
                 "folded into the metadata's size: it is taken from the heap's end and the rest divided"};
}

std::optional<Verdict> wide_number(const Value& value, Shapes&) {
  const Flow& flow = *value.flow;
  const auto stays_wide = [](const Node& node, std::uint32_t) {
    return (node.kind == NodeKind::binary || node.kind == NodeKind::unary) &&
           node.opcode != op::i32_wrap_i64 && !op::is_integer_comparison(node.opcode);
  };
  const std::array roots = {value.id};
  for (const NodeId node : reach(flow, roots, stays_wide))
    for (const User& user : flow.users(node)) {
      const bool narrowed = !user.is_effect && flow.nodes[user.index].opcode == op::i32_wrap_i64;
      const bool stored = user.is_effect && flow.effects[user.index].kind == EffectKind::store;
      if (narrowed || stored) return std::nullopt;
    }
  return Verdict{Use::unrelated,
                 "a 64-bit number: addresses have 32 bits and it is neither stored nor narrowed"};
}

std::optional<Verdict> length_beside(const Value& value, Shapes& shapes) {
  if (!shapes.is_beside_global_base(value)) return std::nullopt;
  return Verdict{Use::gc_root_end, "passed beside __global_base: the length up to the heap base"};
}

constexpr auto kFoldedRules = std::to_array<VerdictRule<Value>>({
    {{"tinygo.folded-size",
      "A number near the heap base is taken from heapEnd in the metadata's size, and nothing else uses it: "
      "it moves.",
      "The compiler folds `heapEnd - heapStart + 64` to `heapEnd - (heapStart - 64)`. If it stayed, the "
      "metadata would be too small for the heap where the last page is nearly full.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (calculateHeapAddresses)"},
     folded_size},
});
constexpr auto kWideRules = std::to_array<VerdictRule<Value>>({
    {{"tinygo.wide-number",
      "Neither it nor what is computed from it is stored or narrowed to 32 bits: it stays.",
      "Addresses have 32 bits. A wider number becomes one only by narrowing, or by being stored as two "
      "words.",
      "WebAssembly specification, memory addresses of memory32"},
     wide_number},
});
constexpr auto kLengthRules = std::to_array<VerdictRule<Value>>({
    {{"tinygo.length-beside",
      "It is as much as the heap base is above __global_base, and is passed after it: it stays.",
      "Newer collectors scan roots by start and length; the length of the static data does not change.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (scan), 0.42"},
     length_beside},
});

// ---- Access offsets ----

std::optional<Verdict> offset_of_first_bytes(const AccessOffset& access, Shapes& shapes) {
  const auto address = shapes.program().address(access.flow, access.effect);
  if (!address || *address < shapes.base() || *address - shapes.base() >= static_cast<std::uint32_t>(kNear))
    return std::nullopt;
  return Verdict{Use::heap_start, "the heap's first bytes are accessed by their address"};
}

std::optional<Verdict> offset_in_heap(const AccessOffset& access, Shapes& shapes) {
  const auto address = shapes.program().address(access.flow, access.effect);
  if (!address || *address < shapes.base()) return std::nullopt;
  return refused("memory is accessed at a fixed address inside the heap");
}

std::optional<Verdict> offset_near(const AccessOffset& access, Shapes& shapes) {
  if (access.effect.value - shapes.base() > kNear) return std::nullopt;
  return refused("memory is accessed at this offset from an unknown address");
}

std::optional<Verdict> field_offset(const AccessOffset&, Shapes&) {
  return Verdict{Use::unrelated, "the offset of a field from a pointer"};
}

constexpr auto kAccessRules = std::to_array<VerdictRule<AccessOffset>>({
    {{"tinygo.offset-of-first-bytes",
      "Offset and base come to the heap base, or at most 63 bytes above: it moves.",
      "As for tinygo.first-bytes: no object is there but the allocator's own.",
      "llvm/llvm-project lld/wasm/Writer.cpp (layoutMemory); tinygo-org/tinygo src/runtime/gc_blocks.go, "
      "0.42"},
     offset_of_first_bytes},
    {{"tinygo.offset-in-heap", "Offset and base come to a fixed address farther in the heap: refused.",
      "As for tinygo.far-access.", "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     offset_in_heap},
    {{"tinygo.offset-near",
      "The offset is the heap base or just above it, and the base is not known: refused.",
      "Base zero would make it an address of the heap, and an index would make the offset the start of an "
      "array there.",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     offset_near},
    {{"tinygo.field-offset", "The offset is farther above, and the base is not a constant: it stays.",
      "Such an offset is a field's distance from a pointer. The compiler folds the address of an object into "
      "the offset only if there is an object, and the linker puts none above the heap's start.",
      "llvm/llvm-project lld/wasm/Writer.cpp (layoutMemory)"},
     field_offset},
});

// ---- Globals ----

std::optional<Verdict> exported_base(const GlobalValue& global, Shapes&) {
  if (global.global.is_mutable || !global.exported_as_base) return std::nullopt;
  return Verdict{Use::heap_start, "exported as __heap_base for the host to read"};
}

std::optional<Verdict> exported_end(const GlobalValue& global, Shapes&) {
  if (global.global.is_mutable || !global.exported_as_end) return std::nullopt;
  return Verdict{Use::object_end, "exported as the end of what is below the heap"};
}

std::optional<Verdict> variable_global(const GlobalValue& global, Shapes&) {
  if (!global.global.is_mutable) return std::nullopt;
  return Verdict{Use::stack_top, "the initial value of a variable, not the heap's start"};
}

constexpr auto kGlobalRules = std::to_array<VerdictRule<GlobalValue>>({
    {{"tinygo.exported-base", "It is exported as __heap_base: it moves.",
      "A host that reads the symbol wants the heap's start.",
      "llvm/llvm-project lld/wasm/Symbols.h (heapBase)"},
     exported_base},
    {{"tinygo.exported-end", "It is exported as __data_end or __stack_high: it stays.",
      "The symbols bound what is below the heap, which does not move.",
      "llvm/llvm-project lld/wasm/Symbols.h (dataEnd, stackHigh)"},
     exported_end},
    {{"tinygo.variable-global", "A mutable global begins with it: it stays.",
      "wasm-ld makes one mutable i32 global that holds an address, the stack pointer; TinyGo's variables are "
      "words of memory.",
      "llvm/llvm-project lld/wasm/Driver.cpp (createSyntheticSymbols)"},
     variable_global},
});

// ---- What is left when all uses were looked at ----

constexpr auto kRemaining = std::to_array<RuleInfo>({
    {"tinygo.far-number", "A number above the heap base none of whose uses is refused: it stays.",
     "It is no address: nothing accesses memory at it, it is in no variable of the heap and is compared with "
     "no bound "
     "of it. The runtime folds no offset of that size into the heap's start.",
     "tinygo-org/tinygo src/runtime/gc_blocks.go, gc_leaking.go"},
    {"tinygo.object-address",
     "A number just below the heap base none of whose uses is a bound of the heap: it stays.",
     "The last static objects are there, and objects do not move.",
     "llvm/llvm-project lld/wasm/Writer.cpp (layoutMemory)"},
    {"tinygo.word-set-again", "Code stores the heap base in the word that begins with it: both move.",
     "Initialiser and store give the variable the same value.",
     "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (heapStart, set by the entry function at -opt=0)"},
    {"tinygo.dead-code", "No path leads to the instruction: it stays.", "It is never executed.",
     "WebAssembly specification, structured control"},
    {"tinygo.unused", "Nothing uses the value: it stays.",
     "A value that reaches no instruction has no effect.", "WebAssembly specification, execution of drop"},
    {"tinygo.float", "A floating-point constant is the heap base, or within 64 bytes of it: refused.",
     "Folded arithmetic may have made a number of the address; where it would be one again is not followed.",
     "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
    {"tinygo.vector-lane", "A lane of a v128.const is the heap base, or within 64 bytes of it: refused.",
     "Two addresses stored at once, or an address in all lanes; lanes are not followed.",
     "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
});
enum Remaining : std::size_t {
  kFarNumber,
  kObjectAddress,
  kWordSetAgain,
  kDeadCode,
  kUnused,
  kFloat,
  kVectorLane
};

constexpr auto kPlaceTables = std::to_array<RuleTable>({
    {"What is this word of data for that holds the heap base?", false, kInfosOf<kWordRules>},
    {"Is this number part of the metadata's size?", false, kInfosOf<kFoldedRules>},
    {"Is this i64.const that holds the heap base a number?", false, kInfosOf<kWideRules>},
    {"Is this number the length of the roots?", false, kInfosOf<kLengthRules>},
    {"What is this access offset in the heap's range?", false, kInfosOf<kAccessRules>},
    {"What is this global for that begins with the heap base?", false, kInfosOf<kGlobalRules>},
    {"What is it where all uses were looked at?", false, kRemaining},
});

}  // namespace

std::optional<Verdict> judge_word(std::uint32_t address, Shapes& shapes) {
  return ask(kWordRules, address, shapes);
}
std::optional<Verdict> judge_folded(const Value& constant, Shapes& shapes) {
  return ask(kFoldedRules, constant, shapes);
}
std::optional<Verdict> judge_wide(const Value& constant, Shapes& shapes) {
  return ask(kWideRules, constant, shapes);
}
std::optional<Verdict> judge_length(const Value& constant, Shapes& shapes) {
  return ask(kLengthRules, constant, shapes);
}
std::optional<Verdict> judge_access(const AccessOffset& access, Shapes& shapes) {
  return ask(kAccessRules, access, shapes);
}
std::optional<Verdict> judge_global(const GlobalValue& global, Shapes& shapes) {
  return ask(kGlobalRules, global, shapes);
}

Verdict far_number(std::string_view seen_as) {
  return {Use::unrelated,
          "a number above the heap base that is no address and is never compared with the heap's bounds: " +
              std::string(seen_as.empty() ? "unused" : seen_as),
          kRemaining[kFarNumber].id};
}
Verdict odd_constant(bool vector) {
  return {Use::unknown, vector ? "it is a lane of a vector" : "it is a floating-point number",
          kRemaining[vector ? kVectorLane : kFloat].id};
}
Verdict object_address() {
  return {Use::unrelated, "the address of an object", kRemaining[kObjectAddress].id};
}
Verdict word_set_again() {
  return {Use::heap_start, "a variable that begins with it and is set to it again",
          kRemaining[kWordSetAgain].id};
}
Verdict dead_code() {
  return {Use::unrelated, "no path leads to it", kRemaining[kDeadCode].id};
}
Verdict unused() {
  return {Use::unrelated, "nothing uses it", kRemaining[kUnused].id};
}

std::span<const RuleTable> place_rule_tables() {
  return kPlaceTables;
}

}  // namespace heapbump::tinygo
