#include "detectors/wasm_ld/heap_limits.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "analysis/address_use.h"
#include "analysis/shift.h"
#include "analysis/survey.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kReadSpan = 64;  ///< an access this far below a word may reach it by its offset
constexpr std::size_t kBackwardSteps = 256;
constexpr std::uint64_t kLookUnits = 1024;  ///< for looking back that far, each step among those before it
constexpr std::int64_t kHalf = std::int64_t{1} << 31;  ///< numbers from here up are masks and overflow checks

class LimitSearch {
 public:
  LimitSearch(const Module& module, Budget& budget, const GrowthReport& growth, const NameSection& names,
              const DataImage& image, std::uint64_t base, const std::set<Place>& breaks,
              std::span<const Site> sites)
      : module_(module),
        budget_(budget),
        growth_(growth),
        names_(names),
        image_(image),
        base_(base),
        breaks_(breaks) {
    for (const Site& site : sites)
      if (site.moves != 0) moved_.insert(site.file_offset);
  }

  Result<std::optional<Error>> run();

 private:
  Result<std::set<std::uint32_t>> functions_of(const std::set<Place>& places) const;
  Status search(const Flow& flow);
  void look_at(const Flow& flow, const Node& meeting, NodeId other);
  Status check_limits();
  [[nodiscard]] std::optional<Place> read_by(const Flow& flow, NodeId node) const;
  /// Whether a number may be an address in the heap.
  [[nodiscard]] bool in_heap(std::int64_t value) const {
    const auto address = static_cast<std::int64_t>(static_cast<std::uint32_t>(value));
    return address >= static_cast<std::int64_t>(base_) && address < kHalf;
  }
  void refuse(std::string why, std::uint64_t offset) {
    if (!refusal_) refusal_ = Error{Code::kUnexplained, std::move(why), offset};
  }

  const Module& module_;
  Budget& budget_;
  const GrowthReport& growth_;
  const NameSection& names_;
  const DataImage& image_;
  const std::uint64_t base_;
  const std::set<Place>& breaks_;
  std::set<std::uint64_t> moved_;
  std::set<Place> limits_;  ///< what breaks are compared with or measured from
  std::optional<Error> refusal_;
};

/// The static place that a node reads.
std::optional<Place> LimitSearch::read_by(const Flow& flow, NodeId id) const {
  const Node& node = flow.nodes[id];
  if (node.kind == NodeKind::global) return Place{true, static_cast<std::uint32_t>(node.value)};
  if (node.kind != NodeKind::load || node.opcode != op::i32_load) return std::nullopt;
  const auto address = constant_address(flow, flow.effects[node.effect]);
  return address ? std::optional(Place{false, *address}) : std::nullopt;
}

/// Every function that may read or write one of these places.
Result<std::set<std::uint32_t>> LimitSearch::functions_of(const std::set<Place>& places) const {
  std::set<std::uint32_t> functions;
  bool globals = false;
  for (const Place& place : places) {
    globals |= place.is_global;
    if (place.is_global) continue;
    const std::uint64_t from = place.index > kReadSpan ? place.index - kReadSpan : 0;
    HEAPBUMP_TRY(const Survey survey, survey_code(module_, {from, std::uint64_t{place.index} + 1}, budget_));
    for (const RangeHit& hit : survey.hits) functions.insert(*hit.function);
  }
  if (!globals) return functions;
  Instruction instruction;
  for (std::size_t i = 0; i < module_.bodies.size(); ++i) {
    InstructionReader reader(module_, module_.bodies[i], budget_);
    while (reader.next(instruction)) {
      if ((instruction.opcode == op::global_get || instruction.opcode == op::global_set) &&
          places.contains({true, static_cast<std::uint32_t>(instruction.value)}))
        functions.insert(static_cast<std::uint32_t>(module_.imported_functions + i));
    }
  }
  return functions;
}

/// What stands on the other side of a comparison with a break, or of a difference: a number, or what was read
/// to make it.
void LimitSearch::look_at(const Flow& flow, const Node& meeting, NodeId other) {
  std::vector<NodeId> made{other};
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (i == kBackwardSteps) {
      refuse("what the heap's break is compared with in " +
                 describe_place(names_, flow.function, meeting.offset) +
                 " is made of more than can be followed",
             meeting.offset);
      return;
    }
    const Node& node = flow.nodes[made[i]];
    if (const auto constant = flow.constant(made[i])) {
      if (moved_.contains(node.immediate_offset)) continue;
      if (in_heap(meeting.opcode == op::i32_add ? -*constant : *constant))
        refuse("the heap's break meets the number " + hex(static_cast<std::uint32_t>(*constant)) + " in " +
                   describe_place(names_, flow.function, meeting.offset) +
                   ", which may be an address where the heap ends",
               meeting.offset);
      continue;
    }
    if (const auto place = read_by(flow, made[i])) {
      if (!breaks_.contains(*place)) limits_.insert(*place);
      continue;
    }
    const bool walk = node.kind == NodeKind::phi || node.kind == NodeKind::select ||
                      (node.kind == NodeKind::binary && op::is_i32_sum(node.opcode));
    if (!walk) continue;
    for (const NodeId operand :
         flow.operands_of(node).first(node.kind == NodeKind::phi ? node.operand_count : 2)) {
      if (made.size() > kBackwardSteps) break;
      if (std::ranges::find(made, operand) == made.end()) made.push_back(operand);
    }
  }
}

