// heapbump reserve IN -o OUT: moves the heap's start up, places the shim, and writes OUT, the manifest and
// the report. Nothing is written when it refuses.
#include "reserve/reserve.h"

#include <iostream>
#include <map>

#include "base/sha256.h"
#include "cli/cli.h"
#include "cli/run_options.h"
#include "detectors/detect.h"
#include "heapbump/verify.h"
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
  bool dry_run = false;
  bool json = false;
};

void to_request(Options& options) {
  static const std::map<std::string, Strategy> strategies = {
      {"bump", Strategy::bump}, {"tail", Strategy::tail}, {"gap", Strategy::gap}};
  static const std::map<std::string, Placement> placements = {
      {"shim", Placement::shim}, {"adapter", Placement::adapter}, {"none", Placement::none}};
  static const std::map<std::string, Confidence> confidences = {
      {"weak", Confidence::weak}, {"strong", Confidence::strong}, {"proven", Confidence::proven}};
  if (options.strategy != "auto") options.request.strategy = strategies.at(options.strategy);
  if (options.placement != "auto") options.request.placement = placements.at(options.placement);
  options.request.min_confidence = confidences.at(options.min_confidence);
}

// Which of the outputs goes to standard output; two of them cannot share it.
void check_outputs(const Options& options) {
  if (options.out.empty() && !options.dry_run) throw CLI::RequiredError("-o/--output (or --dry-run)");
  const int users = (options.out == "-" && !options.dry_run) + options.json + (options.manifest == "-") +
                    (options.report == "-");
  if (users > 1)
    throw CLI::ValidationError("only one of -o, --json, --manifest and --report can use standard output");
}

int fail_with(const Session& session, const Options& options, const Error& error, const Module* module) {
  if (options.json) {
    // The finding is worth its cost here: an audit wants to know why it was refused.
    std::optional<Finding> finding;
    if (module != nullptr && exit_code(error.code) >= 4) {
      if (auto found = detect(*module)) finding = *std::move(found);
    }
    const Json report =
        failure_report(error, module, finding ? &*finding : nullptr,
                       module != nullptr ? std::optional(sha256_hex(module->file)) : std::nullopt);
    print_json(report);
  }
  return print_error(session, options.in, error);
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
    std::cerr << display_name(options.in) << ": " << plan.note << '\n';
    return;
  }
  const Manifest& m = plan.manifest;
  for (const Edit& edit : plan.edits) {
    std::cerr << "  " << hex(edit.offset) << (edit.old_bytes.empty() ? " + " : "   ") << edit.reason << '\n';
  }
  std::cerr << display_name(options.in) << ": reserved " << m.region.pages << " pages at "
            << hex(m.region.base) << " by " << to_string(plan.strategy) << ", placement "
            << to_string(plan.placement) << "; " << plan.edits.size() << " edits, "
            << grouped(module.file.size()) << " -> " << grouped(reservation.output_size) << " bytes"
            << (options.dry_run ? " (dry run: nothing was written)" : "") << '\n';
}

// Nothing is written unless the module that would be written passes: a detector's mistake has to get past a
// reader that shares nothing with it.
Status prove_reservation(const Session& session, const Options& options, const Module& module,
                         const Reservation& reservation) {
  const std::vector<std::byte> output = reservation.output(module.file);
  HEAPBUMP_TRY(const Verification verification,
               verify_modules(module.file, output, reservation.plan.manifest));
  if (!verification.ok()) {
    const Mismatch& first = verification.mismatches.front();
    const std::string at = first.offset ? " at " + hex(*first.offset) + " of the output" : "";
    return fail(Code::kVerifyMismatch, "the reserved module does not verify" + at + ": " + first.what);
  }
  if (options.prove != "run") return {};
  HEAPBUMP_TRY(const run::ProofRequest request, to_proof_request(options.run, options.in, session.max_size));
  HEAPBUMP_TRY(const run::Proof proof, run::prove(module.file, output, *verification.manifest, request));
  if (proof.verdict) return std::unexpected(*proof.verdict);
  return {};
}

int reserve_file(const Session& session, Options& options) {
  to_request(options);
  const auto loaded = load_module(session, options.in);
  if (!loaded) return fail_with(session, options, loaded.error(), nullptr);
  const Module& module = (*loaded)->module;
  const auto reservation = reserve(module, options.request);
  if (!reservation) return fail_with(session, options, reservation.error(), &module);

  const auto write_failed = [&](const std::string& path, const Error& error) {
    if (options.json)
      print_json(failure_report({error.code, output_name(path) + ": " + error.message, {}}, &module, nullptr,
                                reservation->input_sha256));
    return print_error(session, output_name(path), error);
  };
  const bool has_region = reservation->plan.outcome != Plan::Outcome::not_needed;
  if (options.prove != "none" && reservation->plan.outcome == Plan::Outcome::reserve) {
    const auto proved = prove_reservation(session, options, module, *reservation);
    if (!proved) return fail_with(session, options, proved.error(), &module);
  }
  if (!options.dry_run) {
    const auto written = write_file(options.out, reservation->pieces(module.file),
                                    {.mode = (*loaded)->file.mode, .binary = true});
    if (!written) return write_failed(options.out, written.error());
  }
  if (!options.manifest.empty() && has_region) {
    const auto written = write_text(options.manifest, to_json(reservation->plan.manifest).dump() + "\n");
    if (!written) return write_failed(options.manifest, written.error());
  }
  if (options.json || !options.report.empty()) {
    const Json report = reserve_report(module, *reservation, options.request);
    if (!options.report.empty()) {
      const auto written = write_text(options.report, report.dump() + "\n");
      if (!written) return write_failed(options.report, written.error());
    }
    if (options.json) print_json(report);
  }
  describe(session, options, module, *reservation);
  return 0;
}

}  // namespace

void add_reserve(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("reserve", "Reserve a region of a module's memory and write the module to OUT");
  verb->add_option("IN", options->in, "Core module, or - for standard input")->required();
  verb->add_option("-o,--output", options->out, "Where the reserved module goes, or - for standard output");
  verb->add_option("--pages", options->request.pages, "Pages of 64 KiB to reserve")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  verb->add_option("--strategy", options->strategy, "How the region is won")
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
  verb->add_option("--manifest", options->manifest, "Write the layout manifest here");
  verb->add_option("--report", options->report, "Write the audit report here");
  verb->add_option(
          "--prove", options->prove,
          "Write OUT only if it passes `verify` (static), or also runs like IN (run; the options below)")
      ->check(CLI::IsMember({"none", "static", "run"}))
      ->capture_default_str();
  add_run_options(*verb, options->run);
  verb->add_option("ARGS", options->run.arguments, "After --: arguments of the program for --prove run");
  verb->add_flag("--dry-run", options->dry_run, "Do everything but write OUT");
  add_json_flag(*verb, options->json);
  verb->callback([options, &session] {
    check_outputs(*options);
    session.exit_code = reserve_file(session, *options);
  });
}

}  // namespace heapbump::cli
