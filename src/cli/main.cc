// The command line's frame: global options, the verbs, and how usage errors are reported.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <span>

#include "base/io.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/run_options.h"
#include "cli/suggest.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

constexpr int kUsage = 2;

constexpr std::string_view kFooter =
    "Exit codes: 0 done, 1 input/output or internal, 2 usage, 3 malformed, 4 unsupported, 5 no heap start "
    "found or not sure enough, 6 does not fit, 7 verification failed. `heapbump explain CODE` says what a "
    "diagnostic means and what to do.\n"
    "Examples:\n"
    "  $ heapbump component app.wasm -o app.component.wasm\n"
    "  $ heapbump help reserve\n";

void add_general_options(CLI::App& app, Session& session, std::string& color) {
  app.set_version_flag("-V,--version",
                       "heapbump " + std::string(version()) + "\nLicence: Apache-2.0 WITH LLVM-exception",
                       "Print the version and the licence, and end");
  app.set_help_flag("-h,--help", "Print the help, of the verb if one is given, and end");
  app.set_help_all_flag("--help-all", "Print the help of every verb and end");
  app.add_flag("-q,--quiet", session.quiet, "Say nothing on standard error but errors");
  app.add_flag("-v,--verbose", session.verbose, "Say more: evidence and sites of `detect`");
  app.add_option("--color", color, "Colours of what is printed")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  add_size(app, "--max-size", session.max_size, 1, "Largest input, in bytes or as 512M, 2G")
      ->default_str("1G");
}

void add_verbs(CLI::App& app, Session& session) {
  add_detect(app, session);
  add_reserve(app, session);
  add_component(app, session);
  add_verify(app, session);
  add_undo(app, session);
  add_place(app, session);
  add_check(app, session);
  add_map(app, session);
  add_audit(app, session);
  add_info(app, session);
  add_help(app, session);
  const auto every = [](const CLI::App*) { return true; };
  for (CLI::App* verb : app.get_subcommands(every)) {
    verb->preparse_callback([verb, &session](std::size_t) { session.verb = verb->get_name(); });
    for (CLI::App* nested : verb->get_subcommands(every))
      nested->preparse_callback([verb, nested, &session](std::size_t) {
        session.verb = verb->get_name() + " " + nested->get_name();
      });
  }
}

/// The whole command line, for whoever completes, explains or documents it.
std::string help_text(const CLI::App& app, const Session& session, bool all) {
  const CommandTable table = read_table(app);
  const std::size_t width = std::min<std::size_t>(terminal_width(STDOUT_FILENO), 100);
  if (!all) {
    const VerbRow* verb = table.find(session.verb);
    return verb == nullptr ? program_help(table, width) : verb_help(*verb, width);
  }
  std::string text = program_help(table, width);
  for (const VerbRow& verb : table.verbs)
    text += "\n" + std::string(width, '-') + "\nheapbump " + verb.name + "\n\n" + verb_help(verb, width);
  return text;
}

bool has(const std::vector<OptionRow>& rows, std::string_view name) {
  return std::ranges::any_of(
      rows, [&](const OptionRow& row) { return std::ranges::find(row.names, name) != row.names.end(); });
}

/// The first option that neither the verb nor the program has; empty where all are known.
std::string unknown_option(const CommandTable& table, const VerbRow& verb, std::span<char*> words) {
  for (const std::string_view word : words) {
    if (word == "--") break;
    if (!word.starts_with("--")) continue;
    const std::string_view name = word.substr(0, word.find('='));
    if (!has(verb.options, name) && !has(table.program.options, name)) return std::string(name);
  }
  return "";
}

std::string suggestion(const std::string& word, const std::vector<std::string>& words) {
  const std::string near = nearest(word, words);
  return near.empty() ? "" : "; did you mean `" + near + "`?";
}

// CLI11 only says that a verb is missing, or that an argument was not expected; the word that was mistyped
// and the one that was meant are what the user wants to see.
std::string usage_message(const CLI::App& app, const Session& session, const CLI::ParseError& error,
                          std::span<char*> words) {
  const CommandTable table = read_table(app);
  if (session.verb.empty()) {
    std::vector<std::string> verbs;
    for (const VerbRow& verb : table.verbs) verbs.push_back(verb.name);
    const std::string unknown = unknown_option(table, table.program, words);
    if (!unknown.empty()) {
      std::vector<std::string> names;
      for (const OptionRow& row : table.program.options)
        names.insert(names.end(), row.names.begin(), row.names.end());
      return "there is no option `" + unknown + "` before a verb" + suggestion(unknown, names);
    }
    if (words.empty()) return "a verb is required";
    const std::string word = words.front();
    if (word.starts_with('-')) return error.what();
    return "there is no verb `" + word + "`" + suggestion(word, verbs);
  }
  const VerbRow* verb = table.find(session.verb);
  if (verb == nullptr) return error.what();
  const std::string unknown = unknown_option(table, *verb, words);
  if (unknown.empty()) return error.what();
  std::vector<std::string> names;
  for (const auto* rows : {&verb->options, &table.program.options})
    for (const OptionRow& row : *rows) names.insert(names.end(), row.names.begin(), row.names.end());
  return "`heapbump " + verb->name + "` has no option `" + unknown + "`" + suggestion(unknown, names);
}

int usage_error(const CLI::App& app, const Session& session, const CLI::ParseError& error,
                std::span<char*> words) {
  const std::string message = usage_message(app, session, error, words);
  // Whoever asks for JSON gets JSON, whatever went wrong.
  if (std::ranges::find(words, std::string_view("--json")) != words.end())
    print_failure(session, "", {Code::kUsage, message, {}});
  std::cerr << "heapbump: error: " << printable(message) << " [" << code_info(Code::kUsage).name << "]\n"
            << "Run `heapbump help"
            << (session.verb.empty() ? "` for the verbs" : " " + session.verb + "` for its options") << ".\n";
  return kUsage;
}

int run(int argc, char** argv) {
  CLI::App app{
      "Reserves a region of linear memory in a finished WebAssembly module, so that a preview1 adapter can "
      "live in it."};
  app.name("heapbump");
  app.require_subcommand(1);
  Session session;
  std::string color = "auto";
  add_general_options(app, session, color);
  app.fallthrough();
  app.parse_complete_callback([&] {
    const char* no_color = std::getenv("NO_COLOR");
    const bool wanted = no_color == nullptr || *no_color == '\0';
    const auto on = [&](int stream) {
      return color == "always" || (color == "auto" && wanted && ::isatty(stream) == 1);
    };
    session.color = on(STDERR_FILENO);
    session.color_output = on(STDOUT_FILENO);
  });
  add_verbs(app, session);
  app.footer(std::string(kFooter));  // not before: a verb would begin with it
  try {
    std::vector<std::string> words =
        join_invocations(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    std::ranges::reverse(words);  // as CLI11 takes them
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    std::cout << help_text(app, session, false);
  } catch (const CLI::CallForAllHelp&) {
    std::cout << help_text(app, session, true);
  } catch (const CLI::CallForVersion& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return usage_error(app, session, e, std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
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
