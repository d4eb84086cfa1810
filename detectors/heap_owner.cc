#include "detectors/heap_owner.h"

#include <algorithm>
#include <map>
#include <set>

#include "detectors/address_use.h"
#include "detectors/shift.h"
#include "heapbump/data_image.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kHeaderSpan = 64;           ///< how far above the start an allocator's first header can reach
constexpr std::uint64_t kWindow = 16 * kPageSize;   ///< constants this far above the start go into the report
constexpr std::uint64_t kNearSpan = 4096;           ///< so near the start a number in an address is no coincidence
constexpr std::size_t kMaxNear = 256;               ///< constants near the start in one function; dlmalloc has about ten
constexpr std::size_t kMaxWords = 16;               ///< words of data equal to the start
constexpr std::size_t kMaxCompares = 256;           ///< comparisons with memory.size in one function
constexpr int kBackwardSteps = 64;

/// Where an allocator keeps its break.
struct Location {
  bool is_global = false;
  std::uint32_t index = 0;  ///< global index or linear-memory address
  auto operator<=>(const Location&) const = default;
};

struct Candidate {
  std::uint64_t base = 0;
  std::uint32_t function = 0;
  std::uint64_t offset = 0;  ///< of the instruction that shows it
};

/// Constant address of an access, if it has one.
std::optional<std::uint32_t> constant_address(const Flow& flow, const Effect& effect) {
  const auto base = flow.constant(flow.operands_of(effect)[0]);
  if (!base) return std::nullopt;
  return static_cast<std::uint32_t>(*base + effect.value);
}

// The word or global that an effect gives a value to, and that value; no place where the effect is something else.
struct StoredWord {
  std::optional<Location> place;
  NodeId value = kNoNode;
};

StoredWord stored_word(const Flow& flow, const Effect& effect) {
  if (effect.kind == EffectKind::global_set)
    return {Location{true, static_cast<std::uint32_t>(effect.value)}, flow.operands_of(effect)[0]};
  if (effect.kind != EffectKind::store || effect.opcode != op::i32_store) return {};
  const auto address = constant_address(flow, effect);
  return {address ? std::optional(Location{false, *address}) : std::nullopt, flow.operands_of(effect)[1]};
}

class OwnerSearch {
 public:
  OwnerSearch(const Module& module, const Survey& survey, const GrowthReport& growth, const NameSection& names)
      : module_(module), survey_(survey), growth_(growth), names_(names) {}

  Result<HeapOwner> run();

 private:
  Status search_functions();
  void search_differences(const Flow& flow, std::span<const Shift> shifts);
  void search_breaks(const Flow& flow, std::span<const Shift> shifts);
  Status resolve_breaks();
  Status take_initial_value(const Location& location, std::uint64_t function_offset);
  bool choose();
  Status explain_constants();
  Status explain_function(std::span<const RangeHit> hits, bool owner);
  Status explain_data();
  void explain_globals();
  [[nodiscard]] bool consistent(const Flow& flow, std::span<const RangeHit> hits);
  bool check_dlmalloc(const Flow& flow);
  bool stored_inside(const Flow& flow, std::uint64_t immediate_offset) const;
  [[nodiscard]] bool matters(const Flow& flow, std::span<const Shift> shifts, std::uint64_t immediate_offset) const;
  [[nodiscard]] bool meets_distance(const Flow& flow, std::span<const Shift> shifts, std::uint64_t immediate_offset) const;
  [[nodiscard]] bool made_of_header(const Flow& flow, NodeId node) const;
  void check_layout();
  [[nodiscard]] bool plausible(std::uint64_t value) const {
    return value >= std::max(module_.data_end(), 2 * kHeaderSpan) && value <= module_.memory_bytes();
  }
  [[nodiscard]] std::string place(std::uint32_t function, std::uint64_t offset) const {
    return describe_function(names_, function) + " at file offset " + hex(offset);
  }
  void refuse(Code code, std::string why, std::optional<std::uint64_t> offset = {}) {
    if (owner_.refusal) return;
    owner_.refusal = code;
    owner_.why = std::move(why);
    owner_.offset = offset;
  }
  Site& add_site(const RangeHit& hit, Role role, int moves, std::string why);

