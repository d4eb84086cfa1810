#include "detectors/wasm_ld/low_heap.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "analysis/address_use.h"
#include "analysis/survey.h"
#include "detectors/wasm_ld/stack_bounds.h"
#include "wasm/data_image.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kAlignment = 16;    ///< of the heap's start
constexpr std::uint64_t kHeaderSpan = 64;   ///< how far above it an allocator's first header can reach
constexpr std::uint64_t kNodesPerUnit = 8;  ///< of a flow, marked or passed over for one constant
constexpr std::uint64_t kStartBytes = 64;   ///< what one place that is kept takes

/// A constant that may be the heap's start.
struct Candidate {
  std::uint64_t value = 0;
  std::uint32_t function = 0;
  std::uint64_t offset = 0;  ///< in the file
  bool accessed = false;     ///< the address of an access, as static variables have
  bool only_passed = false;  ///< given to functions as it is, and nothing else
  std::set<Place> starts;
  bool elsewhere = false;
};

class LowHeapSearch {
 public:
  LowHeapSearch(const Module& module, Budget& budget, const NameSection& names)
      : module_(module), budget_(budget), names_(names) {}

  Result<std::optional<LowHeap>> run();

 private:
  void place_start();
  Status search_code();
  Status search_use(const Flow& flow, const AddressUse& use, std::vector<Candidate>& candidates) const;
  void raise_floor(std::vector<Candidate>& candidates);
  void search_globals();
  Status search_data();
  [[nodiscard]] bool can_start(std::uint64_t value) const {
    return value >= floor_ && value < ceiling_ && (exact_ || value % kAlignment == 0);
  }
  void found(std::uint64_t value, std::string where) {
    if (!low_) low_ = LowHeap{.start = value, .where = std::move(where), .starts = {}, .functions = {}};
  }

  const Module& module_;
  Budget& budget_;
  const NameSection& names_;
  std::uint64_t floor_ = 0;             ///< no heap starts below
  std::uint64_t ceiling_ = 0;           ///< or from here up
  bool exact_ = false;                  ///< the linker's heap start is known; these two enclose it
  std::optional<std::uint32_t> stack_;  ///< the stack pointer's global
  std::set<Place> starts_;
  std::set<std::uint32_t> functions_;
  bool in_data_ = false;
  bool elsewhere_ = false;
  std::optional<LowHeap> low_;
};

/// The range in which the heap's start can lie, before the code is asked.
void LowHeapSearch::place_start() {
  const std::uint64_t top = module_.memory_bytes();
  floor_ = module_.data_end();
  ceiling_ = top;
  std::optional<std::uint64_t> start;
  for (std::uint32_t i = 0; i < module_.globals.size() && !stack_; ++i) {
    const Global& global = module_.globals[i];
    if (global.imported || !global.is_mutable || global.type != ValueType::i32 || !global.init.value)
      continue;
    stack_ = i;
    const std::uint64_t value = static_cast<std::uint32_t>(*global.init.value);
    if (value > floor_ && value < top) start = value;
  }
  if (const Export* exported = module_.find_export("__heap_base", ExternalKind::global)) {
    const Global& global = module_.globals[exported->index];
    if (!global.imported && global.init.value) start = static_cast<std::uint32_t>(*global.init.value);
  }
  if (!start) return;
  exact_ = true;
  floor_ = *start;
  ceiling_ = std::min(top, *start + kHeaderSpan);
}

