// heapbump detectors | explain CODE: what the tool knows, for people and scripts.
#include <algorithm>
#include <iostream>

#include "cli/cli.h"
#include "detectors/registry.h"

namespace heapbump::cli {
namespace {

int explain(const Session& session, const std::string& name) {
  const auto found = std::ranges::find(all_codes(), name, &CodeInfo::name);
  if (found == all_codes().end()) {
    return print_error(
        session, "heapbump",
        {Code::kUnknownCode, "there is no diagnostic \"" + name + "\"; codes look like HB0301", {}});
  }
  std::cout << found->name << ": " << found->summary << "\nexit code " << exit_code(found->code) << "\n\n"
            << found->explanation << '\n';
  return 0;
}

}  // namespace

void add_info(CLI::App& app, Session& session) {
  CLI::App* detectors = app.add_subcommand("detectors", "List the toolchains that are known");
  detectors->callback([] {
    for (const Detector& d : all_detectors())
      std::cout << d.name << std::string(d.name.size() < 16 ? 16 - d.name.size() : 1, ' ') << d.help << '\n';
  });
  auto code = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("explain", "Explain a diagnostic code");
  verb->add_option("CODE", *code, "For example HB0504")->required();
  verb->callback([code, &session] { session.exit_code = explain(session, *code); });
}

}  // namespace heapbump::cli
