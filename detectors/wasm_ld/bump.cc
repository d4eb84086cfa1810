// `bump`: the heap's start moves up with everything above it, and the declared minimum with that. Sound for a
// known allocator that starts at a constant: every number at or near the start is either the allocator's and
// moves, or is shown to be something else; and every use of the memory's size and of new memory is decided by
// a rule.
#include <algorithm>

#include "analysis/roots.h"
#include "detectors/wasm_ld/coarse_alignment.h"
#include "detectors/wasm_ld/fixed_addresses.h"
#include "detectors/wasm_ld/heap_end.h"
#include "detectors/wasm_ld/heap_numbers.h"
#include "detectors/wasm_ld/judgement.h"
#include "detectors/wasm_ld/number_use.h"
#include "detectors/wasm_ld/opaque.h"
#include "detectors/wasm_ld/relocations.h"
#include "wasm/data_image.h"

namespace heapbump::wasm_ld {
namespace {

constexpr std::uint64_t kSiteBytes = 512;  ///< of one site here, in the finding and in the report

class BumpJudge {
 public:
  explicit BumpJudge(const Facts& facts) : facts_(facts), module_(facts.module), budget_(facts.budget) {}
  Result<Judgement> run();

 private:
  bool choose();
  Status by_relocations(const Relocations& relocations);
  Status by_code();
  Status explain_end();
  Status explain_function(std::uint32_t function, std::span<const RangeHit> hits);
  void explain_number(const Flow& flow, const RangeHit& hit, bool owner);
  void explain_short(const Flow& flow, const RangeHit& hit, NodeId constant, const std::string& distance);
  Status explain_data();
  void explain_wide();
  void explain_globals();
  Status reason();
  [[nodiscard]] bool owns(const Flow& flow) const;
  void add_site(const Occurrence& at, std::string_view rule, Role role, int moves, std::string why);
  [[nodiscard]] std::string place(std::uint32_t function, std::uint64_t offset) const {
    return describe_place(facts_.names, function, offset);
  }

