// heapbump undo RESERVED -o OUT: the original, byte for byte, from the reserved module alone.
#include "reserve/undo.h"

#include <iostream>

#include "cli/cli.h"
#include "cli/paths.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string in;
  std::string out;
  bool in_place = false;
};

int undo_file(const Session& session, const Options& options) {
  const auto loaded = load_module(session, options.in);
  if (!loaded && loaded.error().code == Code::kComponent)
    return print_error(
        session, options.in,
        {Code::kComponent,
         "the file is a component, in which there is nothing to undo: `heapbump component` does not "
         "change the module that it is given",
         loaded.error().offset});
  if (!loaded) return print_error(session, options.in, loaded.error());
  const auto original = undo((*loaded)->module);
  if (!original) return print_error(session, options.in, original.error());
  const auto written = write_file(options.out, {*original}, {.mode = (*loaded)->file.mode, .binary = true});
  if (!written) return print_error(session, output_name(options.out), written.error());
  std::cerr << display_name(options.in) << ": undone; the original has " << grouped(original->size())
            << " bytes\n";
  return 0;
}

}  // namespace

void add_undo(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("undo", "Give back the module that was reserved, byte for byte");
  verb->add_option("RESERVED", options->in, "Reserved module, or - for standard input")->required();
  auto* output =
      verb->add_option("-o,--output", options->out, "Where the original goes, or - for standard output");
  verb->add_flag("--in-place", options->in_place, "Replace RESERVED by the original, instead of -o")
      ->excludes(output);
  verb->callback([options, &session] {
    if (options->in_place) options->out = options->in;
    if (options->out.empty()) throw CLI::RequiredError("-o/--output (or --in-place)");
    if (options->in_place && options->in == "-")
      throw CLI::ValidationError("--in-place needs a file, not standard input");
    check_paths({{"RESERVED", options->in}}, {{"-o/--output", options->out}},
                options->in_place ? InPlace::wanted : InPlace::offered);
    session.exit_code = undo_file(session, *options);
  });
}

}  // namespace heapbump::cli
