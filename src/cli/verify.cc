// heapbump verify ORIGINAL RESERVED: holds the two files against each other and, with --run, runs both.
#include "heapbump/verify.h"

#include <array>
#include <iostream>

#include "cli/cli.h"
#include "cli/run_options.h"
#include "component/kind.h"
#include "report/report.h"
#include "verify/verify.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string original;
  std::string reserved;
  std::string manifest;
  bool run = false;
  RunOptions run_options;
  bool json = false;
};

/// An error that keeps the check from being made at all.
int give_up(const Session& session, const Options& options, const std::string& file, const Error& error) {
  if (options.json) {
    Json report = failure_report(error, nullptr, nullptr, std::nullopt);
    report["error"] = error_json(error);
    print_json(session, options.original, std::move(report));
  }
  return print_error(session, file, error);
}

const std::string& path_of(const Options& options, VerifiedFile file) {
  if (file == VerifiedFile::original) return options.original;
  return file == VerifiedFile::manifest ? options.manifest : options.reserved;
}

int tell_static(const Session& session, const Options& options, const Verification& verification) {
  if (!verification.ok()) {
    const Mismatch& first = verification.mismatches.front();
    std::string text = to_string(first);
    if (const std::size_t more = verification.mismatches.size() - 1; more != 0)
      text += " (and " + std::to_string(more) + " more" + (options.json ? ")" : "; --json lists all)");
    return print_error(session, path_of(options, first.file), {Code::kVerifyMismatch, text, first.offset});
  }
  if (verification.nothing_reserved) {
    words(session) << display_name(options.reserved)
                   << ": the same file as the original, which needs no region\n";
    return 0;
  }
  const Region& region = verification.manifest->region;
  words(session) << display_name(options.reserved) << ": verified: " << verification.changes.size()
                 << " changes, each of an allowed kind; region " << hex(region.base) << " to "
                 << hex(region.end()) << '\n';
  if (!verification.code_offsets_preserved)
    print_warning(session, options.reserved, "code offsets moved, so DWARF no longer fits");
  return 0;
}

int tell_run(const Session& session, const Options& options, const run::Proof& proof) {
  if (proof.verdict) return print_error(session, options.reserved, *proof.verdict);
  tell_proof(session, options.original, options.reserved, proof);
  return 0;
}

int verify_files(const Session& session, const Options& options) {
  std::optional<Manifest> manifest;
  if (!options.manifest.empty()) {
    auto loaded = load_manifest(options.manifest);
    if (!loaded) return give_up(session, options, options.manifest, loaded.error());
    manifest = std::move(loaded->manifest);
  }
  const auto original = read_file(options.original, session.max_size, Reading::mapped);
  if (!original) return give_up(session, options, options.original, original.error());
  const auto reserved = read_file(options.reserved, session.max_size, Reading::passed);
  if (!reserved) return give_up(session, options, options.reserved, reserved.error());
  const std::array files{std::pair{&options.original, &*original}, std::pair{&options.reserved, &*reserved}};
  for (const auto& [path, file] : files)
    if (const auto kind = expect_main_module(file->bytes.view()); !kind)
      return give_up(session, options, *path, kind.error());
  const auto verification =
      verify_modules(original->bytes.view(), reserved->bytes.view(), manifest, reserved->pages());
  if (!verification) return give_up(session, options, options.original, verification.error());
  for (const auto& [path, file] : files)
    if (const auto same = file->unchanged(); !same) return give_up(session, options, *path, same.error());

  Json ran, verdict;  // null where nothing was run, or nothing is wrong
  int status = tell_static(session, options, *verification);
  const bool run = options.run && verification->ok() && verification->manifest;
  if (run) {
    const auto request = to_proof_request(session, options.run_options, options.original);
    if (!request) return give_up(session, options, options.run_options.standard_input, request.error());
    const auto proof =
        run::prove(original->bytes.view(), reserved->bytes.view(), *verification->manifest, *request);
    if (!proof) return give_up(session, options, options.original, proof.error());
    request->progress("", 0);
    status = tell_run(session, options, *proof);
    ran = run::to_json(*proof, request->engine);
    if (proof->verdict) verdict = reasons_json(*proof->verdict, nullptr);
  }
  if (!options.json) return status;
  Json document = verify_report(*verification, status);
  if (!ran.is_null()) document["run"] = std::move(ran);
  if (!verdict.is_null()) document["reasons"] = std::move(verdict);
  print_json(session, options.original, std::move(document));
  return status;
}

}  // namespace

void add_verify(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand(
      "verify", "Check that RESERVED is ORIGINAL with a reserved region, and nothing else");
  verb->add_option("ORIGINAL", options->original, "The module before `reserve`, or - for standard input")
      ->required();
  verb->add_option("RESERVED", options->reserved, "The module after it")->required();
  verb->add_option("--manifest", options->manifest, "The layout manifest that belongs to it")
      ->type_name("FILE");
  verb->add_flag("--run", options->run,
                 "Also run both modules under a deterministic preview1 host and compare what they do");
  add_run_options(*verb, options->run_options);
  verb->add_option("ARGS", options->run_options.arguments, "After --: arguments of the program");
  add_examples(*verb, {"heapbump verify app.wasm reserved.wasm --manifest layout.json",
                       "heapbump verify lib.wasm reserved.wasm --run --invoke malloc 100 --stub-imports",
                       "heapbump verify app.wasm reserved.wasm --run --stdin input.txt -- --flag"});
  add_json_flag(*verb, options->json);
  verb->callback([options, &session] { session.exit_code = verify_files(session, *options); });
}

}  // namespace heapbump::cli
