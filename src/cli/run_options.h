// The options of a dynamic check, shared by `verify --run` and `reserve --prove run`, and the progress line
// they show.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "run/prove.h"

namespace heapbump::cli {

struct RunOptions {
  std::string standard_input;
  std::string folder;
  std::vector<std::string> environment;
  std::vector<std::string> invoke;
  std::vector<std::string> arguments;
  std::string engine = "wabt";
  std::uint64_t seed = 1;
  std::uint64_t max_instructions = 0;
  std::uint32_t max_seconds = 0;
  std::uint64_t max_memory_mib = 0;
  std::uint64_t max_output_mib = 0;
};

void add_run_options(CLI::App& verb, RunOptions& options);

/// Reads the file of standard input; the program's name is the module's file name without its folder.
[[nodiscard]] Result<run::ProofRequest> to_proof_request(const RunOptions& options,
                                                         const std::string& module_path,
                                                         std::uint64_t max_size);

}  // namespace heapbump::cli
