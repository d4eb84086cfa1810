// The command line's frame: global options, the verbs, and how usage errors are told.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>

#include "base/io.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

constexpr int kUsage = 2;

// CLI11 only says that a verb is missing; the word that was taken for none is what the user wants to see.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (!app.get_subcommands().empty() || argc < 2) return error.what();
  const std::string_view word = argv[1];
  if (word.starts_with('-')) return error.what();
  return "there is no verb \"" + std::string(word) + "\"";
}

int run(int argc, char** argv) {
  CLI::App app{
      "Reserves a region of linear memory in a finished WebAssembly module, so that a preview1 adapter can "
      "live in it."};
  app.name("heapbump");
  app.set_version_flag("--version", "heapbump " + std::string(version()));
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Show the help of every verb");
  app.footer(
      "Exit codes: 0 done, 1 input/output or internal, 2 usage, 3 malformed, 4 unsupported, 5 no heap start "
      "found or not\n"
      "sure enough, 6 does not fit, 7 verification failed. `heapbump explain CODE` says more about a "
      "diagnostic.");
  Session session;
  std::string color = "auto";
  app.add_option("--color", color, "Colour in messages: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--max-size", session.max_size, "Largest input in bytes")->capture_default_str();
  app.fallthrough();
  app.parse_complete_callback([&] {
    const char* no_color = std::getenv("NO_COLOR");
    const bool wanted = no_color == nullptr || *no_color == '\0';
    session.color = color == "always" || (color == "auto" && wanted && ::isatty(STDERR_FILENO) == 1);
  });
  add_detect(app, session);
  add_reserve(app, session);
  add_verify(app, session);
  add_undo(app, session);
  add_map(app, session);
  add_place(app, session);
  add_check(app, session);
  add_component(app, session);
  add_audit(app, session);
  add_info(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForAllHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForVersion& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    // Whoever asks for JSON gets JSON, whatever went wrong.
    if (std::ranges::find(argv, argv + argc, std::string_view("--json")) != argv + argc)
      print_json(failure_report({Code::kUsage, usage_message(app, e, argc, argv), {}}, nullptr, nullptr,
                                std::nullopt));
    std::cerr << "heapbump: error: " << printable(usage_message(app, e, argc, argv)) << " ["
              << code_info(Code::kUsage).name << "]\n"
              << "Run `heapbump --help` for the verbs and their options.\n";
    return kUsage;
  }
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "heapbump: error: standard output cannot be written [" << code_info(Code::kIoWrite).name
              << "]\n";
    return exit_code(Code::kIoWrite);
  }
  return session.exit_code;
}

}  // namespace
}  // namespace heapbump::cli

int main(int argc, char** argv) {
  // A reader that closes the pipe early is an error of writing, not a death.
  std::signal(SIGPIPE, SIG_IGN);
  heapbump::clean_up_on_signals();
  try {
    return heapbump::cli::run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::cerr << "heapbump: error: the machine has no memory left for this ["
              << heapbump::code_info(heapbump::Code::kOutOfMemory).name << "]\n";
  } catch (const std::exception& e) {
    std::cerr << "heapbump: error: " << heapbump::printable(e.what()) << " ["
              << heapbump::code_info(heapbump::Code::kInternal).name << "]\n";
  }
  return 1;
}
