#include "cli/run_options.h"

#include <filesystem>
#include <iostream>

#include "base/io.h"
#include "cli/cli.h"
#include "cli/progress.h"

namespace heapbump::cli {
namespace {

// Between the words of one --invoke; no argument of a command line holds it by accident.
constexpr char kBetween = '\x1f';

run::InvokeText invocation(std::string_view joined) {
  run::InvokeText text;
  for (bool first = true; first || !joined.empty(); first = false) {
    const std::size_t end = std::min(joined.find(kBetween), joined.size());
    const std::string word(joined.substr(0, end));
    if (first) {
      text.name = word;
    } else {
      text.arguments.push_back(word);
    }
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return text;
}

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
      ->take_all()
      ->allow_extra_args(false);
  verb.add_option("--invoke", options.invoke,
                  "Export to call after _start or _initialize, and its numbers: malloc 100")
      ->type_name("NAME [NUMBER...]")
      ->take_all()
      ->allow_extra_args(false);
  verb.add_option("--stub", options.stubs,
                  "Answer an imported function that the host does not have with this: env.now=0, env.log")
      ->type_name("MODULE.NAME[=NUMBER]")
      ->take_all()
      ->allow_extra_args(false);
  verb.add_flag("--stub-imports", options.stub_imports,
                "Answer every imported function that the host does not have with zeros");
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

run::EngineKind engine_of(const RunOptions& options) {
  return options.engine == "node" ? run::EngineKind::node : run::EngineKind::wabt;
}

std::vector<std::string> join_invocations(std::span<char* const> words) {
  std::vector<std::string> joined;
  bool after_dashes = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string word = words[i];
    after_dashes = after_dashes || word == "--";
    const bool name_follows = word == "--invoke";
    if (!after_dashes && (name_follows || word.starts_with("--invoke="))) {
      if (name_follows && i + 1 < words.size()) {
        joined.push_back(std::move(word));
        word = words[++i];
      }
      while (i + 1 < words.size() && run::is_number(words[i + 1])) (word += kBetween) += words[++i];
    }
    joined.push_back(std::move(word));
  }
  return joined;
}

std::string stubs_text(const run::Proof& proof) {
  constexpr std::size_t kMost = 8;
  std::string text;
  std::size_t called = 0;
  for (std::size_t i = 0; i < proof.calls.stubs.size(); ++i) {
    const std::size_t calls = proof.stub_calls[i];
    if (calls == 0 || ++called > kMost) continue;
    text += (text.empty() ? "" : ", ") + printable(run::to_string(proof.calls.stubs[i])) + " (" +
            std::to_string(calls) + (calls == 1 ? " call)" : " calls)");
  }
  if (called > kMost) text += " and " + std::to_string(called - kMost) + " more";
  return text;
}

void tell_proof(const Session& session, const std::string& original, const std::string& reserved,
                const run::Proof& proof) {
  std::size_t addresses = 0;
  for (const run::Comparison& comparison : proof.comparisons)
    addresses = std::max(addresses, comparison.addresses.size());
  if (addresses != 0) {
    const auto first = std::ranges::find_if(proof.comparisons, [](const auto& c) {
                         return !c.addresses.empty();
                       })->addresses.front();
    print_warning(session, reserved,
                  "the program gives out " + std::to_string(addresses) +
                      (addresses == 1 ? " address" : " addresses") +
                      " of its heap, which differ, the first at host call " + std::to_string(first.event) +
                      ": " + first.original + " and " + first.reserved);
  }
  if (proof.traces.front().outcome.end == run::End::trapped)
    print_warning(session, original,
                  "both modules trap in the same way, so the runs show little: " +
                      proof.traces.front().outcome.message);
  const std::string stubs = stubs_text(proof);
  if (!stubs.empty())
    print_warning(
        session, reserved,
        "stubs answered these imports, so the runs say nothing about a host that does more: " + stubs);
  words(session) << display_name(reserved)
                 << ": ran like the original: " << proof.traces.front().events.size() << " host calls, "
                 << to_string(proof.traces.front().outcome) << "; the region stayed intact under zeros and "
                 << proof.comparisons.size() - 1 << " patterns\n";
}

Result<run::ProofRequest> to_proof_request(const Session& session, const RunOptions& options,
                                           const std::string& module_path) {
  run::ProofRequest request;
  const std::string name = std::filesystem::path(module_path).filename().string();
  request.host.arguments.push_back(name.empty() || name == "-" ? "program.wasm" : name);
  request.host.arguments.insert(request.host.arguments.end(), options.arguments.begin(),
                                options.arguments.end());
  request.host.environment = options.environment;
  request.host.random_seed = options.seed;
  if (!options.folder.empty()) request.host.folder = options.folder;
  if (!options.standard_input.empty()) {
    HEAPBUMP_TRY(const InputFile input, read_file(options.standard_input, session.max_size));
    request.host.standard_input = as_text(input.bytes.view());
  }
  request.limits.instructions = options.max_instructions;
  request.limits.seconds = options.max_seconds;
  request.limits.memory_bytes = options.max_memory_mib << 20U;
  request.limits.output_bytes = options.max_output_mib << 20U;
  for (const std::string& joined : options.invoke) request.calls.invoke.push_back(invocation(joined));
  request.calls.stubs = options.stubs;
  request.calls.stub_imports = options.stub_imports;
  request.engine = engine_of(options);
  const auto line = std::make_shared<ProgressLine>(session);
  request.progress = [line](std::string_view label, std::uint64_t instructions) {
    if (label.empty()) return line->clear();
    if (line->is_due())
      line->show("running the " + std::string(label) + ": " + grouped(instructions / 1'000'000) +
                 " million instructions");
  };
  return request;
}

}  // namespace heapbump::cli
