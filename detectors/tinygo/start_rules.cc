// What the heap's start, its variables and the memory's limits have to be.
#include <array>
#include <set>

#include "detectors/tinygo/tables.h"

namespace heapbump::tinygo {
namespace {

using StartRule = CheckRule<Runtime, const StartContext>;

Check one_start(const Runtime& runtime, const StartContext&) {
  if (runtime.candidates.size() == 1) return holds();
  std::string values;
  for (const auto& [value, ways] : runtime.candidates) values += (values.empty() ? "" : ", ") + hex(value);
  return fails("the runtime's arithmetic gives several heap starts: " + values, Code::kAmbiguous);
}

Check start_above_data(const Runtime& runtime, const StartContext& in) {
  const std::uint32_t base = runtime.candidates.begin()->first;
  if (base >= in.image.end() && base <= in.program.module().memory_bytes()) return holds();
  return fails("the heap start " + hex(base) +
               " that the runtime computes with is not between the static data's end " + hex(in.image.end()) +
               " and the memory's end");
}

Check heap_unused(const Runtime& runtime, const StartContext& in) {
  for (const auto* words : {&runtime.end_words, &runtime.metadata_words})
    for (const std::uint32_t word : *words)
      if (in.image.load32(word) != 0)
        return fails("the variable of the heap at " + hex(word) + " begins with " +
                         hex(in.image.load32(word)) + ": the heap was in use when this module was saved",
                     Code::kSnapshot);
  return holds();
}

Check doubling_maximum(const Runtime& runtime, const StartContext& in) {
  if (!in.program.module().memories.front().max) return not_applicable();
  if (runtime.grows) return holds();
  return fails("the memory has a declared maximum, and how much the heap grows by was not recognised",
               Code::kUnexplained);
}

/// A mask that clears more than the bits within a page.
bool is_wide_mask(std::uint32_t mask) {
  const std::uint32_t low = ~mask + 1;  // the power of two that it rounds down to
  return mask >= 0x80000000 && (low & (low - 1)) == 0 && low > kPageSize;
}

Check narrow_alignment(const Runtime& runtime, const StartContext& in) {
  const std::uint32_t base = runtime.candidates.begin()->first;
  std::set<std::uint32_t> functions = runtime.heap_functions;
  for (const std::uint32_t function : in.program.mentions(base - kNear, base + kNear))
    functions.insert(function);
  for (const std::uint32_t function : functions) {
    const Flow* flow = in.program.flow(function);
    if (flow == nullptr) continue;  // program.error() ends the detection
    for (const Node& node : flow->nodes) {
      if (node.kind != NodeKind::binary || node.opcode != op::i32_and) continue;
      for (const NodeId operand : flow->operands_of(node)) {
        const auto mask = flow->constant(operand);
        if (mask && is_wide_mask(static_cast<std::uint32_t>(*mask)))
          return fails("function " + std::to_string(function) +
                           ", which knows the heap's bounds, aligns to " +
                           std::to_string(~static_cast<std::uint32_t>(*mask) + 1) +
                           " bytes: addresses that move by whole pages are aligned otherwise",
                       Code::kUnexplained);
      }
    }
  }
  return holds();
}

constexpr auto kStartRules = std::to_array<StartRule>({
    {{"tinygo.one-start", "All that the runtime computes from the heap's start comes from one number.",
      "Two numbers mean that one of them is not the heap's start, and which one is not known.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go, gc_leaking.go: one heapStart"},
     one_start},
    {{"tinygo.start-above-data",
      "The heap's start is not below the end of the data segments, nor beyond the memory.",
      "The linker puts __heap_base behind all data. Data above it is a heap that was in use when the module "
      "was saved.",
      "llvm/llvm-project lld/wasm/Writer.cpp (layoutMemory)"},
     start_above_data},
    {{"tinygo.heap-unused", "heapEnd and metadataStart are zero in the data.",
      "The runtime sets them when it starts. Where the data hold values, the program had run when the module "
      "was saved, and objects of its heap have addresses that would have to move, too.",
      "bytecodealliance/wizer; tinygo-org/tinygo src/runtime/arch_tinygowasm.go (heapEnd has no initial "
      "value)"},
     heap_unused},
    {{"tinygo.doubling-maximum", "Where the memory has a declared maximum, the heap grows by doubling.",
      "The maximum is raised to what as many doublings of the new minimum come to. Under another policy the "
      "last growth could fail although it did not before.",
      "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (growHeap)"},
     doubling_maximum},
    {{"tinygo.narrow-alignment",
      "No function that knows the heap's start or its bounds aligns to more than a page.",
      "The heap moves by whole pages, so an address keeps its alignment up to a page and no farther. An "
      "allocator that finds its chunks by masking coarser would find others.",
      "no use in tinygo-org/tinygo src/runtime, v0.17 to v0.42"},
     narrow_alignment},
});

constexpr auto kStartTables = std::to_array<RuleTable>({
    {"Is the heap's start that the runtime computes with one, and where the linker puts it?", true,
     kInfosOf<kStartRules>},
});

}  // namespace

std::optional<Failure> check_start(const Runtime& runtime, const StartContext& context) {
  std::vector<Evidence> none;
  return first_failure(kStartRules, runtime, context, "heap-start", none);
}

std::span<const RuleTable> start_rule_tables() {
  return kStartTables;
}

}  // namespace heapbump::tinygo
