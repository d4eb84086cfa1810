#include "detectors/wasm_ld/address_flow.h"

#include <algorithm>

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;
constexpr std::uint32_t kMostPassed = 4096;  // bytes of an object whose address is passed
constexpr std::uint32_t kMentionReach =
    1024;  // of an access's offset, from the constant that a function mentions

template <typename Map>
std::optional<Motion> find(const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t callee_of(const Effect& call) {
  return static_cast<std::uint32_t>(call.value);
}

/// Whether a function also returns nothing, or an address that stays, of static data or the frame.
bool returns_what_stays(const Flow& flow, std::span<const Motion> motions) {
  return std::ranges::any_of(flow.effects, [&](const Effect& effect) {
    if (effect.kind != EffectKind::returns || effect.operand_count != 1) return false;
    const NodeId value = flow.operands_of(effect)[0];
    return motions[value].is(Kind::fixed);
  });
}

}  // namespace

AddressFlow::AddressFlow(const Facts& facts, const Reasoning& reasoning)
    : facts_(facts), reasoning_(reasoning), module_(facts.module) {
  const Motion given = Motion::moved(static_cast<std::int64_t>(kPageSize));
  const auto functions = module_.imported_functions + static_cast<std::uint32_t>(module_.bodies.size());
  for (std::uint32_t function = 0; function < functions; ++function)
    if (facts.index.is_address_taken(function)) in_tables_.push_back(function);
  for (const std::uint32_t function : allocating(facts, reasoning)) {
    sources_.functions[function] = given;
    if (facts.index.is_address_taken(function))
      sources_.types.emplace_back(module_.function_type(function), given);
  }
}

Status AddressFlow::run() {
  for (const auto& [function, motion] : sources_.functions) put_callers(function);
  while (!queue_.empty() && !clash_) {
    const std::uint32_t function = queue_.front();
    queue_.pop_front();
    waiting_.erase(function);
    HEAPBUMP_TRY(const auto kept, facts_.flows.get(function));
    const Flow& flow = *kept;
    HEAPBUMP_CHECK(look_at(flow));
  }
  settled_ = true;
  return {};
}

void AddressFlow::put(std::uint32_t function) {
  if (function < module_.imported_functions || !waiting_.insert(function).second) return;
  functions_.insert(function);
  queue_.push_back(function);
}

void AddressFlow::put_callers(std::uint32_t function) {
  for (const std::uint32_t caller : facts_.index.callers(function)) put(caller);
  if (!facts_.index.is_address_taken(function)) return;
  for (const std::uint32_t caller : facts_.index.indirect_callers()) put(caller);
}

void AddressFlow::put_readers(const Place& place) {
  // A part of a word may be named by an address in it.
  const Place last{place.is_global, place.is_global ? place.index : place.index + 3};
  for (const std::uint32_t function : users_of(facts_.index, last, kMentionReach)) put(function);
}

std::optional<Motion> AddressFlow::result_of(const Returning& returning, const Effect& call) const {
  if (call.kind == EffectKind::call) {
    const auto known = returning.functions.find(callee_of(call));
    return known == returning.functions.end() ? std::nullopt : std::optional(known->second);
  }
  if (call.kind != EffectKind::call_indirect) return std::nullopt;
  const auto known = std::ranges::find(returning.types, module_.types[static_cast<std::size_t>(call.value)],
                                       &std::pair<FunctionType, Motion>::first);
  return known == returning.types.end() ? std::nullopt : std::optional(known->second);
}

/// What a load of static words gives that keep addresses, or parts of them in 64 bits.
std::optional<Motion> AddressFlow::loaded(std::uint32_t opcode, std::uint32_t address) const {
  const std::uint32_t bytes = facts_of(opcode).access_bytes;
  const auto word = [&](std::uint32_t at) { return find(places_, Place{false, at}); };
  return joined(bytes >= 4 ? word(address) : std::nullopt, bytes >= 8 ? word(address + 4) : std::nullopt);
}

bool AddressFlow::takes_part_of_input(const Flow& flow, const Effect& load) const {
  const Linear sum = linear_form(flow, flow.operands_of(load)[0]);
  if (own_ || sum.base == kNoNode || flow.nodes[sum.base].kind != NodeKind::parameter) return false;
  const auto given = inputs_.find({flow.function, static_cast<std::uint32_t>(flow.nodes[sum.base].value)});
  if (given == inputs_.end()) return false;
  const std::int64_t begin = static_cast<std::int32_t>(sum.offset) + load.value;
  const std::int64_t end = begin + facts_of(load.opcode).access_bytes;
  const auto word = given->second.lower_bound(begin - 3);
  return word != given->second.end() && word->first < end && (word->first < begin || word->first + 4 > end);
}

