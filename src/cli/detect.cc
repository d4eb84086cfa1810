// heapbump detect IN [--json]: what the module is and where its heap starts. Changes nothing.
#include "detectors/detect.h"

#include <iostream>

#include "base/printable.h"
#include "base/sha256.h"
#include "cli/cli.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string in;
  bool json = false;
};

void print_finding(const Module& module, const Finding& finding) {
  const auto row = [](std::string_view name, const std::string& text) {
    std::cout << name << std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') << printable(text) << '\n';
  };
  const Toolchain& t = finding.toolchain;
  row("toolchain",
      t.name + (t.version.empty() ? "" : " " + t.version) + (t.how.empty() ? "" : " (" + t.how + ")"));
  row("confidence", std::string(to_string(finding.confidence)));
  if (finding.heap_base) row("heap base", hex(*finding.heap_base));
  if (finding.heap_end) row("heap end", hex(*finding.heap_end));
  if (!finding.grows_by.empty()) row("grows by", finding.grows_by);
  if (!module.memories.empty()) {
    const Memory& memory = module.memories.front();
    row("memory", std::to_string(memory.min.value) + " pages" +
                      (memory.max ? ", at most " + std::to_string(memory.max->value) : ", no maximum"));
  }
  for (const StrategyVerdict& v : finding.strategies)
    row("strategy", std::string(to_string(v.strategy)) + (v.sound ? ": sound: " : ": not sound: ") + v.why);
  for (const Evidence& e : finding.evidence) row("evidence", e.signal + ": " + e.detail);
  const NameSection names = read_names(module);
  for (const Site& site : finding.sites) {
    row("site", std::string(to_string(site.role)) + ": " + std::string(to_string(site.kind)) + " " +
                    std::to_string(site.value) + " at file offset " + hex(site.file_offset) +
                    (site.function ? " in " + describe_function(names, *site.function) : "") + ": " +
                    site.why);
  }
  for (const std::string& warning : finding.warnings) row("warning", warning);
}

int detect_file(const Session& session, const Options& options) {
  const auto loaded = load_module(session, options.in);
  if (!loaded) {
    if (options.json) print_json(failure_report(loaded.error(), nullptr, nullptr, std::nullopt));
    return print_error(session, options.in, loaded.error());
  }
  const Module& module = (*loaded)->module;
  warn_of_preview0(session, options.in, module);
  const Result<Finding> finding = detect(module);
  if (options.json) print_json(detect_report(module, finding, sha256_hex(module.file)));
  if (!finding) return print_error(session, options.in, finding.error());
  if (!finding->refusals.empty()) {
    for (const Error& refusal : finding->refusals) print_error(session, options.in, refusal);
    return exit_code(finding->refusals.front().code);
  }
  if (!options.json) print_finding(module, *finding);
  return 0;
}

}  // namespace

void add_detect(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("detect", "Say which toolchain made a module and where its heap starts");
  verb->add_option("IN", options->in, "Core module, or - for standard input")->required();
  add_json_flag(*verb, options->json);
  verb->callback([options, &session] { session.exit_code = detect_file(session, *options); });
}

}  // namespace heapbump::cli
