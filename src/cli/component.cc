// heapbump component IN -o OUT: a component that runs, from any preview1 module. Nothing is written unless
// what was made passes `check`.
#include "heapbump/component.h"

#include <iostream>
#include <map>

#include "adapters/released.h"
#include "cli/cli.h"
#include "cli/failure.h"
#include "cli/paths.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string in;
  std::string out;
  std::string strategy = "auto";
  std::string min_confidence = "strong";
  std::string encoder = "auto";
  std::string adapter;
  std::string report;
  std::string manifest;
  std::string module;
  bool json = false;
};

int fail_with(const Session& session, const Options& options, const std::string& file, const Error& error) {
  if (options.json || !options.report.empty())
    tell_failure(session, failure_report(error, nullptr, nullptr, std::nullopt), options.json,
                 options.report == file ? "" : options.report);
  drop_stale_manifest(session, options.manifest);
  return print_error(session, file, error);
}

ComponentRequest to_request(const Options& options) {
  static const std::map<std::string, Strategy> strategies = {
      {"bump", Strategy::bump}, {"tail", Strategy::tail}, {"gap", Strategy::gap}};
  static const std::map<std::string, Confidence> confidences = {
      {"weak", Confidence::weak}, {"strong", Confidence::strong}, {"proven", Confidence::proven}};
  ComponentRequest request;
  request.may_relocate = options.strategy != "apart";
  request.may_stand_apart = options.strategy == "auto" || options.strategy == "apart";
  if (const auto found = strategies.find(options.strategy); found != strategies.end())
    request.strategy = found->second;
  request.min_confidence = confidences.at(options.min_confidence);
  request.encoder = options.encoder;
  return request;
}

void describe(const Session& session, const Options& options, const MadeComponent& made) {
  for (const std::string& warning : made.warnings) print_warning(session, options.in, warning);
  const std::string adapter =
      made.adapter_flavor.empty() ? options.adapter : made.adapter_flavor + " of " + made.adapter_release;
  std::cerr << display_name(options.in) << ": "
            << (made.strategy == "apart" ? "the adapter has a memory of its own (apart)"
                : made.strategy == "none"
                    ? "nothing was reserved"
                    : "the adapter has a region of the module's memory (" + made.strategy + ")")
            << ", because " << printable(made.why) << '\n'
            << output_name(options.out) << ": component of " << grouped(made.component.size())
            << " bytes, adapter " << adapter << ", encoder " << made.encoder.version << "; checked\n";
}

/// The component and the files beside it: all, or none.
int write_outputs(const Session& session, const Options& options, const InputFile& input,
                  const MadeComponent& made) {
  const std::string manifest = component_manifest(made).dump() + "\n";
  const std::string report = to_json(made).dump() + "\n";
  std::vector<Output> outputs{{options.out, {made.component}, {.mode = input.mode, .binary = true}}};
  if (!options.manifest.empty())
    outputs.push_back({options.manifest, {as_bytes(manifest)}, {.mode = {}, .binary = false}});
  if (!options.report.empty())
    outputs.push_back({options.report, {as_bytes(report)}, {.mode = {}, .binary = false}});
  if (!options.module.empty()) outputs.push_back({options.module, {made.module}, {}});
  if (const auto written = write_files(outputs); !written) {
    const FailedOutput& failed = written.error();
    return fail_with(session, options, output_name(outputs[failed.index].path), failed.error);
  }
  if (options.json) std::cout << report;
  describe(session, options, made);
  return 0;
}

int make(const Session& session, const Options& options) {
  const auto file = read_file(options.in, session.max_size);
  if (!file) return fail_with(session, options, options.in, file.error());
  ComponentRequest request = to_request(options);
  FileBytes adapter;
  if (adapters::find_released(options.adapter) != nullptr) {
    request.flavor = options.adapter;
  } else if (!options.adapter.empty()) {
    auto read = read_file(options.adapter, session.max_size);
    if (!read) return fail_with(session, options, options.adapter, read.error());
    adapter = std::move(read->bytes);
    request.adapter = adapter.view();
  }
  const auto made = make_component(file->bytes.view(), request);
  if (!made) return fail_with(session, options, options.in, made.error());
  return write_outputs(session, options, *file, *made);
}

}  // namespace

void add_component(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("component", "Make a component that runs from a preview1 module");
  verb->add_option("IN", options->in, "Core module, or - for standard input")->required();
  verb->add_option("-o,--output", options->out, "Where the component goes, or - for standard output")
      ->required();
  verb->add_option(
          "--strategy", options->strategy,
          "Where the adapter lives: in a region of the module's memory (bump, tail, gap) or in a memory of "
          "its own (apart); auto takes the region where that is safe")
      ->check(CLI::IsMember({"auto", "bump", "tail", "gap", "apart"}))
      ->capture_default_str();
  verb->add_option("--min-confidence", options->min_confidence, "Do not move the heap below this")
      ->check(CLI::IsMember({"proven", "strong", "weak"}))
      ->capture_default_str();
  verb->add_option("--adapter", options->adapter,
                   "command, reactor or proxy (shipped), or the file of another preview1 adapter");
  verb->add_option(
          "--encoder", options->encoder,
          "auto, builtin, wasm-tools, jco, or the path of one of the two (auto: wasm-tools if it is on "
          "PATH)")
      ->capture_default_str();
  verb->add_option("--report", options->report, "Write the report here");
  verb->add_option("--manifest", options->manifest, "Write the manifest here");
  verb->add_option("--keep-module", options->module, "Write the core module that is embedded here");
  add_json_flag(*verb, options->json);
  verb->callback([options, &session] {
    const bool shipped = adapters::find_released(options->adapter) != nullptr;
    check_paths({{"IN", options->in}, {"--adapter", shipped ? "" : options->adapter}},
                {{"-o/--output", options->out},
                 {"--manifest", options->manifest},
                 {"--report", options->report},
                 {"--keep-module", options->module},
                 {"--json", options->json ? "-" : ""}});
    session.exit_code = make(session, *options);
  });
}

}  // namespace heapbump::cli