  const Facts& facts_;
  const Module& module_;
  Budget& budget_;
  Judgement judgement_;
  const Allocator* allocator_ = nullptr;
  std::uint64_t base_ = 0;
  Premises premises_;
  RootScan roots_;  ///< numbers at the heap's start and near it, and constant addresses in the heap
  std::set<std::uint32_t> allocating_;  ///< functions that return memory
  bool exact_ = false;                  ///< the linker's relocations tell every address
};

/// The one known allocator with a constant start.
bool BumpJudge::choose() {
  std::optional<std::uint64_t> symbol;
  if (const Export* exported = module_.find_export("__heap_base", ExternalKind::global)) {
    const Global& global = module_.globals[exported->index];
    if (!global.imported && !global.is_mutable && global.init.value)
      symbol = static_cast<std::uint32_t>(*global.init.value);
  }
  if (symbol) judgement_.evidence.push_back({"symbol", "the export __heap_base says " + hex(*symbol)});
  for (const Allocator& allocator : facts_.allocators) {
    if (!allocator.base) continue;
    if (allocator_ != nullptr || allocator.base_is_ambiguous) {
      judgement_.refuse("wasm-ld.two-starts", Code::kAmbiguous, "more than one heap start is possible");
      return false;
    }
    allocator_ = &allocator;
  }
  if (allocator_ == nullptr) {
    judgement_.base = symbol;
    judgement_.refuse({}, Code::kNoDetector,
                      "no known allocator was found that starts at a constant address");
    return false;
  }
  base_ = *allocator_->base;
  judgement_.base = base_;
  judgement_.evidence.push_back(
      {"model", clause_of(allocator_->model->summary) + " starts at " + hex(base_), allocator_->model->id});
  if (symbol && align_up(*symbol, 16) != align_up(base_, 16)) {
    judgement_.refuse(
        "wasm-ld.two-starts", Code::kAmbiguous,
        "the export __heap_base says " + hex(*symbol) + ", but the allocator starts at " + hex(base_));
    return false;
  }
  return true;
}

/// Whether a function is the allocator's: it sets it up, or works on its static state.
bool BumpJudge::owns(const Flow& flow) const {
  if (allocator_->functions.contains(flow.function)) return true;
  if (!allocator_->state) return false;
  return std::ranges::any_of(flow.effects, [&](const Effect& effect) {
    if (effect.kind != EffectKind::load && effect.kind != EffectKind::store) return false;
    const auto address = static_address(flow, effect);
    return address && *address >= allocator_->state->begin && *address < allocator_->state->end;
  });
}

void BumpJudge::add_site(const Occurrence& at, std::string_view rule, Role role, int moves, std::string why) {
  judgement_.sites.push_back({at, role, moves, std::move(why), rule});
  if (moves != 0) premises_.moving[at.file_offset] = moves;
}

/// A number that the linker did not make.
void BumpJudge::explain_short(const Flow& flow, const RangeHit& hit, NodeId constant,
                              const std::string& distance) {
  if (constant != kNoNode && is_accessed(flow, constant))
    judgement_.refuse("wasm-ld.constant-address", Code::kUnexplained,
                      distance + " is an address, in " + place(*hit.function, hit.file_offset),
                      hit.file_offset);
  const std::int64_t number =
      hit.negated ? negated(hit.value) : std::int64_t{static_cast<std::uint32_t>(hit.value)};
  if (static_cast<std::uint64_t>(number) < base_) return;
  add_site(hit, {}, Role::unrelated, 0,
           "the linker's relocated immediates have five bytes, this one has " + std::to_string(hit.width));
}

void BumpJudge::explain_number(const Flow& flow, const RangeHit& hit, bool owner) {
  const std::int64_t value = hit.value;
  const auto magnitude = static_cast<std::uint64_t>(
      hit.negated ? negated(value) : static_cast<std::int64_t>(static_cast<std::uint32_t>(value)));
  const bool word = hit.kind == OccurrenceKind::i32_const;
  const std::string distance = distance_of(magnitude, base_);
  const NodeId constant = constant_at(flow, hit.file_offset);
  if (facts_.index.relocations_padded() && hit.width != 5)
    return explain_short(flow, hit, constant, distance);
  if (magnitude < base_) {
    // Static data lies below the start. In the allocator such a constant may also be what is left of the
    // start.
    if (!owner || !word || hit.negated || constant == kNoNode) return;
    if (ends_first_block(flow, constant, base_)) {
      add_site(hit, "wasm-ld.first-block-end", Role::heap_start, 1,
               distance + ", added to the first block's size to address its end");
    } else if (is_indexed(flow, constant)) {
      judgement_.refuse("wasm-ld.below-start", Code::kUnexplained,
                        distance + " is added to another value in the allocator, in " +
                            place(*hit.function, hit.file_offset) +
                            "; whether that is a distance from the start cannot be told",
                        hit.file_offset);
    }
    return;
  }
  if (constant == kNoNode && word) {
    add_site(hit, {}, Role::unrelated, 0, "no path leads to it");
    return;
  }
  if (owner && word) {
    if (is_used_as_number(flow, constant))
      judgement_.refuse("wasm-ld.allocator-start", Code::kUnexplained,
                        distance + " is used as a number in a function of the allocator, in " +
                            place(*hit.function, hit.file_offset),
                        hit.file_offset);
    add_site(hit, "wasm-ld.allocator-start", Role::heap_start, hit.negated ? -1 : 1,
             std::string(hit.negated ? "minus " : "") + distance + ", in a function of the allocator");
    return;
  }
  add_site(hit, "wasm-ld.start-elsewhere", Role::unrelated, 0, "perhaps " + distance);
  judgement_.refuse("wasm-ld.start-elsewhere", Code::kUnexplained,
                    distance + " is outside the allocator, in " + place(*hit.function, hit.file_offset),
                    hit.file_offset);
}

Status BumpJudge::explain_function(std::uint32_t function, std::span<const RangeHit> hits) {
  HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, function, budget_, {.frame_slots = true}));
  HEAPBUMP_CHECK(budget_.hold(hits.size() * kSiteBytes));
  const bool owner = owns(flow);
  for (const RangeHit& hit : hits) explain_number(flow, hit, owner);
  return {};
}

