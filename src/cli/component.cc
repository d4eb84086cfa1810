// heapbump component IN -o OUT: a component that runs, from any preview1 module. Nothing is written unless
// what was made passes `check`.
#include "heapbump/component.h"

#include <deque>
#include <iostream>

#include "adapters/released.h"
#include "base/names.h"
#include "cli/cli.h"
#include "cli/descriptions.h"
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
  std::vector<std::string> adapters;  // as given
  std::string adapter;                // of preview1, among them
  std::vector<std::string> descriptions;
  std::string report;
  std::string manifest;
  std::string module;
  bool json = false;
};

int fail_with(const Session& session, const Options& options, const std::string& file, const Error& error) {
  if (options.json || !options.report.empty())
    tell_failure(session, options.in, failure_report(error, nullptr, nullptr, std::nullopt), options.json,
                 options.report == file ? "" : options.report);
  drop_stale_manifest(session, options.manifest);
  return print_error(session, file, error);
}

ComponentRequest to_request(const Options& options) {
  ComponentRequest request;
  request.may_relocate = options.strategy != "apart";
  request.may_stand_apart = options.strategy == "auto" || options.strategy == "apart";
  request.strategy = value_named<Strategy::gap>(options.strategy);
  request.min_confidence = value_named<Confidence::proven>(options.min_confidence).value();
  request.encoder = options.encoder;
  return request;
}

void describe(const Session& session, const Options& options, const MadeComponent& made) {
  for (const std::string& warning : made.warnings) print_warning(session, options.in, warning);
  const std::string adapter =
      made.adapter_flavor.empty() ? options.adapter : made.adapter_flavor + " of " + made.adapter_release;
  words(session) << display_name(options.in) << ": "
                 << (made.strategy == "apart" ? "the adapter has a memory of its own (apart)"
                     : made.strategy == "none"
                         ? "nothing was reserved"
                         : "the adapter has a region of the module's memory (" + made.strategy + ")")
                 << ", because " << printable(made.why) << '\n'
                 << output_name(options.out) << ": component of " << grouped(made.component.size())
                 << " bytes, adapter " << adapter;
  for (const NamedAdapterRecord& item : made.adapters)
    words(session) << " and one for " << printable(item.serves);
  words(session) << ", encoder " << made.encoder.version << "; checked\n";
}

/// The component and the files beside it: all, or none.
int write_outputs(const Session& session, const Options& options, const InputFile& input,
                  const MadeComponent& made) {
  const std::string manifest = component_manifest(made).dump() + "\n";
  Json document = to_json(made);
  document["verb"] = session.verb;
  const std::string report = document.dump() + "\n";
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
  if (options.json) print_json(session, options.in, std::move(document));
  describe(session, options, made);
  return 0;
}

/// The files that options name: they must outlive the request.
struct GivenFiles {
  std::deque<FileBytes> files;  // never moved, so views stay

  Result<std::span<const std::byte>> read(const Session& session, const std::string& path) {
    HEAPBUMP_TRY(InputFile file, read_file(path, session.max_size));
    return files.emplace_back(std::move(file.bytes)).view();
  }
};

/// NAME=FILE; nothing where it is a file, or a shipped adapter's name, alone.
std::optional<std::pair<std::string, std::string>> named_adapter(const std::string& text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string::npos) return std::nullopt;
  return std::pair(text.substr(0, sign), text.substr(sign + 1));
}

/// On an error `blamed` is the file that it is about.
Status read_given(const Session& session, const Options& options, ComponentRequest& request,
                  GivenFiles& given, std::string& blamed) {
  if (adapters::find_released(options.adapter) != nullptr) {
    request.flavor = options.adapter;
  } else if (!options.adapter.empty()) {
    blamed = options.adapter;
    HEAPBUMP_TRY(request.adapter, given.read(session, blamed));
  }
  for (const std::string& text : options.adapters) {
    const auto named = named_adapter(text);
    if (!named) continue;
    blamed = named->second;
    HEAPBUMP_TRY(const auto bytes, given.read(session, blamed));
    request.adapters.push_back({named->first, bytes});
  }
  blamed = options.in;
  if (options.descriptions.empty()) return {};
  HEAPBUMP_TRY(request.description, read_descriptions(session, options.descriptions, blamed));
  return {};
}

