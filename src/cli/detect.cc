// heapbump detect IN [--json]: what the module is, where its heap starts, and what can be made of it. Changes
// nothing. A verdict first; evidence and sites under --verbose.
#include "detectors/detect.h"

#include <iostream>

#include "base/printable.h"
#include "base/sha256.h"
#include "base/shown.h"
#include "cli/cli.h"
#include "component/face.h"
#include "report/report.h"
#include "reserve/plan.h"
#include "wasm/outline.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string in;
  bool json = false;
};

void row(std::string_view name, const std::string& text) {
  std::cout << name << std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') << printable(text) << '\n';
}

std::string describe_plan(const Plan& plan, const Finding& finding) {
  const Region& region = plan.manifest.region;
  const std::string pages = std::to_string(region.pages) + " pages at " + hex(region.base);
  const std::string sure = ", " + std::string(to_string(finding.confidence));
  switch (plan.strategy) {
    case Strategy::bump:
      return "can be reserved: the heap moves up from " + hex(finding.heap_base.value_or(0)) + " to " +
             hex(plan.manifest.heap_base_after.value_or(0)) + ", which leaves " + pages + " (bump" + sure +
             ")";
    case Strategy::tail:
      return "can be reserved: the memory begins with more, which leaves " + pages + " (tail" + sure + ")";
    case Strategy::gap:
      return "can be reserved: the module never touches " + pages + " (gap" + sure + ")";
  }
  return "";
}

/// What `reserve` would do, with nothing asked for.
std::string reserve_verdict(const Module& module, const Result<Finding>& finding, bool& relocated) {
  relocated = false;
  const auto settled = plan_without_finding(module, {});
  if (settled && *settled)
    return (*settled)->outcome == Plan::Outcome::already ? "is already reserved"
                                                         : "needs no region: it has a realloc of its own";
  if (!settled || !finding || !finding->refusals.empty()) return "no region can be reserved in it";
  const auto plan = make_plan(module, *finding, {});
  if (!plan)
    return "no region can be reserved in it (" + std::string(code_info(plan.error().code).name) + ": " +
           plan.error().message + ")";
  relocated = true;
  return describe_plan(*plan, *finding);
}

std::string component_verdict(const Face& face, bool relocated) {
  if (face.stops(Stops::component)) return "no component can be made of it";
  if (face.adapter.empty()) return "it imports no WASI, so there is nothing to adapt";
  const std::string adapter = std::string(face.adapter) + " adapter";
  if (relocated && !face.stops(Stops::relocation))
    return "as a component it takes the " + adapter + ", in the region";
  return face.stops(Stops::apart)
             ? "no component can be made of it"
             : "as a component it takes the " + adapter + ", in a memory of its own (apart)";
}

void print_face(const Face& face) {
  std::string imports;
  for (const ImportedModule& module : face.imports)
    imports += (imports.empty() ? "" : ", ") + std::to_string(module.count) + " from " +
               std::string(shown(module.name));
  row("imports", imports.empty() ? "none" : imports);
  row("entry", std::string(to_string(face.entry)));
  for (const Blocker& blocker : face.blockers) {
    const auto offset = place_of(blocker.error);
    row("blocker", "of " +
                       (blocker.stops == Stops::component
                            ? "any component"
                            : "a component " + std::string(blocker.stops == Stops::relocation ? "by " : "") +
                                  std::string(to_string(blocker.stops))) +
                       (offset ? ", at file offset " + hex(*offset) : "") + ": " + blocker.error.message +
                       " [" + std::string(code_info(blocker.error.code).name) + "]");
  }
}

void print_memory(const Module& module) {
  if (module.memories.empty()) return;
  const Memory& memory = module.memories.front();
  if (memory.imported) return;
  row("memory", std::to_string(memory.min.value) + " pages" +
                    (memory.max ? ", at most " + std::to_string(memory.max->value) : ", no maximum"));
}

void print_details(const Module& module, const Finding& finding) {
  for (const Evidence& e : finding.evidence) row("evidence", e.signal + ": " + e.detail);
  const NameSection names = read_names(module);
  for (const Site& site : finding.sites) {
    row("site", std::string(to_string(site.role)) + ": " + std::string(to_string(site.kind)) + " " +
                    std::to_string(site.value) + " at file offset " + hex(site.file_offset) +
                    (site.function ? " in " + describe_function(names, *site.function) : "") + ": " +
                    site.why);
  }
}

void print_finding(const Session& session, const Module& module, const Finding& finding) {
  const Toolchain& t = finding.toolchain;
  row("toolchain",
      t.name + (t.version.empty() ? "" : " " + t.version) + (t.how.empty() ? "" : " (" + t.how + ")"));
  row("confidence", std::string(to_string(finding.confidence)));
  if (finding.heap_base) row("heap base", hex(*finding.heap_base));
  if (finding.heap_end) row("heap end", hex(*finding.heap_end));
  if (!finding.grows_by.empty()) row("grows by", finding.grows_by);
  for (const StrategyVerdict& v : finding.strategies)
    row("strategy", std::string(to_string(v.strategy)) + (v.sound ? ": sound: " : ": not sound: ") + v.why);
  for (const std::string& warning : finding.warnings) row("warning", warning);
  if (session.verbose) {
    print_details(module, finding);
  } else if (!finding.evidence.empty() || !finding.sites.empty()) {
    row("more", std::to_string(finding.evidence.size()) + " signals of evidence and " +
                    std::to_string(finding.sites.size()) + " sites: heapbump detect -v");
  }
}

void print_verdict(const Session& session, const Options& options, const Module& module,
                   const Result<Finding>& finding) {
  const auto outline = read_outline(module.file);
  const Face face = outline ? read_face(*outline) : Face{};
  bool relocated = false;
  const std::string verdict = reserve_verdict(module, finding, relocated);
  std::cout << display_name(options.in) << ": " << printable(verdict);
  if (outline) std::cout << "; " << printable(component_verdict(face, relocated));
  std::cout << '\n';
  if (outline) print_face(face);
  print_memory(module);
  if (finding && finding->refusals.empty()) print_finding(session, module, *finding);
}

int detect_file(const Session& session, const Options& options) {
  const auto loaded = load_module(session, options.in);
  if (!loaded) return fail_with(session, options.json, options.in, options.in, loaded.error());
  const Module& module = (*loaded)->module;
  const Result<Finding> finding = detect(module);
  Json report = options.json ? detect_report(module, finding, sha256_hex(module.file)) : Json();
  if (const auto same = (*loaded)->file.unchanged(); !same)
    return fail_with(session, options.json, options.in, options.in, same.error());
  if (options.json)
    print_json(session, options.in, std::move(report));
  else
    print_verdict(session, options, module, finding);
  std::cout.flush();
  if (!finding) return print_error(session, options.in, finding.error());
  for (const Error& refusal : finding->refusals) print_error(session, options.in, refusal);
  return finding->refusals.empty() ? 0 : exit_code(finding->refusals.front().code);
}

}  // namespace

void add_detect(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand(
      "detect", "Say which toolchain made a module, where its heap starts, and what can be made of it");
  verb->add_option("IN", options->in, "Core module, or - for standard input")->required();
  add_json_flag(*verb, options->json);
  add_examples(*verb, {"heapbump detect app.wasm"});
  verb->callback([options, &session] { session.exit_code = detect_file(session, *options); });
}

}  // namespace heapbump::cli
