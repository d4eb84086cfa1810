#include "detectors/wasm_ld/function_reasoning.h"

#include <algorithm>
#include <bit>

#include "analysis/walk.h"

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;

bool is_root(const Motion& motion) {
  return motion.is(Kind::moved) || motion.is(Kind::unknown);
}

}  // namespace

void FunctionReasoning::object(std::string_view rule, std::string what, std::uint64_t offset) {
  facts_.objections.push_back({rule, std::move(what), flow_.function, offset});
}

/// The context in which a call's function has to be looked at: if it is given a value that is not just an
/// address the allocator hands out.
std::optional<Context> FunctionReasoning::context_of(const Effect& call) const {
  if (call.kind != EffectKind::call) return std::nullopt;
  const auto callee = static_cast<std::uint32_t>(call.value);
  if (callee < whole_.module_.imported_functions) return std::nullopt;
  bool wanted = false;
  Context context{callee, {}};
  for (const NodeId argument : flow_.operands_of(call)) {
    const Motion& motion = motions_[argument];
    wanted |= motion.is(Kind::moved);
    context.parameters.push_back(motion.is(Kind::moved) ? motion : Motion::foreign());
  }
  return wanted ? std::optional(std::move(context)) : std::nullopt;
}

/// Whether a value is, on some path and give or take what is added, read from a static word that only ever
/// holds numbers.
bool FunctionReasoning::reads_fixed_limit(NodeId id) const {
  constexpr std::size_t kMaxNodes = 64;
  WalkList<NodeId> list(kMaxNodes, {id});
  while (const auto at = list.next()) {
    const Node& node = flow_.nodes[*at];
    const bool sum = node.kind == NodeKind::binary && op::is_sum(node.opcode);
    if (sum || node.kind == NodeKind::phi || node.kind == NodeKind::select) {
      for (const NodeId operand : flow_.operands_of(node)) {
        list.add(operand);
        if (list.size() > kMaxNodes) return true;  // too many to say that none does
      }
      continue;
    }
    if (node.kind != NodeKind::load) continue;
    const auto address = static_address(flow_, flow_.effects[node.effect]);
    if (address && !whole_.in_state(*address) && !whole_.places_.contains({false, *address}) &&
        whole_.holds_numbers(*address))
      return true;
  }
  return false;
}

/// Give or take what is added.
bool FunctionReasoning::is_parameter(NodeId id) const {
  const NodeId base = linear_form(flow_, id).base;
  return base != kNoNode && flow_.nodes[base].kind == NodeKind::parameter;
}

/// Whether what an effect stores is for the allocator: in its own words or blocks, or in what its own
/// function that asked for memory gets back. Where the words of an allocator are not known, any static word
/// is its own. What the allocator has kept before may be put anywhere but in static words.
bool FunctionReasoning::may_keep(const Effect& effect, bool kept) const {
  const bool fixed = effect.kind == EffectKind::global_set || static_address(flow_, effect);
  if (own_) return !fixed || !whole_.premises_.words_are_known || whole_.uses_own_word(flow_, effect);
  if (fixed) return false;
  const bool zig = !whole_.premises_.explained.empty();  // who gets memory is its allocator itself
  if (kept && (zig || !whole_.getters_.contains(context_.function))) return true;
  const auto operands = flow_.operands_of(effect);
  return (is_parameter(operands[0]) && whole_.only_allocators_call(context_.function)) ||
         (is_parameter(operands[1]) && whole_.only_allocators_give(context_));
}

bool FunctionReasoning::reads_own_word(NodeId id) const {
  const Node& node = flow_.nodes[id];
  return node.kind == NodeKind::load && is_word_access(node.opcode) &&
         whole_.uses_own_word(flow_, flow_.effects[node.effect]);
}