/// Where the values that a constant makes are kept or handed to. One that has met another value on the way is
/// handed on as that would be.
void follow(const Flow& flow, NodeId constant, Candidate& candidate) {
  const auto calculates = [](const Node& at, std::uint32_t) {
    return (at.kind == NodeKind::binary && !op::is_comparison(at.opcode)) || at.kind == NodeKind::unary;
  };
  std::vector<bool> alone(flow.nodes.size());
  alone[constant] = true;
  candidate.only_passed = true;
  for (const NodeId node : reach(flow, std::span(&constant, 1), calculates)) {
    const Node& made = flow.nodes[node];
    if (made.kind == NodeKind::binary || made.kind == NodeKind::unary)
      alone[node] =
          std::ranges::any_of(flow.operands_of(made), [&](NodeId operand) { return alone[operand]; });
    for (const User& user : flow.users(node)) {
      const Effect* effect = user.is_effect ? &flow.effects[user.index] : nullptr;
      const bool passed = effect != nullptr &&
                          (effect->kind == EffectKind::call || effect->kind == EffectKind::call_indirect);
      candidate.only_passed &= passed && node == constant;
      if (effect == nullptr) continue;
      if (effect->kind == EffectKind::global_set) {
        candidate.starts.insert({true, static_cast<std::uint32_t>(effect->value)});
      } else if (effect->kind == EffectKind::store && user.position == 1) {
        if (const auto place = constant_address(flow, *effect))
          candidate.starts.insert({false, *place});
        else
          candidate.elsewhere |= alone[node];
      } else if (passed) {
        candidate.elsewhere |= alone[node];
      }
    }
  }
}

/// Whether a constant is more than compared: an address, handed on, or calculated with.
bool counts(const Flow& flow, const AddressUse& use) {
  if (use.kind == AddressUse::Kind::dead || use.kind == AddressUse::Kind::offset) return false;
  if (use.kind != AddressUse::Kind::number) return true;
  return std::ranges::any_of(flow.users(use.constant), [&](const User& user) {
    if (user.is_effect) return false;
    const Node& node = flow.nodes[user.index];
    return node.kind == NodeKind::phi || node.kind == NodeKind::select ||
           (node.kind == NodeKind::binary &&
            (node.opcode == op::i32_add || node.opcode == op::i32_sub || node.opcode == op::i32_and));
  });
}

/// Errors: kWorkLimit.
Status LowHeapSearch::search_use(const Flow& flow, const AddressUse& use,
                                 std::vector<Candidate>& candidates) const {
  const auto& immediate = use.hit;
  Candidate candidate{
      .value = static_cast<std::uint32_t>(use.hit.negated ? -immediate.value : immediate.value),
      .function = flow.function,
      .offset = immediate.file_offset,
      .starts = {}};
  if (use.constant != kNoNode) {
    if (!counts(flow, use)) return {};
    HEAPBUMP_CHECK(budget_.charge(flow.nodes.size() / kNodesPerUnit));
    follow(flow, use.constant, candidate);
    candidate.accessed = std::ranges::all_of(flow.users(use.constant),
                                             [&](const User& user) { return takes_address(flow, user); });
  } else {
    // The offset of an access with a constant address: the other way to write the same.
    if (use.kind != AddressUse::Kind::address) return {};
    candidate.accessed = true;
  }
  HEAPBUMP_CHECK(budget_.hold(sizeof(Candidate) + candidate.starts.size() * kStartBytes));
  candidates.push_back(std::move(candidate));
  return {};
}

Status LowHeapSearch::search_code() {
  HEAPBUMP_TRY(const Survey survey, survey_code(module_, {floor_, ceiling_}, budget_));
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < survey.hits.size();) {
    std::size_t end = i;
    while (end < survey.hits.size() && survey.hits[end].function == survey.hits[i].function) ++end;
    HEAPBUMP_TRY(const Flow flow,
                 evaluate_flow(module_, *survey.hits[i].function, budget_, {.frame_slots = true}));
    const std::set<std::uint64_t> stack =
        exact_ ? stack_bounds(module_, flow, floor_) : std::set<std::uint64_t>();
    HEAPBUMP_TRY(const auto uses, classify_in(flow, std::span(survey.hits).subspan(i, end - i), budget_));
    for (const AddressUse& use : uses) {
      if (stack.contains(use.hit.file_offset)) continue;
      HEAPBUMP_CHECK(search_use(flow, use, candidates));
    }
    i = end;
  }
  const std::uint64_t data = floor_;
  if (!exact_) raise_floor(candidates);
  for (const Candidate& candidate : candidates) {
    // Whatever else is kept like the start, by code that may keep the start itself: new memory has to take
    // its place too.
    const bool near = candidate.value >= floor_;
    if (near && !(candidate.accessed && !exact_)) {
      if (exact_ || candidate.value % kAlignment == 0)
        found(candidate.value, describe_place(names_, candidate.function, candidate.offset));
      elsewhere_ |= candidate.elsewhere;
      functions_.insert(candidate.function);
    }
    if (candidate.value >= data) starts_.insert(candidate.starts.begin(), candidate.starts.end());
  }
  return {};
}

