// Runs another program and waits for it: its standard input is empty, its standard output and error are kept
// up to a limit. The one file that knows how processes are started.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace heapbump {

struct ProcessResult {
  int exit_code = 0;   ///< 128 + the signal's number where a signal ended it
  std::string output;  ///< the first 64 KiB of each
  std::string errors;
};

/// `command`: the program's path and its arguments. Error: kIoRead if it cannot be started.
[[nodiscard]] Result<ProcessResult> run_process(const std::vector<std::string>& command);

/// The file of that name in the folders of PATH that may be executed.
[[nodiscard]] std::optional<std::string> find_program(std::string_view name);

}  // namespace heapbump
