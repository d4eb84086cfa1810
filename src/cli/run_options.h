// The options of a dynamic check, shared by `verify --run` and `reserve --prove run`, and the progress line
// they show.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/cli.h"
#include "run/prove.h"

namespace heapbump::cli {

struct RunOptions {
  std::string standard_input;
  std::string folder;
  std::vector<std::string> environment;
  std::vector<std::string> invoke;  ///< each as join_invocations leaves it
  std::vector<std::string> stubs;
  bool stub_imports = false;
  std::vector<std::string> arguments;
  std::string engine = "wabt";
  std::uint64_t seed = 1;
  std::uint64_t max_instructions = 0;
  std::uint32_t max_seconds = 0;
  std::uint64_t max_memory_mib = 0;
  std::uint64_t max_output_mib = 0;
};

void add_run_options(CLI::App& verb, RunOptions& options);

[[nodiscard]] run::EngineKind engine_of(const RunOptions& options);

/// Makes one word of what belongs to one --invoke: its name and the numbers behind it. CLI11 has no option
/// that ends at the first word which is no number, and takes -5 for an option.
[[nodiscard]] std::vector<std::string> join_invocations(std::span<char* const> words);

/// "env.f=0 (12 calls), env.g=0 (1 call)": the stubs that were called, the first few of them; empty if none.
[[nodiscard]] std::string stubs_text(const run::Proof& proof);

/// Says how both modules ran, and what the verdict rests on.
void tell_proof(const Session& session, const std::string& original, const std::string& reserved,
                const run::Proof& proof);

/// Reads the file of standard input; the program's name is the module's file name without its folder.
[[nodiscard]] Result<run::ProofRequest> to_proof_request(const Session& session, const RunOptions& options,
                                                         const std::string& module_path);

}  // namespace heapbump::cli
