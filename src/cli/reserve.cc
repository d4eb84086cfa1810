// heapbump reserve IN -o OUT: moves the heap's start up, places the shim, and writes OUT, the manifest and
// the report. Nothing is written when it refuses.
#include "reserve/reserve.h"

#include <iostream>
#include <sstream>

#include "base/names.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "cli/cli.h"
#include "cli/failure.h"
#include "cli/paths.h"
#include "cli/run_options.h"
#include "detectors/detect.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string in;
  std::string out;
  std::string manifest;
  std::string report;
  std::string strategy = "auto";
  std::string placement = "auto";
  std::string min_confidence = "strong";
  std::string prove = "static";
  RunOptions run;
  Request request;
  bool in_place = false;
  bool dry_run = false;
  bool json = false;
};

void to_request(Options& options) {
  options.request.strategy = value_named<Strategy::gap>(options.strategy);  // nothing for "auto"
  options.request.placement = value_named<Placement::none>(options.placement);
  options.request.min_confidence = value_named<Confidence::proven>(options.min_confidence).value();
}

void check_options(Options& options) {
  if (options.in_place && !options.out.empty())
    throw CLI::ValidationError("--in-place and -o/--output exclude each other");
  if (options.in_place && options.in == "-")
    throw CLI::ValidationError("--in-place needs a file, not standard input");
  if (options.in_place) options.out = options.in;
  if (options.out.empty() && !options.dry_run)
    throw CLI::RequiredError("-o/--output (or --in-place, --dry-run)");
  check_paths({{"IN", options.in}, {"--stdin", options.run.standard_input}},
              {{"-o/--output", options.dry_run ? "" : options.out},
               {"--manifest", options.manifest},
               {"--report", options.report},
               {"--json", options.json ? "-" : ""}},
              options.in_place ? InPlace::wanted : InPlace::offered);
}

// A run that failed leaves its report, and no manifest of an earlier one. Returns the exit code.
int fail_with(const Session& session, const Options& options, const std::string& file, const Error& error,
              const Module* module) {
  if (options.json || !options.report.empty()) {
    // The finding is worth its cost here: an audit wants to know why it was refused.
    std::optional<Finding> finding;
    if (module != nullptr && exit_code(error.code) >= 4) {
      if (auto found = detect(*module)) finding = *std::move(found);
    }
    const Error told =
        file == options.in ? error : Error{error.code, output_name(file) + ": " + error.message, {}};
    const Json report =
        failure_report(told, module, finding ? &*finding : nullptr,
                       module != nullptr ? std::optional(sha256_hex(module->file)) : std::nullopt);
    tell_failure(session, options.in, report, options.json, options.report == file ? "" : options.report);
  }
  drop_stale_manifest(session, options.manifest);
  return print_error(session, file == options.in ? file : output_name(file), error);
}

void describe(const Session& session, const Options& options, const Module& module,
              const Reservation& reservation) {
  const Plan& plan = reservation.plan;
  std::vector<std::string> warnings = plan.warnings;
  if (reservation.finding)
    warnings.insert(warnings.begin(), reservation.finding->warnings.begin(),
                    reservation.finding->warnings.end());
  for (const std::string& warning : warnings) print_warning(session, options.in, warning);
  if (plan.outcome != Plan::Outcome::reserve) {
    words(session) << display_name(options.in) << ": " << printable(plan.note) << '\n';
    return;
  }
  const Manifest& m = plan.manifest;
  std::ostringstream out;  // in one piece: standard error is not buffered
  for (const Edit& edit : plan.edits) {
    out << "  " << hex(edit.offset) << (edit.old_bytes.empty() ? " + " : "   ") << printable(edit.reason)
        << '\n';
  }
  out << display_name(options.in) << ": reserved " << m.region.pages << " pages at " << hex(m.region.base)
      << " by " << to_string(plan.strategy) << ", placement " << to_string(plan.placement) << "; "
      << plan.edits.size() << " edits, " << grouped(module.file.size()) << " -> "
      << grouped(reservation.output_size) << " bytes"
      << (options.dry_run ? " (dry run: nothing was written)" : "") << '\n';
  words(session) << out.str();
}

// Nothing is written unless the module that would be written passes.
Result<std::optional<run::Proof>> prove_output(const Session& session, const Options& options,
                                               const Module& module, const Reservation& reservation,
                                               const StagedFile* staged) {
  const auto written = staged != nullptr ? staged->bytes() : std::nullopt;
  const std::vector<std::byte> joined = written ? std::vector<std::byte>() : reservation.output(module.file);
  const Bytes output = written.value_or(joined);
  HEAPBUMP_TRY(const Manifest manifest,
               prove_reservation(module, reservation, output, written ? staged->pages() : PagesUsed()));
  if (options.prove != "run") return std::nullopt;
  HEAPBUMP_TRY(const run::ProofRequest request, to_proof_request(session, options.run, options.in));
  HEAPBUMP_TRY(run::Proof proof, run::prove(module.file, output, manifest, request));
  request.progress("", 0);
  if (proof.verdict) return std::unexpected(*proof.verdict);
  return std::optional(std::move(proof));
}

