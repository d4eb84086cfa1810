#include "detectors/wasm_ld/heap_constants.h"

#include <algorithm>
#include <utility>

#include "analysis/address_use.h"
#include "analysis/shift.h"
#include "detectors/wasm_ld/dlmalloc_state.h"
#include "detectors/wasm_ld/kept_constant.h"
#include "detectors/wasm_ld/moved_constants.h"
#include "detectors/wasm_ld/stack_bounds.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kWindow = 16 * kPageSize;  ///< constants this far above the start go into the report
constexpr std::uint64_t kNearSpan = 4096;  ///< so near the start a number in an address is no coincidence
constexpr std::size_t kMaxNear = 256;  ///< constants near the start in one function; dlmalloc has about ten
constexpr std::uint64_t kSiteBytes =
    512;  ///< of what is kept of one constant here, in the finding and in the report

class Explainer {
 public:
  Explainer(const Module& module, Budget& budget, const Survey& survey, const GrowthReport& growth,
            const NameSection& names, std::uint64_t base, const HeapCandidates& heap)
      : module_(module),
        budget_(budget),
        survey_(survey),
        growth_(growth),
        names_(names),
        base_(base),
        heap_(heap),
        around_{base, base, std::nullopt} {
    for (const DataSegment& segment : module.data)
      if (const auto address = segment.address()) around_.data_begin = std::min(around_.data_begin, *address);
    const auto stack = stack_pointer(module);
    if (stack && static_cast<std::uint32_t>(*module.globals[*stack].init.value) == base &&
        !heap.places.contains({true, *stack}))
      around_.stack_global = stack;
  }

  Result<HeapConstants> run();

 private:
  Status explain_function(std::span<const RangeHit> hits, bool owner);
  [[nodiscard]] bool matters(const Flow& flow, std::span<const Shift> shifts, NodeId constant) const;
  [[nodiscard]] bool makes_address(const Flow& flow, std::span<const Shift> shifts, NodeId constant) const;
  [[nodiscard]] bool meets_distance(const Flow& flow, std::span<const Shift> shifts, NodeId constant) const;
  [[nodiscard]] bool ends_first_block(const Flow& flow, NodeId constant) const;
  [[nodiscard]] bool made_of_header(const Flow& flow, NodeId node) const;
  [[nodiscard]] std::string place(std::uint32_t function, std::uint64_t offset) const {
    return describe_place(names_, function, offset);
  }
  void refuse(Code code, std::string why, std::optional<std::uint64_t> offset) {
    if (!found_.refusal) found_.refusal = Error{code, std::move(why), offset};
  }
  void add_site(const RangeHit& hit, Role role, int moves, std::string why);

  const Module& module_;
  Budget& budget_;
  const Survey& survey_;
  const GrowthReport& growth_;
  const NameSection& names_;
  const std::uint64_t base_;
  const HeapCandidates& heap_;
  Surroundings around_;
  HeapConstants found_;
  std::optional<std::uint32_t> state_;  ///< dlmalloc's malloc_state, where its fields check out
  mutable std::uint64_t work_ = 0;      ///< units that are not charged yet
};

void Explainer::add_site(const RangeHit& hit, Role role, int moves, std::string why) {
  found_.sites.push_back({hit, role, moves, std::move(why)});
}

/// Whether a use of a constant (kNoNode: of none) counts, or one of what it makes by way of the nodes that
/// `follows` accepts. Adds the units of work that it took.
template <typename Counts, typename Follows>
bool any_use(const Flow& flow, NodeId constant, std::uint64_t& work, Counts counts, Follows follows) {
  if (constant == kNoNode) return false;
  work += flow.nodes.size() / kPassedPerUnit;
  std::vector<NodeId> made{constant};
  std::vector<bool> seen(flow.nodes.size());
  seen[made.front()] = true;
  for (std::size_t i = 0; i < made.size(); ++i)
    for (const User& user : flow.users(made[i])) {
      ++work;
      if (counts(user)) return true;
      if (user.is_effect || seen[user.index] || !follows(user)) continue;
      seen[user.index] = true;
      made.push_back(user.index);
    }
  return false;
}

/// Whether an operand multiplies the other or divides it: no address does.
bool scales(std::uint32_t opcode, std::uint32_t position) {
  return opcode == op::i32_mul || (position == 1 && op::is_i32_quotient(opcode));
}

