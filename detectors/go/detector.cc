// Big Go's detector. The heap starts where runtime.firstmoduledata says that the program ends (its `end`
// word). Which strategy is sound follows from what the code does with that word and with memory.size, not
// from a version string. The facts are in moduledata.h and end_use.h, the decisions in rules.h; what no rule
// decides is refused. Facts and sources: docs/toolchains/go.md.
#include "detectors/go/detector.h"

#include "base/shown.h"
#include "detectors/go/end_use.h"
#include "detectors/go/rules.h"
#include "wasm/code.h"

namespace heapbump {
namespace {

using go::EndUse;
using go::EqualNumber;
using go::Era;
using go::ModuleData;

constexpr std::uint64_t kArena = std::uint64_t{4} << 20, kFirstArena = std::uint64_t{64} << 20;

std::string go_version(const Module& module, std::string& how) {
  for (const ProducersField& field : read_producers(module)) {
    if (field.field == "language" && field.name == "Go" && !field.version.empty()) {
      how = "producers section";
      return std::string(field.version);
    }
    if (field.field == "processed-by" && field.name == "Go cmd/compile") {
      how = "producers section";
      return std::string(field.version);
    }
  }
  if (const Section* section = module.custom_section("go.version")) {
    how = "go.version section";
    return std::string(shown(as_text(module.content(*section))));
  }
  return {};
}

bool says_go(const Module& module) {
  std::string how;
  return !go_version(module, how).empty() || module.custom_section("go:buildid") != nullptr ||
         module.custom_section("go.buildid") != nullptr;
}

constexpr std::uint64_t kWord = 8;
constexpr std::uint64_t kSiteBytes = 2048;  // of a site in the report, with its function's name

// Adds a site by the rule that decides it, or the refusal.
Status add_site(Finding& finding, Site site, const EqualNumber& number, const ModuleData& data) {
  HEAPBUMP_TRY(const Decided decided, go::judge_number(number, data));
  if (decided.ruling.decision == Decision::refuse) {
    Error error = decided.error();
    error.offset = site.file_offset;
    finding.refusals.push_back(std::move(error));
  }
  site.value = static_cast<std::int64_t>(data.end);
  site.role = decided.ruling.role;
  site.moves = decided.ruling.decision == Decision::move ? 1 : 0;
  site.why = decided.ruling.why;
  site.rule = decided.rule;
  finding.sites.push_back(std::move(site));
  return {};
}

// Some of a word's bytes may be zeros that the linker left out; the first byte in the file stands for it.
std::uint64_t first_byte_in_file(const DataImage& image, std::uint64_t word) {
  for (std::uint64_t byte = word; byte < word + kWord; ++byte)
    if (const auto offset = image.file_offset(byte)) return *offset;
  return 0;
}

// The words of the structure that hold the same number as `end`, and the constants in code that do.
Status add_sites(const Module& module, const DataImage& image, const ModuleData& data, Finding& finding,
                 Budget& budget) {
  for (std::uint64_t at = data.end_address() - 6 * kWord; at <= data.end_address(); at += kWord) {
    if (image.load64(at) != data.end) continue;
    Site site;
    site.kind = OccurrenceKind::data_word64;
    site.file_offset =
        at == data.end_address() ? first_byte_in_file(image, at) : image.file_offset(at).value_or(0);
    site.width = kWord;
    site.address = static_cast<std::uint32_t>(at);
    HEAPBUMP_CHECK(
        add_site(finding, std::move(site), {.in_code = false, .sets_stack = false, .address = at}, data));
  }
  HEAPBUMP_TRY(const auto constants, find_constants(module, static_cast<std::int64_t>(data.end), budget));
  for (const Occurrence& constant : constants) {
    HEAPBUMP_CHECK(budget.hold(kSiteBytes));
    HEAPBUMP_TRY(const bool sets_stack, go::only_sets_stack(module, constant, budget));
    HEAPBUMP_CHECK(add_site(finding, {constant, Role::unrelated, 0, {}},
                            {.in_code = true, .sets_stack = sets_stack, .address = 0}, data));
  }
  return {};
}

void refuse(Finding& finding, Code code, std::string message) {
  finding.refusals.push_back({code, std::move(message), {}, {}});
}

// What follows from the era for the finding.
void apply_era(const Module& module, const ModuleData& data, Era era, Finding& finding) {
  const std::uint64_t page_end = align_up(data.end, kPageSize);
  switch (era) {
    case Era::from_pointer:
      finding.heap_base = data.end;
      // Go 1.11 to 1.13 cannot be distinguished from 1.14 and 1.15 by their structure; the bytes are few, so
      // all are spared.
      finding.bump_region_floor = data.end + (data.layout->header_tables == 0 ? go::kEntryScratch : 0);
      finding.grows_by = "memory.grow up to its own mark, after memory.size";
      finding.strategies = {
          {Strategy::bump, true, "the runtime reserves memory from `end` up, and from nowhere else"},
          {Strategy::tail, false, "the runtime takes everything below memory.size as its own"},
          {Strategy::gap, false, "the runtime takes everything from `end` up"},
      };
      return;
    case Era::from_break:
      finding.heap_base = page_end;
      finding.bump_region_floor = page_end;
      finding.grows_by = "memory.grow up to its own mark, which starts at memory.size";
      finding.strategies = {
          {Strategy::bump, true,
           "the runtime's break starts at `end` rounded up to a page, and moves with it"},
          {Strategy::tail, false, "the runtime takes memory.size at its start as the end of what it owns"},
          {Strategy::gap, false, "the runtime hands out everything from `end` up"},
      };
      return;
    case Era::own_pages:
      for (Site& site : finding.sites) site.moves = 0;
      finding.grows_by = "memory.grow result";
      finding.gap_begin = page_end;
      finding.gap_end = module.memory_bytes();
      finding.heap_base = module.memory_bytes();
      finding.strategies = {
          {Strategy::gap, true,
           "the runtime allocates only what memory.grow returns; the bytes from `end` to the declared "
           "minimum are never touched: no address is made from the variable that holds `end`, and "
           "memory.size is never asked for"},
          {Strategy::tail, true,
           "the runtime allocates only what memory.grow returns and never asks for memory.size"},
          {Strategy::bump, false, "no allocator starts at `end`, so moving it would reserve nothing"},
      };
      return;
  }
}

// Why no structure can be used; nothing if exactly one checks out.
std::optional<Error> refusal_of(const go::Search& search) {
  if (search.found.size() == 1) return std::nullopt;
  if (search.found.size() > 1)
    return Error{Code::kAmbiguous,
                 "two structures check out as runtime.firstmoduledata, at " + hex(search.found[0].address) +
                     " and " + hex(search.found[1].address),
                 {},
                 {}};
  if (search.near_miss) return search.near_miss;
  return Error{Code::kLayoutMismatch,
               search.headers == 0
                   ? "the module says that Go made it, but it has no pclntab of a known version"
                   : "the module has a pclntab of Go, but nothing that checks out as runtime.firstmoduledata",
               {},
               search.failed};
}

}  // namespace

Result<std::optional<Finding>> detect_go(WholeProgram& program) {
  const Module& module = program.module();
  Budget& budget = program.budget();
  const bool claims_go = says_go(module);
  Finding finding;
  finding.toolchain.name = "Go";
  finding.toolchain.version = go_version(module, finding.toolchain.how);

  const auto image = DataImage::make(module);
  if (!image) {
    if (!claims_go) return std::optional<Finding>{};
    refuse(finding, image.error().code, image.error().message);
    return std::optional(std::move(finding));
  }
  const go::Search search = go::find_moduledata(module, *image);
  if (search.found.empty() && !search.near_miss && !claims_go) return std::optional<Finding>{};
  // It is Go's, whatever is in the way: no detector that knows less may take a refused module over.
  finding.confidence = search.found.empty() ? Confidence::strong : Confidence::proven;
  if (auto refusal = refusal_of(search)) {
    finding.refusals.push_back(*std::move(refusal));
    return std::optional(std::move(finding));
  }

  const ModuleData& data = search.found.front();
  if (finding.toolchain.version.empty())
    finding.toolchain = {"Go", std::string(data.layout->versions), "layout of runtime.firstmoduledata"};
  const auto add_evidence = [&](const char* signal, std::string detail) {
    finding.evidence.push_back({signal, std::move(detail), {}});
  };
  add_evidence("moduledata", "runtime.firstmoduledata at " + hex(data.address) + ", layout of Go " +
                                 std::string(data.layout->versions) + ", its `end` word at " +
                                 hex(data.end_address()) + " holds " + hex(data.end));
  finding.evidence.insert(finding.evidence.end(), data.checked.begin(), data.checked.end());
  if (claims_go) add_evidence("producers", "the module says that Go made it");

  HEAPBUMP_TRY(const EndUse use, go::follow_end(module, *image, data, budget));
  if (use.second_read) {
    finding.refusals.push_back(
        {Code::kLayoutMismatch, "the `end` word is read by its address in two places", use.second_read, {}});
    return std::optional(std::move(finding));
  }
  const auto era = go::decide_era(use);
  if (use.by_address || use.by_pointer)
    finding.evidence.push_back({"end-use", go::describe(use), era ? era->rule : std::string_view{}});
  add_evidence("memory.size",
               use.memory_size ? "asked for at file offset " + hex(*use.memory_size) : "never asked for");

  if (const auto failure = go::check_memory(use, finding.evidence))
    finding.refusals.push_back({failure->code, failure->wrong, {}, failure->rule});
  HEAPBUMP_CHECK(add_sites(module, *image, data, finding, budget));
  // src/runtime/malloc.go, heapArenaBytes on wasm: 64 MiB in Go 1.11, 4 MiB from 1.12 on, less from 1.26 on.
  finding.growth_alignment = data.layout->header_tables == 0 ? kFirstArena : kArena;
  if (!era) {
    finding.refusals.push_back(era.error());
  } else {
    apply_era(module, data, era->era, finding);
  }
  return std::optional(std::move(finding));
}

}  // namespace heapbump