  const Module& module_;
  const Survey& survey_;
  const GrowthReport& growth_;
  const NameSection& names_;
  HeapOwner owner_;
  std::vector<Candidate> candidates_;
  std::set<std::uint32_t> owners_;                  ///< functions that measure the heap from its start
  std::map<Location, std::uint64_t> breaks_;        ///< and where each was seen
  std::map<Location, std::uint32_t> break_function_;
  std::optional<DataImage> image_;
  int signals_ = 0;
  std::optional<std::uint32_t> state_;  ///< dlmalloc's malloc_state, where its fields check out
  bool owned_ = false;                  ///< the start is used as more than the measure of a size
};

Status OwnerSearch::search_functions() {
  std::set<std::uint32_t> functions(survey_.size_functions.begin(), survey_.size_functions.end());
  for (const auto& [function, summary] : growth_.summaries)
    if (summary.returns_size || summary.size_if_zero)
      for (const std::uint32_t caller : survey_.callers(function)) functions.insert(caller);
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, {.frame_slots = true}));
    const auto seeds = growth_seeds(flow, growth_.summaries);
    const auto shifts = compute_shifts(flow, seeds);
    search_differences(flow, shifts);
    search_breaks(flow, shifts);
  }
  return {};
}

/// `memory.size * 65536 - C`: C is where the heap starts.
void OwnerSearch::search_differences(const Flow& flow, std::span<const Shift> shifts) {
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary || (node.opcode != op::i32_sub && node.opcode != op::i32_add)) continue;
    for (std::uint32_t position = 0; position < 2; ++position) {
      const Shift& shift = shifts[flow.operand(id, position)];
      if (!shift.top || !shift.from_size || !shift.known || shift.scale != static_cast<std::int64_t>(kPageSize)) continue;
      if (node.opcode == op::i32_sub && position == 1) continue;
      const auto constant = flow.constant(flow.operand(id, 1 - position));
      if (!constant) continue;
      const auto value = static_cast<std::uint32_t>(node.opcode == op::i32_sub ? *constant : -*constant);
      if (!plausible(value)) continue;
      candidates_.push_back({value, flow.function, node.offset});
      owners_.insert(flow.function);
    }
  }
}

/// A value that is compared with memory.size, made from or stored to a fixed place: a break.
void OwnerSearch::search_breaks(const Flow& flow, std::span<const Shift> shifts) {
  std::size_t compares = 0;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& compare = flow.nodes[id];
    if (compare.kind != NodeKind::binary || compare.opcode < op::i32_lt_s || compare.opcode > op::i32_ge_u) continue;
    for (std::uint32_t position = 0; position < 2; ++position) {
      const Shift& shift = shifts[flow.operand(id, position)];
      if (!shift.top || !shift.from_size) continue;
      if (++compares > kMaxCompares) {
        refuse(Code::kWorkLimit, "memory.size is compared more often than can be followed in " + describe_function(names_, flow.function));
        return;
      }
      // What the compared value is made from.
      std::vector<NodeId> made{flow.operand(id, 1 - position)};
      std::set<Location> loaded;
      for (std::size_t i = 0; i < made.size() && i < kBackwardSteps; ++i) {
        const Node& node = flow.nodes[made[i]];
        if (node.kind == NodeKind::load && node.opcode == op::i32_load) {
          if (const auto address = constant_address(flow, flow.effects[node.effect])) loaded.insert({false, *address});
        } else if (node.kind == NodeKind::global) {
          if (module_.globals[static_cast<std::size_t>(node.value)].is_mutable)
            loaded.insert({true, static_cast<std::uint32_t>(node.value)});
        }
        const bool walk = node.kind == NodeKind::phi || node.kind == NodeKind::select ||
                          (node.kind == NodeKind::binary && (node.opcode == op::i32_add || node.opcode == op::i32_sub ||
                                                             node.opcode == op::i32_and || node.opcode == op::i32_or));
        if (!walk) continue;
        for (const NodeId operand : flow.operands_of(node))
          if (std::ranges::find(made, operand) == made.end()) made.push_back(operand);
      }
      // The same place must be given a new value here, one that is not a constant.
      for (const Effect& effect : flow.effects) {
        const auto [stored, value] = stored_word(flow, effect);
        if (!stored || flow.constant(value) || shifts[value].top) continue;
        const bool same = loaded.contains(*stored) && stored->index != 0;
        const bool compared = std::ranges::find(made, value) != made.end() && flow.nodes[value].kind != NodeKind::load;
        if (!same && !(compared && stored->is_global)) continue;
        breaks_.emplace(*stored, compare.offset);
        break_function_.emplace(*stored, flow.function);
      }
    }
  }
}

