#include "detectors/wasm_ld/judgement.h"

#include <algorithm>

namespace heapbump::wasm_ld {
namespace {

/// The first function that gets memory, or reads its size, for an allocator that no model knows.
std::optional<std::uint32_t> first_unknown(const Facts& facts) {
  const auto growing = facts.index.grow_functions();
  const auto reading = facts.index.size_functions();
  if (facts.allocators.empty())
    return !growing.empty()   ? std::optional(growing.front())
           : !reading.empty() ? std::optional(reading.front())
                              : std::nullopt;
  std::set<std::uint32_t> known;
  for (const Allocator& allocator : facts.allocators) {
    known.insert(allocator.functions.begin(), allocator.functions.end());
    known.insert(allocator.growing.begin(), allocator.growing.end());
  }
  const auto is_known = [&](std::uint32_t at) { return known.contains(at); };
  const auto unknown = std::ranges::find_if(growing, [&](std::uint32_t function) {
    const auto callers = facts.index.callers(function);
    return !is_known(function) &&
           (callers.empty() || facts.index.escapes(function) || !std::ranges::all_of(callers, is_known));
  });
  return unknown == growing.end() ? std::nullopt : std::optional(*unknown);
}

}  // namespace

void check_allocator(const Facts& facts, Judgement& judgement) {
  const auto unknown = first_unknown(facts);
  if (!unknown) return;
  const std::uint64_t offset = facts.module.body(*unknown)->file_offset;
  judgement.refuse("wasm-ld.known-allocator", Code::kUnexplained,
                   "memory grows, or its size is read, for an allocator that no model knows, in " +
                       describe_place(facts.names, *unknown, offset),
                   offset);
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
    found.insert(allocator.growing.begin(), allocator.growing.end());
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
  premises.words_are_known &= allocator.state || allocator.word || !allocator.words.empty();
  if (allocator.word) premises.own_words.insert(*allocator.word);
  premises.own_words.insert(allocator.words.begin(), allocator.words.end());
  premises.explained.insert(allocator.explained.begin(), allocator.explained.end());
  premises.growing.insert(allocator.growing.begin(), allocator.growing.end());
  premises.allocators.insert(allocator.functions.begin(), allocator.functions.end());
}

void refuse_by_first(const Reasoning& reasoning, const Facts& facts, Judgement& judgement) {
  if (reasoning.objections().empty()) return;
  const Objection& first = reasoning.objections().front();
  judgement.refuse(first.rule, Code::kUnexplained, describe(facts, first), first.offset);
}

}  // namespace heapbump::wasm_ld
