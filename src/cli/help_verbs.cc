// heapbump help [VERB], heapbump completion bash|zsh|fish: the command line about itself.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "cli/cli.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/suggest.h"
#include "cli/terminal.h"

namespace heapbump::cli {
namespace {

int help(const CLI::App& app, const Session& session, const std::string& name, bool manual) {
  const CommandTable table = read_table(app);
  const VerbRow* verb = name.empty() ? nullptr : table.find(name);
  if (!name.empty() && verb == nullptr) {
    std::vector<std::string> names;
    for (const VerbRow& each : table.verbs) {
      names.push_back(each.name);
      for (const VerbRow& nested : each.nested) names.push_back(nested.name);
    }
    const std::string near = nearest(name, names);
    return print_error(session, "heapbump",
                       {Code::kUsage, "there is no verb `" + name + "`" +
                                          (near.empty() ? "" : "; did you mean `" + near + "`?")});
  }
  const std::size_t width = std::min<std::size_t>(terminal_width(STDOUT_FILENO), 100);
  std::cout << (manual            ? manual_page(table, verb)
                : verb == nullptr ? program_help(table, width)
                                  : verb_help(*verb, width));
  return 0;
}

}  // namespace

void add_help(CLI::App& app, Session& session) {
  struct Options {
    std::vector<std::string> words;
    bool manual = false;
    std::string shell;
  };
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("help", "Print the help of heapbump or of a verb");
  verb->add_option("VERB", options->words, "The verb; without one, what heapbump is for and all verbs");
  verb->add_flag("--man", options->manual, "Print the manual page instead, for man(1)");
  add_examples(*verb, {"heapbump help reserve", "heapbump help --man reserve | man -l -"});
  verb->callback([options, &app, &session] {
    std::string name;
    for (const std::string& word : options->words) name += (name.empty() ? "" : " ") + word;
    session.exit_code = help(app, session, name, options->manual);
  });
  CLI::App* completion = app.add_subcommand("completion", "Print the completion script of a shell");
  completion->add_option("SHELL", options->shell, "The shell")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->required();
  add_examples(*completion,
               {"heapbump completion bash > ~/.local/share/bash-completion/completions/heapbump"});
  completion->callback([options, &app] {
    const CommandTable table = read_table(app);
    std::cout << (options->shell == "bash"  ? bash_completion(table)
                  : options->shell == "zsh" ? zsh_completion(table)
                                            : fish_completion(table));
  });
}

}  // namespace heapbump::cli
