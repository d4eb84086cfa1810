#include "detectors/wasm_ld/growth.h"

#include <algorithm>

#include "analysis/function_queue.h"
#include "detectors/wasm_ld/function_growth.h"

namespace heapbump {
namespace {

// What is kept of one function that was followed, and of one use in words here, in the finding and in the
// report.
constexpr std::uint64_t kFunctionBytes = 512;
constexpr std::uint64_t kUseBytes = 768;

}  // namespace

std::vector<ShiftSeed> growth_seeds(const Flow& flow,
                                    const std::map<std::uint32_t, GrowthSummary>& summaries) {
  std::vector<ShiftSeed> seeds;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    Shift shift;
    shift.top = true;
    shift.base = true;
    shift.scale = 1;
    if (node.kind == NodeKind::memory_size) {
      shift.from_size = true;
      seeds.push_back({id, shift});
    } else if (node.kind == NodeKind::memory_grow) {
      shift.from_size = flow.constant(flow.operand(id, 0)) == 0;
      seeds.push_back({id, shift});
    } else if (node.kind == NodeKind::call && flow.effects[node.effect].kind == EffectKind::call &&
               node.value == 0) {
      const Effect& call = flow.effects[node.effect];
      const auto found = summaries.find(static_cast<std::uint32_t>(call.value));
      if (found == summaries.end() || (!found->second.returns_fresh && !found->second.returns_size)) continue;
      shift = found->second.shift;
      shift.mixed = false;
      if (found->second.size_if_zero &&
          flow.constant(flow.operands_of(call)[*found->second.size_if_zero]) == 0)
        shift.from_size = true;
      seeds.push_back({id, shift});
    }
  }
  return seeds;
}

Result<GrowthReport> analyse_growth(const Module& module, Budget& budget, const Survey& survey) {
  GrowthReport report;
  report.uses_size = !survey.size_functions.empty();
  report.grows = !survey.grow_functions.empty();
  FunctionQueue queue;
  std::map<std::uint32_t, GrowthReport> parts;
  std::vector<bool> in_table(module.functions.size());
  for (const std::uint32_t function : module.element_functions) in_table[function] = true;
  queue.add_all(survey.size_functions);
  queue.add_all(survey.grow_functions);
  while (!queue.empty()) {
    const std::uint32_t function = queue.take();
    if (queue.too_often(function))
      return fail(Code::kWorkLimit,
                  "functions that read or grow the memory's size call each other too deeply to follow");
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget, {.frame_slots = true}));
    GrowthReport& part = parts[function];
    part = {};
    growth::FunctionGrowth looked_at(flow, report.summaries, part, report.grows, budget);
    HEAPBUMP_TRY(const GrowthSummary summary, looked_at.run());
    HEAPBUMP_TRY(part.joins, looked_at.joins());
    HEAPBUMP_CHECK(budget.hold(
        kFunctionBytes + (part.explained.size() + part.unexplained.size() + part.joins.size()) * kUseBytes));
    const bool direct = std::ranges::binary_search(survey.size_functions, function) ||
                        std::ranges::binary_search(survey.grow_functions, function);
    // A function that returns what a wrapper gave it, or else memory from elsewhere, is an allocator: its
    // result is memory by contract. One that returns nothing else only passes it on, and its callers may ask
    // just for success.
    GrowthSummary kept = summary;
    report.allocators.erase(function);
    if (!direct && !summary.returns_size && !summary.only_fresh) {
      if (summary.returns_fresh) report.allocators.emplace(function, summary);
      kept = {};
    }
    const bool raw = kept.returns_size || kept.only_fresh;
    if (raw && in_table[function])
      part.unexplained.push_back({function, module.body(function)->file_offset,
                                  std::string(kept.returns_size ? "memory.size" : "memory.grow's result") +
                                      " is returned by a function that is called through a table"});
    GrowthSummary& known = report.summaries[function];
    if (known == kept) continue;
    known = kept;
    queue.add_all(survey.callers(function));
  }
  for (auto& [function, part] : parts) {
    std::ranges::move(part.explained, std::back_inserter(report.explained));
    std::ranges::move(part.unexplained, std::back_inserter(report.unexplained));
    std::ranges::move(part.assertions, std::back_inserter(report.assertions));
    std::ranges::move(part.joins, std::back_inserter(report.joins));
  }
  report.sound = report.unexplained.empty();
  return report;
}

}  // namespace heapbump
