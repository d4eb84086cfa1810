// Modules whose memory was laid out by a linker (wasm-ld under C, C++, Rust, Zig and many others) or by a
// compiler that lays memory out the same way: static data, then a heap above it, grown by memory.grow. What
// the module is allowed to do is shown from its code, not from the name of its maker; see
// docs/toolchains/wasm-ld.md.
#include "detectors/wasm_ld/detector.h"

#include <algorithm>
#include <span>
#include <string>

#include "analysis/address_use.h"
#include "analysis/survey.h"
#include "detectors/wasm_ld/growth.h"
#include "detectors/wasm_ld/heap_owner.h"
#include "detectors/wasm_ld/in_place.h"
#include "detectors/wasm_ld/low_heap.h"
#include "detectors/wasm_ld/relocations.h"

namespace heapbump {
namespace {

/// How far above the old minimum constants are looked at: more than any region that is asked for in practice.
constexpr std::uint64_t kTailPages = 256;

void name_toolchain(const Module& module, Finding& finding) {
  for (const ProducersField& field : read_producers(module)) {
    if (field.field == "language" && field.name == "Rust") {
      finding.toolchain = {"Rust", std::string(field.version), "producers section"};
      break;
    }
    if (field.field == "processed-by" && finding.toolchain.name.empty())
      finding.toolchain = {std::string(field.name), std::string(field.version), "producers section"};
  }
  if (finding.toolchain.name.empty())
    finding.toolchain = {"unknown", "", "no producers section; judged by the code alone"};
}

/// Whether new memory simply takes the place of what there was, as in a bump allocator: every static place
/// that held the start of the heap below the line is given an address in the new memory, and nothing else is.
bool replaces(const LowHeap& low, const GrowthJoin& join) {
  return !low.elsewhere && !low.starts.empty() && !join.elsewhere &&
         std::ranges::includes(join.kept, low.starts);
}

/// Whether each function that knows the start also grows the memory, and minds where the new memory begins.
/// What others grow is then their own, unless they keep it where such a function does.
bool owner_keeps_apart(const LowHeap& low, const GrowthReport& growth) {
  if (low.in_data) return false;
  std::set<std::uint32_t> owners;
  std::set<Place> kept;
  for (const GrowthJoin& join : growth.joins) {
    if (!low.functions.contains(join.function)) continue;
    // Beside an allocator that asks, what is kept nowhere is a block of the program's own: all may stand in
    // one function.
    const bool asks = std::ranges::any_of(growth.joins, [&](const GrowthJoin& other) {
      return other.function == join.function && other.asks_adjoining;
    });
    const bool own = asks && join.kept.empty() && !join.elsewhere;
    if (!join.asks_adjoining && !own && !replaces(low, join)) return false;
    owners.insert(join.function);
    kept.insert(join.kept.begin(), join.kept.end());
  }
  if (owners != low.functions) return false;
  return std::ranges::none_of(growth.joins, [&](const GrowthJoin& join) {
    return !owners.contains(join.function) &&
           std::ranges::any_of(join.kept, [&](const Place& place) { return kept.contains(place); });
  });
}

/// A heap that starts below the line and is continued above it would run through the region: its blocks
/// merge, or its end moves. What rules that out is asking whether the new memory adjoins, or leaving the old
/// behind. Empty if all is well.
Result<std::string> continued_from_below(const Module& module, Budget& budget, const GrowthReport& growth,
                                         const NameSection& names) {
  const bool asks = std::ranges::all_of(growth.joins, &GrowthJoin::asks_adjoining);
  if (asks && growth.assertions.empty()) return std::string();
  HEAPBUMP_TRY(const auto low, find_low_heap(module, budget, names));
  if (!low) return std::string();
  if (owner_keeps_apart(*low, growth)) return std::string();
  const std::string start = "a heap may start at " + hex(low->start) + ", in " + low->where;
  for (const GrowthAssertion& assertion : growth.assertions)
    if (!assertion.pointer || low->starts.contains(*assertion.pointer))
      return start + ", and end where memory.size is asked for, in " +
             describe_place(names, assertion.function, assertion.offset);
  for (const GrowthJoin& join : growth.joins)
    if (!join.asks_adjoining && !replaces(*low, join))
      return start + ", and be taken to continue in new memory, in " +
             describe_place(names, join.function, join.offset);
  return std::string();
}

/// The line between old and new memory must not be crossed by a constant address: one that trapped would be
/// in the region. Empty if none is.
std::string address_above(const Module& module, std::span<const AddressUse> uses, const NameSection& names) {
  for (const AddressUse& use : uses) {
    if (use.kind != AddressUse::Kind::address ||
        static_cast<std::uint64_t>(use.target) < module.memory_bytes())
      continue;
    return "the constant " + hex(static_cast<std::uint64_t>(use.target)) +
           " is used as an address above the declared minimum, in " +
           describe_place(names, *use.hit.function, use.hit.file_offset);
  }
  return {};
}

/// The verdict on `tail`, with the evidence for it.
Result<StrategyVerdict> judge_tail(const Module& module, Budget& budget, const Survey& survey,
                                   const GrowthReport& growth, const NameSection& names, Finding& finding) {
  StrategyVerdict verdict{Strategy::tail, false, {}};
  if (module.memory_bytes() == 0) {
    verdict.why = "the memory is declared without pages, so the region would begin at address 0";
    return verdict;
  }
  // Each use repeats its function's name, here and in the report.
  for (const auto* uses : {&growth.explained, &growth.unexplained})
    for (const GrowthUse& use : *uses) HEAPBUMP_CHECK(budget.hold(3 * names.function(use.function).size()));
  for (const GrowthUse& use : growth.explained)
    finding.evidence.push_back(
        {"memory-growth", describe_place(names, use.function, use.offset) + ": " + use.what});
  for (const GrowthUse& use : growth.unexplained)
    finding.evidence.push_back(
        {"memory-growth", describe_place(names, use.function, use.offset) + ": " + use.what});
  if (!growth.sound) {
    const GrowthUse& first = growth.unexplained.front();
    verdict.why = first.what + ", in " + describe_place(names, first.function, first.offset);
    return verdict;
  }
  HEAPBUMP_TRY(const auto uses, classify_hits(module, survey.hits, budget));
  verdict.why = address_above(module, uses, names);
  if (!verdict.why.empty()) return verdict;
  if (!growth.uses_size && !growth.grows) {
    verdict.sound = true;
    verdict.why =
        "no instruction reads or grows the memory's size, so an access above the declared minimum would have "
        "trapped";
    finding.evidence.push_back({"memory.size", "neither memory.size nor memory.grow occurs in the code"});
    return verdict;
  }
  HEAPBUMP_TRY(const auto in_place, find_extension_in_place(module, budget, survey, growth, uses, names));
  if (in_place) {
    verdict.why = in_place->asks.what + ", in " +
                  describe_place(names, in_place->asks.function, in_place->asks.offset) +
                  ", and the memory's end stands " + in_place->end;
    return verdict;
  }
  HEAPBUMP_TRY(verdict.why, continued_from_below(module, budget, growth, names));
  if (!verdict.why.empty()) return verdict;
  verdict.sound = true;
  verdict.why =
      "every memory.size is explained, every memory.grow's result is where the new memory begins, and no "
      "constant "
      "address lies above the declared minimum";
  return verdict;
}

/// `bump` from the linker's own relocations: moving every use of __heap_base and __heap_end is what linking
/// with another heap start would have done.
Result<std::optional<HeapOwner>> owner_by_relocations(const Module& module, Budget& budget,
                                                      Finding& finding) {
  constexpr std::uint64_t kSiteBytes = 512;  // here, in the finding and in the report
  const auto relocations = read_relocations(module, budget);
  if (!relocations) return std::nullopt;
  if (!relocations->stale.empty()) {
    finding.warnings.push_back("the module has relocations, but " + std::string(relocations->stale) +
                               "; they were not used");
    return std::nullopt;
  }
  if (!relocations->heap_base) return std::nullopt;
  HeapOwner owner;
  owner.heap_base = relocations->heap_base;
  finding.heap_end = relocations->heap_end;
  owner.evidence.push_back({"relocations", std::to_string(relocations->addresses.size()) +
                                               " relocated addresses, each checked; __heap_base is " +
                                               hex(*relocations->heap_base)});
  for (const Relocation& relocation : relocations->addresses) {
    const bool start = relocation.symbol == "__heap_base";
    const bool end = relocation.symbol == "__heap_end";
    const bool near = relocation.value >= static_cast<std::int64_t>(*relocations->heap_base);
    if (!start && !end && !near) continue;
    HEAPBUMP_CHECK(budget.hold(kSiteBytes));
    Site site{relocation,
              start ? Role::heap_start
              : end ? Role::heap_end
                    : Role::unrelated,
              start || end ? 1 : 0,
              {}};
    site.function = module.function_at(relocation.file_offset);
    if (relocation.symbol == "__stack_high") site.role = Role::stack_top;
    site.why = "relocated against " + std::string(relocation.symbol);
    if (relocation.addend != 0) site.why += " with addend " + std::to_string(relocation.addend);
    if (!start && !end) site.why += ", which is no part of the heap";
    owner.sites.push_back(std::move(site));
  }
  for (const Export& exported : module.exports) {
    const bool start = exported.name == "__heap_base";
    if (exported.kind != ExternalKind::global || (!start && exported.name != "__heap_end")) continue;
    const Global& global = module.globals[exported.index];
    if (global.imported || global.is_mutable || global.type != ValueType::i32 || !global.init.value) continue;
    HEAPBUMP_CHECK(budget.hold(kSiteBytes));
    owner.sites.push_back({initial_value(global), start ? Role::heap_start : Role::heap_end, 1,
                           "the exported symbol, which hosts read; it must stay true"});
  }
  if (module.data_end() > *owner.heap_base) {
    owner.refusal = Code::kSnapshot;
    owner.why = "data lies above the heap's start: the heap was already in use when this module was saved";
  } else if (std::ranges::none_of(owner.sites,
                                  [](const Site& site) { return site.role == Role::heap_start; })) {
    owner.refusal = Code::kNoDetector;
    owner.why = "nothing is relocated against __heap_base, so moving it would reserve nothing";
  } else {
    owner.sound = true;
    owner.confidence = Confidence::proven;
    owner.why = "the linker's relocations name every use of the heap's start";
  }
  return std::optional(std::move(owner));
}

}  // namespace

Result<std::optional<Finding>> detect_wasm_ld(WholeProgram& program) {
  const Module& module = program.module();
  Budget& budget = program.budget();
  const std::uint64_t top = module.memory_bytes();
  HEAPBUMP_TRY(const Survey survey, survey_code(module, {top, top + kTailPages * kPageSize, true}, budget));
  HEAPBUMP_TRY(const GrowthReport growth, analyse_growth(module, budget, survey));
  const NameSection names = read_names(module);

  Finding finding;
  finding.tail_pages = kTailPages;
  name_toolchain(module, finding);
  HEAPBUMP_TRY(StrategyVerdict tail, judge_tail(module, budget, survey, growth, names, finding));
  HEAPBUMP_TRY(std::optional<HeapOwner> exact, owner_by_relocations(module, budget, finding));
  if (!exact) {
    HEAPBUMP_TRY(exact, find_heap_owner(module, budget, survey, growth, names));
  }
  HeapOwner& owner = *exact;

  finding.heap_base = owner.heap_base;
  finding.bump_region_floor = owner.heap_base.value_or(0);
  finding.sites = std::move(owner.sites);
  std::ranges::move(owner.evidence, std::back_inserter(finding.evidence));
  finding.grows_by = tail.sound ? (growth.grows ? "memory.grow's result" : "not at all")
                                : (growth.uses_size ? "memory.size" : "memory.grow without its result");
  StrategyVerdict bump{Strategy::bump, owner.sound, owner.why};
  finding.confidence = Confidence::weak;
  if (tail.sound) {
    finding.confidence = !growth.grows && !growth.uses_size ? Confidence::proven : Confidence::strong;
    if (!owner.sound) finding.bump_region_floor = 0;
  } else if (bump.sound) {
    finding.confidence = owner.confidence;
  }
  if (!tail.sound && !bump.sound) {
    finding.refusals.push_back({owner.refusal.value_or(Code::kNoDetector),
                                "no region can be reserved: bump: " + owner.why + "; tail: " + tail.why,
                                owner.offset});
  }
  if (!bump.sound)
    for (Site& site : finding.sites) site.moves = 0;
  finding.strategies = {std::move(tail), std::move(bump)};
  return std::optional(std::move(finding));
}

}  // namespace heapbump