/// Give or take what is added: a static word or global that keeps an address of new memory.
bool FunctionReasoning::reads_place(NodeId id) const {
  const NodeId base = linear_form(flow_, id).base;
  if (base == kNoNode) return false;
  const Node& node = flow_.nodes[base];
  if (node.kind == NodeKind::global) return true;
  if (node.kind != NodeKind::load) return false;
  const auto address = static_address(flow_, flow_.effects[node.effect]);
  return address && whole_.places_.contains({false, *address});
}

void FunctionReasoning::judge(Use use, std::uint64_t offset) {
  use.flow = &flow_;
  use.motions = motions_;
  use.motion = motions_[use.value];
  use.in_allocator = own_;
  Verdict verdict = Verdict::undecided;
  const UseRule& rule = decide(use.effect == nullptr ? comparison_rules() : effect_rules(), use, verdict);
  if (verdict == Verdict::accept)
    ++facts_.rules[rule.info.id];
  else
    object(rule.info.id, clause_of(rule.info.summary), offset);
}

void FunctionReasoning::decide_comparison(NodeId id) {
  const Node& node = flow_.nodes[id];
  const auto operands = flow_.operands_of(node);
  Use use;
  use.compare = id;
  const bool first = is_root(motions_[operands[0]]);
  if (!first && (operands.size() < 2 || !is_root(motions_[operands[1]]))) return;
  use.value = first ? operands[0] : operands[1];
  if (operands.size() > 1) use.other = first ? operands[1] : operands[0];
  use.below_or_trap = use.other != kNoNode && assertions_.is_below_or_traps(id, use.value, use.other);
  use.from_place = reads_place(use.value);
  use.with_own_word = reads_own_word(use.value) || (use.other != kNoNode && reads_own_word(use.other));
  use.limit_is_fixed =
      use.other != kNoNode && motions_[use.other].is(Kind::foreign) && reads_fixed_limit(use.other);
  judge(use, node.offset);
}

/// A select by the value itself is the comparison with zero that is left out.
void FunctionReasoning::decide_condition(NodeId select) {
  constexpr std::uint32_t kCondition = 2;
  Use use;
  use.compare = select;
  use.value = flow_.operand(select, kCondition);
  if (is_root(motions_[use.value])) judge(use, flow_.nodes[select].offset);
}

void FunctionReasoning::record_store(const Effect& effect, const Place& place, NodeId value) {
  if (!place.is_global && whole_.in_state(place.index)) return;
  const Motion& motion = motions_[value];
  PlaceStores& stores = facts_.stores[place];
  if (motion.is(Kind::moved)) {
    const bool size = stores.moved.size || motion.size;
    stores.moved = join(stores.moved, motion);
    stores.moved.size = size;
  } else if (motion.is(Kind::fixed) && !is_failure_value(flow_, value)) {
    if (!stores.fixed) stores.offset = effect.offset;
    stores.fixed = true;
  }
}

void FunctionReasoning::record_return(const Effect& effect) {
  if (effect.operand_count == 0) return;
  const NodeId value = flow_.operands_of(effect)[0];
  const Motion& motion = motions_[value];
  if (is_failure_value(flow_, value)) return;
  facts_.result = join(facts_.result, motion);
  facts_.returns_size |= motion.is(Kind::moved) && motion.size;
  facts_.returns_growth |= motion.is(Kind::moved) && !motion.size;
}

void FunctionReasoning::decide_effect(const Effect& effect) {
  const auto operands = flow_.operands_of(effect);
  if (effect.kind == EffectKind::global_set)
    record_store(effect, {true, static_cast<std::uint32_t>(effect.value)}, operands[0]);
  if (effect.kind == EffectKind::store)
    if (const auto address = static_address(flow_, effect))
      record_store(effect, {false, *address}, operands[1]);
  if (effect.kind == EffectKind::returns) record_return(effect);
  if (effect.kind == EffectKind::drop) return;
  if (effect.kind == EffectKind::call)
    if (auto context = context_of(effect)) facts_.calls.insert(*std::move(context));
  if (!whole_.premises_.bump) check_below(effect);
  for (std::uint32_t position = 0; position < operands.size(); ++position) {
    if (!is_root(motions_[operands[position]])) continue;
    Use use;
    use.value = operands[position];
    use.effect = &effect;
    use.position = position;
    use.into_import = effect.kind == EffectKind::call &&
                      effect.value < static_cast<std::int64_t>(whole_.module_.imported_functions);
    if (effect.kind == EffectKind::store || effect.kind == EffectKind::global_set)
      use.may_keep = may_keep(effect, motions_[use.value].kept);
    judge(use, effect.offset);
  }
}

