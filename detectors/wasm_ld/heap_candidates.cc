#include "detectors/wasm_ld/heap_candidates.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "analysis/address_use.h"
#include "analysis/shift.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kLowest = 128;     ///< a heap does not start below this, whatever the data says
constexpr std::size_t kMaxCompares = 256;  ///< comparisons with memory.size in one function
constexpr std::size_t kBackwardSteps = 64;

/// The value of a node made of constants alone, as `(&__heap_base + 15) & -16` is.
std::optional<std::uint32_t> folded(const Flow& flow, NodeId id, int depth = 0) {
  constexpr int kDeepest = 6;
  if (const auto value = flow.constant(id)) return static_cast<std::uint32_t>(*value);
  const Node& node = flow.nodes[id];
  if (node.kind != NodeKind::binary || depth == kDeepest) return std::nullopt;
  const auto left = folded(flow, flow.operand(id, 0), depth + 1);
  const auto right = folded(flow, flow.operand(id, 1), depth + 1);
  if (!left || !right) return std::nullopt;
  switch (node.opcode) {
    case op::i32_add:
      return *left + *right;
    case op::i32_sub:
      return *left - *right;
    case op::i32_and:
      return *left & *right;
    case op::i32_or:
      return *left | *right;
    default:
      return std::nullopt;
  }
}

/// What a value is made from by choosing, adding, subtracting and aligning; itself first.
std::vector<NodeId> made_from(const Flow& flow, NodeId value) {
  std::vector<NodeId> made{value};
  std::unordered_set<NodeId>
      known;  // the same, once there are many: a phi can have a hundred thousand values
  const auto is_new = [&](NodeId node) {
    if (made.size() <= kBackwardSteps) return std::ranges::find(made, node) == made.end();
    if (known.empty()) known.insert(made.begin(), made.end());
    return known.insert(node).second;
  };
  for (std::size_t i = 0; i < made.size() && i < kBackwardSteps; ++i) {
    const Node& node = flow.nodes[made[i]];
    const bool walk =
        node.kind == NodeKind::phi || node.kind == NodeKind::select ||
        (node.kind == NodeKind::binary && (node.opcode == op::i32_add || node.opcode == op::i32_sub ||
                                           node.opcode == op::i32_and || node.opcode == op::i32_or));
    if (!walk) continue;
    for (const NodeId operand : flow.operands_of(node))
      if (is_new(operand)) made.push_back(operand);
  }
  return made;
}

// The word or global that an effect gives a value to, and that value; no place where the effect is something
// else.
struct StoredWord {
  std::optional<Place> place;
  NodeId value = kNoNode;
};

StoredWord stored_word(const Flow& flow, const Effect& effect) {
  if (effect.kind == EffectKind::global_set)
    return {Place{true, static_cast<std::uint32_t>(effect.value)}, flow.operands_of(effect)[0]};
  if (effect.kind != EffectKind::store || effect.opcode != op::i32_store) return {};
  const auto address = constant_address(flow, effect);
  return {address ? std::optional(Place{false, *address}) : std::nullopt, flow.operands_of(effect)[1]};
}

class CandidateSearch {
 public:
  CandidateSearch(const Module& module, Budget& budget, const Survey& survey, const GrowthReport& growth,
                  const NameSection& names, const DataImage& image)
      : module_(module),
        budget_(budget),
        survey_(survey),
        growth_(growth),
        names_(names),
        image_(image),
        lowest_data_(image.pieces().empty() ? UINT64_MAX : image.pieces().front().address),
        data_end_(module.data_end()) {}

  Result<HeapCandidates> run() {
    HEAPBUMP_CHECK(search_functions());
    HEAPBUMP_CHECK(resolve_breaks());
    for (const auto& [place, offset] : breaks_) found_.places.insert(place);
    return std::move(found_);
  }

 private:
  Status search_functions();
  void search_differences(const Flow& flow, std::span<const Shift> shifts);
  Status search_breaks(const Flow& flow, std::span<const Shift> shifts);
  Status take_first_values(const Flow& flow, std::span<const NodeId> made, const Place& location);
  void take_initial_value(const Place& location, std::uint64_t function_offset);
  Status resolve_breaks();
  [[nodiscard]] std::string place(std::uint32_t function, std::uint64_t offset) const {
    return describe_place(names_, function, offset);
  }
  [[nodiscard]] bool plausible(std::uint64_t value) const {
    return value >= std::max(data_end_, kLowest) && value <= module_.memory_bytes();
  }

