// `tail`: only the declared minimum rises, and everything that the module takes above the old one begins
// higher. Sound if every result of memory.size and memory.grow is used as an address there, or in a distance
// of two such.
#include <algorithm>

#include "analysis/roots.h"
#include "detectors/wasm_ld/judgement.h"
#include "detectors/wasm_ld/opaque.h"

namespace heapbump::wasm_ld {
namespace {

constexpr std::uint64_t kNear = 64;  // how far from a heap's ends an allocator's first and last header reach

/// Constants that are addresses of a known allocator's heap below the declared minimum, in the functions that
/// set it up: where its first memory begins or ends, or what is used in place of new memory on another path.
Result<std::set<std::uint64_t>> low_constants(const Module& module, Budget& budget,
                                              const Allocator& allocator) {
  std::set<std::uint64_t> low;
  if (allocator.state || !allocator.base || allocator.base_is_ambiguous) return low;
  const std::uint64_t top = module.memory_bytes();
  for (const std::uint32_t function : allocator.functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget, {.frame_slots = true}));
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::constant || node.width == 0 || node.opcode != op::i32_const) continue;
      const std::uint64_t value = static_cast<std::uint32_t>(node.value);
      const bool first = value >= *allocator.base && value <= *allocator.base + kNear;
      const bool last = value + kNear >= top && value <= top;
      const bool instead = value >= module.data_end() && value < top &&
                           std::ranges::any_of(
                               flow.users(id),
                               [&](const User& user) {
                                 return !user.is_effect && (flow.nodes[user.index].kind == NodeKind::phi ||
                                                            flow.nodes[user.index].kind == NodeKind::select);
                               });
      if (first || last || instead) low.insert(node.immediate_offset);
    }
  }
  return low;
}

/// An allocator with memory below the declared minimum takes memory that does not continue it for a piece of
/// its own. Under a maximum its last pieces may come out otherwise.
void check_maximum(const Facts& facts, bool has_low_heap, Judgement& judgement) {
  const Memory& memory = facts.module.memories.front();
  if (!memory.max || memory.max->value >= 65536) return;
  const bool zig = std::ranges::any_of(
      facts.allocators, [](const Allocator& allocator) { return allocator.model == zig_pages(); });
  if (has_low_heap || zig)
    judgement.refuse(
        "wasm-ld.maximum", Code::kUnexplained,
        zig ? "the memory has a maximum, and which of its pages the allocator keeps for its own table "
              "depends on their numbers"
            : "the memory has a maximum, and how much of it the allocator can use depends on whether "
              "new memory continues its first piece",
        memory.max->file_offset);
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
  HEAPBUMP_TRY(
      const RootScan roots,
      scan_roots(module, {.accesses = {top, top + kTailPages * kPageSize}, .numbers = {}, .judged = {}},
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
  Premises premises;
  bool has_low_heap = false;
  for (const Allocator& allocator : facts.allocators) {
    judgement.evidence.push_back({"model", std::string(allocator.model->sound), allocator.model->id});
    take_model(allocator, premises);
    HEAPBUMP_TRY(const auto low, low_constants(module, facts.budget, allocator));
    premises.low.insert(low.begin(), low.end());
    has_low_heap |= allocator.base.has_value() || !low.empty();
  }
  std::vector<std::uint32_t> functions(facts.index.size_functions().begin(),
                                       facts.index.size_functions().end());
  functions.insert(functions.end(), facts.index.grow_functions().begin(), facts.index.grow_functions().end());
  Reasoning reasoning(module, facts.budget, facts.index, facts.mentions, premises);
  HEAPBUMP_CHECK(reasoning.run(functions));
  refuse_by_first(reasoning, facts, judgement);
  if (judgement.why.empty()) {
    HEAPBUMP_TRY(const SeenAddresses seen, find_seen_addresses(facts, allocating(facts, reasoning), top));
    record(seen, facts, judgement);
  }
  check_maximum(facts, has_low_heap, judgement);
  check_allocator(facts, judgement);
  if (!judgement.why.empty()) return judgement;
  add_rules(reasoning, judgement);
  judgement.sound = true;
  judgement.confidence = Confidence::strong;
  judgement.why = "every use of memory.size and memory.grow is decided by a rule";
  return judgement;
}

}  // namespace heapbump::wasm_ld
