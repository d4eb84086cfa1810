#include "detectors/wasm_ld/reasoning.h"

#include <algorithm>

#include "analysis/roots.h"
#include "analysis/walk.h"
#include "detectors/wasm_ld/function_reasoning.h"

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;
constexpr int kMaxRounds = 8;  // of one function, as what it calls and reads becomes known
constexpr std::size_t kMaxContexts = 2000;
constexpr std::uint64_t kFactsBytes = 1024;
constexpr std::uint32_t kReach = 256;  // how far below a word an access to it may name a number
constexpr std::size_t kMaxFlows = 64;  // kept at once

}  // namespace

std::vector<std::uint32_t> users_of(const CodeIndex& index, const Place& place, std::uint32_t reach) {
  return place.is_global ? index.users_of_global(place.index)
                         : index.numbers(place.index - std::min(place.index, reach), place.index);
}

bool Reasoning::in_state(std::uint32_t address) const {
  return std::ranges::any_of(premises_.states, [&](const StateRange& state) {
    return address >= state.begin && address < state.end;
  });
}

/// Functions that get memory or read its size, themselves or by calling others.
void Reasoning::find_getters() {
  WalkList<std::uint32_t> list(module_.imported_functions + module_.bodies.size(), {});
  for (const std::uint32_t function : index_.size_functions()) list.add(function);
  for (const std::uint32_t function : index_.grow_functions()) list.add(function);
  while (const auto at = list.next()) {
    getters_.insert(*at);
    for (const std::uint32_t caller : index_.callers(*at)) list.add(caller);
  }
}

bool Reasoning::only_allocators_call(std::uint32_t function) const {
  const auto callers = index_.callers(function);
  return !callers.empty() && !index_.escapes(function) &&
         std::ranges::all_of(
             callers, [&](std::uint32_t caller) { return caller == function || is_allocators_own(caller); });
}

bool Reasoning::only_allocators_give(const Context& context) const {
  const auto callers = callers_.find(context);
  return callers != callers_.end() && !getters_.contains(context.function) &&
         std::ranges::all_of(callers->second,
                             [&](const Context& caller) { return is_allocators_own(caller.function); });
}

bool Reasoning::is_allocators_own(std::uint32_t function) const {
  constexpr std::size_t kMostFunctions = 256;
  if (premises_.allocators.contains(function)) return true;
  const auto [known, first] = helpers_.emplace(function, false);
  if (!first || helpers_.size() > kMostFunctions || getters_.contains(function)) return known->second;
  return helpers_[function] = only_allocators_call(function);
}

bool Reasoning::uses_own_word(const Flow& flow, const Effect& effect) const {
  if (effect.kind != EffectKind::load && effect.kind != EffectKind::store) return false;
  const auto address = static_address(flow, effect);
  return address && is_own_word(*address);
}

bool Reasoning::is_own(const Flow& flow, bool with_new_memory) const {
  if (is_allocators_own(flow.function)) return true;
  if (with_new_memory && getters_.contains(flow.function)) return false;
  return std::ranges::any_of(flow.effects, [&](const Effect& effect) { return uses_own_word(flow, effect); });
}

/// What a place holds when the module is instantiated.
std::uint32_t Reasoning::initial(const Place& place) const {
  if (place.is_global) {
    const Global& global = module_.globals[place.index];
    return global.imported || !global.init.value ? 0 : static_cast<std::uint32_t>(*global.init.value);
  }
  return image_ ? image_->load32(place.index) : 0;
}

bool Reasoning::holds_numbers(std::uint32_t address) const {
  constexpr std::uint32_t kNear = 64;
  constexpr std::size_t kMaxFunctions = 64;
  const auto known = numbers_.find(address);
  if (known != numbers_.end()) return known->second;
  bool& numbers = numbers_[address];
  numbers = true;  // what is not known
  if (initial({false, address}) != 0) return true;
  const auto functions = users_of(index_, {false, address}, kNear);
  if (functions.size() > kMaxFunctions) return true;
  bool constants = false;
  for (const std::uint32_t function : functions) {
    const auto body = evaluate_flow(module_, function, budget_, {.frame_slots = true});
    if (!body) return true;
    for (const Effect& effect : body->effects) {
      if (effect.kind != EffectKind::store || static_address(*body, effect) != address) continue;
      const NodeId value = body->operands_of(effect)[1];
      if (is_failure_value(*body, value)) continue;
      constants |= body->constant(value).has_value();
      if (!body->constant(value)) return numbers = false;
    }
  }
  return numbers = constants;
}

Result<const Flow*> Reasoning::flow(std::uint32_t function) {
  const auto known = flows_.find(function);
  if (known != flows_.end()) return known->second.get();
  if (flows_.size() >= kMaxFlows) flows_.clear();
  HEAPBUMP_TRY(Flow made, evaluate_flow(module_, function, budget_, {.frame_slots = true}));
  return (flows_[function] = std::make_unique<Flow>(std::move(made))).get();
}

void Reasoning::put(const Context& context) {
  if (premises_.explained.contains(context.function)) return;
  if (waiting_.insert(context).second) queue_.push_back(context);
}

/// Functions that read or write a place are looked at as well.
void Reasoning::put_readers(const Place& place) {
  const auto functions = users_of(index_, place, kReach);
  for (const std::uint32_t function : functions) put({function, {}});
  for (const auto& [context, facts] : facts_)
    if (!context.parameters.empty() && std::ranges::binary_search(functions, context.function)) put(context);
}

