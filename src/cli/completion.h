// Completion scripts for bash, zsh and fish, made from the table of the command line, so that they know every
// verb, every option and every word that an option takes.
#pragma once

#include <string>

#include "cli/table.h"

namespace heapbump::cli {

[[nodiscard]] std::string bash_completion(const CommandTable& table);
[[nodiscard]] std::string zsh_completion(const CommandTable& table);
[[nodiscard]] std::string fish_completion(const CommandTable& table);

}  // namespace heapbump::cli