/// The value a break starts with: in the data or the global's initialiser, or given to it once by code.
Status OwnerSearch::take_initial_value(const Location& location, std::uint64_t function_offset) {
  const std::uint32_t function = break_function_[location];
  if (location.is_global) {
    const Global& global = module_.globals[location.index];
    if (global.imported || !global.init.value) return {};
    const auto value = static_cast<std::uint32_t>(*global.init.value);
    if (!plausible(value)) return {};
    Site site{.kind = SiteKind::global_init, .file_offset = global.init.immediate_offset,
              .width = global.init.immediate_width, .address = 0, .function = {}, .value = *global.init.value,
              .role = Role::heap_start, .moves = 1,
              .why = "the allocator's break starts here; it is compared with memory.size in " + place(function, function_offset)};
    owner_.sites.push_back(std::move(site));
    owned_ = true;
    candidates_.push_back({value, function, function_offset});
    return {};
  }
  const std::uint32_t value = image_->load32(location.index);
  if (!plausible(value)) return {};
  Site site{.kind = SiteKind::data_word32, .file_offset = 0, .width = 4, .address = location.index, .function = {},
            .value = value, .role = Role::heap_start, .moves = 1,
            .why = "the allocator's break starts here; it is compared with memory.size in " + place(function, function_offset)};
  for (std::uint64_t byte = location.index; byte < std::uint64_t{location.index} + 4 && site.file_offset == 0; ++byte)
    site.file_offset = image_->file_offset(byte).value_or(0);
  owner_.sites.push_back(std::move(site));
  owned_ = true;
  candidates_.push_back({value, function, function_offset});
  return {};
}

Status OwnerSearch::resolve_breaks() {
  for (const auto& [location, offset] : breaks_) HEAPBUMP_CHECK(take_initial_value(location, offset));
  if (!candidates_.empty() || breaks_.empty()) return {};
  // Breaks that start at zero and are set by code: whoever stores a constant there.
  HEAPBUMP_TRY(const Survey constants, survey_code(module_, {std::max<std::uint64_t>(module_.data_end(), 16), module_.memory_bytes() + 1}));
  std::set<std::uint32_t> functions;
  for (const RangeHit& hit : constants.hits) functions.insert(hit.function);
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, {.frame_slots = true}));
    for (const Effect& effect : flow.effects) {
      const auto [stored, value] = stored_word(flow, effect);
      if (!stored || !breaks_.contains(*stored) || flow.nodes[value].kind != NodeKind::constant) continue;
      const auto base = static_cast<std::uint32_t>(flow.nodes[value].value);
      if (!plausible(base)) continue;
      candidates_.push_back({base, function, effect.offset});
      owners_.insert(function);
    }
  }
  return {};
}

/// Settles on one start, or says why there is none.
bool OwnerSearch::choose() {
  std::optional<std::uint64_t> symbol;
  if (const Export* exported = module_.find_export("__heap_base", ExternalKind::global)) {
    const Global& global = module_.globals[exported->index];
    if (!global.imported && !global.is_mutable && global.init.value)
      symbol = static_cast<std::uint32_t>(*global.init.value);
  }
  if (symbol) {
    owner_.evidence.push_back({"symbol", "the export __heap_base says " + hex(*symbol)});
    ++signals_;
  }
  if (candidates_.empty()) {
    owner_.heap_base = symbol;
    refuse(Code::kNoDetector, symbol ? "the heap's start is known, but no allocator that starts there was found"
                                     : "no allocator was found that starts at a constant address");
    return false;
  }
  const Candidate& first = candidates_.front();
  for (const Candidate& other : candidates_) {
    if (other.base == first.base) continue;
    refuse(Code::kAmbiguous,
           "two heap starts are possible: " + hex(first.base) + " in " + place(first.function, first.offset) + " and " +
               hex(other.base) + " in " + place(other.function, other.offset),
           other.offset);
    return false;
  }
  if (symbol && *symbol != first.base && align_up(*symbol, 16) != first.base) {
    refuse(Code::kAmbiguous, "the export __heap_base says " + hex(*symbol) + ", but the allocator starts at " + hex(first.base),
           first.offset);
    return false;
  }
  owner_.heap_base = first.base;
  owner_.evidence.push_back({"allocator", "the heap is measured from " + hex(first.base) + " in " + place(first.function, first.offset)});
  ++signals_;
  return true;
}

