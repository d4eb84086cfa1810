#include "detectors/wasm_ld/judgement.h"

#include <algorithm>

namespace heapbump::wasm_ld {
namespace {

bool grows_for_unknown(const Facts& facts) {
  if (facts.allocators.empty()) return true;
  std::set<std::uint32_t> known;
  for (const Allocator& allocator : facts.allocators) {
    known.insert(allocator.functions.begin(), allocator.functions.end());
    if (allocator.model == zig_pages())
      known.insert(facts.index.grow_functions().begin(), facts.index.grow_functions().end());
  }
  return std::ranges::any_of(facts.index.grow_functions(), [&](std::uint32_t function) {
    const auto callers = facts.index.callers(function);
    const auto is_known = [&](std::uint32_t at) { return known.contains(at); };
    return !is_known(function) && (callers.empty() || !std::ranges::all_of(callers, is_known));
  });
}

}  // namespace

void check_allocator(const Facts& facts, Judgement& judgement) {
  if (grows_for_unknown(facts))
    judgement.refuse("wasm-ld.known-allocator", Code::kUnexplained,
                     "memory grows, or its size is read, for an allocator that no model knows", std::nullopt);
}

std::string describe(const Facts& facts, const Objection& objection) {
  std::string text = objection.what;
  if (objection.offset != 0)
    text += ", in " + describe_place(facts.names, objection.function, objection.offset);
  return text;
}

std::set<std::uint32_t> allocating(const Facts& facts, const Reasoning& reasoning) {
  std::set<std::uint32_t> found = reasoning.allocating();
  for (const Allocator& allocator : facts.allocators)
    if (!allocator.word) found.insert(allocator.functions.begin(), allocator.functions.end());
  return found;
}

void add_rules(const Reasoning& reasoning, Judgement& judgement) {
  for (const auto& [rule, count] : reasoning.rules())
    judgement.evidence.push_back({"use", std::to_string(count) + (count == 1 ? " use" : " uses"), rule});
}

void take_model(const Allocator& allocator, Premises& premises) {
  if (allocator.state) premises.states.push_back(*allocator.state);
  premises.explained.insert(allocator.explained.begin(), allocator.explained.end());
  premises.allocators.insert(allocator.functions.begin(), allocator.functions.end());
}

void refuse_by_first(const Reasoning& reasoning, const Facts& facts, Judgement& judgement) {
  if (reasoning.objections().empty()) return;
  const Objection& first = reasoning.objections().front();
  judgement.refuse(first.rule, Code::kUnexplained, describe(facts, first), first.offset);
}

}  // namespace heapbump::wasm_ld
