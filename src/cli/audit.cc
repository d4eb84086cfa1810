// heapbump audit IN...: an answer for each of many files, and a page that sums them up.
#include "audit/audit.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <thread>

#include "base/names.h"
#include "cli/audit.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "component/encoder.h"

namespace heapbump::cli {
namespace {

struct Options {
  audit::AuditRequest request;
  std::string files_from;
  std::string shard;
  std::string reserve_folder;
  std::string component_folder;
  std::string prove = "static";
  std::string min_confidence = "strong";
  std::string encoder = "builtin";
  std::vector<std::string> fail_on;
  std::uint64_t max_memory_mib = 4096;
  bool by_zero = false;
};

/// How many, how fast, how long still.
std::string progress_text(std::uint64_t done, std::uint64_t all, double seconds) {
  const double rate = static_cast<double>(done) / seconds;
  std::string text = grouped(done) + " of " + grouped(all) + " files, " +
                     std::to_string(static_cast<std::uint64_t>(rate)) + " a second";
  if (done == 0) return text;
  const auto left = static_cast<std::uint64_t>(static_cast<double>(all - done) / rate);
  return text + ", " + std::to_string(left / 60) + ":" + (left % 60 < 10 ? "0" : "") +
         std::to_string(left % 60) + " left";
}

[[noreturn]] void refuse(const std::string& message) {
  throw CLI::ValidationError(message);
}

void read_shard(Options& options) {
  if (options.shard.empty()) return;
  audit::Shard& shard = options.request.shard;
  const char* end = options.shard.data() + options.shard.size();
  const auto first = std::from_chars(options.shard.data(), end, shard.index);
  const bool slash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '/';
  const auto second = slash ? std::from_chars(first.ptr + 1, end, shard.count) : first;
  if (!slash || second.ec != std::errc{} || second.ptr != end || shard.index == 0 ||
      shard.index > shard.count)
    refuse("--shard is I/N, with I from 1 to N");
}

/// Whether one path is the other or lies in it.
bool overlap(const std::string& a, const std::string& b) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path x = fs::weakly_canonical(a, error), y = fs::weakly_canonical(b, error);
  const auto in = [](const fs::path& inner, const fs::path& outer) {
    return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
  };
  return in(x, y) || in(y, x);
}

void check_folder(const Options& options) {
  const audit::AuditRequest& request = options.request;
  if (request.folder.empty()) return;
  std::vector<std::string> inputs = request.files.inputs;
  if (!request.files.root.empty()) inputs.push_back(request.files.root);
  for (const std::string& input : inputs)
    if (std::filesystem::is_directory(input) && overlap(input, request.folder))
      refuse("the folder for outputs and " + input + " lie in each other; nothing was written");
  std::error_code error;
  if (!request.resume && std::filesystem::exists(request.folder, error) &&
      !std::filesystem::is_empty(request.folder, error))
    refuse(request.folder +
           " is not empty; name a new folder, or give --resume to go on with an earlier run");
}

void check_report(const Options& options) {
  const audit::AuditRequest& request = options.request;
  for (const std::string& input : request.files.inputs)
    if (!request.report.empty() && same_file(input, request.report))
      refuse("IN and --report are the same file; nothing was written");
  if (!request.baseline.empty() && same_file(request.baseline, request.report))
    refuse("--baseline and --report are the same file; nothing was written");
  if (request.resume && (request.report.empty() || request.report == "-"))
    refuse("--resume needs --report FILE, the report to go on with");
  const bool wants_new = std::ranges::find(options.fail_on, "new") != options.fail_on.end();
  if (wants_new && request.baseline.empty()) refuse("--fail-on new needs --baseline FILE");
}

void to_request(Options& options) {
  audit::AuditRequest& request = options.request;
  if (!options.reserve_folder.empty() && !options.component_folder.empty())
    refuse("--reserve and --component exclude each other");
  if (!options.reserve_folder.empty()) request.policy.make = audit::Make::reserved;
  if (!options.component_folder.empty()) request.policy.make = audit::Make::component;
  request.folder = options.reserve_folder + options.component_folder;
  request.policy.prove = value_named<audit::Prove::run>(options.prove).value();
  request.policy.min_confidence = value_named<Confidence::proven>(options.min_confidence).value();
  request.policy.encoder = options.encoder;
  request.limits.memory_bytes = options.max_memory_mib << 20U;
  // On a terminal the page is what is wanted.
  if (request.report.empty() && ::isatty(STDOUT_FILENO) == 0) request.report = "-";
  if (request.files.inputs.empty() && options.files_from.empty())
    throw CLI::RequiredError("IN or --files-from");
  read_shard(options);
  check_report(options);
  check_folder(options);
}

Status read_names(Options& options) {
  if (options.files_from.empty()) return {};
  HEAPBUMP_TRY(const InputFile list, read_file(options.files_from));
  options.request.files.named = audit::split_names(as_text(list.bytes.view()), options.by_zero);
  return {};
}

bool is_failure(const Options& options, const audit::Summary& summary) {
  using audit::Verdict;
  const auto asked = [&](std::string_view word) {
    return std::ranges::find(options.fail_on, word) != options.fail_on.end();
  };
  const auto any = [&](Verdict a, Verdict b) { return summary.count(a) + summary.count(b) != 0; };
  return (asked("refused") && any(Verdict::refused, Verdict::needs_host)) ||
         (asked("malformed") && any(Verdict::malformed, Verdict::unreadable)) ||
         (asked("new") && summary.fresh() != 0);
}

/// The inputs as the commands on the page have them.
std::string inputs_text(const Options& options) {
  std::string text;
  for (const std::string& input : options.request.files.inputs)
    text += (text.empty() ? "" : " ") + printable(input);
  if (!options.files_from.empty())
    text += (text.empty() ? "" : " ") + ("--files-from " + printable(options.files_from));
  return text;
}

int run(const Session& session, Options& options) {
  audit::AuditRequest& request = options.request;
  request.policy.max_size = session.max_size;
  if (const auto read = read_names(options); !read)
    return print_error(session, options.files_from, read.error());
  const auto encoder = find_encoder(options.encoder);
  if (!encoder) return print_error(session, "audit", encoder.error());
  request.policy.encoder_version = encoder->version;
  if (encoder->kind == EncoderKind::builtin) request.policy.encoder = "builtin";
  ProgressLine line(session);
  const auto result = run_audit(request, [&line](std::uint64_t done, std::uint64_t all) {
    if (line.is_due()) line.show(progress_text(done, all, line.seconds()));
  });
  line.clear();
  if (!result) return print_error(session, "audit", result.error());
  const audit::Summary& summary = result->summary;
  words(session) << summary_page(summary, inputs_text(options), printable(request.report),
                                 request.policy.make != audit::Make::nothing);
  if (!is_failure(options, summary)) return 0;
  return print_error(session, "audit",
                     {Code::kAuditFailed, "there is what --fail-on names; see the report", {}});
}

void add_choices(CLI::App& verb, Options& options) {
  audit::FileRequest& files = options.request.files;
  verb.add_option("IN", files.inputs, "Files, and folders with all that is in them (links are not followed)");
  verb.add_option("--files-from", options.files_from,
                  "Also the files that this list names, one a line; - is standard input")
      ->type_name("FILE");
  verb.add_flag("-0,--null", options.by_zero, "Names in the list end in a zero byte");
  verb.add_option(
          "--root", files.root,
          "Folder that names in the report are relative to (the one folder given, else the current one)")
      ->type_name("DIR");
  verb.add_option("--include", files.include,
                  "Only files of folders that match this glob, on the file's name, or on all of its path if "
                  "it has a slash")
      ->type_name("GLOB")
      ->take_all()
      ->allow_extra_args(false);
  verb.add_option("--exclude", files.exclude, "Leave out files and folders that match")
      ->type_name("GLOB")
      ->take_all()
      ->allow_extra_args(false);
  verb.add_option("--shard", options.shard,
                  "Only the I-th of N parts, by the hash of the bytes; for several machines")
      ->type_name("I/N");
}

void add_policy(CLI::App& verb, Options& options) {
  verb.add_option("--reserve", options.reserve_folder,
                  "Write reserved modules to this folder, under the same names")
      ->type_name("DIR");
  verb.add_option("--component", options.component_folder,
                  "Write components to this folder, under the same names")
      ->type_name("DIR");
  verb.add_option("--prove", options.prove,
                  "What makes a module ready: none (the finding), static (verified, and a component was made "
                  "and checked), run (also ran the same; at most 60 s and 2,000 million instructions each)")
      ->check(CLI::IsMember({"none", "static", "run"}))
      ->capture_default_str();
  verb.add_option("--min-confidence", options.min_confidence,
                  "Relocate from this on; else the adapter is apart")
      ->check(CLI::IsMember({"proven", "strong", "weak"}))
      ->capture_default_str();
  verb.add_option("--encoder", options.encoder,
                  "What makes components: builtin, auto, wasm-tools, jco, or a path")
      ->type_name("NAME|PATH")
      ->capture_default_str();
}

void add_output(CLI::App& verb, Options& options) {
  audit::AuditRequest& request = options.request;
  verb.add_option("--report", request.report,
                  "Write the answers here, one JSON object a line (default: standard output, unless it is a "
                  "terminal)")
      ->type_name("FILE");
  verb.add_flag("--resume", request.resume,
                "Go on with the report of a run that was ended; answers for the same bytes, rules and "
                "options are kept");
  verb.add_option("--baseline", request.baseline, "Report of an earlier audit: what it refuses is not new")
      ->type_name("FILE");
  verb.add_option("--fail-on", options.fail_on,
                  "Exit with 7 if there is any: refused, malformed, new (may be several, by commas)")
      ->delimiter(',')
      ->check(CLI::IsMember({"refused", "malformed", "new"}));
  request.jobs = std::max(1U, std::thread::hardware_concurrency());
  constexpr unsigned kMostJobs = 512;
  verb.add_option("--jobs", request.jobs, "Files at once")
      ->check(CLI::Range(1U, kMostJobs))
      ->capture_default_str();
  verb.add_option("--max-seconds", request.limits.seconds, "Time for one file")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;
  add_size(verb, "--max-memory", options.max_memory_mib, kMib, "Memory for one file, in MiB or as 4G")
      ->default_str(std::to_string(options.max_memory_mib));
}

}  // namespace

void add_audit(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("audit",
                                      "Say for each of many files whether it can become a component, and why "
                                      "not. Writes nothing but the report, unless asked to");
  add_choices(*verb, *options);
  add_policy(*verb, *options);
  add_output(*verb, *options);
  add_audit_convert(*verb, session);
  add_audit_merge(*verb, session);
  // Not before: what is nested would begin with them.
  add_examples(*verb, {"heapbump audit modules/  # how many can move, why not, what next",
                       "heapbump audit modules/ --report audit.jsonl  # also each file's answer",
                       "heapbump audit modules/ --component components/  # make all that can be made",
                       "heapbump audit convert audit.jsonl --to html -o audit.html",
                       "find . -name '*.wasm' -print0 | heapbump audit --files-from - -0 > audit.jsonl"});
  verb->callback([options, verb, &session] {
    if (!verb->get_subcommands().empty()) return;
    to_request(*options);
    session.exit_code = run(session, *options);
  });
}

}  // namespace heapbump::cli