  const Module& module_;
  Budget& budget_;
  const Survey& survey_;
  const GrowthReport& growth_;
  const NameSection& names_;
  const DataImage& image_;
  const std::uint64_t lowest_data_;
  const std::uint64_t data_end_;
  HeapCandidates found_;
  std::map<Place, std::uint64_t> breaks_;  ///< and where each was seen
  std::map<Place, std::uint32_t> break_function_;
};

Status CandidateSearch::search_functions() {
  std::set<std::uint32_t> functions(survey_.size_functions.begin(), survey_.size_functions.end());
  for (const auto& [function, summary] : growth_.summaries)
    if (summary.returns_size || summary.size_if_zero)
      for (const std::uint32_t caller : survey_.callers(function)) functions.insert(caller);
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, budget_, {.frame_slots = true}));
    const auto seeds = growth_seeds(flow, growth_.summaries);
    HEAPBUMP_TRY(const auto shifts, compute_shifts(flow, seeds, budget_));
    search_differences(flow, shifts);
    HEAPBUMP_CHECK(search_breaks(flow, shifts));
  }
  return {};
}

/// `memory.size * 65536 - C`: C is where the heap starts.
void CandidateSearch::search_differences(const Flow& flow, std::span<const Shift> shifts) {
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary || !op::is_i32_sum(node.opcode)) continue;
    for (std::uint32_t position = 0; position < 2; ++position) {
      const Shift& shift = shifts[flow.operand(id, position)];
      if (!shift.top || !shift.from_size || !shift.known ||
          shift.scale != static_cast<std::int64_t>(kPageSize))
        continue;
      if (node.opcode == op::i32_sub && position == 1) continue;
      const auto constant = flow.constant(flow.operand(id, 1 - position));
      if (!constant) continue;
      const auto value = static_cast<std::uint32_t>(node.opcode == op::i32_sub ? *constant : -*constant);
      if (!plausible(value)) {
        if (!found_.saved && value >= lowest_data_ && value < data_end_)
          found_.saved = HeapCandidate{value, flow.function, node.offset};
        continue;
      }
      found_.candidates.push_back({value, flow.function, node.offset});
      found_.functions.insert(flow.function);
    }
  }
}

/// A value that is compared with memory.size, made from or stored to a fixed place: a break.
Status CandidateSearch::search_breaks(const Flow& flow, std::span<const Shift> shifts) {
  std::size_t compares = 0;
  constexpr std::uint64_t kUnits = 16;  // for looking up what was made, and for what is made of constants
  // The places that are given a new value here, one that is not a constant.
  std::optional<std::vector<StoredWord>> given;
  std::vector<bool> taken;  // by entry of `given`: whether its first values are taken
  const auto find_given = [&]() -> Status {
    HEAPBUMP_CHECK(budget_.charge(flow.effects.size() * kUnits));
    given.emplace();
    for (const Effect& effect : flow.effects) {
      const StoredWord word = stored_word(flow, effect);
      if (word.place && !folded(flow, word.value) && !shifts[word.value].top) given->push_back(word);
    }
    return {};
  };
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& compare = flow.nodes[id];
    if (compare.kind != NodeKind::binary || !op::is_i32_order(compare.opcode)) continue;
    for (std::uint32_t position = 0; position < 2; ++position) {
      const Shift& shift = shifts[flow.operand(id, position)];
      if (!shift.top || !shift.from_size) continue;
      if (++compares > kMaxCompares) {
        found_.given_up = "memory.size is compared more often than can be followed in " +
                          describe_function(names_, flow.function);
        return {};
      }
      if (!given) HEAPBUMP_CHECK(find_given());
      const std::vector<NodeId> made = made_from(flow, flow.operand(id, 1 - position));
      HEAPBUMP_CHECK(budget_.charge(made.size() * kUnits + given->size() * 2));
      taken.resize(given->size());
      std::set<Place> taken_here;
      const std::unordered_set<NodeId> compared_with(made.begin(), made.end());
      std::set<Place> loaded;
      for (const NodeId from : made) {
        const Node& node = flow.nodes[from];
        if (node.kind == NodeKind::load && node.opcode == op::i32_load) {
          if (const auto address = constant_address(flow, flow.effects[node.effect]))
            loaded.insert({false, *address});
        } else if (node.kind == NodeKind::global) {
          if (module_.globals[static_cast<std::size_t>(node.value)].is_mutable)
            loaded.insert({true, static_cast<std::uint32_t>(node.value)});
        }
      }
      // The same place must be given a new value here.
      for (std::size_t i = 0; i < given->size(); ++i) {
        const auto& [stored, value] = (*given)[i];
        const bool same = loaded.contains(*stored) && stored->index != 0;
        const bool compared = compared_with.contains(value) && flow.nodes[value].kind != NodeKind::load;
        if (!same && !(compared && stored->is_global)) continue;
        breaks_.emplace(*stored, compare.offset);
        break_function_.emplace(*stored, flow.function);
        if (!same) continue;
        if (taken_here.insert(*stored).second) HEAPBUMP_CHECK(take_first_values(flow, made, *stored));
        if (taken[i]) continue;
        taken[i] = true;
        HEAPBUMP_CHECK(take_first_values(flow, made_from(flow, value), *stored));
      }
    }
  }
  return {};
}

