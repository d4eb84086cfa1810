// heapbump map IN [--svg FILE]: the picture of a module's memory, before and after a reservation.
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "cli/cli.h"
#include "cli/paths.h"
#include "cli/terminal.h"
#include "component/kind.h"
#include "detectors/detect.h"
#include "heapbump/check.h"
#include "record/record.h"
#include "report/memory_map.h"
#include "report/report.h"
#include "reserve/plan.h"
#include "wasm/component.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string in;
  std::string svg;
  bool json = false;
};

/// Before and after; where no region can be reserved, the adapter's own memory beside the program's.
Result<std::vector<MemoryPicture>> pictures_of(const Session& session, const Options& options,
                                               const Module& module) {
  HEAPBUMP_TRY(const std::optional<Record> record, read_record(module));
  if (record)
    return std::vector{picture_before(module, record->manifest), picture_after(module, record->manifest)};
  auto found = detect(module);
  // Without a finding the picture still shows the data; what is missing is said.
  const Finding* finding = found && found->refusals.empty() ? &*found : nullptr;
  if (finding == nullptr)
    print_warning(session, options.in, "the heap start is not known; `heapbump detect` says why");
  std::vector<MemoryPicture> pictures{picture_before(module, finding)};
  if (const auto plan = finding != nullptr ? make_plan(module, *finding, {}) : std::unexpected(Error{})) {
    pictures.push_back(picture_after(module, plan->manifest));
    return pictures;
  }
  pictures.front().title = "the program";
  pictures.push_back(picture_apart());
  return pictures;
}

/// A component that was made apart: the program's memory and the adapter's.
Result<std::vector<MemoryPicture>> pictures_of_component(Bytes file) {
  HEAPBUMP_TRY(const ComponentCheck check, check_component(file, nullptr));
  std::vector<MemoryPicture> pictures;
  for (const CheckedApart& item : check.apart) {
    if (item.size == 0) continue;
    HEAPBUMP_TRY(const Module program, read_module(file.subspan(item.file_offset, item.size)));
    pictures.push_back(picture_before(program, nullptr));
    pictures.back().title = "the program";
    pictures.back().own_axis = true;
    pictures.push_back(picture_apart());
  }
  for (const CheckedModule& item : check.modules) {
    HEAPBUMP_TRY(const Module module, read_module(file.subspan(item.file_offset, item.size)));
    pictures.push_back(picture_before(module, item.manifest));
    pictures.push_back(picture_after(module, item.manifest));
    if (check.modules.size() > 1) pictures[pictures.size() - 2].own_axis = pictures.back().own_axis = true;
  }
  return pictures;
}

Result<std::vector<MemoryPicture>> read_pictures(const Session& session, const Options& options) {
  HEAPBUMP_TRY(const InputFile file, read_file(options.in, session.max_size));
  const Bytes bytes = file.bytes.view();
  if (is_component(bytes)) return pictures_of_component(bytes);
  HEAPBUMP_TRY(const Module module, read_main_module(bytes));
  HEAPBUMP_CHECK(check_supported_memory(module));
  return pictures_of(session, options, module);
}

int map_file(const Session& session, const Options& options) {
  const auto pictures = read_pictures(session, options);
  if (!pictures) return fail_with(session, options.json, options.in, options.in, pictures.error());
  if (!options.svg.empty()) {
    const std::string name = std::filesystem::path(options.in).filename().string();
    const auto written =
        write_text(options.svg, draw_svg(*pictures, options.in == "-" ? "standard input" : name));
    if (!written) return fail_with(session, options.json, options.in, options.svg, written.error());
    if (options.svg == "-") return 0;
  }
  if (options.json) {
    print_json(session, options.in, map_report(*pictures));
    return 0;
  }
  std::cout << draw_text(
      *pictures,
      {.width = terminal_width(STDOUT_FILENO), .color = session.color_output, .unicode = speaks_utf8()});
  return 0;
}

}  // namespace

void add_map(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("map", "Draw a module's memory at its start, before a reservation and after it");
  verb->add_option("IN", options->in, "Core module or component, or - for standard input")->required();
  verb->add_option("--svg", options->svg, "Also write the picture as SVG here, or - for it alone")
      ->type_name("FILE");
  add_json_flag(*verb, options->json);
  add_examples(*verb, {"heapbump map app.wasm --svg memory.svg"});
  verb->callback([options, &session] {
    check_paths({{"IN", options->in}}, {{"--svg", options->svg}, {"--json", options->json ? "-" : ""}});
    session.exit_code = map_file(session, *options);
  });
}

}  // namespace heapbump::cli