/// Whether what a constant makes reaches memory, a call or the like, or meets a value above the line. One
/// that is only compared with other things, or of which only the low bits are kept (to align it), is the same
/// wherever the heap is.
bool Explainer::matters(const Flow& flow, std::span<const Shift> shifts, NodeId constant) const {
  const auto scaled = [&](const User& user) {
    const Node& next = flow.nodes[user.index];
    return next.kind == NodeKind::binary && scales(next.opcode, user.position);
  };
  const auto counts = [&](const User& user) {
    if (user.is_effect)
      return flow.effects[user.index].kind != EffectKind::branch &&
             flow.effects[user.index].kind != EffectKind::drop;
    if (flow.nodes[user.index].kind != NodeKind::binary || scaled(user)) return false;
    const NodeId other = flow.operand(user.index, 1 - user.position);
    return (shifts[other].top && !made_of_header(flow, other)) || shifts[other].cancelled;
  };
  return any_use(flow, constant, work_, counts,
                 [&](const User& user) { return !scaled(user) && shifts[user.index].top; });
}

/// Whether a constant, with whatever is added to it, is the address of an access or handed on as one:
/// `&__heap_base + used`.
bool Explainer::makes_address(const Flow& flow, std::span<const Shift> shifts, NodeId constant) const {
  const auto counts = [&](const User& user) {
    if (!user.is_effect) return false;
    const EffectKind kind = flow.effects[user.index].kind;
    return kind != EffectKind::branch && kind != EffectKind::drop && kind != EffectKind::grow;
  };
  return any_use(flow, constant, work_, counts, [&](const User& user) {
    const Shift& shift = shifts[user.index];
    return shift.top && shift.known && shift.scale == static_cast<std::int64_t>(kPageSize);
  });
}

/// Whether a constant is added to a distance that was measured from the heap's start.
bool Explainer::meets_distance(const Flow& flow, std::span<const Shift> shifts, NodeId constant) const {
  const auto counts = [&](const User& user) {
    if (user.is_effect || flow.nodes[user.index].opcode != op::i32_add) return false;
    const Shift& other = shifts[flow.operand(user.index, 1 - user.position)];
    return other.cancelled && !other.top;
  };
  return any_use(flow, constant, work_, counts, [](const User&) { return false; });
}

/// Whether a constant is only ever added to `end - start` to address memory: where dlmalloc marks the end of
/// its first block, folded to `(start - 52) + (end - start)`. A static object's address is not indexed by the
/// whole size of a heap.
bool Explainer::ends_first_block(const Flow& flow, NodeId constant) const {
  if (constant == kNoNode) return false;
  const auto is_size = [&](NodeId id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary || !op::is_i32_sum(node.opcode)) return false;
    const auto taken = flow.constant(flow.operand(id, 1));
    const auto base = static_cast<std::uint32_t>(base_);
    return taken && static_cast<std::uint32_t>(*taken) == (node.opcode == op::i32_sub ? base : 0 - base);
  };
  const auto users = flow.users(constant);
  return !users.empty() && std::ranges::all_of(users, [&](const User& user) {
    return !user.is_effect && flow.nodes[user.index].opcode == op::i32_add &&
           is_size(flow.operand(user.index, 1 - user.position)) &&
           std::ranges::all_of(flow.users(user.index),
                               [&](const User& next) { return takes_address(flow, next); });
  });
}

/// Whether a node is one of the constants near the start, or made of them alone.
bool Explainer::made_of_header(const Flow& flow, NodeId node) const {
  const Linear sum = linear_form(flow, node);
  return sum.base == kNoNode;
}

