#include "cli/help.h"

#include <algorithm>
#include <cctype>

#include "cli/terminal.h"

namespace heapbump::cli {
namespace {

constexpr std::size_t kLeft = 24;  // columns of names, before what they mean

std::string names_of(const OptionRow& row) {
  std::string text;
  if (row.names.front().starts_with("--")) text = "    ";
  for (const std::string& name : row.names) text += (text.empty() || text == "    " ? "" : ", ") + name;
  return text;
}

bool is_word_in(std::string_view text, std::string_view word) {
  const auto inner = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !inner(text[at - 1])) && (end == text.size() || !inner(text[end]))) return true;
  }
  return false;
}

/// Whether a sentence names every choice already.
bool names_choices(const OptionRow& row) {
  return std::ranges::all_of(row.choices,
                             [&](const std::string& choice) { return is_word_in(row.help, choice); });
}

std::string meaning(const OptionRow& row) {
  std::string text = row.help;
  if (row.choices.size() > 1 && row.names.front().starts_with('-') && !names_choices(row)) {
    text += ": ";
    for (std::size_t i = 0; i < row.choices.size(); ++i)
      text += (i == 0 ? "" : i + 1 == row.choices.size() ? " or " : ", ") + row.choices[i];
  }
  if (row.repeated && row.names.front().starts_with('-')) text += "; may be given several times";
  if (!row.fallback.empty() && row.fallback != "false" && row.fallback != "{}")
    text += " (default: " + row.fallback + ")";
  return text;
}

// A long list of choices is in the meaning; beside the name one word says that there is a choice.
std::string value_of(const OptionRow& row) {
  return row.choices.empty() ? row.value : "WORD";
}

/// "  NAME      what it means", the meaning below where the name is long or the terminal narrow.
std::string entry(const std::string& name, std::string_view text, std::size_t width) {
  const bool narrow = width < 2 * kLeft;
  const std::size_t left = narrow ? 6 : kLeft;
  std::string out = "  " + name;
  if (narrow || out.size() + 2 > left) {
    out += "\n" + std::string(left, ' ');
  } else {
    out += std::string(left - out.size(), ' ');
  }
  return out + wrapped(text, width, left, left) + "\n";
}

std::string option_entry(const OptionRow& row, std::size_t width) {
  const std::string value = value_of(row);
  const bool argument = !row.names.front().starts_with('-');
  return entry(names_of(row) + (argument || value.empty() ? "" : " " + value), meaning(row), width);
}

std::string entries(std::string_view title, const std::vector<OptionRow>& rows, std::size_t width) {
  if (rows.empty()) return "";
  std::string out = "\n" + std::string(title) + "\n";
  for (const OptionRow& row : rows) out += option_entry(row, width);
  return out;
}

// A footer is text in lines: one that begins with a space is kept, others are wrapped.
std::string footer(const std::string& text, std::size_t width) {
  if (text.empty()) return "";
  std::string out = "\n";
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const bool kept = line.starts_with(' ') && line.size() <= width;
    out += (kept                    ? line
            : line.starts_with(' ') ? "  " + wrapped(line, width, 6, 2)
                                    : wrapped(line, width, 0)) +
           "\n";
    begin = end + 1;
  }
  return out;
}

std::string nested_entries(const VerbRow& verb, std::size_t width) {
  if (verb.nested.empty()) return "";
  std::string out = "\nMore (`heapbump help " + verb.nested.front().name + "`):\n";
  for (const VerbRow& nested : verb.nested) out += entry(nested.name, nested.summary, width);
  return out;
}

}  // namespace

std::string program_help(const CommandTable& table, std::size_t width) {
  std::string out =
      wrapped(table.program.summary, width, 0) + "\n\nUsage: heapbump VERB [OPTIONS] ...\n\nVerbs:\n";
  for (const VerbRow& verb : table.verbs) out += entry(verb.name, verb.summary, width);
  out += entries("Options of every verb:", table.program.options, width);
  return out + footer(table.program.footer, width);
}

std::string verb_help(const VerbRow& verb, std::size_t width) {
  return wrapped(verb.summary, width, 0) + "\n\n" + wrapped("Usage: " + usage_line(verb), width, 4) + "\n" +
         nested_entries(verb, width) + entries("Arguments:", verb.arguments, width) +
         entries("Options:", verb.options, width) + footer(verb.footer, width) + "\n" +
         wrapped("Options of every verb, and exit codes: `heapbump help`.", width, 0) + "\n";
}

}  // namespace heapbump::cli