Site& OwnerSearch::add_site(const RangeHit& hit, Role role, int moves, std::string why) {
  const std::uint32_t opcode = hit.immediate.opcode;
  const SiteKind kind = opcode == op::i32_const   ? SiteKind::i32_const
                        : opcode == op::i64_const ? SiteKind::i64_const
                                                  : SiteKind::memarg_offset;
  owner_.sites.push_back({.kind = kind, .file_offset = hit.immediate.file_offset, .width = hit.immediate.width, .address = 0,
                          .function = hit.function, .value = hit.immediate.value, .role = role, .moves = moves,
                          .why = std::move(why)});
  return owner_.sites.back();
}

/// dlmalloc's malloc_state: least_addr at 16, seg.base at 448, seg.size at 452 (32-bit pointers, no locks). The start is
/// stored to the first two and the size to the third.
bool OwnerSearch::check_dlmalloc(const Flow& flow) {
  std::vector<std::uint32_t> starts;
  std::vector<std::uint32_t> others;
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::store || effect.opcode != op::i32_store) continue;
    const auto address = constant_address(flow, effect);
    if (!address) continue;
    const auto value = flow.constant(flow.operands_of(effect)[1]);
    if (value && static_cast<std::uint32_t>(*value) == *owner_.heap_base)
      starts.push_back(*address);
    else if (!value)
      others.push_back(*address);
  }
  for (const std::uint32_t least : starts)
    for (const std::uint32_t base : starts)
      if (base - least == 432 && std::ranges::find(others, base + 4) != others.end()) {
        state_ = least - 16;
        owner_.evidence.push_back({"dlmalloc", "malloc_state at " + hex(least - 16) + ": least_addr and seg.base are set to the heap's "
                                                                                      "start, seg.size to what is left up to memory.size"});
        return true;
      }
  return false;
}

/// Whether a constant that is stored goes into dlmalloc's state and nowhere else.
bool OwnerSearch::stored_inside(const Flow& flow, std::uint64_t immediate_offset) const {
  constexpr std::uint32_t kStateSize = 480;
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::store) continue;
    const Node& value = flow.nodes[flow.operands_of(effect)[1]];
    if (value.kind != NodeKind::constant || value.immediate_offset != immediate_offset) continue;
    const auto address = constant_address(flow, effect);
    if (!address || *address < *state_ || *address >= *state_ + kStateSize) return false;
  }
  return true;
}

/// Whether what a constant makes reaches memory, a call or the like, or meets a value above the line. One that is only
/// compared with other things, or of which only the low bits are kept (to align it), is the same wherever the heap is.
bool OwnerSearch::matters(const Flow& flow, std::span<const Shift> shifts, std::uint64_t immediate_offset) const {
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::constant || node.width == 0 || node.immediate_offset != immediate_offset) continue;
    std::vector<bool> seen(flow.nodes.size());
    std::vector<NodeId> made{id};
    seen[id] = true;
    for (std::size_t i = 0; i < made.size(); ++i)
      for (const User& user : flow.users(made[i])) {
        if (user.is_effect) {
          const EffectKind kind = flow.effects[user.index].kind;
          if (kind != EffectKind::branch && kind != EffectKind::drop) return true;
          continue;
        }
        const Node& next = flow.nodes[user.index];
        if (next.kind == NodeKind::binary) {
          const Shift& other = shifts[flow.operand(user.index, 1 - user.position)];
          if ((other.top && !made_of_header(flow, flow.operand(user.index, 1 - user.position))) || other.cancelled) return true;
        }
        if (seen[user.index] || !shifts[user.index].top) continue;
        seen[user.index] = true;
        made.push_back(user.index);
      }
  }
  return false;
}

/// Whether a constant is added to a distance that was measured from the heap's start.
bool OwnerSearch::meets_distance(const Flow& flow, std::span<const Shift> shifts, std::uint64_t immediate_offset) const {
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::constant || node.width == 0 || node.immediate_offset != immediate_offset) continue;
    for (const User& user : flow.users(id)) {
      if (user.is_effect || flow.nodes[user.index].opcode != op::i32_add) continue;
      const Shift& other = shifts[flow.operand(user.index, 1 - user.position)];
      if (other.cancelled && !other.top) return true;
    }
  }
  return false;
}

