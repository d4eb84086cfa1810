// Help as text for a terminal and as manual pages, both from the table of the command line.
#pragma once

#include <string>

#include "cli/table.h"

namespace heapbump::cli {

/// The page of the program: what it is for, the verbs, the options of all of them.
[[nodiscard]] std::string program_help(const CommandTable& table, std::size_t width);
/// The page of one verb, with its example.
[[nodiscard]] std::string verb_help(const VerbRow& verb, std::size_t width);

/// A manual page in the language of man(7): "heapbump" for an empty verb, else "heapbump-VERB". Section 1.
[[nodiscard]] std::string manual_page(const CommandTable& table, const VerbRow* verb);

}  // namespace heapbump::cli