WriteOptions write_options(const LoadedModule& loaded) {
  return {.mode = loaded.file.mode, .binary = true};
}

int write_outputs(const Session& session, const Options& options, const LoadedModule& loaded,
                  const Reservation& reservation, const std::optional<run::Proof>& proof,
                  std::shared_ptr<StagedFile> staged) {
  const Module& module = loaded.module;
  if (const auto same = loaded.file.unchanged(); !same)
    return fail_with(session, options, options.in, same.error(), nullptr);
  const std::string manifest = manifest_json(reservation, module).dump() + "\n";
  Json document = reserve_report(module, reservation, options.request);
  document["verb"] = session.verb;
  if (proof) document["run"] = run::to_json(*proof, engine_of(options.run));
  const std::string report = document.dump() + "\n";
  std::vector<Output> outputs;
  if (!options.dry_run)
    outputs.push_back(
        {options.out, reservation.pieces(module.file), write_options(loaded), std::move(staged)});
  const auto add_text = [&](const std::string& path, const std::string& text) {
    if (!path.empty()) outputs.push_back({path, {as_bytes(text)}, {.mode = {}, .binary = false}});
  };
  add_text(options.manifest, manifest);
  add_text(options.report, report);
  if (const auto written = write_files(outputs); !written) {
    const FailedOutput& failed = written.error();
    return fail_with(session, options, outputs[failed.index].path, failed.error, &module);
  }
  if (options.json) print_json(session, options.in, std::move(document));
  if (proof) tell_proof(session, options.in, options.out, *proof);
  describe(session, options, module, reservation);
  return 0;
}

int reserve_file(const Session& session, Options& options) {
  to_request(options);
  const auto loaded = load_module(session, options.in);
  if (!loaded) return fail_with(session, options, options.in, loaded.error(), nullptr);
  const Module& module = (*loaded)->module;
  warn_of_blockers(session, options.in, module.file);
  const auto reservation = reserve(module, options.request);
  if (!reservation) return fail_with(session, options, options.in, reservation.error(), &module);
  std::optional<run::Proof> proof;
  std::shared_ptr<StagedFile> staged;
  if (options.prove != "none" && reservation->plan.outcome == Plan::Outcome::reserve) {
    // What is proved is the file itself, before it gets its name.
    if (!options.dry_run) {
      auto made = StagedFile::make(options.out, reservation->pieces(module.file), write_options(**loaded));
      if (!made) return fail_with(session, options, options.out, made.error(), &module);
      staged = *std::move(made);
    }
    auto proved = prove_output(session, options, module, *reservation, staged.get());
    if (!proved) return fail_with(session, options, options.in, proved.error(), &module);
    proof = *std::move(proved);
  }
  return write_outputs(session, options, **loaded, *reservation, proof, std::move(staged));
}

}  // namespace

void add_reserve(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("reserve", "Reserve a region of a module's memory and write the module to OUT");
  verb->add_option("IN", options->in, "Core module, or - for standard input")->required();
  verb->add_option("-o,--output", options->out, "Where the reserved module goes, or - for standard output")
      ->type_name("FILE");
  verb->add_option("--pages", options->request.pages, "Pages of 64 KiB to reserve")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  verb->add_option("--strategy", options->strategy, "How the region is made")
      ->check(CLI::IsMember({"auto", "bump", "tail", "gap"}))
      ->capture_default_str();
  verb->add_option(
          "--placement", options->placement,
          "How an adapter comes to the region (auto: shim, unless the module has a realloc of its own)")
      ->check(CLI::IsMember({"auto", "shim", "adapter", "none"}))
      ->capture_default_str();
  verb->add_option("--adapters", options->request.adapters,
                   "How many adapters share the region, 2 pages each")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  verb->add_option("--min-confidence", options->min_confidence, "Refuse below this")
      ->check(CLI::IsMember({"proven", "strong", "weak"}))
      ->capture_default_str();
  verb->add_flag("--allow-moved-code", options->request.allow_moved_code,
                 "Allow code offsets to move by a byte where one more function needs it (breaks DWARF)");
  verb->add_option("--manifest", options->manifest, "Write the layout manifest here")->type_name("FILE");
  verb->add_option("--report", options->report, "Write the audit report here")->type_name("FILE");
  verb->add_option(
          "--prove", options->prove,
          "Write OUT only if it passes `verify` (static), or also runs like IN (run; the options below)")
      ->check(CLI::IsMember({"none", "static", "run"}))
      ->capture_default_str();
  add_run_options(*verb, options->run);
  verb->add_option("ARGS", options->run.arguments, "After --: arguments of the program for --prove run");
  verb->add_flag("--in-place", options->in_place, "Replace IN by the reserved module, instead of -o");
  verb->add_flag("--dry-run", options->dry_run, "Do everything but write OUT");
  add_examples(*verb, {"heapbump reserve app.wasm -o reserved.wasm --manifest layout.json"});
  add_json_flag(*verb, options->json);
  verb->callback([options, &session] {
    check_options(*options);
    session.exit_code = reserve_file(session, *options);
  });
}

}  // namespace heapbump::cli