/// Whether a node is one of the constants near the start, or made of them alone.
bool OwnerSearch::made_of_header(const Flow& flow, NodeId node) const {
  const Linear sum = linear_form(flow, node);
  return sum.base == kNoNode;
}

/// With the constants near the start moving along with it, every address in the function must be above the line or
/// independent of it; anything in between means that a constant was missed or moved wrongly.
bool OwnerSearch::consistent(const Flow& flow, std::span<const RangeHit> hits) {
  std::vector<ShiftSeed> seeds = growth_seeds(flow, growth_.summaries);
  const auto base = static_cast<std::int64_t>(*owner_.heap_base);
  Shift up{.scale = static_cast<std::int64_t>(kPageSize), .known = true, .top = true};
  Shift down = up;
  down.scale = -up.scale;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::constant || node.width == 0) continue;
    for (const RangeHit& hit : hits)
      if (hit.immediate.file_offset == node.immediate_offset) seeds.push_back({id, hit.negated ? down : up});
  }
  const auto shifts = compute_shifts(flow, seeds);
  for (const Effect& effect : flow.effects) {
    const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store || effect.kind == EffectKind::atomic;
    if (!access) continue;
    const NodeId address = flow.operands_of(effect)[0];
    const Shift& shift = shifts[address];
    const bool above = shift.top && shift.known && shift.scale == up.scale;
    // A size with a large constant added to it: the constant must be the heap's start in some folded form.
    std::int64_t added = effect.value;
    NodeId size = address;
    for (int depth = 0; depth < kBackwardSteps && flow.nodes[size].kind == NodeKind::binary; ++depth) {
      const NodeId left = flow.operand(size, 0);
      const NodeId right = flow.operand(size, 1);
      const bool add = flow.nodes[size].opcode == op::i32_add;
      if (!add && flow.nodes[size].opcode != op::i32_sub) break;
      const auto constant = flow.constant(right);
      const auto other = flow.constant(left);
      if (constant && shifts[left].cancelled && !shifts[left].top) {
        added += add ? *constant : -*constant;
        size = left;
      } else if (other && add && shifts[right].cancelled && !shifts[right].top) {
        added += *other;
        size = right;
      } else {
        break;
      }
    }
    const auto span = static_cast<std::int64_t>(kHeaderSpan);
    const bool folded = !shift.top && shifts[size].cancelled && added > base - span && added < base + span;
    if ((shift.top && !above) || folded) {
      refuse(Code::kUnexplained,
             "an address made from the heap's start does not move with it, in " + place(flow.function, effect.offset), effect.offset);
      return false;
    }
  }
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary || node.opcode < op::i32_eq || node.opcode > op::i32_ge_u) continue;
    const Shift& a = shifts[flow.operand(id, 0)];
    const Shift& b = shifts[flow.operand(id, 1)];
    if (!a.top && !b.top) continue;
    const auto constant = flow.constant(flow.operand(id, a.top ? 1 : 0));
    const bool sentinel = constant && (*constant == 0 || *constant == -1);
    const bool both = a.top && b.top && a.known && b.known && a.scale == b.scale;
    if (both || (a.top != b.top && (!constant || sentinel))) continue;
    refuse(Code::kUnexplained,
           "a value that moves with the heap is compared with one that does not, in " + place(flow.function, node.offset), node.offset);
    return false;
  }
  return true;
}

