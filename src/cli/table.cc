#include "cli/table.h"

#include <algorithm>
#include <cctype>
#include <ranges>

namespace heapbump::cli {
namespace {

// CLI11 writes a value's type as "TEXT:{auto,bump}", "UINT:INT in [1 - 1024]" or "TEXT:DIR".
std::vector<std::string> choices_of(std::string_view type) {
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open == std::string_view::npos ? 0 : open);
  std::vector<std::string> choices;
  if (open == std::string_view::npos || close == std::string_view::npos) return choices;
  for (const auto part : std::views::split(type.substr(open + 1, close - open - 1), ','))
    choices.emplace_back(std::string_view(part.begin(), part.end()));
  return choices;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

std::string placeholder(std::string_view type, const std::vector<std::string>& choices) {
  if (!choices.empty()) return joined(choices, "|");
  if (type.find(":DIR") != std::string_view::npos) return "DIR";
  if (type.find(":FILE") != std::string_view::npos) return "FILE";
  const std::string_view word = type.substr(0, type.find(':'));
  return word == "UINT" || word == "INT" ? "N" : std::string(word);
}

Offers offered(const OptionRow& row) {
  if (!row.choices.empty()) return Offers::choices;
  const std::string_view value = row.value.empty() || row.value == "TEXT" ? row.names.front() : row.value;
  static constexpr std::string_view kFiles[] = {
      "FILE", "IN",    "RESERVED", "ORIGINAL",     "COMPONENT", "ADAPTER",  "FILE|FLAVOR",
      "OUT",  "IN...", "PATH",     "ADAPTER|FILE", "REPORT",    "NAME|PATH"};
  if (value == "DIR" || value == "OUTDIR") return Offers::folders;
  return std::ranges::find(kFiles, value) == std::end(kFiles) ? Offers::nothing : Offers::files;
}

OptionRow row_of(const CLI::Option& option) {
  OptionRow row;
  for (const std::string& name : option.get_snames()) row.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) row.names.push_back("--" + name);
  const bool argument = row.names.empty();
  if (argument) row.names.push_back(option.get_name(true));
  const bool flag = !argument && option.get_items_expected_max() == 0;
  if (!flag) {
    const std::string type = option.get_type_name();
    row.choices = choices_of(type);
    row.value = placeholder(type, row.choices);
  }
  row.fallback = option.get_default_str();
  row.help = option.get_description();
  row.required = option.get_required();
  row.repeated = option.get_items_expected_max() > 1 ||
                 option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  row.offers = flag ? Offers::nothing : offered(row);
  return row;
}

VerbRow verb_of(const CLI::App& app, const std::string& name) {
  VerbRow verb{name, app.get_description(), app.get_footer(), {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    const bool argument = option->get_snames().empty() && option->get_lnames().empty();
    (argument ? verb.arguments : verb.options).push_back(row_of(*option));
  }
  return verb;
}

// What the program has as well is said once, there.
void leave_out(std::vector<OptionRow>& options, const std::vector<OptionRow>& general) {
  std::erase_if(options, [&](const OptionRow& option) {
    return std::ranges::find(general, option.names, &OptionRow::names) != general.end();
  });
}

}  // namespace

const VerbRow* CommandTable::find(std::string_view verb) const {
  for (const VerbRow& row : verbs) {
    if (row.name == verb) return &row;
    const auto nested = std::ranges::find(row.nested, verb, &VerbRow::name);
    if (nested != row.nested.end()) return &*nested;
  }
  return nullptr;
}

CommandTable read_table(const CLI::App& app) {
  const auto every = [](const CLI::App*) { return true; };
  CommandTable table{verb_of(app, app.get_name()), {}};
  const std::vector<OptionRow>& general = table.program.options;
  for (const CLI::App* verb : app.get_subcommands(every)) {
    if (verb->get_group().empty()) continue;
    VerbRow row = verb_of(*verb, verb->get_name());
    leave_out(row.options, general);
    for (const CLI::App* nested : verb->get_subcommands(every)) {
      row.nested.push_back(verb_of(*nested, row.name + " " + nested->get_name()));
      leave_out(row.nested.back().options, general);
    }
    table.verbs.push_back(std::move(row));
  }
  return table;
}

std::vector<OptionRow> all_options(const VerbRow& verb) {
  std::vector<OptionRow> options = verb.options;
  for (const VerbRow& nested : verb.nested)
    for (const OptionRow& row : nested.options)
      if (std::ranges::find(options, row.names, &OptionRow::names) == options.end()) options.push_back(row);
  return options;
}

std::string usage_line(const VerbRow& verb) {
  std::string line = "heapbump " + verb.name;
  if (!verb.options.empty()) line += " [OPTIONS]";
  for (const OptionRow& argument : verb.arguments) {
    const std::string word = argument.names.front() + (argument.repeated ? "..." : "");
    const bool after_dashes = argument.names.front() == "ARGS";
    line += argument.required ? " " + word : (after_dashes ? " [-- " : " [") + word + "]";
  }
  return line;
}

}  // namespace heapbump::cli
