// Manual pages, section 1, in the language of man(7).
#include <algorithm>
#include <cctype>

#include "cli/help.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

// A line that begins with a dot or an apostrophe would be a request; a hyphen in a name is no hyphenation.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '`')
      out += "\\(ga";
    else if ((c == '.') && (out.empty() || out.back() == '\n'))
      out += "\\&.";
    else
      out += c;
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + escaped(text) + "\\fR";
}

std::string option_page(const OptionRow& row) {
  std::string head;
  for (const std::string& name : row.names)
    head += (head.empty() ? "" : ", ") + (name.starts_with('-') ? bold(name) : italic(name));
  if (row.names.front().starts_with('-') && !row.value.empty()) head += " " + italic(row.value);
  std::string text = escaped(row.help) + ".";
  if (row.repeated && row.names.front().starts_with('-')) text += "\nMay be given several times.";
  if (!row.fallback.empty() && row.fallback != "false" && row.fallback != "{}")
    text += "\nThe default is " + bold(row.fallback) + ".";
  return ".TP\n" + head + "\n" + text + "\n";
}

std::string options_page(std::string_view title, const std::vector<OptionRow>& rows) {
  if (rows.empty()) return "";
  std::string out = ".SH " + std::string(title) + "\n";
  for (const OptionRow& row : rows) out += option_page(row);
  return out;
}

// Lines that begin with a space are commands or tables and stay as they are.
std::string footer_page(const std::string& text) {
  std::string out;
  bool literal = false;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.empty()) continue;
    const bool kept = line.starts_with(' ');
    if (!kept && literal) out += ".RE\n.fi\n";
    // A heading begins a paragraph by itself.
    if ((kept ? !literal : true) && !out.empty()) out += ".PP\n";
    if (kept && !literal) out += ".nf\n.RS 4\n";
    literal = kept;
    out += escaped(kept ? line.substr(line.find_first_not_of(' ')) : line) + "\n";
  }
  return out + (literal ? ".RE\n.fi\n" : "");
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string lower_first(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string head(const std::string& page, const std::string& summary) {
  return ".\\\" Made by `heapbump help --man`; not edited by hand.\n.TH " + upper(escaped(page)) +
         " 1 \"\" \"heapbump " + std::string(version()) + "\"\n.SH NAME\n" + escaped(page) + " \\- " +
         escaped(summary) + "\n";
}

std::string synopsis(const VerbRow& verb) {
  const std::string usage = usage_line(verb).substr(std::string_view("heapbump ").size());
  const std::string rest = usage.substr(verb.name.size());
  return bold("heapbump " + verb.name) + " " + italic(rest.empty() ? "" : rest.substr(1)) + "\n";
}

/// "audit convert", in the page of `audit`.
std::string nested_page(const VerbRow& verb) {
  std::string out = ".SH " + upper(escaped(verb.name)) + "\n" + escaped(verb.summary) + ".\n";
  for (const auto* rows : {&verb.arguments, &verb.options})
    for (const OptionRow& row : *rows) out += option_page(row);
  return out;
}

std::string verb_page(const CommandTable& table, const VerbRow& verb) {
  std::string synopses = synopsis(verb);
  std::string more;
  for (const VerbRow& nested : verb.nested) {
    synopses += ".br\n" + synopsis(nested);
    more += nested_page(nested);
  }
  std::string page = "heapbump-" + verb.name;
  std::ranges::replace(page, ' ', '-');
  return head(page, lower_first(verb.summary)) + ".SH SYNOPSIS\n" + synopses + ".SH DESCRIPTION\n" +
         escaped(verb.summary) + ".\n" + options_page("ARGUMENTS", verb.arguments) +
         options_page("OPTIONS", verb.options) + more +
         options_page("OPTIONS OF EVERY VERB", table.program.options) +
         (verb.footer.empty() ? "" : ".SH EXAMPLES\n" + footer_page(verb.footer)) + ".SH SEE ALSO\n" +
         "\\fBheapbump\\fR(1)\n";
}

std::string program_page(const CommandTable& table) {
  std::string verbs, also;
  for (const VerbRow& verb : table.verbs) {
    verbs += ".TP\n" + bold(verb.name) + "\n" + escaped(verb.summary) + ".\n";
    also += (also.empty() ? "" : ",\n") + bold("heapbump-" + verb.name) + "(1)";
  }
  return head("heapbump", "reserve memory in finished WebAssembly modules") + ".SH SYNOPSIS\n" +
         bold("heapbump") + " " + italic("VERB") + " [" + italic("OPTIONS") + "] ...\n.SH DESCRIPTION\n" +
         escaped(table.program.summary) + "\n.SH VERBS\n" + verbs +
         options_page("OPTIONS OF EVERY VERB", table.program.options) + ".SH EXIT STATUS AND DIAGNOSTICS\n" +
         footer_page(table.program.footer) + ".SH SEE ALSO\n" + also + "\n";
}

}  // namespace

std::string manual_page(const CommandTable& table, const VerbRow* verb) {
  return verb == nullptr ? program_page(table) : verb_page(table, *verb);
}

}  // namespace heapbump::cli