Status OwnerSearch::explain_function(std::span<const RangeHit> hits, bool owner) {
  const std::uint64_t base = *owner_.heap_base;
  const std::uint32_t function = hits.front().function;
  HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, {.frame_slots = true}));
  const auto uses = classify_in(flow, hits);
  std::vector<RangeHit> moved;
  std::vector<Shift> shifts;
  {
    // All constants near the start count as above the line here, so that none is overlooked for being far from its use.
    std::vector<ShiftSeed> seeds = growth_seeds(flow, growth_.summaries);
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::constant || node.width == 0) continue;
      const auto scale = static_cast<std::int64_t>(kPageSize);
      for (const RangeHit& hit : hits) {
        if (hit.immediate.file_offset != node.immediate_offset || hit.immediate.opcode != op::i32_const) continue;
        const std::int64_t distance = (hit.negated ? -node.value : static_cast<std::int64_t>(static_cast<std::uint32_t>(node.value))) -
                                      static_cast<std::int64_t>(base);
        if (distance >= 0 && distance <= static_cast<std::int64_t>(owner ? kHeaderSpan : kNearSpan))
          seeds.push_back({id, {.scale = hit.negated ? -scale : scale, .top = true}});
      }
    }
    shifts = compute_shifts(flow, seeds);
    if (owner) check_dlmalloc(flow);
  }
  std::size_t near = 0;
  for (const AddressUse& use : uses) {
    const RangeHit& hit = use.hit;
    const auto magnitude = static_cast<std::uint64_t>(hit.negated ? -hit.immediate.value : static_cast<std::int64_t>(static_cast<std::uint32_t>(hit.immediate.value)));
    const bool header = magnitude >= base && magnitude <= base + kHeaderSpan;
    const bool i32 = hit.immediate.opcode == op::i32_const;
    if (magnitude <= base + kNearSpan && ++near > kMaxNear) {
      refuse(Code::kWorkLimit, "more constants near the heap's start than can be followed in " + place(function, hit.immediate.file_offset),
             hit.immediate.file_offset);
      return {};
    }
    if (magnitude < base) {
      // Below the start lies static data, unless the constant is added to a distance from the start.
      if (!owner || !i32 || hit.negated || !meets_distance(flow, shifts, hit.immediate.file_offset)) continue;
      // It would have to move too, but only an exact linker record could tell it from the address of static data.
      add_site(hit, Role::heap_start, 0, "perhaps the heap's start minus " + std::to_string(base - magnitude) + ", added to a distance from it");
      refuse(Code::kUnexplained, "a constant below the heap's start is added to a distance from it in " +
                                     place(function, hit.immediate.file_offset), hit.immediate.file_offset);
      continue;
    }
    const bool relocated = !survey_.relocations_padded() || hit.immediate.width == 5;
    const std::string distance = magnitude == base ? std::string("the heap's start") : "the heap's start plus " + std::to_string(magnitude - base);
    const bool handed_on = use.kind == AddressUse::Kind::address || use.kind == AddressUse::Kind::escapes;
    const bool certain = survey_.relocations_padded() && relocated;  // the linker put an address here
    if (owner && header && i32 && relocated && (certain || handed_on || matters(flow, shifts, hit.immediate.file_offset))) {
      if (state_ && use.kind == AddressUse::Kind::escapes && !stored_inside(flow, hit.immediate.file_offset))
        refuse(Code::kUnexplained, distance + " is stored outside the allocator's own state in " +
                                       place(function, hit.immediate.file_offset), hit.immediate.file_offset);
      owned_ = owned_ || handed_on;
      add_site(hit, Role::heap_start, hit.negated ? -1 : 1, (hit.negated ? "minus " : "") + distance + ", used by the allocator that owns it");
      moved.push_back(hit);
      continue;
    }
    if (survey_.relocations_padded() && i32 && hit.immediate.width != 5) {
      add_site(hit, Role::unrelated, 0, "not an address: the linker's relocated immediates have five bytes, this one has " + std::to_string(hit.immediate.width));
      continue;
    }
    if (use.kind == AddressUse::Kind::address && use.target >= static_cast<std::int64_t>(base)) {
      add_site(hit, Role::heap_start, 0, "an address in the heap, used outside the allocator");
      refuse(Code::kUnexplained, "a constant address in the heap is used in " + place(function, hit.immediate.file_offset) +
                                     ", which is not the allocator that starts there", hit.immediate.file_offset);
      continue;
    }
    if (!header && magnitude > base + kNearSpan && use.kind == AddressUse::Kind::number) {
      add_site(hit, Role::unrelated, 0, use.how);
      continue;
    }
    if (use.kind == AddressUse::Kind::number && i32 && matters(flow, shifts, hit.immediate.file_offset)) {
      add_site(hit, Role::unrelated, 0, "calculated with, outside the allocator");
      refuse(Code::kUnexplained, distance + " is calculated with, and the result used, in " + place(function, hit.immediate.file_offset) +
                                     "; whether that is an address in the heap cannot be told", hit.immediate.file_offset);
      continue;
    }
    if (use.kind == AddressUse::Kind::escapes && header) {
      add_site(hit, Role::unrelated, 0, use.how + " as it is");
      refuse(Code::kUnexplained, distance + " is " + use.how + " in " + place(function, hit.immediate.file_offset) +
                                     "; whether it is the heap's start there or only an equal number cannot be told",
             hit.immediate.file_offset);
      continue;
    }
    add_site(hit, Role::unrelated, 0,
             use.kind == AddressUse::Kind::escapes ? "a number inside the region, " + use.how + "; no object of the linker's lies here" : use.how);
  }
  if (owner && !owner_.refusal) {
    (void)consistent(flow, moved);
  }
  return {};
}