Status BumpJudge::by_code() {
  const std::vector<RangeHit>& near = roots_.judged;
  for (std::size_t i = 0; i < near.size();) {
    std::size_t end = i;
    while (end < near.size() && near[end].function == near[i].function) ++end;
    HEAPBUMP_CHECK(explain_function(*near[i].function, std::span(near).subspan(i, end - i)));
    i = end;
  }
  return explain_end();
}

/// Where the first memory ends, if the linker put that into the allocator as a number.
Status BumpJudge::explain_end() {
  HEAPBUMP_TRY(const HeapEnd end, find_heap_end(facts_, *allocator_, base_));
  if (end.unclear)
    judgement_.refuse("wasm-ld.heap-end", Code::kUnexplained,
                      "the number " + hex(end.unclear->value) +
                          " is where memory ends and something else, in " +
                          place(end.unclear->function, end.unclear->offset),
                      end.unclear->offset);
  HEAPBUMP_CHECK(budget_.hold(end.addresses.size() * kSiteBytes));
  for (const Occurrence& address : end.addresses) {
    add_site(address, "wasm-ld.heap-end", Role::heap_end, 1, "where the allocator's first memory ends");
    judgement_.end = module_.memory_bytes();
  }
  return {};
}

/// The linker's own list: what linking with another heap start would have changed.
Status BumpJudge::by_relocations(const Relocations& relocations) {
  exact_ = true;
  judgement_.end = relocations.heap_end;
  judgement_.evidence.push_back({"relocations", std::to_string(relocations.addresses.size()) +
                                                    " relocated addresses, each checked; __heap_base is " +
                                                    hex(*relocations.heap_base)});
  for (const Relocation& relocation : relocations.addresses) {
    const bool start = relocation.symbol == "__heap_base";
    const bool end = relocation.symbol == "__heap_end";
    if (!start && !end && relocation.value < static_cast<std::int64_t>(base_)) continue;
    HEAPBUMP_CHECK(budget_.hold(kSiteBytes));
    Site site{relocation,
              start ? Role::heap_start
              : end ? Role::heap_end
                    : Role::unrelated,
              start || end ? 1 : 0,
              {}};
    site.function = module_.function_at(relocation.file_offset);
    if (relocation.symbol == "__stack_high") site.role = Role::stack_top;
    site.why = "relocated against " + std::string(relocation.symbol);
    if (relocation.addend != 0) site.why += " with addend " + std::to_string(relocation.addend);
    const bool code = relocation.kind == OccurrenceKind::i32_const;
    if (code && site.moves != 0) premises_.moving[relocation.file_offset] = 1;
    bool owner = false;
    if (code && site.moves != 0 && site.function) {
      HEAPBUMP_TRY(const Flow flow, evaluate_flow(module_, *site.function, budget_, {.frame_slots = true}));
      owner = owns(flow);
    }
    if (site.moves != 0 && !owner)
      judgement_.refuse("wasm-ld.start-elsewhere", Code::kUnexplained,
                        "the linker names " + std::string(relocation.symbol) + " outside the allocator" +
                            (site.function ? ", in " + place(*site.function, site.file_offset) : ""),
                        site.file_offset);
    judgement_.sites.push_back(std::move(site));
  }
  return {};
}