Status Explainer::explain_function(std::span<const RangeHit> hits, bool owner) {
  const std::uint64_t base = base_;
  const std::uint32_t function = *hits.front().function;
  HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, budget_, {.frame_slots = true}));
  HEAPBUMP_TRY(const auto uses, classify_in(flow, hits, budget_));
  HEAPBUMP_CHECK(budget_.hold(hits.size() * (kSiteBytes + 2 * names_.function(function).size())));
  std::vector<RangeHit> moved;
  std::vector<Shift> shifts;
  {
    // All constants near the start count as above the line here, so that none is overlooked for being far
    // from its use.
    std::vector<ShiftSeed> seeds = growth_seeds(flow, growth_.summaries);
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::constant || node.width == 0) continue;
      const auto scale = static_cast<std::int64_t>(kPageSize);
      if (const RangeHit* const at = find_hit(hits, node.immediate_offset);
          at != nullptr && at->kind == OccurrenceKind::i32_const) {
        const RangeHit& hit = *at;
        const std::int64_t distance =
            (hit.negated ? -node.value : static_cast<std::int64_t>(static_cast<std::uint32_t>(node.value))) -
            static_cast<std::int64_t>(base);
        const bool certain = survey_.relocations_padded() && hit.width == 5;
        if (distance >= 0 &&
            (certain || distance <= static_cast<std::int64_t>(owner ? kHeaderSpan : kNearSpan)))
          seeds.push_back({id, {.scale = hit.negated ? -scale : scale, .top = true}});
      }
    }
    HEAPBUMP_TRY(shifts, compute_shifts(flow, seeds, budget_));
    if (const auto state = owner ? find_malloc_state(flow, base_) : std::nullopt) {
      state_ = state;
      found_.evidence.push_back({"dlmalloc", "malloc_state at " + hex(*state) +
                                                 ": least_addr and seg.base are set to the heap's " +
                                                 "start, seg.size to what is left up to memory.size"});
    }
  }
  const std::set<std::uint64_t> bounds =
      owner ? std::set<std::uint64_t>() : stack_bounds(module_, flow, base_);
  std::size_t near = 0;
  for (const AddressUse& use : uses) {
    HEAPBUMP_CHECK(budget_.charge(std::exchange(work_, 0)));
    const RangeHit& hit = use.hit;
    if (bounds.contains(hit.file_offset)) {
      add_site(hit, Role::stack_top, 0,
               "the stack's upper end, stored with the stack's size: the stack does not move");
      continue;
    }
    const auto magnitude = static_cast<std::uint64_t>(
        hit.negated ? -hit.value : static_cast<std::int64_t>(static_cast<std::uint32_t>(hit.value)));
    const bool header = magnitude >= base && magnitude <= base + kHeaderSpan;
    const bool i32 = hit.kind == OccurrenceKind::i32_const;
    if (magnitude <= base + kNearSpan && ++near > kMaxNear) {
      refuse(
          Code::kWorkLimit,
          "more constants near the heap's start than can be followed in " + place(function, hit.file_offset),
          hit.file_offset);
      return {};
    }
    if (magnitude < base && use.kind == AddressUse::Kind::address &&
        use.target >= static_cast<std::int64_t>(base)) {
      add_site(hit, Role::heap_start, 0, "added to others it is an address in the heap");
      refuse(Code::kUnexplained,
             "a constant address in the heap, made of several numbers, is used in " +
                 place(function, hit.file_offset),
             hit.file_offset);
      continue;
    }
    if (magnitude < base) {
      // Below the start lies static data, unless the constant is added to a distance from the start.
      if (!owner || !i32 || hit.negated || !meets_distance(flow, shifts, use.constant)) continue;
      if (state_ && ends_first_block(flow, use.constant)) {
        add_site(hit, Role::heap_start, 1,
                 "the heap's start minus " + std::to_string(base - magnitude) +
                     ", added to the first block's size to address its end");
        moved.push_back(hit);
        continue;
      }
      // It would have to move too, but only an exact linker record could tell it from the address of static
      // data.
      add_site(hit, Role::heap_start, 0,
               "perhaps the heap's start minus " + std::to_string(base - magnitude) +
                   ", added to a distance from it");
      refuse(Code::kUnexplained,
             "a constant below the heap's start is added to a distance from it in " +
                 place(function, hit.file_offset),
             hit.file_offset);
      continue;
    }
    const bool relocated = !survey_.relocations_padded() || hit.width == 5;
    const std::string distance = magnitude == base
                                     ? std::string("the heap's start")
                                     : "the heap's start plus " + std::to_string(magnitude - base);
    const bool handed_on = use.kind == AddressUse::Kind::address || use.kind == AddressUse::Kind::escapes;
    const bool certain = survey_.relocations_padded() && relocated;  // the linker put an address here
    if (owner && header && i32 && relocated &&
        (certain || handed_on || matters(flow, shifts, use.constant))) {
      work_ += flow.effects.size() / kPassedPerUnit;
      if (state_ && use.kind == AddressUse::Kind::escapes &&
          !is_kept_in_state(flow, hit.file_offset, *state_))
        refuse(
            Code::kUnexplained,
            distance + " is stored outside the allocator's own state in " + place(function, hit.file_offset),
            hit.file_offset);
      const bool makes =
          use.kind != AddressUse::Kind::escapes && !hit.negated && makes_address(flow, shifts, use.constant);
      found_.addressed = found_.addressed || use.kind == AddressUse::Kind::address || makes;
      found_.owned = found_.owned || handed_on || makes;
      add_site(hit, Role::heap_start, hit.negated ? -1 : 1,
               (hit.negated ? "minus " : "") + distance + ", used by the allocator that owns it");
      moved.push_back(hit);
      continue;
    }
    if (survey_.relocations_padded() && i32 && hit.width != 5) {
      add_site(hit, Role::unrelated, 0,
               "not an address: the linker's relocated immediates have five bytes, this one has " +
                   std::to_string(hit.width));
      continue;
    }
    if (use.kind == AddressUse::Kind::address && use.target >= static_cast<std::int64_t>(base)) {
      add_site(hit, Role::heap_start, 0, "an address in the heap, used outside the allocator");
      refuse(Code::kUnexplained,
             "a constant address in the heap is used in " + place(function, hit.file_offset) +
                 ", which is not the allocator that starts there",
             hit.file_offset);
      continue;
    }
    if (!certain && !header && magnitude > base + kNearSpan && use.kind == AddressUse::Kind::number) {
      add_site(hit, Role::unrelated, 0, std::string(use.how));
      continue;
    }
    if (use.kind == AddressUse::Kind::number && i32 && matters(flow, shifts, use.constant)) {
      add_site(hit, Role::unrelated, 0, "calculated with, outside the allocator");
      refuse(Code::kUnexplained,
             distance + " is calculated with, and the result used, in " + place(function, hit.file_offset) +
                 "; whether that is an address in the heap cannot be told",
             hit.file_offset);
      continue;
    }
    if (use.kind == AddressUse::Kind::escapes && (header || certain)) {
      add_site(hit, Role::unrelated, 0, std::string(use.how) + " as it is");
      refuse(Code::kUnexplained,
             distance + " is " + std::string(use.how) + " in " + place(function, hit.file_offset) +
                 "; whether it is the heap's start there or only an equal number cannot be told",
             hit.file_offset);
      continue;
    }
    if (header) {
      // It stays, and has to be right where it stays.
      const bool field = use.kind == AddressUse::Kind::offset && relocated;
      std::optional<std::uint64_t> met;
      if (field) met = hit.file_offset;
      if (use.constant != kNoNode) {
        HEAPBUMP_TRY(met, meets_heap(flow, use.constant, around_, budget_));
      }
      if (met) {
        add_site(
            hit, Role::unrelated, 0,
            field ? "an offset from a pointer or an index" : "it meets what may be an address in the heap");
        refuse(Code::kUnexplained,
               distance +
                   (field ? " is the offset of an access in "
                          : " meets a value that may be an address in the heap, in ") +
                   place(function, *met),
               met);
        continue;
      }
    }
    std::string how(use.how);
    if (use.kind == AddressUse::Kind::escapes)
      how = "a number inside the region, " + how + "; no object of the linker's lies here";
    add_site(hit, Role::unrelated, 0, std::move(how));
  }
  if (owner && !found_.refusal) {
    HEAPBUMP_TRY(auto contradiction, find_contradiction(module_, budget_, flow, growth_, base_, moved));
    if (contradiction)
      refuse(Code::kUnexplained, contradiction->what + ", in " + place(function, contradiction->offset),
             contradiction->offset);
  }
  return {};
}

Result<HeapConstants> Explainer::run() {
  HEAPBUMP_TRY(
      const Survey found,
      survey_code(module_, {base_ - kHeaderSpan, std::max(base_ + kWindow, module_.memory_bytes() + 1), true},
                  budget_));
  for (std::size_t i = 0; i < found.hits.size();) {
    std::size_t end = i;
    while (end < found.hits.size() && found.hits[end].function == found.hits[i].function) ++end;
    HEAPBUMP_CHECK(explain_function(std::span(found.hits).subspan(i, end - i),
                                    heap_.functions.contains(*found.hits[i].function)));
    i = end;
  }
  found_.dlmalloc = state_.has_value();
  return std::move(found_);
}

}  // namespace

Result<HeapConstants> explain_heap_constants(const Module& module, Budget& budget, const Survey& survey,
                                             const GrowthReport& growth, const NameSection& names,
                                             std::uint64_t base, const HeapCandidates& found) {
  return Explainer(module, budget, survey, growth, names, base, found).run();
}

}  // namespace heapbump