Status LimitSearch::search(const Flow& flow) {
  std::vector<ShiftSeed> seeds;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    const auto place = read_by(flow, id);
    const bool moves =
        node.kind == NodeKind::constant && node.width != 0 && moved_.contains(node.immediate_offset);
    if (moves || (place && breaks_.contains(*place)))
      seeds.push_back({id, {.scale = static_cast<std::int64_t>(kPageSize), .top = true}});
  }
  if (seeds.empty()) return {};
  HEAPBUMP_TRY(const auto shifts, compute_shifts(flow, seeds, budget_));
  // A difference between the break and memory.size is a size.
  std::ranges::move(growth_seeds(flow, growth_.summaries), std::back_inserter(seeds));
  HEAPBUMP_TRY(const auto sizes, compute_shifts(flow, seeds, budget_));
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary) continue;
    if (!op::compares_two_i32(node.opcode) && !op::is_i32_sum(node.opcode)) continue;
    const NodeId left = flow.operand(id, 0);
    const NodeId right = flow.operand(id, 1);
    if (shifts[left].top == shifts[right].top) continue;
    const NodeId other = shifts[left].top ? right : left;
    if (!sizes[shifts[left].top ? left : right].top) continue;
    // What is added to a break is a size, unless it is the negative of an address.
    if (node.opcode == op::i32_add && !flow.constant(other)) continue;
    HEAPBUMP_CHECK(budget_.charge(kLookUnits));
    look_at(flow, node, other);
    if (refusal_) return {};
  }
  return {};
}

/// The places that breaks are compared with must not start as an address in the heap, nor be given one by
/// number.
Status LimitSearch::check_limits() {
  for (const Place& place : limits_) {
    if (place.is_global) {
      const Global& global = module_.globals[place.index];
      if (!global.imported && global.init.value && in_heap(*global.init.value) &&
          !moved_.contains(global.init.immediate_offset))
        refuse("global " + std::to_string(place.index) +
                   ", which the heap's break is compared with, starts as an address in the heap",
               global.init.immediate_offset);
    } else if (in_heap(image_.load32(place.index))) {
      refuse("the data word at " + hex(place.index) +
                 ", which the heap's break is compared with, starts as an address in the heap",
             image_.file_offset(place.index).value_or(0));
    }
  }
  HEAPBUMP_TRY(const auto functions, functions_of(limits_));
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, budget_, {.frame_slots = true}));
    for (const Effect& effect : flow.effects) {
      std::optional<Place> place;
      if (effect.kind == EffectKind::global_set) {
        place = Place{true, static_cast<std::uint32_t>(effect.value)};
      } else if (effect.kind == EffectKind::store && effect.opcode == op::i32_store) {
        if (const auto address = constant_address(flow, effect)) place = Place{false, *address};
      }
      if (!place || !limits_.contains(*place)) continue;
      const NodeId value = flow.operands_of(effect).back();
      const auto constant = flow.constant(value);
      if (constant && in_heap(*constant) && !moved_.contains(flow.nodes[value].immediate_offset))
        refuse("what the heap's break is compared with is set to " +
                   hex(static_cast<std::uint32_t>(*constant)) + " in " +
                   describe_place(names_, function, effect.offset) +
                   ", which may be an address where the heap ends",
               effect.offset);
    }
  }
  return {};
}

Result<std::optional<Error>> LimitSearch::run() {
  HEAPBUMP_TRY(const auto functions, functions_of(breaks_));
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, budget_, {.frame_slots = true}));
    HEAPBUMP_CHECK(search(flow));
  }
  HEAPBUMP_CHECK(check_limits());
  return std::move(refusal_);
}

}  // namespace

Result<std::optional<Error>> find_fixed_limit(const Module& module, Budget& budget,
                                              const GrowthReport& growth, const NameSection& names,
                                              const DataImage& image, std::uint64_t base,
                                              const std::set<Place>& breaks, std::span<const Site> sites) {
  return LimitSearch(module, budget, growth, names, image, base, breaks, sites).run();
}

}  // namespace heapbump