/// What a load gives that starts from a parameter, if a caller keeps an address there.
std::optional<Motion> AddressFlow::pointed_to(const Flow& flow, const Node& load) const {
  const Linear sum = linear_form(flow, flow.operands_of(load)[0]);
  const Node& base = flow.nodes[sum.base];
  if (own_ || base.kind != NodeKind::parameter) return indexed(flow, load);
  const auto given = inputs_.find({flow.function, static_cast<std::uint32_t>(base.value)});
  if (given == inputs_.end()) return std::nullopt;
  const std::int64_t at = static_cast<std::int32_t>(sum.offset) + load.value;
  if (loads_word(load.opcode)) return find(given->second, at);
  return load.opcode == op::i64_load ? joined(find(given->second, at), find(given->second, at + 4))
                                     : std::nullopt;
}

/// What a load by an index gives, if one of the words of the table keeps an address.
std::optional<Motion> AddressFlow::indexed(const Flow& flow, const Node& load) const {
  constexpr std::uint32_t kMostBytes = 256;
  if (own_ || !loads_word(load.opcode)) return std::nullopt;
  const auto table = static_table(flow, flow.operands_of(load)[0], load.value);
  if (!table) return std::nullopt;
  const auto word = places_.lower_bound({false, *table});
  if (word == places_.end() || word->first.is_global || word->first.index >= *table + kMostBytes ||
      reasoning_.is_own_word(word->first.index))
    return std::nullopt;
  return word->second;
}

/// Whether a word that keeps no address starts as a number that could be one.
bool AddressFlow::starts_as_number(std::uint32_t opcode, std::uint32_t address) const {
  constexpr std::uint32_t kLowestStatic = 1024;  // wasm-ld's --global-base
  return is_word_access(opcode) && facts_.image && facts_.image->load32(address) >= kLowestStatic;
}

/// How a node moves that arrives in a function.
std::optional<Motion> AddressFlow::arriving(const Flow& flow, const Node& node) const {
  switch (node.kind) {
    case NodeKind::call:
      return node.value == 0 ? result_of(sources_, flow.effects[node.effect]) : std::nullopt;
    case NodeKind::global: {
      const auto kept = find(places_, Place{true, static_cast<std::uint32_t>(node.value)});
      return kept ? kept : Motion::fixed();  // the stack pointer, or one that nothing of the heap is kept in
    }
    case NodeKind::load: {
      const auto address = static_address(flow, flow.effects[node.effect]);
      if (!address) return pointed_to(flow, node);
      const auto kept = loaded(node.opcode, *address);
      return kept || !settled_ || !starts_as_number(node.opcode, *address) ? kept : Motion::fixed();
    }
    case NodeKind::parameter:
      return own_ ? std::nullopt
                  : find(parameters_, Parameter{flow.function, static_cast<std::uint32_t>(node.value)});
    default:
      return std::nullopt;
  }
}

/// Adds the results of calls that return what they are given, if that moves here. Whether there was one.
bool AddressFlow::add_given_back(const Flow& flow, std::span<const Motion> motions, Seeds& seeds) const {
  const std::size_t before = seeds.size();
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::call || node.value != 0 || !motions[id].is(Kind::foreign)) continue;
    const Effect& call = flow.effects[node.effect];
    const auto moves = [&](NodeId argument) { return motions[argument].is(Kind::moved); };
    if (std::ranges::none_of(flow.operands_of(call), moves)) continue;
    auto known = result_of(passing_, call);
    if (!known) continue;
    for (const NodeId argument : flow.operands_of(call)) known->partly |= motions[argument].partly;
    seeds.emplace_back(id, *known);
  }
  return seeds.size() > before;
}

/// Adds the loads of words in which this function keeps an address. Whether there was one.
bool AddressFlow::add_kept(const KeptWords& kept, std::span<const Motion> motions, Seeds& seeds) const {
  if (own_) return false;
  const std::size_t before = seeds.size();
  for (const auto& [load, motion] : kept.loads)
    if (motions[load].is(Kind::foreign)) seeds.emplace_back(load, motion);
  return seeds.size() > before;
}

