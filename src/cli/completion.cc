#include "cli/completion.h"

#include <algorithm>

namespace heapbump::cli {
namespace {

// A text between single quotes; a quote itself is left out, which costs an apostrophe in a description.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    if (c != '\'') out += c;
  return out + "'";
}

std::string words(const std::vector<std::string>& list, std::string_view between = " ") {
  std::string out;
  for (const std::string& word : list) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

std::vector<OptionRow> options_of(const CommandTable& table, const VerbRow& verb) {
  std::vector<OptionRow> rows = all_options(verb);
  rows.insert(rows.end(), table.program.options.begin(), table.program.options.end());
  return rows;
}

std::vector<std::string> names_of(const std::vector<OptionRow>& rows) {
  std::vector<std::string> names;
  for (const OptionRow& row : rows) names.insert(names.end(), row.names.begin(), row.names.end());
  return names;
}

std::vector<std::string> verb_names(const CommandTable& table) {
  std::vector<std::string> names;
  for (const VerbRow& verb : table.verbs) names.push_back(verb.name);
  return names;
}

/// What the arguments of a verb offer: its choices, or files.
std::vector<std::string> argument_choices(const CommandTable& table, const VerbRow& verb) {
  if (verb.name == "help") return verb_names(table);
  return verb.arguments.empty() ? std::vector<std::string>{} : verb.arguments.front().choices;
}

/// "convert merge", after `audit`.
std::string nested_words(const VerbRow& verb) {
  std::vector<std::string> names;
  for (const VerbRow& nested : verb.nested) names.push_back(nested.name.substr(verb.name.size() + 1));
  return words(names);
}

bool takes_files(const VerbRow& verb) {
  return std::ranges::any_of(verb.arguments,
                             [](const OptionRow& row) { return row.offers == Offers::files; });
}

std::string bash_value(const OptionRow& row) {
  switch (row.offers) {
    case Offers::choices:
      return "mapfile -t COMPREPLY < <(compgen -W " + in_quotes(words(row.choices)) + " -- \"$word\")";
    case Offers::files:
      return "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
    case Offers::folders:
      return "mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
    case Offers::nothing:
      break;
  }
  return "COMPREPLY=()";
}

// fish says of each value what it is: -a WORDS, files (-F), folders, or nothing (-f).
std::string fish_value(const OptionRow& row) {
  switch (row.offers) {
    case Offers::choices:
      return " -x -a " + in_quotes(words(row.choices));
    case Offers::files:
      return " -r -F";
    case Offers::folders:
      return " -x -a '(__fish_complete_directories)'";
    case Offers::nothing:
      break;
  }
  return row.value.empty() ? "" : " -x";
}

std::string fish_option(const OptionRow& row, const std::string& condition) {
  std::string out = "complete -c heapbump" + condition;
  for (const std::string& name : row.names)
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  return out + fish_value(row) + " -d " + in_quotes(row.help) + "\n";
}

// zsh reads `[`, `]` and `:` in an option's description as syntax.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') continue;
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const OptionRow& row) {
  switch (row.offers) {
    case Offers::choices:
      return ":(" + words(row.choices) + ")";
    case Offers::files:
      return ":_files";
    case Offers::folders:
      return ":_files -/";
    case Offers::nothing:
      break;
  }
  return ": ";
}

std::string zsh_option(const OptionRow& row) {
  const std::string value = row.value.empty() ? "" : ":" + zsh_text(row.names.back()) + zsh_action(row);
  std::string out;
  for (const std::string& name : row.names) {
    // A value may follow in a word of its own or, for a long name, after "=".
    const std::string equals = row.value.empty() ? "" : name.starts_with("--") ? "=" : "+";
    const std::string others = row.names.size() < 2 ? "" : "(" + words(row.names) + ")";
    out += "        " + in_quotes(row.repeated ? "*" : others) +
           in_quotes(name + equals + "[" + zsh_text(row.help) + "]" + value) + " \\\n";
  }
  return out;
}

std::string zsh_arguments(const CommandTable& table, const VerbRow& verb) {
  const std::vector<std::string> choices = argument_choices(table, verb);
  std::string out;
  if (verb.name == "help") return "        " + in_quotes("1:verb:(" + words(choices) + ")") + " \\\n";
  for (const OptionRow& row : verb.arguments)
    out += "        " +
           in_quotes((row.repeated ? "*:" : ":") + zsh_text(row.names.front()) + zsh_action(row)) + " \\\n";
  return out;
}

}  // namespace

