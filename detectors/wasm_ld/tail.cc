// `tail`: only the declared minimum rises, and everything that the module takes above the old one begins
// higher. Sound if every result of memory.size and memory.grow is used as an address there, or in a distance
// of two such.

#include "analysis/roots.h"
#include "detectors/wasm_ld/coarse_alignment.h"
#include "detectors/wasm_ld/judgement.h"
#include "detectors/wasm_ld/opaque.h"

namespace heapbump::wasm_ld {
namespace {

/// Blocks of an allocator with memory below the declared minimum would come to lie elsewhere; Zig's page
/// allocator keeps its table in pages whose numbers say so.
void check_models(const Facts& facts, Judgement& judgement) {
  const Memory& memory = facts.module.memories.front();
  const bool maximum = memory.max && memory.max->value < 65536;
  const Result<DataImage>& image = facts.image;
  for (const Allocator& allocator : facts.allocators) {
    if (!image && (allocator.state || !allocator.words.empty()))
      judgement.refuse("wasm-ld.low-heap", image.error().code, image.error().message, image.error().offset);
    if (const auto set = image ? first_set_word(*image, allocator) : std::nullopt)
      judgement.refuse("wasm-ld.low-heap", Code::kUnexplained,
                       clause_of(allocator.model->summary) + " has memory already, as its state at " +
                           hex(*set) + " is set, and new memory would not continue it");
    if (allocator.base)
      judgement.refuse("wasm-ld.low-heap", Code::kUnexplained,
                       clause_of(allocator.model->summary) + " begins with the memory from " +
                           hex(*allocator.base) + ", which new memory would not continue");
    if (allocator.foreign)
      judgement.refuse("wasm-ld.new-memory", Code::kUnexplained,
                       clause_of(allocator.model->summary) +
                           " takes memory of which it is not seen that it is new, in " +
                           describe_function(facts.names, *allocator.foreign));
    if (allocator.model == zig_pages() && maximum)
      judgement.refuse(
          "wasm-ld.maximum", Code::kUnexplained,
          "the memory has a maximum, and which of its pages the allocator keeps for its own table "
          "depends on their numbers",
          memory.max->file_offset);
  }
}

}  // namespace

Result<Judgement> judge_tail(const Facts& facts) {
  const Module& module = facts.module;
  Judgement judgement;
  if (module.memory_bytes() == 0) {
    judgement.refuse({}, Code::kNoDetector,
                     "the memory is declared without pages, so the region would begin at address 0");
    return judgement;
  }
  const std::uint64_t top = module.memory_bytes();
  HEAPBUMP_TRY(const RootScan roots,
               scan_roots(module, facts.index,
                          {.accesses = {top, top + kTailPages * kPageSize}, .numbers = {}, .judged = {}},
                          facts.budget));
  for (const RootPlace& access : roots.accesses)
    judgement.refuse("wasm-ld.constant-address", Code::kUnexplained,
                     "the constant address " + hex(access.value) +
                         " above the declared minimum is used, in " +
                         describe_place(facts.names, access.function, access.offset),
                     access.offset);
  if (!judgement.why.empty()) return judgement;
  if (facts.index.size_functions().empty() && facts.index.grow_functions().empty()) {
    judgement.sound = true;
    judgement.confidence = Confidence::proven;
    judgement.why =
        "no instruction reads or grows the memory's size, so an access above the declared minimum would have "
        "trapped";
    judgement.evidence.push_back({"memory.size", "neither memory.size nor memory.grow occurs in the code"});
    return judgement;
  }
  check_allocator(facts, judgement);
  if (!judgement.why.empty()) return judgement;
  Premises premises;
  for (const Allocator& allocator : facts.allocators) {
    judgement.evidence.push_back({"model", std::string(allocator.model->sound), allocator.model->id});
    take_model(allocator, premises);
  }
  std::vector<std::uint32_t> functions(facts.index.size_functions().begin(),
                                       facts.index.size_functions().end());
  functions.insert(functions.end(), facts.index.grow_functions().begin(), facts.index.grow_functions().end());
  Reasoning reasoning(module, facts.budget, facts.index, facts.image, premises);
  HEAPBUMP_CHECK(reasoning.run(functions));
  refuse_by_first(reasoning, facts, judgement);
  if (judgement.why.empty()) {
    HEAPBUMP_TRY(const SeenAddresses seen, find_seen_addresses(facts, reasoning, top));
    record(seen, facts, judgement);
    HEAPBUMP_CHECK(refuse_coarse_alignment(facts, judgement));
  }
  check_models(facts, judgement);
  if (!judgement.why.empty()) return judgement;
  add_rules(reasoning, judgement);
  judgement.sound = true;
  judgement.confidence = Confidence::strong;
  judgement.why = "every use of memory.size and memory.grow is decided by a rule";
  return judgement;
}

}  // namespace heapbump::wasm_ld
