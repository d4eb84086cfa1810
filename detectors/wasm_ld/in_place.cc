#include "detectors/wasm_ld/in_place.h"

#include <algorithm>
#include <map>

#include "analysis/function_queue.h"
#include "detectors/wasm_ld/function_growth.h"
#include "wasm/data_image.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kSummaryBytes = 256;  // what is kept of a function that passes memory on

/// Where the declared end of memory stands outside the functions whose growth was followed.
std::optional<std::string> find_end(const Module& module, const Survey& survey, const GrowthReport& growth,
                                    std::span<const AddressUse> uses, const NameSection& names) {
  const std::uint64_t end = module.memory_bytes();
  for (const AddressUse& use : uses) {
    const RangeHit& hit = use.hit;
    if (use.kind == AddressUse::Kind::offset || use.kind == AddressUse::Kind::dead ||
        hit.kind != OccurrenceKind::i32_const)
      continue;
    if (hit.negated || static_cast<std::uint32_t>(hit.value) != end) continue;
    if (survey.relocations_padded() && hit.width != 5) continue;
    if (!growth.summaries.contains(*hit.function))
      return "in " + describe_place(names, *hit.function, hit.file_offset);
  }
  for (std::size_t i = 0; i < module.globals.size(); ++i) {
    const Global& global = module.globals[i];
    if (!global.imported && global.is_mutable && global.init.value &&
        static_cast<std::uint32_t>(*global.init.value) == end)
      return "in global " + std::to_string(i);
  }
  const auto image = DataImage::make(module);
  if (!image) return "perhaps in data: " + image.error().message;
  std::optional<std::string> found;
  image->for_each_word32([&](std::uint64_t address, std::uint32_t value) {
    if (value == end && !found) found = "in data at " + hex(address);
  });
  return found;
}

/// The first call of an allocator, or of a function that passes its result on, that only asks whether there
/// is memory.
Result<std::optional<GrowthUse>> find_asking(const Module& module, Budget& budget, const Survey& survey,
                                             const GrowthReport& growth) {
  std::map<std::uint32_t, GrowthSummary> summaries = growth.summaries;
  FunctionQueue queue;
  for (const auto& [function, summary] : growth.allocators) {
    summaries[function] = summary;
    queue.add_all(survey.callers(function));
  }
  while (!queue.empty()) {
    const std::uint32_t function = queue.take();
    if (queue.too_often(function))
      return GrowthUse{function, module.body(function)->file_offset,
                       "more functions that pass memory on call each other than can be followed"};
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget, {.frame_slots = true}));
    GrowthReport part;
    HEAPBUMP_TRY(const GrowthSummary summary,
                 growth::FunctionGrowth(flow, summaries, part, growth.grows, budget).run());
    if (!part.unexplained.empty()) return part.unexplained.front();
    // Those that were followed before keep what is known of them.
    const auto known = summaries.find(function);
    if (!summary.returns_fresh || (known != summaries.end() && known->second.returns_fresh)) continue;
    HEAPBUMP_CHECK(budget.hold(kSummaryBytes));
    summaries[function] = summary;
    queue.add_all(survey.callers(function));
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<InPlace>> find_extension_in_place(const Module& module, Budget& budget,
                                                       const Survey& survey, const GrowthReport& growth,
                                                       std::span<const AddressUse> uses,
                                                       const NameSection& names) {
  if (growth.allocators.empty()) return std::nullopt;
  auto end = find_end(module, survey, growth, uses, names);
  if (!end) return std::nullopt;
  HEAPBUMP_TRY(auto asks, find_asking(module, budget, survey, growth));
  if (!asks) return std::nullopt;
  return InPlace{std::move(*asks), std::move(*end)};
}

}  // namespace heapbump