/// Nodes that go anywhere but into a comparison or the size of another growth.
std::vector<bool> FunctionReasoning::used_nodes() const {
  std::vector<bool> used(flow_.nodes.size());
  std::vector<NodeId> pending;
  const auto use = [&](NodeId node) {
    if (!used[node]) pending.push_back(node);
    used[node] = true;
  };
  for (const Effect& effect : flow_.effects)
    if (effect.kind != EffectKind::branch && effect.kind != EffectKind::drop &&
        effect.kind != EffectKind::grow)
      std::ranges::for_each(flow_.operands_of(effect), use);
  while (!pending.empty()) {
    const Node& node = flow_.nodes[pending.back()];
    pending.pop_back();
    const bool carries =
        (node.kind == NodeKind::binary || node.kind == NodeKind::unary) && !is_comparison_opcode(node.opcode);
    if (!carries && node.kind != NodeKind::phi && node.kind != NodeKind::select) continue;
    const auto operands = flow_.operands_of(node);
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (node.kind != NodeKind::select || i < 2) use(operands[i]);
  }
  return used;
}

/// New memory must be taken to begin where memory.grow (or memory.size just before) says. Where it is only
/// asked whether there is memory, something is extended in place, and that would run through the region.
void FunctionReasoning::check_growths() {
  const std::vector<bool> goes_on = used_nodes();
  bool used = false;
  std::optional<std::uint64_t> unused;  // what a call gives may be used where another one is not
  std::optional<std::uint64_t> in_place;
  for (const auto& [node, motion] : seeds_) {
    const NodeKind kind = flow_.nodes[node].kind;
    if (kind != NodeKind::memory_grow && kind != NodeKind::memory_size && kind != NodeKind::call) continue;
    if (goes_on[node])
      used = true;
    else if (kind != NodeKind::memory_size && !motion.size)
      (kind == NodeKind::call ? unused : in_place) = flow_.nodes[node].offset;
  }
  const bool excused = used && whole_.premises_.growing.contains(context_.function);
  if ((!in_place || excused) && (!unused || used)) return;
  object("wasm-ld.growth-in-place",
         "memory grows, but nothing begins where the new memory begins: something is extended in place",
         in_place ? *in_place : *unused);
}

/// Whether a block is only reached where the code has found that new memory adjoins something.
bool FunctionReasoning::adjoins(BlockId block, NodeId start) const {
  const Edge here{block, block, kNoNode, true};
  const Edge* at = &here;
  for (int depth = 0; depth < 64; ++depth) {
    if (at->condition != kNoNode) {
      const Outcome outcome = asked(flow_, at->condition, at->taken_if_true);
      const Node& condition = flow_.nodes[outcome.node];
      const bool equal = condition.opcode == (outcome.holds ? op::i32_eq : op::i32_ne);
      if (condition.kind == NodeKind::binary && equal &&
          (flow_.operand(outcome.node, 0) == start || flow_.operand(outcome.node, 1) == start))
        return true;
    }
    const auto before = flow_.predecessors(at->from);
    if (before.size() != 1) return false;
    at = &before[0];
  }
  return false;
}