Result<AddressFlow::Followed> AddressFlow::follow_values(const Flow& flow, bool with_parameters) {
  Seeds seeds;
  for (NodeId id = 0; id < flow.nodes.size(); ++id)
    if (with_parameters || flow.nodes[id].kind != NodeKind::parameter)
      if (const auto motion = arriving(flow, flow.nodes[id])) seeds.emplace_back(id, *motion);
  constexpr int kMostChained = 8;  // calls that return what another one returned, or words that keep it
  for (int chained = 0;; ++chained) {
    Followed followed;
    HEAPBUMP_TRY(followed.motions, compute_motions(flow, seeds, facts_.budget, MotionView::handed_out));
    HEAPBUMP_TRY(followed.kept, find_kept_words(flow, followed.motions, writes_, facts_.budget));
    const bool given_back = add_given_back(flow, followed.motions, seeds);
    if (!add_kept(followed.kept, followed.motions, seeds) && !given_back) return followed;
    if (chained < kMostChained) continue;
    if (!clash_) clash_.emplace(flow.function, flow.nodes[seeds.back().first].offset);
    return followed;
  }
}

Result<AddressFlow::Followed> AddressFlow::follow(const Flow& flow) {
  own_ = reasoning_.is_own(flow, false);
  return follow_values(flow, true);
}

/// Whether a function may store more than bytes through a parameter; the host may, and what it is passed on
/// to. Of a long chain of calls nothing is said to be written, so that an address there is still followed.
bool AddressFlow::writes_words(std::uint32_t function, std::uint32_t parameter) {
  constexpr int kDeepestCall = 32;
  const auto [known, first] = writing_.emplace(Parameter{function, parameter}, true);
  if (!first) return known->second;
  if (module_.body(function) == nullptr) return true;
  if (writing_depth_ >= kDeepestCall) return known->second = false;
  const auto kept = facts_.flows.get(function);
  if (!kept || !facts_.budget.charge((*kept)->effects.size())) return true;
  ++writing_depth_;
  const Flow& flow = **kept;
  const auto is_given = [&](NodeId id) {
    const NodeId base = linear_form(flow, id).base;
    return base != kNoNode && flow.nodes[base].kind == NodeKind::parameter &&
           flow.nodes[base].value == parameter;
  };
  const bool writes = std::ranges::any_of(flow.effects, [&](const Effect& effect) {
    const auto operands = flow.operands_of(effect);
    for (std::uint32_t at = 0; at < operands.size(); ++at) {
      if (!is_given(operands[at])) continue;
      if (effect.kind == EffectKind::store ? at == 0 && facts_of(effect.opcode).access_bytes >= 4
          : effect.kind == EffectKind::call
              ? writes_words(callee_of(effect), at)
              : effect.kind != EffectKind::load && effect.kind != EffectKind::branch &&
                    effect.kind != EffectKind::returns)
        return true;
    }
    return false;
  });
  --writing_depth_;
  return writing_[{function, parameter}] = writes;
}

/// Whether a function returns an address also where it is given none.
Result<bool> AddressFlow::is_source(const Flow& flow) {
  if (parameters_.lower_bound({flow.function, 0}) == parameters_.lower_bound({flow.function + 1, 0}))
    return true;
  HEAPBUMP_TRY(const Followed followed, follow_values(flow, false));
  return std::ranges::any_of(flow.effects, [&](const Effect& effect) {
    return effect.kind == EffectKind::returns && effect.operand_count == 1 &&
           followed.motions[flow.operands_of(effect)[0]].is(Kind::moved);
  });
}

std::vector<std::uint32_t> AddressFlow::called_by(const Effect& call_indirect) const {
  const FunctionType& type = module_.types[static_cast<std::size_t>(call_indirect.value)];
  std::vector<std::uint32_t> functions;
  std::ranges::copy_if(in_tables_, std::back_inserter(functions),
                       [&](std::uint32_t function) { return module_.function_type(function) == type; });
  return functions;
}

/// The functions that a call may reach, where it gives them something as an argument.
template <typename Visit>
void AddressFlow::for_each_callee(const Effect& call, std::uint32_t position, Visit visit) const {
  if (call.kind == EffectKind::call) {
    if (!reasoning_.is_explained(call.value)) visit(callee_of(call));
    return;
  }
  if (position + 1 >= call.operand_count) return;  // the table's index
  std::ranges::for_each(called_by(call), visit);
}

