// heapbump undo RESERVED -o OUT: the original, byte for byte, from the reserved module alone, or with its
// manifest.
#include "reserve/undo.h"

#include <iostream>

#include "base/sha256.h"
#include "cli/cli.h"
#include "cli/paths.h"
#include "record/record.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string in;
  std::string out;
  std::string manifest;
  bool in_place = false;
  bool json = false;
};

int undo_file(const Session& session, const Options& options) {
  const auto loaded = load_module(session, options.in);
  if (!loaded && loaded.error().code == Code::kComponent)
    return fail_with(session, options.json, options.in, options.in,
                     {Code::kComponent,
                      "the file is a component, in which there is nothing to undo: `heapbump component` does "
                      "not change the module that it is given",
                      loaded.error().offset});
  if (!loaded) return fail_with(session, options.json, options.in, options.in, loaded.error());
  const Module& module = (*loaded)->module;
  std::string record;
  if (!options.manifest.empty()) {
    const auto text = read_file(options.manifest, kMaxJsonBytes);
    auto kept = text ? record_in_manifest(as_text(text->bytes.view())) : std::unexpected(text.error());
    if (kept && kept->empty())
      kept = fail(
          Code::kBadManifest,
          "the manifest keeps no record, so nothing can be undone with it; an earlier heapbump wrote it");
    if (!kept) return fail_with(session, options.json, options.in, options.manifest, kept.error());
    record = *std::move(kept);
  }
  const auto original = undo_with(module, record);
  if (!original) return fail_with(session, options.json, options.in, options.in, original.error());
  if (const auto same = (*loaded)->file.unchanged(); !same)
    return fail_with(session, options.json, options.in, options.in, same.error());
  const auto written = write_file(options.out, {*original}, {.mode = (*loaded)->file.mode, .binary = true});
  if (!written)
    return fail_with(session, options.json, options.in, output_name(options.out), written.error());
  if (options.json) print_json(session, options.in, undo_report(module.file, *original));
  words(session) << display_name(options.in) << ": undone; the original has " << grouped(original->size())
                 << " bytes\n";
  return 0;
}

}  // namespace

void add_undo(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("undo", "Give back the module that was reserved, byte for byte");
  verb->add_option("RESERVED", options->in, "Reserved module, or - for standard input")->required();
  auto* output =
      verb->add_option("-o,--output", options->out, "Where the original goes, or - for standard output")
          ->type_name("FILE");
  verb->add_flag("--in-place", options->in_place, "Replace RESERVED by the original, instead of -o")
      ->excludes(output);
  verb->add_option("--manifest", options->manifest,
                   "Manifest of the module, where a later tool removed its section heapbump")
      ->type_name("FILE");
  add_examples(*verb, {"heapbump undo reserved.wasm -o app.wasm"});
  add_json_flag(*verb, options->json);
  verb->callback([options, &session] {
    if (options->in_place) options->out = options->in;
    if (options->out.empty()) throw CLI::RequiredError("-o/--output (or --in-place)");
    if (options->in_place && options->in == "-")
      throw CLI::ValidationError("--in-place needs a file, not standard input");
    check_paths({{"RESERVED", options->in}, {"--manifest", options->manifest}},
                {{"-o/--output", options->out}, {"--json", options->json ? "-" : ""}},
                options->in_place ? InPlace::wanted : InPlace::offered);
    session.exit_code = undo_file(session, *options);
  });
}

}  // namespace heapbump::cli