/// Memory just below what was grown belongs to what was there before; it is reached, or said to be someone's,
/// only where the code has found that the two adjoin.
void FunctionReasoning::check_below(const Effect& effect) {
  const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store;
  if (effect.kind == EffectKind::branch || effect.kind == EffectKind::drop) return;
  const auto operands = flow_.operands_of(effect);
  for (std::size_t at = 0; at < operands.size(); ++at) {
    if (!motions_[operands[at]].address()) continue;
    const Linear sum = linear_form(flow_, operands[at]);
    if (sum.base == kNoNode) continue;
    const auto offset =
        static_cast<std::int32_t>(sum.offset) + (access && at == 0 ? effect.value : std::int64_t{0});
    if (offset < 0 && is_start(sum.base) && !adjoins(effect.block, sum.base))
      object("wasm-ld.below-growth",
             "memory just below what was grown is used: it is taken to continue what was there before",
             effect.offset);
  }
}

/// Where new memory begins: as it was grown, or kept in a place that is not the allocator's.
bool FunctionReasoning::is_start(NodeId id) const {
  const Node& node = flow_.nodes[id];
  const std::uint32_t opcode = op::same_on_i32(node.opcode);
  if (reads_place(id)) return !own_;
  return !motions_[id].kept &&
         (node.kind == NodeKind::call || opcode == op::i32_shl || opcode == op::i32_mul);
}

/// A compiler may have merged what uses the allocator's memory with the allocator, which itself rounds to
/// pages at most.
void FunctionReasoning::check_rounding(const std::vector<bool>& live) {
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const Node& node = flow_.nodes[id];
    if (!live[id] || node.kind != NodeKind::binary || node.opcode != op::i32_and) continue;
    for (std::uint32_t at = 0; at < 2; ++at) {
      const auto mask = flow_.constant(flow_.operand(id, at));
      if (!mask) continue;
      const std::uint32_t unit = 0 - static_cast<std::uint32_t>(*mask);
      const NodeId value = flow_.operand(id, 1 - at);
      if (std::has_single_bit(unit) && unit > kPageSize && !flow_.constant(value) &&
          motions_[value].is(Kind::foreign))
        object("wasm-ld.coarse-rounding",
               "a value is rounded to " + std::to_string(unit) + " bytes in a function of the allocator",
               node.offset);
    }
  }
}

Result<FunctionFacts> FunctionReasoning::run() {
  Budget& budget = whole_.budget_;
  own_ = whole_.is_own(flow_);
  const bool outside = !own_;
  const MotionView view = outside ? MotionView::outside : MotionView::allocator;
  index();
  seed();
  HEAPBUMP_TRY(motions_, compute_motions(flow_, seeds_, budget, view));
  // What a call gives may depend on what it is given, which is known after the first pass.
  bool again = false;
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const Node& node = flow_.nodes[id];
    if (node.kind != NodeKind::call || node.value != 0) continue;
    const auto context = context_of(flow_.effects[node.effect]);
    if (!context) continue;
    const auto known = whole_.facts_.find(*context);
    if (known == whole_.facts_.end() || !is_root(known->second.result)) continue;
    std::erase_if(seeds_, [&](const auto& seed) { return seed.first == id; });
    seeds_.emplace_back(id, known->second.result);
    again = true;
  }
  if (again) {
    HEAPBUMP_TRY(motions_, compute_motions(flow_, seeds_, budget, view));
  }
  constexpr std::uint64_t kUnits = 8;  // each looks at most at 64 nodes or blocks
  HEAPBUMP_CHECK(budget.charge(kUnits * (flow_.nodes.size() + flow_.effects.size())));
  const std::vector<bool> live = needed_nodes(flow_, false);
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    if (!live[id]) continue;
    const Node& node = flow_.nodes[id];
    if (is_comparison_opcode(node.opcode) && (node.kind == NodeKind::binary || node.kind == NodeKind::unary))
      decide_comparison(id);
    else if (node.kind == NodeKind::select)
      decide_condition(id);
  }
  for (const Effect& effect : flow_.effects) decide_effect(effect);
  if (!whole_.premises_.bump) check_growths();
  if (!outside) check_rounding(live);
  return std::move(facts_);
}

}  // namespace heapbump::wasm_ld