/// No word of static data is the start: a known allocator has it in code alone.
Status BumpJudge::explain_data() {
  const Result<DataImage>& image = facts_.image;
  if (!image) {
    judgement_.refuse("wasm-ld.snapshot", image.error().code, image.error().message, image.error().offset);
    return {};
  }
  if (image->end() > base_)
    judgement_.refuse("wasm-ld.snapshot", Code::kSnapshot,
                      "data lies above the heap's start: the heap was already in use when "
                      "this module was saved");
  if (const auto set = first_set_word(*image, *allocator_))
    judgement_.refuse("wasm-ld.snapshot", Code::kSnapshot,
                      "the allocator's state at " + hex(*set) +
                          " is set: the heap was already in use when this module was saved");
  if (allocator_->word) {
    std::uint64_t held = *allocator_->word;  // tools that trim zeros cut words at both ends of a segment
    while (!image->file_offset(held)) ++held;
    const Occurrence word{.kind = OccurrenceKind::data_word32,
                          .file_offset = *image->file_offset(held),
                          .width = 4,
                          .address = *allocator_->word,
                          .function = {},
                          .value = static_cast<std::int64_t>(base_)};
    judgement_.sites.push_back(
        {word, Role::heap_start, 1, "the allocator's break starts here", "wasm-ld.break-word"});
    premises_.words.insert(*allocator_->word);
  }
  return refuse_words_in_heap(facts_, *image, base_, allocator_->word, judgement_);
}

void BumpJudge::explain_wide() {
  for (const auto* found : {&roots_.wide, &roots_.integers})
    for (const RootPlace& root : *found)
      judgement_.refuse("wasm-ld.wide-root", Code::kUnexplained,
                        "a vector, a float or a 64-bit number is " + hex(root.value) +
                            ", at the heap's start, in " + place(root.function, root.offset),
                        root.offset);
  for (const RootPlace& access : roots_.accesses)
    judgement_.refuse("wasm-ld.constant-address", Code::kUnexplained,
                      "the constant address " + hex(access.value) + " in the heap is used, in " +
                          place(access.function, access.offset),
                      access.offset);
}

/// The name under which the linker exported one of its own symbols.
std::string_view symbol_of(const Module& module, std::uint32_t global) {
  std::string_view name;
  for (const Export& exported : module.exports)
    if (exported.kind == ExternalKind::global && exported.index == global && exported.name.starts_with("__"))
      name = exported.name;
  return name;
}

void BumpJudge::explain_globals() {
  bool first_mutable = true;
  for (std::uint32_t i = 0; i < module_.globals.size(); ++i) {
    const Global& global = module_.globals[i];
    if (global.imported || !global.init.value) continue;
    const bool stack = global.is_mutable && global.type == ValueType::i32 && first_mutable;
    if (stack) first_mutable = false;
    const std::uint64_t value = static_cast<std::uint32_t>(*global.init.value);
    if (value < base_ || value > module_.memory_bytes()) continue;
    const std::string_view name = symbol_of(module_, i);
    Site site{initial_value(global), Role::unrelated, 0, {}};
    const bool for_hosts = !global.is_mutable && facts_.index.users_of_global(i).empty();
    if (stack && value == base_) {
      site.role = Role::stack_top;
      site.rule = "wasm-ld.stack-pointer";
      site.why = "the stack ends where the heap starts, and does not move";
    } else if (for_hosts && (name == "__heap_base" || name == "__heap_end")) {
      site.role = name == "__heap_base" ? Role::heap_start : Role::heap_end;
      site.moves = 1;
      site.rule = "wasm-ld.exported-symbol";
      site.why = "what hosts read must stay true";
    } else if (for_hosts && (name == "__data_end" || name == "__stack_high" || name == "__stack_low")) {
      site.rule = "wasm-ld.exported-symbol";
      site.why = "where the static data or the stack ends, which does not move";
    } else {
      judgement_.refuse("wasm-ld.start-in-global", Code::kUnexplained,
                        "global " + std::to_string(i) + " starts as " + hex(value) + ", in the heap's range",
                        global.init.immediate_offset);
      site.why = "a value in the heap's range";
    }
    judgement_.sites.push_back(std::move(site));
  }
}