/// Callers learn what a function returns: memory's size or the start of new memory, if it returns nothing
/// else. What returns memory from elsewhere as well is an allocator: its result is opaque.
void Reasoning::settle_result(const Context& context, FunctionFacts& facts) {
  const Motion& result = facts.result;
  if (!context.parameters.empty()) {
    const auto known = facts_.find(context);
    if (known != facts_.end() && known->second.result == result) return;
    for (const Context& caller : callers_[context]) put(caller);
    return;
  }
  if (!result.is(Kind::moved)) return;
  const std::uint64_t place = module_.body(context.function)->file_offset;
  if (result.kept) {
    if (!result.address())
      facts.objections.push_back(
          {"wasm-ld.returned-number",
           "a number made from an address or the memory's size is returned, or else another value",
           context.function, place});
    return;
  }
  const bool in_table = index_.is_address_taken(context.function);
  const bool exported = std::ranges::any_of(module_.exports, [&](const Export& entry) {
    return entry.kind == ExternalKind::function && entry.index == context.function;
  });
  if ((in_table || exported) && (facts.returns_size || !result.address()))
    facts.objections.push_back(
        {"wasm-ld.size-through-table",
         "the memory's size is returned by a function that is exported or called through a table",
         context.function, place});
  const RawResult now{result, facts.returns_size, facts.returns_growth};
  const auto raw = raw_.find(context.function);
  if (raw != raw_.end() && raw->second == now) return;
  raw_[context.function] = now;
  for (const std::uint32_t caller : index_.callers(context.function)) {
    put({caller, {}});
    for (const auto& [known, unused] : facts_)
      if (known.function == caller && !known.parameters.empty()) put(known);
  }
}

Status Reasoning::settle(const Context& context, FunctionFacts facts) {
  for (const auto& [place, stores] : facts.stores) {
    if (!stores.moved.is(Kind::moved) && !stores.moved.is(Kind::unknown)) continue;
    Motion held = join(places_[place], stores.moved);
    held.size = held.is(Kind::moved) && (places_[place].size || stores.moved.size);
    held.kept = true;
    if (held == places_[place]) continue;
    places_[place] = held;
    put_readers(place);
  }
  for (const Context& callee : facts.calls) {
    const bool first = callers_[callee].insert(context).second;
    if (!facts_.contains(callee) || (first && !is_allocators_own(context.function))) put(callee);
  }
  settle_result(context, facts);
  if (!facts_.contains(context)) HEAPBUMP_CHECK(budget_.hold(kFactsBytes));
  facts_[context] = std::move(facts);
  return {};
}

Status Reasoning::take(const Context& context) {
  if (context.function < module_.imported_functions) return {};
  if (++rounds_[context] > kMaxRounds || facts_.size() > kMaxContexts)
    return fail(
        Code::kWorkLimit,
        "functions that see the memory's size or new memory depend on each other too deeply to follow");
  HEAPBUMP_TRY(const Flow* const body, flow(context.function));
  HEAPBUMP_TRY(FunctionFacts facts, FunctionReasoning(*this, *body, context).run());
  return settle(context, std::move(facts));
}

/// A place that holds a moved value holds nothing that stays, neither now nor at the start.
void Reasoning::object_to_places(const std::map<Place, std::pair<std::uint32_t, std::uint64_t>>& fixed) {
  for (const auto& [place, motion] : places_) {
    if (!motion.is(Kind::moved)) continue;
    const std::string name =
        place.is_global ? "global " + std::to_string(place.index) : "the word at " + hex(place.index);
    const auto found = fixed.find(place);
    if (found != fixed.end())
      objections_.push_back(
          {"wasm-ld.mixed-place",
           name +
               " holds an address of the heap or the memory's size, and elsewhere a number is stored there",
           found->second.first, found->second.second});
    const std::uint32_t start = initial(place);
    if (!place.is_global && premises_.words.contains(place.index)) continue;
    if (start != 0 && start != UINT32_MAX)
      objections_.push_back(
          {"wasm-ld.place-starts-set",
           name + " holds an address of the heap or the memory's size, and starts as " + hex(start), 0, 0});
  }
}

std::set<std::uint32_t> Reasoning::allocating() const {
  std::set<std::uint32_t> found;
  for (const auto& [context, facts] : facts_)
    if (context.parameters.empty() && facts.result.kept && facts.result.address())
      found.insert(context.function);
  return found;
}

Status Reasoning::run(std::span<const std::uint32_t> functions) {
  find_getters();
  for (const std::uint32_t function : functions) put({function, {}});
  for (const std::uint32_t word : premises_.words) {
    Motion held = Motion::moved(static_cast<std::int64_t>(kPageSize));
    held.kept = true;
    places_[{false, word}] = held;
    put_readers({false, word});
  }
  while (!queue_.empty()) {
    const Context context = queue_.front();
    queue_.pop_front();
    waiting_.erase(context);
    HEAPBUMP_CHECK(take(context));
  }
  std::map<Place, std::pair<std::uint32_t, std::uint64_t>> fixed;
  for (const auto& [context, facts] : facts_) {
    std::ranges::copy(facts.objections, std::back_inserter(objections_));
    for (const auto& [rule, count] : facts.rules) rules_[rule] += count;
    for (const auto& [place, stores] : facts.stores)
      if (stores.fixed) fixed.emplace(place, std::pair(context.function, stores.offset));
  }
  object_to_places(fixed);
  return {};
}

}  // namespace heapbump::wasm_ld
