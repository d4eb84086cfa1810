// heapbump undo RESERVED -o OUT: the original, byte for byte, from the reserved module alone.
#include "reserve/undo.h"

#include <iostream>

#include "cli/cli.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string in;
  std::string out;
};

int undo_file(const Session& session, const Options& options) {
  const auto loaded = load_module(session, options.in);
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
  verb->add_option("-o,--output", options->out, "Where the original goes, or - for standard output")
      ->required();
  verb->callback([options, &session] { session.exit_code = undo_file(session, *options); });
}

}  // namespace heapbump::cli