Status OwnerSearch::explain_constants() {
  const std::uint64_t base = *owner_.heap_base;
  HEAPBUMP_TRY(const Survey found, survey_code(module_, {base - kHeaderSpan, std::max(base + kWindow, module_.memory_bytes() + 1)}));
  std::set<std::uint32_t> with_hits;
  for (std::size_t i = 0; i < found.hits.size();) {
    std::size_t end = i;
    while (end < found.hits.size() && found.hits[end].function == found.hits[i].function) ++end;
    const std::uint32_t function = found.hits[i].function;
    with_hits.insert(function);
    HEAPBUMP_CHECK(explain_function(std::span(found.hits).subspan(i, end - i), owners_.contains(function)));
    i = end;
  }
  return {};
}

/// Words in the data that hold the heap's start. A break moves. One that follows the address of static data and that no
/// code reads by its address is where an object ends. Any other may be a second place the allocator starts from.
Status OwnerSearch::explain_data() {
  const std::uint64_t base = *owner_.heap_base;
  std::size_t words = 0;
  std::uint64_t next = 0;
  for (const DataImage::Piece& piece : image_->pieces()) {
    // Tools that trim zeros cut words at both ends of a segment.
    for (std::uint64_t address = std::max(next, piece.address & ~std::uint64_t{3}); address < piece.end(); address += 4) {
      next = address + 4;
      if (image_->load32(address) != base) continue;
      const bool known = std::ranges::any_of(owner_.sites, [&](const Site& site) {
        return site.kind == SiteKind::data_word32 && site.address == address;
      });
      if (known) continue;
      if (++words > kMaxWords) {
        refuse(Code::kWorkLimit, "more words of static data equal the heap's start than can be followed");
        return {};
      }
      Site site{.kind = SiteKind::data_word32,
                .file_offset = piece.file_offset + (address < piece.address ? 0 : address - piece.address), .width = 4,
                .address = static_cast<std::uint32_t>(address), .function = {}, .value = static_cast<std::int64_t>(base),
                .role = Role::unrelated, .moves = 0, .why = "where the static object before it ends"};
      const std::uint64_t before = address >= 4 ? image_->load32(address - 4) : 0;
      bool end_pointer = before >= image_->pieces().front().address && before < base && base - before <= kNearSpan * 16;
      HEAPBUMP_TRY(const Survey reads, survey_code(module_, {address > kHeaderSpan ? address - kHeaderSpan : 0, address + 4}));
      HEAPBUMP_TRY(const auto uses, classify_hits(module_, reads.hits));
      for (const AddressUse& use : uses)
        if (use.kind == AddressUse::Kind::address && use.target + 4 > static_cast<std::int64_t>(address) &&
            use.target < static_cast<std::int64_t>(address) + 4)
          end_pointer = false;
      if (!end_pointer) {
        site.why = "a word of static data that may be the heap's start";
        refuse(Code::kUnexplained, "the data word at " + hex(address) + " equals the heap's start; whether it is one cannot be told",
               site.file_offset);
      }
      owner_.sites.push_back(std::move(site));
      if (owner_.refusal) return {};
    }
  }
  return {};
}