/// Where each effect takes an address, or what holds one.
Status AddressFlow::look_at(const Flow& flow) {
  HEAPBUMP_TRY(const Followed followed, follow(flow));
  const std::vector<Motion>& moving = followed.motions;
  const auto passed = [&](std::size_t call, std::size_t position) {
    const auto words = followed.kept.passed.find({call, position});
    return words == followed.kept.passed.end() ? std::map<std::int64_t, Motion>() : words->second;
  };
  for (std::size_t index = 0; index < flow.effects.size(); ++index) {
    const Effect& effect = flow.effects[index];
    const auto operands = flow.operands_of(effect);
    const auto moves = [&](std::size_t at) {
      return at < operands.size() && moving[operands[at]].is(Kind::moved);
    };
    if (effect.kind == EffectKind::call && !reasoning_.is_explained(effect.value))
      for (std::uint32_t at = 0; at < operands.size(); ++at) point(at, flow, effect, passed(index, at));
    switch (effect.kind) {
      case EffectKind::returns:
        if (operands.size() != 1 || !moves(0)) break;
        {
          HEAPBUMP_TRY(const bool source, is_source(flow));
          Motion motion = moving[operands[0]];
          motion.partly |= returns_what_stays(flow, moving);
          returns(source ? sources_ : passing_, motion, flow, effect);
        }
        break;
      case EffectKind::call:
      case EffectKind::call_indirect:
        for (std::uint32_t at = 0; at < operands.size(); ++at)
          if (moves(at)) pass(at, moving[operands[at]], flow, effect);
        break;
      case EffectKind::global_set:
        if (moves(0))
          keep({true, static_cast<std::uint32_t>(effect.value)}, moving[operands[0]], flow, effect);
        break;
      case EffectKind::store:
        if (!moves(1)) break;
        if (const auto address = static_address(flow, effect))
          keep_words(*address, moving[operands[1]], flow, effect);
        else if (const auto table = static_table(flow, operands[0], effect.value); table && !own_)
          keep_words(*table, moving[operands[1]], flow, effect);
        break;
      default:
        break;
    }
  }
  return {};
}

void AddressFlow::returns(Returning& returning, const Motion& motion, const Flow& flow,
                          const Effect& effect) {
  if (!is_new(returning.functions, flow.function, motion, flow, effect)) return;
  if (facts_.index.is_address_taken(flow.function))
    returning.types.emplace_back(module_.function_type(flow.function), motion);
  put_callers(flow.function);
}

void AddressFlow::pass(std::uint32_t position, const Motion& motion, const Flow& flow, const Effect& call) {
  for_each_callee(call, position, [&](std::uint32_t function) {
    if (is_new(parameters_, {function, position}, motion, flow, call)) put(function);
  });
}

/// Notes that a function is given the address of words that keep addresses: of the frame or a structure, in
/// static data, or of those that this function was given itself. What is called through a table may be any of
/// many that take other structures.
void AddressFlow::point(std::uint32_t position, const Flow& flow, const Effect& call,
                        std::map<std::int64_t, Motion> words) {
  const NodeId argument = flow.operands_of(call)[position];
  const Linear sum = linear_form(flow, argument);
  if (sum.base == kNoNode) {
    for (auto place = places_.lower_bound({false, sum.offset});
         place != places_.end() && !place->first.is_global && place->first.index < sum.offset + kMostPassed;
         ++place)
      words.emplace(place->first.index - sum.offset, place->second);
  } else if (flow.nodes[sum.base].kind == NodeKind::parameter) {
    const auto given = inputs_.find({flow.function, static_cast<std::uint32_t>(flow.nodes[sum.base].value)});
    const std::int64_t from = static_cast<std::int32_t>(sum.offset);
    if (given != inputs_.end())
      for (const auto& [at, motion] : given->second)
        if (at >= from) words.emplace(at - from, motion);
  }
  auto& given = inputs_[{callee_of(call), position}];
  for (const auto& [at, motion] : words)
    if (motion.address() && given.emplace(at, motion).second) put(callee_of(call));
}

void AddressFlow::keep(const Place& place, Motion motion, const Flow& flow, const Effect& effect) {
  motion.partly = place.is_global || !reasoning_.is_own_word(place.index);  // it keeps nothing at first
  if (is_new(places_, place, motion, flow, effect)) put_readers(place);
}

/// Keeps 64 bits as two words.
void AddressFlow::keep_words(std::uint32_t address, const Motion& motion, const Flow& flow,
                             const Effect& effect) {
  if (effect.opcode != op::i64_store) return keep({false, address}, motion, flow, effect);
  for (const auto& [at, word] : words_of(motion))
    keep({false, address + static_cast<std::uint32_t>(at)}, word, flow, effect);
}

/// Whether it is heard of for the first time. What moves in two ways is not known to move in one.
template <typename Map>
bool AddressFlow::is_new(Map& known, const typename Map::key_type& key, const Motion& motion,
                         const Flow& flow, const Effect& effect) {
  const auto [at, first] = known.emplace(key, motion);
  if (at->second.scale != motion.scale && !clash_) clash_.emplace(flow.function, effect.offset);
  const bool more = motion.partly && !at->second.partly;
  at->second.partly |= motion.partly;
  return first || more;
}

}  // namespace heapbump::wasm_ld
