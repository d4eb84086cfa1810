#include "cli/run_options.h"

#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "base/io.h"
#include "cli/cli.h"

namespace heapbump::cli {
namespace {

/// One line on a terminal that is written over; nothing elsewhere.
class ProgressLine {
 public:
  ProgressLine() : terminal_(::isatty(STDERR_FILENO) == 1) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (shown_) std::cerr << "\r\x1b[K" << std::flush;
  }
  void show(std::string_view label, std::uint64_t instructions) {
    if (!terminal_) return;
    const std::uint64_t millions = instructions / 1'000'000;
    if (shown_ && millions == last_) return;
    last_ = millions;
    shown_ = true;
    std::cerr << "\r\x1b[Krunning the " << label << ": " << grouped(millions) << " million instructions"
              << std::flush;
  }

 private:
  bool terminal_;
  bool shown_ = false;
  std::uint64_t last_ = 0;
};

}  // namespace

void add_run_options(CLI::App& verb, RunOptions& options) {
  const run::Limits limits;
  options.max_instructions = limits.instructions;
  options.max_seconds = limits.seconds;
  options.max_memory_mib = limits.memory_bytes >> 20U;
  options.max_output_mib = limits.output_bytes >> 20U;
  verb.add_option("--stdin", options.standard_input, "File that the program reads as its standard input")
      ->type_name("FILE");
  verb.add_option("--dir", options.folder, "Folder that the program sees, read-only, as /")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  verb.add_option("--env", options.environment, "NAME=value in the program's environment")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  verb.add_option("--invoke", options.invoke, "Export to call after _initialize")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  verb.add_option("--engine", options.engine,
                  "What runs the modules: wabt (built in) or node (on PATH, faster)")
      ->check(CLI::IsMember({"wabt", "node"}))
      ->capture_default_str();
  verb.add_option("--seed", options.seed, "Seed of the random numbers that the program gets")
      ->capture_default_str();
  verb.add_option("--max-instructions", options.max_instructions, "Instructions for each run (wabt)")
      ->capture_default_str();
  verb.add_option("--max-seconds", options.max_seconds, "Time for each run")->capture_default_str();
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;
  add_size(verb, "--max-memory", options.max_memory_mib, kMib,
           "Address space for each run, in MiB or as 4G (wabt)")
      ->default_str(std::to_string(options.max_memory_mib));
  add_size(verb, "--max-output", options.max_output_mib, kMib,
           "What the program may give to the host in each run, in MiB or as 1G")
      ->default_str(std::to_string(options.max_output_mib));
}

Result<run::ProofRequest> to_proof_request(const RunOptions& options, const std::string& module_path,
                                           std::uint64_t max_size) {
  run::ProofRequest request;
  const std::string name = std::filesystem::path(module_path).filename().string();
  request.host.arguments.push_back(name.empty() || name == "-" ? "program.wasm" : name);
  request.host.arguments.insert(request.host.arguments.end(), options.arguments.begin(),
                                options.arguments.end());
  request.host.environment = options.environment;
  request.host.random_seed = options.seed;
  if (!options.folder.empty()) request.host.folder = options.folder;
  if (!options.standard_input.empty()) {
    HEAPBUMP_TRY(const InputFile input, read_file(options.standard_input, max_size));
    request.host.standard_input = as_text(input.bytes.view());
  }
  request.limits.instructions = options.max_instructions;
  request.limits.seconds = options.max_seconds;
  request.limits.memory_bytes = options.max_memory_mib << 20U;
  request.limits.output_bytes = options.max_output_mib << 20U;
  request.invoke = options.invoke;
  request.engine = options.engine == "node" ? run::EngineKind::node : run::EngineKind::wabt;
  const auto line = std::make_shared<ProgressLine>();
  request.progress = [line](std::string_view label, std::uint64_t instructions) {
    line->show(label, instructions);
  };
  return request;
}

}  // namespace heapbump::cli
