// The command line as data: every verb with its options, arguments and examples, read from what the verbs
// registered. Help, manual pages and completions are all made from it, so none of them can miss an option.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace heapbump::cli {

/// What a shell may offer for a value.
enum class Offers : std::uint8_t { nothing, choices, files, folders };

struct OptionRow {
  std::vector<std::string> names;    ///< "-o", "--output", or the one word of an argument: "IN"
  std::string value;                 ///< "FILE", "N"; empty for a flag
  std::vector<std::string> choices;  ///< all values, where they are few
  std::string fallback;              ///< the default as it is written; empty where there is none
  std::string help;                  ///< one sentence without a full stop
  Offers offers = Offers::nothing;
  bool required = false;
  bool repeated = false;
};

struct VerbRow {
  std::string name;
  std::string summary;
  std::string footer;  ///< examples and what else is to be said, lines as they are
  std::vector<OptionRow> options;
  std::vector<OptionRow> arguments;
  std::vector<VerbRow> nested;  ///< "audit convert"
};

struct CommandTable {
  VerbRow program;  ///< what holds for every verb
  std::vector<VerbRow> verbs;
  /// "audit", "audit convert"
  [[nodiscard]] const VerbRow* find(std::string_view verb) const;
};

[[nodiscard]] CommandTable read_table(const CLI::App& app);

/// The options of a verb and of what is nested in it, each name once: what may follow its name on a command
/// line.
[[nodiscard]] std::vector<OptionRow> all_options(const VerbRow& verb);

/// "heapbump reserve [OPTIONS] IN [ARGS...]"
[[nodiscard]] std::string usage_line(const VerbRow& verb);

}  // namespace heapbump::cli
