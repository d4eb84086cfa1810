// TinyGo's detector: what every release since 0.17 emits for wasip1, wasm and wasm-unknown with the leaking,
// conservative and precise collectors. The heap base is read from the runtime's own arithmetic
// (runtime.h) and each of its occurrences is explained by its use (roles.h, rules.h), so neither names
// nor producers are needed. Facts and sources: docs/toolchains/tinygo.md.
#include "detectors/tinygo/detector.h"

#include <algorithm>
#include <string>

#include "detectors/tinygo/rules.h"
#include "detectors/tinygo/runtime.h"
#include "detectors/tinygo/sites.h"

namespace heapbump {
namespace {

using tinygo::Occurrences;
using tinygo::Runtime;

/// The initial stack pointer, where it is below all static data: then wasm-ld put the stack first, and
/// the static data begin at __global_base, which is the same address.
std::optional<std::uint32_t> find_global_base(const Module& module, const DataImage& image) {
  for (const Global& global : module.globals) {
    if (global.imported || !global.is_mutable || global.type != ValueType::i32 || !global.init.value)
      continue;
    const auto top = static_cast<std::uint32_t>(*global.init.value);
    const bool below_data = image.pieces().empty() || top <= image.pieces().front().address;
    if (top != 0 && below_data) return top;
    return std::nullopt;  // only the first can be the stack pointer
  }
  return std::nullopt;
}

Toolchain name_toolchain(const Module& module, const Runtime& runtime) {
  const char* collector = runtime.metadata_words.empty() ? "the leaking allocator" : "the block collector";
  for (const ProducersField& field : read_producers(module))
    if (field.name == "TinyGo")
      return {"TinyGo", std::string(field.version),
              "producers section; " + std::string(collector) + " in code"};
  return {"TinyGo", "", std::string(collector) + " of its runtime, recognised in code"};
}

std::string list_words(const std::set<std::uint32_t>& words) {
  std::string text;
  for (const std::uint32_t word : words) text += (text.empty() ? "" : ", ") + hex(word);
  return text;
}

void add_evidence(Finding& finding, const Module& module, const Runtime& runtime,
                  const Occurrences& occurrences, std::uint32_t base,
                  std::optional<std::uint32_t> global_base) {
  const auto add = [&](const char* signal, std::string detail) {
    finding.evidence.push_back({signal, std::move(detail), {}});
  };
  add("heap-end", "memory.size times 65536 is stored at " + list_words(runtime.end_words) +
                      ", at the start and after growing");
  std::string how;
  for (const auto& [value, ways] : runtime.candidates)
    for (const std::string& way : ways) how += (how.empty() ? "" : "; ") + way;
  add("heap-start", hex(base) + ": " + how);
  if (!runtime.metadata_words.empty())
    add("metadata",
        "the heap's end less a share of the heap is stored at " + list_words(runtime.metadata_words));
  if (runtime.grows) add("grow", "memory.grow is asked for memory.size pages, which doubles the heap");
  if (global_base)
    add("stack-first", "the initial stack pointer " + hex(*global_base) + " is where the static data begin");
  const std::uint64_t pages = module.memory_bytes() / kPageSize;
  if (align_up(base, kPageSize) == module.memory_bytes())
    add("memory-limits", "the declared minimum of " + std::to_string(pages) +
                             " pages is what the linker gives for this heap base");
  if (occurrences.has_gc_root_end)
    add("gc-root-end",
        "the collector's roots end at the same address; that use stays, so the scanned range is as before");
  if (occurrences.has_symbol) add("symbol", "__heap_base is exported with this value");
}

}  // namespace

Result<std::optional<Finding>> detect_tinygo(WholeProgram& shared) {
  const Module& module = shared.module();
  HEAPBUMP_TRY(tinygo::Program program, tinygo::Program::make(shared));
  if (program.functions_with_memory_size().empty() || !Runtime::is_possible(program))
    return std::optional<Finding>{};
  auto image = DataImage::make(module);
  if (!image) return std::optional<Finding>{};  // no layout of wasm-ld
  HEAPBUMP_CHECK(program.index());
  const std::optional<Runtime> runtime = Runtime::find(program, *image);
  if (!runtime) {
    if (program.error()) return std::unexpected(*program.error());
    return std::optional<Finding>{};
  }

  Finding finding;
  finding.toolchain = name_toolchain(module, *runtime);
  finding.grows_by = "memory.grow, then memory.size";
  finding.grows_by_doubling = runtime->grows;
  // It is TinyGo's heap, whatever is in the way: no detector that knows less may take a refused module
  // over.
  finding.confidence = Confidence::strong;
  if (runtime->candidates.size() == 1) finding.heap_base = runtime->candidates.begin()->first;
  const std::uint32_t base = runtime->candidates.begin()->first;
  finding.bump_region_floor = finding.heap_base.value_or(0);
  if (const auto failure = tinygo::check_start(*runtime, {program, *image})) {
    finding.refusals.push_back({failure->code, failure->wrong, {}, failure->rule});
    return std::optional(std::move(finding));
  }

  const std::optional<std::uint32_t> global_base = find_global_base(module, *image);
  Occurrences occurrences = tinygo::collect_occurrences(program, *runtime, *image, base, global_base);
  if (program.error()) return std::unexpected(*program.error());
  add_evidence(finding, module, *runtime, occurrences, base, global_base);
  finding.sites = std::move(occurrences.sites);
  finding.refusals = std::move(occurrences.refusals);
  std::ranges::move(occurrences.evidence, std::back_inserter(finding.evidence));
  if (std::ranges::none_of(finding.sites, [](const Site& site) { return site.moves != 0; })) {
    finding.refusals.push_back(
        {Code::kUnexplained, "no occurrence of the heap start was found to move", {}, {}});
    return std::optional(std::move(finding));
  }

  // The runtime's arithmetic is one signal; how the linker lays out such a module is the other.
  const bool layout_agrees = std::ranges::any_of(finding.evidence, [](const Evidence& item) {
    return item.signal == "stack-first" || item.signal == "memory-limits";
  });
  finding.confidence = occurrences.has_symbol ? Confidence::proven
                       : layout_agrees        ? Confidence::strong
                                              : Confidence::weak;
  finding.strategies = {
      {Strategy::bump, true, "every use of the heap start moves together, and the declared minimum with it"},
      {Strategy::tail, false, "the runtime takes everything up to memory.size as its heap"},
      {Strategy::gap, false, "the heap reaches from its start to the memory's end"},
  };
  if (!runtime->metadata_words.empty() && !occurrences.has_gc_root_end && global_base)
    finding.warnings.push_back(
        "the end of the collector's roots was not distinguished from the heap start: if it is among the uses "
        "that move, each collection also scans the region");
  return std::optional(std::move(finding));
}

}  // namespace heapbump