Status BumpJudge::reason() {
  premises_.bump = true;
  for (const Allocator& allocator : facts_.allocators) take_model(allocator, premises_);
  std::set<std::uint32_t> functions(facts_.index.size_functions().begin(),
                                    facts_.index.size_functions().end());
  functions.insert(facts_.index.grow_functions().begin(), facts_.index.grow_functions().end());
  for (const Site& site : judgement_.sites)
    if (site.function && site.moves != 0) functions.insert(*site.function);
  const std::vector<std::uint32_t> list(functions.begin(), functions.end());
  Reasoning reasoning(module_, budget_, facts_.index, facts_.image, premises_);
  HEAPBUMP_CHECK(reasoning.run(list));
  refuse_by_first(reasoning, facts_, judgement_);
  add_rules(reasoning, judgement_);
  if (!judgement_.why.empty()) return {};
  HEAPBUMP_TRY(const SeenAddresses seen, find_seen_addresses(facts_, reasoning, base_));
  record(seen, facts_, judgement_);
  allocating_ = allocating(facts_, reasoning);
  return {};
}

Result<Judgement> BumpJudge::run() {
  const auto relocations = read_relocations(module_, budget_);
  const bool believed = relocations && relocations->stale.empty() && relocations->heap_base;
  if (relocations && !relocations->stale.empty())
    judgement_.warnings.push_back("the module has relocations, but " + std::string(relocations->stale) +
                                  "; they were not used");
  if (!choose()) return std::move(judgement_);
  const std::uint64_t near_end = base_ + kHeader + 1;
  HEAPBUMP_TRY(roots_, scan_roots(module_, facts_.index,
                                  {.accesses = {base_, module_.memory_bytes() + kTailPages * kPageSize},
                                   .numbers = {base_, near_end},
                                   .judged = {base_ - std::min(base_, kHeader), near_end},
                                   .known = heap_end_numbers(module_, base_),
                                   .known_in = &allocator_->functions},
                                  budget_));
  if (believed && align_up(*relocations->heap_base, 16) == align_up(base_, 16))
    HEAPBUMP_CHECK(by_relocations(*relocations));
  else
    HEAPBUMP_CHECK(by_code());
  HEAPBUMP_CHECK(explain_data());
  if (std::ranges::none_of(judgement_.sites,
                           [](const Site& site) { return site.role == Role::heap_start && site.moves != 0; }))
    judgement_.refuse({}, Code::kNoDetector,
                      "nothing in the code is the heap's start, so moving it would reserve nothing");
  explain_wide();
  explain_globals();
  check_allocator(facts_, judgement_);
  HEAPBUMP_CHECK(reason());
  if (!judgement_.why.empty()) return std::move(judgement_);
  const auto is_own = [&](const Flow& flow) { return owns(flow); };
  HEAPBUMP_CHECK(refuse_coarse_alignment(facts_, judgement_));
  HEAPBUMP_CHECK(refuse_fixed_addresses(facts_, base_, is_own, judgement_));
  HEAPBUMP_CHECK(refuse_numbers_in_heap(facts_, base_, is_own, allocating_, judgement_));
  if (!judgement_.why.empty()) return std::move(judgement_);
  judgement_.sound = true;
  judgement_.confidence = exact_ || allocator_->state ? Confidence::proven : Confidence::strong;
  judgement_.why = clause_of(allocator_->model->summary) + " owns the memory from " + hex(base_) +
                   ", and every number there and every use of the memory's size is decided by a rule";
  return std::move(judgement_);
}

}  // namespace

Result<Judgement> judge_bump(const Facts& facts) {
  return BumpJudge(facts).run();
}

}  // namespace heapbump::wasm_ld