/// `break == 0 ? C : break`: what is compared is made from the break or, at the first call, from where the
/// heap starts.
Status CandidateSearch::take_first_values(const Flow& flow, std::span<const NodeId> made,
                                          const Place& location) {
  constexpr std::uint64_t kUnits = 8;
  HEAPBUMP_CHECK(budget_.charge(made.size() * kUnits));
  const auto reads_break = [&](NodeId id) {
    const Node& node = flow.nodes[id];
    if (node.kind == NodeKind::global)
      return location.is_global && node.value == static_cast<std::int64_t>(location.index);
    return node.kind == NodeKind::load && !location.is_global &&
           constant_address(flow, flow.effects[node.effect]) == location.index;
  };
  for (const NodeId id : made) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::phi && node.kind != NodeKind::select) continue;
    const auto ways = flow.operands_of(node).first(node.kind == NodeKind::phi ? node.operand_count : 2);
    HEAPBUMP_CHECK(budget_.charge(ways.size() * kUnits));
    if (std::ranges::none_of(ways, reads_break)) continue;
    for (const NodeId way : ways) {
      const auto value = folded(flow, way);
      if (!value || !plausible(*value)) continue;
      HEAPBUMP_CHECK(budget_.hold(2 * sizeof(HeapCandidate)));
      found_.candidates.push_back({*value, flow.function, node.offset});
      found_.functions.insert(flow.function);
    }
  }
  return {};
}

/// The value a break starts with: in the data or the global's initialiser, or given to it once by code.
void CandidateSearch::take_initial_value(const Place& location, std::uint64_t function_offset) {
  const std::uint32_t function = break_function_[location];
  if (location.is_global) {
    const Global& global = module_.globals[location.index];
    if (global.imported || global.type != ValueType::i32 || !global.init.value) return;
    const auto value = static_cast<std::uint32_t>(*global.init.value);
    if (!plausible(value)) return;
    Site site{initial_value(global), Role::heap_start, 1,
              "the allocator's break starts here; it is compared with memory.size in " +
                  place(function, function_offset)};
    found_.breaks.push_back(std::move(site));
    found_.candidates.push_back({value, function, function_offset});
    return;
  }
  const std::uint32_t value = image_.load32(location.index);
  if (!plausible(value)) return;
  Site site{{.kind = OccurrenceKind::data_word32,
             .file_offset = 0,
             .width = 4,
             .address = location.index,
             .function = {},
             .value = value},
            Role::heap_start,
            1,
            "the allocator's break starts here; it is compared with memory.size in " +
                place(function, function_offset)};
  for (std::uint64_t byte = location.index; byte < std::uint64_t{location.index} + 4 && site.file_offset == 0;
       ++byte)
    site.file_offset = image_.file_offset(byte).value_or(0);
  found_.breaks.push_back(std::move(site));
  found_.candidates.push_back({value, function, function_offset});
}

Status CandidateSearch::resolve_breaks() {
  for (const auto& [location, offset] : breaks_) take_initial_value(location, offset);
  if (!found_.candidates.empty() || breaks_.empty()) return {};
  // Breaks that start at zero and are set by code: whoever stores a constant there.
  HEAPBUMP_TRY(
      const Survey constants,
      survey_code(module_, {std::max<std::uint64_t>(module_.data_end(), 16), module_.memory_bytes() + 1},
                  budget_));
  std::set<std::uint32_t> functions;
  for (const RangeHit& hit : constants.hits) functions.insert(*hit.function);
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, budget_, {.frame_slots = true}));
    for (const Effect& effect : flow.effects) {
      const auto [stored, value] = stored_word(flow, effect);
      if (!stored || !breaks_.contains(*stored)) continue;
      const auto base = folded(flow, value);
      if (!base || !plausible(*base)) continue;
      found_.candidates.push_back({*base, function, effect.offset});
      found_.functions.insert(function);
    }
  }
  return {};
}

}  // namespace

Result<HeapCandidates> find_heap_candidates(const Module& module, Budget& budget, const Survey& survey,
                                            const GrowthReport& growth, const NameSection& names,
                                            const DataImage& image) {
  return CandidateSearch(module, budget, survey, growth, names, image).run();
}

}  // namespace heapbump
