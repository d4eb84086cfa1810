// Modules whose memory was laid out by a linker (wasm-ld under C, C++, Rust, Zig and many others) or by a
// compiler that lays memory out the same way: static data, then a heap above it, grown by memory.grow. What
// the module is allowed is shown from its code, not from the name of its maker. The invariant: what no rule
// and no model explains is refused; see docs/soundness.md and docs/toolchains/wasm-ld.md.
#include "detectors/wasm_ld/detector.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "detectors/wasm_ld/judgement.h"

namespace heapbump {
namespace {

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

/// Why a strategy is not sound, as a refusal.
Error refusal(std::string_view strategy, const wasm_ld::Judgement& judgement) {
  return {judgement.code, "no region can be reserved by " + std::string(strategy) + ": " + judgement.why,
          judgement.offset, judgement.rule, strategy};
}

}  // namespace

Result<std::optional<Finding>> detect_wasm_ld(WholeProgram& program) {
  const Module& module = program.module();
  Budget& budget = program.budget();
  HEAPBUMP_TRY(const CodeIndex* const shared,
               program.index(CodeIndex::kCalls | CodeIndex::kNumbers | CodeIndex::kGlobals | kRootParts));
  const CodeIndex& index = *shared;
  const Result<DataImage> image = DataImage::make(module);
  HEAPBUMP_TRY(const auto allocators, wasm_ld::find_allocators(module, budget, index, image));
  const NameSection names = read_names(module);
  wasm_ld::Flows flows(module, budget);
  const wasm_ld::Facts facts{module, budget, index, allocators, names, image, flows};
  HEAPBUMP_TRY(wasm_ld::Judgement tail, wasm_ld::judge_tail(facts));
  HEAPBUMP_TRY(wasm_ld::Judgement bump, wasm_ld::judge_bump(facts));

  Finding finding;
  finding.tail_pages = wasm_ld::kTailPages;
  name_toolchain(module, finding);
  finding.heap_base = bump.base;
  finding.heap_end = bump.end;
  finding.bump_region_floor = bump.sound || !tail.sound ? bump.base.value_or(0) : 0;
  finding.sites = std::move(bump.sites);
  finding.warnings = std::move(bump.warnings);
  finding.evidence = std::move(tail.evidence);
  std::ranges::move(bump.evidence, std::back_inserter(finding.evidence));
  finding.grows_by = !index.grow_functions().empty()   ? "memory.grow"
                     : !index.size_functions().empty() ? "memory.size"
                                                       : "not at all";
  finding.confidence = tail.sound ? tail.confidence : bump.sound ? bump.confidence : Confidence::weak;
  if (!tail.sound && !bump.sound) {
    // Where no known allocator starts at a constant, only what stands in the way of `tail` says anything.
    if (bump.code != Code::kNoDetector) finding.refusals.push_back(refusal("bump", bump));
    finding.refusals.push_back(refusal("tail", tail));
  }
  if (!bump.sound)
    for (Site& site : finding.sites) site.moves = 0;
  finding.strategies = {{Strategy::tail, tail.sound, std::move(tail.why)},
                        {Strategy::bump, bump.sound, std::move(bump.why)}};
  return std::optional(std::move(finding));
}

}  // namespace heapbump
