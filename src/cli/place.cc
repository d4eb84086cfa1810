// heapbump place ADAPTER --manifest FILE -o OUT: the adapter that lives in a manifest's slots and asks nobody
// for memory.
#include <iostream>

#include "adapters/registry.h"
#include "cli/cli.h"
#include "cli/paths.h"
#include "component/kind.h"
#include "heapbump/component.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string adapter;
  std::string manifest;
  std::string out;
  std::uint32_t slot = 0;
  bool json = false;
};

void describe(const Session& session, const Options& options, const PlacedAdapter& placed) {
  std::ostream& out = words(session);
  out << display_name(options.adapter) << ": " << placed.family << " " << placed.flavor
      << " adapter placed: stack below " << hex(placed.stack_top);
  if (placed.stack_bound)
    out << " (at most " << grouped(*placed.stack_bound) << " bytes of it are ever used)";
  if (placed.state_needed != 0) out << ", State at " << hex(placed.state_base);
  out << '\n';
  if (!placed.module_sha256.empty()) {
    out << "It goes with the module whose SHA-256 is " << placed.module_sha256 << " and with no other.\n";
  } else {
    out << "The manifest does not name the module it belongs to; `heapbump check` on the finished component "
           "does.\n";
  }
}

int place_file(const Session& session, const Options& options) {
  const auto loaded = load_manifest(options.manifest);
  if (!loaded) return fail_with(session, options.json, options.adapter, options.manifest, loaded.error());
  const auto adapter = read_file(options.adapter, session.max_size);
  if (!adapter) return fail_with(session, options.json, options.adapter, options.adapter, adapter.error());
  if (const auto kind = expect_adapter(adapter->bytes.view()); !kind)
    return fail_with(session, options.json, options.adapter, options.adapter, kind.error());
  const auto placed = place_adapter(adapter->bytes.view(), loaded->manifest, options.slot);
  if (!placed) return fail_with(session, options.json, options.adapter, options.adapter, placed.error());
  const auto written = write_file(options.out, {placed->bytes}, {.mode = adapter->mode, .binary = true});
  if (!written) return fail_with(session, options.json, options.adapter, options.out, written.error());
  if (options.json) print_json(session, options.adapter, to_json(*placed));
  describe(session, options, *placed);
  return 0;
}

}  // namespace

void add_place(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("place", "Rewrite a stock adapter so that it lives in a reserved module's region");
  verb->add_option("ADAPTER", options->adapter, "Released adapter (a core module), or - for standard input")
      ->required();
  verb->add_option("--manifest", options->manifest,
                   "Layout manifest of the module, reserved with --placement adapter")
      ->type_name("FILE")
      ->required();
  verb->add_option("-o,--output", options->out, "Where the placed adapter goes, or - for standard output")
      ->type_name("FILE")
      ->required();
  verb->add_option("--slot", options->slot, "Which of the manifest's adapters this one is")
      ->capture_default_str();
  add_json_flag(*verb, options->json);
  std::string families = "Adapter families:\n";
  for (const adapters::Family& family : adapters::families())
    families += "  " + std::string(family.name) + ": " + std::string(family.summary) + "\n";
  verb->footer(families);
  add_examples(*verb,
               {"heapbump place wasi_snapshot_preview1.command.wasm --manifest layout.json -o placed.wasm"});
  verb->callback([options, &session] {
    check_paths({{"ADAPTER", options->adapter}, {"--manifest", options->manifest}},
                {{"-o/--output", options->out}, {"--json", options->json ? "-" : ""}});
    session.exit_code = place_file(session, *options);
  });
}

}  // namespace heapbump::cli