/// Every static variable lies below the heap, so only the highest addresses can be its start. Those at the
/// memory's end are where it ends; one that is only passed on, and is read by its own address or lies below
/// one that is used in other ways, is a static variable.
void LowHeapSearch::raise_floor(std::vector<Candidate>& candidates) {
  const std::uint64_t end = ceiling_ - std::min(ceiling_, kHeaderSpan);
  std::set<std::uint64_t> accessed;
  std::uint64_t highest = 0;
  for (const Candidate& candidate : candidates) {
    if (candidate.accessed) accessed.insert(candidate.value);
    if (!candidate.accessed && !candidate.only_passed && candidate.value % kAlignment == 0 &&
        candidate.value < end)
      highest = std::max(highest, candidate.value);
  }
  for (Candidate& candidate : candidates) {
    const auto inside = accessed.lower_bound(candidate.value);
    const bool read = inside != accessed.end() && *inside < candidate.value + kHeaderSpan;
    if (candidate.only_passed && (read || candidate.value < highest)) candidate.accessed = true;
    if (candidate.value < end)
      floor_ = std::max(floor_, candidate.value - std::min(candidate.value, kHeaderSpan));
  }
}

void LowHeapSearch::search_globals() {
  for (std::uint32_t i = 0; i < module_.globals.size(); ++i) {
    const Global& global = module_.globals[i];
    if (global.imported || !global.init.value || !global.is_mutable || i == stack_) continue;
    const std::uint64_t value = static_cast<std::uint32_t>(*global.init.value);
    if (!can_start(value)) continue;
    found(value, "global " + std::to_string(i));
    in_data_ = true;
    starts_.insert({true, i});
  }
}

/// Static variables that start as such an address. Where that is not known exactly, only those that code
/// reads by their own.
Status LowHeapSearch::search_data() {
  const auto image = DataImage::make(module_);
  if (!image || image->pieces().empty()) return {};
  std::optional<std::uint64_t> first;
  std::uint64_t last = 0;
  image->for_each_word32([&](std::uint64_t address, std::uint32_t value) {
    if (!can_start(value)) return;
    first = first.value_or(address);
    last = address;
  });
  if (!first) return {};
  std::set<std::uint64_t> read;
  HEAPBUMP_TRY(const Survey survey, survey_code(module_, {*first, last + 1}, budget_));
  HEAPBUMP_TRY(const auto uses, classify_hits(module_, survey.hits, budget_));
  for (const AddressUse& use : uses)
    if (use.kind == AddressUse::Kind::address && use.target >= 0)
      read.insert(static_cast<std::uint64_t>(use.target));
  Status paid;
  image->for_each_word32([&](std::uint64_t address, std::uint32_t value) {
    if (!paid || !can_start(value)) return;
    const bool named = read.contains(address);
    if (!exact_ && !named) return;
    paid = budget_.hold(kStartBytes);
    found(value, "the data word at " + hex(address));
    in_data_ = true;
    starts_.insert({false, static_cast<std::uint32_t>(address)});
    elsewhere_ |= !named;
  });
  return paid;
}

Result<std::optional<LowHeap>> LowHeapSearch::run() {
  place_start();
  HEAPBUMP_CHECK(search_code());
  search_globals();
  HEAPBUMP_CHECK(search_data());
  if (low_) {
    low_->starts = std::move(starts_);
    low_->functions = std::move(functions_);
    low_->in_data = in_data_;
    low_->elsewhere = elsewhere_;
  }
  return std::move(low_);
}

}  // namespace

Result<std::optional<LowHeap>> find_low_heap(const Module& module, Budget& budget, const NameSection& names) {
  return LowHeapSearch(module, budget, names).run();
}

}  // namespace heapbump
