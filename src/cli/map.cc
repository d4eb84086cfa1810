// heapbump map IN [--svg FILE]: the picture of a module's memory, before or after a reservation.
#include <iostream>

#include "cli/cli.h"
#include "cli/paths.h"
#include "detectors/detect.h"
#include "record/record.h"
#include "report/memory_map.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string in;
  std::string svg;
};

int map_file(const Session& session, const Options& options) {
  const auto loaded = load_module(session, options.in);
  if (!loaded) return print_error(session, options.in, loaded.error());
  const Module& module = (*loaded)->module;
  if (auto status = check_supported_memory(module); !status)
    return print_error(session, options.in, status.error());
  const auto record = read_record(module);
  if (!record) return print_error(session, options.in, record.error());
  std::optional<Finding> finding;
  if (!*record) {
    auto found = detect(module);
    // Without a finding the picture still shows the data; what is missing is said.
    if (found && found->refusals.empty()) finding = *std::move(found);
    if (!finding)
      print_warning(session, options.in, "the heap start is not known; `heapbump detect` says why");
  }
  const auto areas =
      map_memory(module, finding ? &*finding : nullptr, *record ? &(*record)->manifest : nullptr);
  if (!options.svg.empty()) {
    const std::string title =
        *record ? "linear memory at the start, with the reserved region" : "linear memory at the start";
    const auto written = write_text(options.svg, draw_svg(areas, title));
    if (!written) return print_error(session, options.svg, written.error());
    if (options.svg == "-") return 0;
  }
  std::cout << draw_text(areas);
  return 0;
}

}  // namespace

void add_map(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("map", "Draw a module's memory as it is at the start");
  verb->add_option("IN", options->in, "Core module, reserved or not, or - for standard input")->required();
  verb->add_option("--svg", options->svg, "Also write the picture as SVG here");
  verb->callback([options, &session] {
    check_paths({{"IN", options->in}}, {{"--svg", options->svg}});
    session.exit_code = map_file(session, *options);
  });
}

}  // namespace heapbump::cli