std::string bash_completion(const CommandTable& table) {
  std::string out =
      "# bash completion for heapbump, made by `heapbump completion bash`.\n"
      "_heapbump() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n      " +
      words(verb_names(table), " | ") +
      ") verb=${COMP_WORDS[i]}; break ;;\n    esac\n  done\n"
      "  compopt -o filenames 2>/dev/null\n"
      "  case $verb,$before in\n";
  std::vector<VerbRow> all = table.verbs;
  for (const VerbRow& verb : all) {
    for (const OptionRow& row : all_options(verb)) {
      if (row.value.empty()) continue;
      std::vector<std::string> cases;
      for (const std::string& name : row.names) cases.push_back(verb.name + "," + name);
      out += "    " + words(cases, " | ") + ") " + bash_value(row) + "; return ;;\n";
    }
  }
  for (const OptionRow& row : table.program.options)
    if (!row.value.empty())
      out += "    *," + words(row.names, " | *,") + ") " + bash_value(row) + "; return ;;\n";
  out += "  esac\n  case $verb in\n";
  for (const VerbRow& verb : all) {
    out += "    " + verb.name +
           ")\n      if [[ $word == -* ]]; then\n        mapfile -t COMPREPLY < <(compgen -W " +
           in_quotes(words(names_of(options_of(table, verb)))) + " -- \"$word\")\n";
    const std::vector<std::string> choices = argument_choices(table, verb);
    if (!choices.empty())
      out += "      else\n        mapfile -t COMPREPLY < <(compgen -W " + in_quotes(words(choices)) +
             " -- \"$word\")\n";
    else if (takes_files(verb))
      out += "      else\n        mapfile -t COMPREPLY < <(compgen -f" +
             (verb.nested.empty() ? "" : " -W " + in_quotes(nested_words(verb))) + " -- \"$word\")\n";
    out += "      fi ;;\n";
  }
  out += "    *) mapfile -t COMPREPLY < <(compgen -W " +
         in_quotes(words(verb_names(table)) + " " + words(names_of(table.program.options))) +
         " -- \"$word\") ;;\n";
  return out + "  esac\n}\ncomplete -F _heapbump heapbump\n";
}

std::string zsh_completion(const CommandTable& table) {
  std::string out =
      "#compdef heapbump\n# zsh completion for heapbump, made by `heapbump completion zsh`.\n"
      "_heapbump() {\n  local context state line\n  local -a verbs general\n  verbs=(\n";
  for (const VerbRow& verb : table.verbs)
    out += "    " + in_quotes(verb.name + ":" + zsh_text(verb.summary)) + "\n";
  out += "  )\n  _arguments -C \\\n";
  for (const OptionRow& row : table.program.options) out += zsh_option(row);
  out +=
      "        '1: :->verb' '*:: :->rest'\n  case $state in\n    verb) _describe verb verbs ;;\n    rest)\n  "
      "    case $words[1] in\n";
  for (const VerbRow& verb : table.verbs) {
    out += "      " + verb.name + ") _arguments \\\n";
    for (const OptionRow& row : options_of(table, verb)) out += zsh_option(row);
    out += zsh_arguments(table, verb) + "        && return ;;\n";
  }
  return out +
         "      esac ;;\n  esac\n}\nif [ \"$funcstack[1]\" = _heapbump ]; then _heapbump \"$@\"; else "
         "compdef _heapbump heapbump; fi\n";
}

std::string fish_completion(const CommandTable& table) {
  std::string out =
      "# fish completion for heapbump, made by `heapbump completion fish`.\ncomplete -c heapbump -f\n";
  for (const VerbRow& verb : table.verbs)
    out += "complete -c heapbump -n __fish_use_subcommand -a " + verb.name + " -d " +
           in_quotes(verb.summary) + "\n";
  for (const OptionRow& row : table.program.options) out += fish_option(row, "");
  for (const VerbRow& verb : table.verbs) {
    const std::string condition = " -n '__fish_seen_subcommand_from " + verb.name + "'";
    for (const OptionRow& row : all_options(verb)) out += fish_option(row, condition);
    if (!verb.nested.empty())
      out += "complete -c heapbump" + condition + " -a " + in_quotes(nested_words(verb)) + "\n";
    const std::vector<std::string> choices = argument_choices(table, verb);
    if (!choices.empty())
      out += "complete -c heapbump" + condition + " -a " + in_quotes(words(choices)) + "\n";
    else if (takes_files(verb))
      out += "complete -c heapbump" + condition + " -F\n";
  }
  return out;
}

}  // namespace heapbump::cli