void OwnerSearch::explain_globals() {
  const std::uint64_t base = *owner_.heap_base;
  for (std::uint32_t i = 0; i < module_.globals.size(); ++i) {
    const Global& global = module_.globals[i];
    if (global.imported || !global.init.value || static_cast<std::uint32_t>(*global.init.value) < base ||
        static_cast<std::uint32_t>(*global.init.value) > module_.memory_bytes())
      continue;
    const bool known = std::ranges::any_of(owner_.sites, [&](const Site& site) { return site.file_offset == global.init.immediate_offset; });
    if (known) continue;
    Site site{.kind = SiteKind::global_init, .file_offset = global.init.immediate_offset, .width = global.init.immediate_width,
              .address = 0, .function = {}, .value = *global.init.value, .role = Role::unrelated, .moves = 0, .why = {}};
    const bool exported_base = std::ranges::any_of(module_.exports, [&](const Export& e) {
      return e.kind == ExternalKind::global && e.index == i && (e.name == "__heap_base" || e.name == "__heap_end");
    });
    if (exported_base && !global.is_mutable) {
      site.role = static_cast<std::uint32_t>(*global.init.value) == base ? Role::heap_start : Role::heap_end;
      site.moves = 1;
      site.why = "the exported symbol, which hosts read; it must stay true";
    } else if (global.is_mutable) {
      site.role = Role::stack_top;
      site.why = "the initial stack pointer: the stack ends where the heap starts, and does not move";
      if (i != 0) {
        refuse(Code::kUnexplained, "global " + std::to_string(i) + " starts with a value in the heap and is not known to be the stack pointer",
               global.init.immediate_offset);
      }
    } else {
      site.why = "an immutable global with a value in the heap's range";
      refuse(Code::kUnexplained, "global " + std::to_string(i) + " holds a value in the heap's range", global.init.immediate_offset);
    }
    owner_.sites.push_back(std::move(site));
  }
}

/// wasm-ld's identities: static data, then (or before it) the stack, then the heap, rounded up to 16 bytes, and the
/// memory's minimum is the next page.
void OwnerSearch::check_layout() {
  const std::uint64_t base = *owner_.heap_base;
  std::optional<std::uint64_t> stack;
  for (const Global& global : module_.globals)
    if (!stack && !global.imported && global.is_mutable && global.type == ValueType::i32 && global.init.value)
      stack = static_cast<std::uint32_t>(*global.init.value);
  std::uint64_t data_begin = UINT64_MAX;
  for (const DataSegment& segment : module_.data)
    if (const auto address = segment.address()) data_begin = std::min(data_begin, *address);
  if (stack && *stack == base) {
    owner_.evidence.push_back({"layout", "the stack pointer starts at the heap's start: the stack lies between the data and the heap"});
    ++signals_;
  } else if (stack && *stack <= data_begin && base % 16 == 0) {
    owner_.evidence.push_back({"layout", "the stack comes first, then static data up to " + hex(module_.data_end()) + ", then the heap"});
    ++signals_;
  }
  if (module_.memory_bytes() - base < kPageSize) {
    owner_.evidence.push_back({"layout", "the declared minimum is the first page boundary above the heap's start"});
    ++signals_;
  }
}

Result<HeapOwner> OwnerSearch::run() {
  auto image = DataImage::make(module_);
  if (!image) {
    refuse(image.error().code, image.error().message, image.error().offset);
    return std::move(owner_);
  }
  image_ = *std::move(image);
  HEAPBUMP_CHECK(search_functions());
  HEAPBUMP_CHECK(resolve_breaks());
  if (!choose()) return std::move(owner_);
  if (owner_.heap_base && image_->end() > *owner_.heap_base)
    refuse(Code::kSnapshot, "data lies above the heap's start: the heap was already in use when this module was saved");
  HEAPBUMP_CHECK(explain_constants());
  if (!owner_.refusal) HEAPBUMP_CHECK(explain_data());
  explain_globals();
  check_layout();
  owner_.confidence = state_ ? Confidence::proven : signals_ >= 2 ? Confidence::strong : Confidence::weak;
  if (owner_.refusal) return std::move(owner_);
  if (!owned_) {
    refuse(Code::kUnexplained, "a size is measured from " + hex(*owner_.heap_base) + ", but nothing takes its memory from there");
    return std::move(owner_);
  }
  owner_.sound = true;
  owner_.why = "the allocator that owns the memory from " + hex(*owner_.heap_base) + " was found, and every constant in its range is explained";
  return std::move(owner_);
}

}  // namespace

Result<HeapOwner> find_heap_owner(const Module& module, const Survey& survey, const GrowthReport& growth, const NameSection& names) {
  return OwnerSearch(module, survey, growth, names).run();
}

}  // namespace heapbump
