#include "detectors/wasm_ld/opaque.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;
constexpr std::int64_t kUpperHalf = std::int64_t{1} << 32;
constexpr std::uint32_t kReach = 1024;  // of an access's offset, from the constant that a function mentions

/// Follows what the allocators return: to their callers, direct or through a table, and to the static words
/// and globals that keep it. It is not followed into functions that it is passed to: most are the allocator's
/// own. Each set only grows, and a function is looked at again when one that it sees has grown.
class OpaqueSearch {
 public:
  OpaqueSearch(const Facts& facts, const std::set<std::uint32_t>& allocating, std::uint64_t line)
      : facts_(facts), module_(facts.module), line_(line) {
    given_.kept = true;
    for (const std::uint32_t function : allocating) allocating_[function] = given_;
  }

  Result<SeenAddresses> run() {
    for (const auto& [function, motion] : allocating_) put_callers(function, motion);
    while (!queue_.empty() && !seen_addresses_.objection) {
      const std::uint32_t function = queue_.front();
      queue_.pop_front();
      waiting_.erase(function);
      HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, facts_.budget, {.frame_slots = true}));
      HEAPBUMP_CHECK(look_at(flow));
    }
    return std::move(seen_addresses_);
  }

 private:
  void put(std::uint32_t function) {
    if (function < module_.imported_functions || !waiting_.insert(function).second) return;
    queue_.push_back(function);
  }
  void put_callers(std::uint32_t function, const Motion& motion) {
    for (const std::uint32_t caller : facts_.index.callers(function)) put(caller);
    if (!facts_.index.is_address_taken(function)) return;
    const FunctionType& type = module_.function_type(function);
    if (std::ranges::find(indirect_, type, &Indirect::first) != indirect_.end()) return;
    indirect_.emplace_back(type, motion);
    for (const std::uint32_t caller : facts_.index.indirect_callers()) put(caller);
  }
  void put_readers(const Place& place) {
    // A part of a word may be named by an address in it.
    const Place last{place.is_global, place.is_global ? place.index : place.index + 3};
    for (const std::uint32_t function : users_of(facts_.index, last, kReach)) put(function);
  }

  /// What a load of static words gives that keep addresses, or parts of them in 64 bits.
  [[nodiscard]] std::optional<Motion> loaded(std::uint32_t opcode, std::uint32_t address) const {
    const std::uint32_t bytes = facts_of(opcode).access_bytes;
    const auto low = bytes >= 4 ? places_.find({false, address}) : places_.end();
    const auto high = bytes >= 8 ? places_.find({false, address + 4}) : places_.end();
    if (low == places_.end() && high == places_.end()) return std::nullopt;
    Motion motion = low != places_.end() ? low->second : high->second;
    motion.scale = (low != places_.end() ? low->second.scale : 0) +
                   (high != places_.end() ? high->second.scale * kUpperHalf : 0);
    return motion;
  }

  /// How a node moves that is what an allocator returned, as it arrives in a function.
  [[nodiscard]] std::optional<Motion> arriving(const Flow& flow, const Node& node) const {
    const auto in = [](const auto& map, const auto& key) {
      const auto found = map.find(key);
      return found == map.end() ? std::nullopt : std::optional(found->second);
    };
    switch (node.kind) {
      case NodeKind::call: {
        if (node.value != 0) return std::nullopt;
        const Effect& call = flow.effects[node.effect];
        if (call.kind == EffectKind::call) return in(allocating_, static_cast<std::uint32_t>(call.value));
        if (call.kind != EffectKind::call_indirect) return std::nullopt;
        const auto known = std::ranges::find(indirect_, module_.types[static_cast<std::size_t>(call.value)],
                                             &Indirect::first);
        return known == indirect_.end() ? std::nullopt : std::optional(known->second);
      }
      case NodeKind::global: {
        const auto kept = in(places_, Place{true, static_cast<std::uint32_t>(node.value)});
        return kept ? kept
                    : Motion::fixed();  // the stack pointer, or one that nothing of the heap is kept in
      }
      case NodeKind::load: {
        const auto address = static_address(flow, flow.effects[node.effect]);
        return address ? loaded(node.opcode, *address) : std::nullopt;
      }
      default:
        return std::nullopt;
    }
  }

  /// Which of its parameters a function returns, as memset and strcpy do; nothing if it may return another
  /// value.
  Result<std::optional<std::uint32_t>> given_back(std::uint32_t function) {
    const auto [known, first] = given_back_.emplace(function, std::nullopt);
    if (!first || module_.body(function) == nullptr) return known->second;
    const auto flow = evaluate_flow(module_, function, facts_.budget, {});
    if (!flow) {
      if (flow.error().code == Code::kWorkLimit) return std::unexpected(flow.error());
      return std::nullopt;
    }
    std::optional<std::uint32_t> parameter;
    for (const Effect& effect : flow->effects) {
      if (effect.kind != EffectKind::returns) continue;
      if (effect.operand_count != 1) return std::nullopt;
      const Node& value = flow->nodes[flow->operands_of(effect)[0]];
      if (value.kind != NodeKind::parameter || (parameter && *parameter != value.value)) return std::nullopt;
      parameter = static_cast<std::uint32_t>(value.value);
    }
    return given_back_[function] = parameter;
  }

  /// Adds the results of calls that give back a moved argument. Whether there was one.
  Result<bool> add_given_back(const Flow& flow, std::vector<std::pair<NodeId, Motion>>& seeds) {
    bool any = false;
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::call || node.value != 0 || !motions_[id].is(Kind::foreign)) continue;
      const Effect& call = flow.effects[node.effect];
      const auto arguments = flow.operands_of(call);
      const auto moves = [&](NodeId argument) { return motions_[argument].is(Kind::moved); };
      if (call.kind != EffectKind::call || std::ranges::none_of(arguments, moves)) continue;
      HEAPBUMP_TRY(const auto parameter, given_back(static_cast<std::uint32_t>(call.value)));
      if (!parameter || *parameter >= arguments.size() || !moves(arguments[*parameter])) continue;
      seeds.emplace_back(id, motions_[arguments[*parameter]]);
      any = true;
    }
    return any;
  }

  Status look_at(const Flow& flow) {
    std::vector<std::pair<NodeId, Motion>> seeds;
    for (NodeId id = 0; id < flow.nodes.size(); ++id)
      if (const auto motion = arriving(flow, flow.nodes[id])) seeds.emplace_back(id, *motion);
    HEAPBUMP_TRY(motions_, compute_motions(flow, seeds, facts_.budget, MotionView::handed_out));
    constexpr int kMostChained = 8;  // calls that give back what another one gave back
    for (int chained = 0; chained < kMostChained; ++chained) {
      HEAPBUMP_TRY(const bool more, add_given_back(flow, seeds));
      if (!more) break;
      HEAPBUMP_TRY(motions_, compute_motions(flow, seeds, facts_.budget, MotionView::handed_out));
    }
    const std::vector<bool> live = needed_nodes(flow, false);
    for (NodeId id = 0; id < flow.nodes.size() && !seen_addresses_.objection; ++id)
      if (live[id]) operate(flow, id);
    look_for_parts(flow);
    for (const Effect& effect : flow.effects) {
      use(flow, effect);
      follow(flow, effect);
    }
    return {};
  }

  /// Where an effect takes an address, or what holds one, to.
  void follow(const Flow& flow, const Effect& effect) {
    const auto operands = flow.operands_of(effect);
    const auto moves = [&](std::size_t at) {
      return at < operands.size() && motions_[operands[at]].is(Kind::moved);
    };
    if (effect.kind == EffectKind::returns && operands.size() == 1 && moves(0) &&
        is_new(allocating_, flow.function, motions_[operands[0]], flow, effect))
      put_callers(flow.function, motions_[operands[0]]);
    if (effect.kind == EffectKind::global_set && moves(0))
      keep({true, static_cast<std::uint32_t>(effect.value)}, motions_[operands[0]], flow, effect);
    if (effect.kind == EffectKind::store && moves(1))
      if (const auto address = static_address(flow, effect))
        keep_words(*address, motions_[operands[1]], flow, effect);
  }

  /// Whether it is heard of for the first time. What moves in two ways is not known to move in one.
  template <typename Map>
  bool is_new(Map& known, const typename Map::key_type& key, const Motion& motion, const Flow& flow,
              const Effect& effect) {
    const auto [at, first] = known.emplace(key, motion);
    if (at->second.scale != motion.scale) object("wasm-ld.opaque-unknown", flow.function, effect.offset);
    return first;
  }

  void keep(const Place& place, const Motion& motion, const Flow& flow, const Effect& effect) {
    if (is_new(places_, place, motion, flow, effect)) put_readers(place);
  }

  /// Keeps 64 bits as two words.
  void keep_words(std::uint32_t address, Motion motion, const Flow& flow, const Effect& effect) {
    const std::int64_t scale = motion.scale;
    const std::int64_t high = effect.opcode == op::i64_store ? scale / kUpperHalf : 0;
    motion.scale = high != 0 ? scale % kUpperHalf : scale;
    if (motion.scale != 0) keep({false, address}, motion, flow, effect);
    motion.scale = high;
    if (high != 0) keep({false, address + 4}, motion, flow, effect);
  }

  /// A load of a part of a static word that keeps an address.
  [[nodiscard]] bool is_part_of_place(const Flow& flow, const Effect& effect) const {
    const auto address = static_address(flow, effect);
    if (!address) return false;
    const std::uint32_t end = *address + facts_of(effect.opcode).access_bytes;
    for (auto place = places_.lower_bound({false, *address - std::min<std::uint32_t>(*address, 3)});
         place != places_.end() && !place->first.is_global && place->first.index < end; ++place)
      if (place->first.index < *address || place->first.index + 4 > end) return true;
    return false;
  }

  /// A part of a word that an address was stored in just before, in the same block, as of a union in the
  /// frame.
  void look_for_parts(const Flow& flow) {
    using At = std::pair<NodeId, std::int64_t>;
    std::set<At> words;
    BlockId block = 0;
    for (const Effect& effect : flow.effects) {
      if (std::exchange(block, effect.block) != effect.block) words.clear();
      const bool load = effect.kind == EffectKind::load;
      if (load && is_part_of_place(flow, effect))
        return object("wasm-ld.opaque-number", flow.function, effect.offset);
      if (!load && effect.kind != EffectKind::store) continue;
      const Linear sum = linear_form(flow, flow.operands_of(effect)[0]);
      const At at{sum.base, static_cast<std::int32_t>(sum.offset) + effect.value};
      const std::int64_t end = at.second + facts_of(effect.opcode).access_bytes;
      for (auto word = words.lower_bound({at.first, at.second - 3});
           word != words.end() && word->first == at.first && word->second < end;) {
        const bool whole = word->second >= at.second && word->second + 4 <= end;
        if (load && !whole) return object("wasm-ld.opaque-number", flow.function, effect.offset);
        word = load ? std::next(word) : words.erase(word);
      }
      if (!load && is_word_access(effect.opcode) && motions_[flow.operands_of(effect)[1]].address())
        words.insert(at);
    }
  }

  /// Comparisons, and operations of which nothing is known any more.
  void operate(const Flow& flow, NodeId id) {
    const Node& node = flow.nodes[id];
    const bool computes = node.kind == NodeKind::binary || node.kind == NodeKind::unary;
    const bool compares = computes && op::is_integer_comparison(node.opcode);
    if (!compares && !motions_[id].is(Kind::unknown)) return;
    for (std::uint32_t position = 0; position < node.operand_count; ++position) {
      Use use;
      use.compare = id;
      use.value = flow.operand(id, position);
      if (node.operand_count == 2) use.other = flow.operand(id, 1 - position);
      judge(flow, use, node.offset);
    }
  }

  void use(const Flow& flow, const Effect& effect) {
    const auto operands = flow.operands_of(effect);
    for (std::uint32_t position = 0; position < operands.size(); ++position) {
      Use use;
      use.value = operands[position];
      use.effect = &effect;
      use.position = position;
      judge(flow, use, effect.offset);
    }
  }

  /// Whether a value that is not known is no address, as it was multiplied, divided, shifted or loaded in
  /// part.
  [[nodiscard]] bool is_computed(const Flow& flow, NodeId id) const {
    const NodeId base = linear_form(flow, id).base;
    if (base == kNoNode || !motions_[id].is(Kind::foreign)) return false;
    const Node& node = flow.nodes[base];
    if (node.kind == NodeKind::load) return !is_word_access(node.opcode);
    if (node.kind != NodeKind::binary) return false;
    const OpcodeClass kind = op::class_of(node.opcode);
    return kind == OpcodeClass::product || kind == OpcodeClass::shift || kind == OpcodeClass::quotient;
  }

  /// Whether a value is read from a word, or a table of them, that starts as a number in the heap's range.
  [[nodiscard]] bool reads_limit(const Flow& flow, NodeId id) const {
    constexpr std::uint64_t kMostWords = 64;
    const Node& node = flow.nodes[id];
    if (is_computed(flow, id)) return true;
    if (!facts_.image || node.kind != NodeKind::load || !is_word_access(node.opcode)) return false;
    const Linear sum = linear_form(flow, flow.operand(id, 0));
    const std::uint64_t first =
        static_cast<std::uint32_t>(sum.offset) + static_cast<std::uint64_t>(node.value);
    const std::uint64_t words = sum.base == kNoNode ? 1 : kMostWords;
    for (std::uint64_t i = 0; i < words && facts_.image->file_offset(first + 4 * i); ++i) {
      const std::uint32_t number = facts_.image->load32(first + 4 * i);
      if (number > line_ && number <= INT32_MAX) return true;
    }
    return false;
  }

  /// Judges an address or what is made of one; of how far one is from a value of memory, whether it is stored
  /// in fewer bits.
  void judge(const Flow& flow, Use use, std::uint64_t offset) {
    const Motion& motion = motions_[use.value];
    const bool distance = motion.is(Kind::foreign) && motion.scale != 0 && use.effect != nullptr &&
                          use.effect->kind == EffectKind::store && use.position == 1;
    if (seen_addresses_.objection || (!motion.is(Kind::moved) && !distance)) return;
    use.flow = &flow;
    use.motions = motions_;
    use.motion = motions_[use.value];
    use.line = line_;
    use.limit_is_fixed = use.effect == nullptr && use.other != kNoNode && reads_limit(flow, use.other);
    Verdict verdict = Verdict::undecided;
    const UseRule& rule = decide(opaque_rules(), use, verdict);
    if (verdict == Verdict::accept && !distance) ++seen_addresses_.accepted;
    if (verdict == Verdict::refuse) object(rule.info.id, flow.function, offset);
  }

  void object(std::string_view rule, std::uint32_t function, std::uint64_t offset) {
    const auto named = std::ranges::find(opaque_rules(), rule, [](const UseRule& at) { return at.info.id; });
    seen_addresses_.objection = Objection{rule, clause_of(named->info.summary), function, offset};
  }

  const Facts& facts_;
  const Module& module_;
  using Indirect = std::pair<FunctionType, Motion>;
  std::map<std::uint32_t, Motion> allocating_;  ///< functions that return an address, or what holds one
  const std::uint64_t line_;
  std::vector<Indirect> indirect_;  ///< of allocating functions in tables
  std::map<Place, Motion> places_;
  std::map<std::uint32_t, std::optional<std::uint32_t>> given_back_;  ///< what given_back has found
  Motion given_ = Motion::moved(static_cast<std::int64_t>(kPageSize));
  std::deque<std::uint32_t> queue_;
  std::set<std::uint32_t> waiting_;
  std::vector<Motion> motions_;
  SeenAddresses seen_addresses_;
};

}  // namespace

Result<SeenAddresses> find_seen_addresses(const Facts& facts, const std::set<std::uint32_t>& allocating,
                                          std::uint64_t line) {
  return OpaqueSearch(facts, allocating, line).run();
}

void record(const SeenAddresses& seen, const Facts& facts, Judgement& judgement) {
  if (seen.objection)
    judgement.refuse(seen.objection->rule, Code::kUnexplained, describe(facts, *seen.objection),
                     seen.objection->offset);
  else if (seen.accepted > 0)
    judgement.evidence.push_back({"use",
                                  std::to_string(seen.accepted) + (seen.accepted == 1 ? " use" : " uses"),
                                  opaque_rules().back().info.id});
}

}  // namespace heapbump::wasm_ld