int make(const Session& session, const Options& options) {
  const auto file = read_file(options.in, session.max_size);
  if (!file) return fail_with(session, options, options.in, file.error());
  ComponentRequest request = to_request(options);
  GivenFiles given;
  std::string blamed = options.in;
  if (const auto read = read_given(session, options, request, given, blamed); !read)
    return fail_with(session, options, blamed, read.error());
  const auto made = make_component(file->bytes.view(), request);
  if (!made) return fail_with(session, options, options.in, made.error());
  return write_outputs(session, options, *file, *made);
}

/// The input files, for check_paths; sets which of the adapters is that of preview1.
std::vector<NamedPath> inputs_of(Options& options) {
  std::vector<NamedPath> inputs{{"IN", options.in}};
  for (const std::string& text : options.adapters) {
    if (const auto named = named_adapter(text)) {
      inputs.push_back({"--adapter", named->second});
      continue;
    }
    if (!options.adapter.empty())
      throw CLI::ValidationError("--adapter", "two adapters are given for preview1");
    options.adapter = text;
    if (adapters::find_released(text) == nullptr) inputs.push_back({"--adapter", text});
  }
  for (const std::string& file : options.descriptions) inputs.push_back({"--describe", file});
  return inputs;
}

}  // namespace

void add_component(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("component", "Make a component that runs from a preview1 module");
  verb->add_option("IN", options->in, "Core module, or - for standard input")->required();
  verb->add_option("-o,--output", options->out, "Where the component goes, or - for standard output")
      ->type_name("FILE")
      ->required();
  verb->add_option("--strategy", options->strategy,
                   "Where the adapter lives: in a region of the module's memory (bump, tail, gap) or in a "
                   "memory of its own (apart); auto takes the region where that is safe")
      ->check(CLI::IsMember({"auto", "bump", "tail", "gap", "apart"}))
      ->capture_default_str();
  verb->add_option("--min-confidence", options->min_confidence, "Do not move the heap below this")
      ->check(CLI::IsMember({"proven", "strong", "weak"}))
      ->capture_default_str();
  verb->add_option("--adapter", options->adapters,
                   "command, reactor or proxy (shipped), the file of another preview1 adapter, or NAME=FILE: "
                   "the adapter for imports from the module NAME")
      ->type_name("FILE|FLAVOR")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--describe", options->descriptions,
                   "WITX file that says what functions served by --adapter NAME=FILE do with memory")
      ->type_name("FILE")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option(
          "--encoder", options->encoder,
          "auto, builtin, wasm-tools, jco, or the path of one of the two (auto: wasm-tools if it is on PATH)")
      ->type_name("NAME|PATH")
      ->capture_default_str();
  verb->add_option("--report", options->report, "Write the report here")->type_name("FILE");
  verb->add_option("--manifest", options->manifest, "Write the manifest here")->type_name("FILE");
  verb->add_option("--keep-module", options->module, "Write the core module that is embedded here")
      ->type_name("FILE");
  add_examples(*verb, {"heapbump component app.wasm -o app.component.wasm"});
  add_json_flag(*verb, options->json);
  verb->callback([options, &session] {
    check_paths(inputs_of(*options), {{"-o/--output", options->out},
                                      {"--manifest", options->manifest},
                                      {"--report", options->report},
                                      {"--keep-module", options->module},
                                      {"--json", options->json ? "-" : ""}});
    session.exit_code = make(session, *options);
  });
}

}  // namespace heapbump::cli
