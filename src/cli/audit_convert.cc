// heapbump audit convert REPORT --to FORMAT, and audit merge REPORT...: what becomes of reports.
#include <iostream>
#include <map>

#include "audit/convert.h"
#include "cli/audit.h"
#include "cli/cli.h"
#include "cli/paths.h"

namespace heapbump::cli {
namespace {

using audit::Format;

const std::map<std::string, Format>& formats() {
  static const std::map<std::string, Format> kFormats = {{"sarif", Format::sarif},
                                                         {"csv", Format::csv},
                                                         {"markdown", Format::markdown},
                                                         {"in-toto", Format::in_toto},
                                                         {"html", Format::html}};
  return kFormats;
}

struct Options {
  std::vector<std::string> reports;
  std::string to;
  std::string out = "-";
};

int convert(const Session& session, const Options& options) {
  const auto converted = audit::convert(options.reports.front(), formats().at(options.to));
  if (!converted) return print_error(session, options.reports.front(), converted.error());
  if (!converted->complete)
    print_warning(session, options.reports.front(),
                  "the audit was ended before its end; `--resume` goes on with it");
  if (const auto written = write_text(options.out, converted->text); !written)
    return print_error(session, output_name(options.out), written.error());
  return 0;
}

void check(const Options& options) {
  std::vector<NamedPath> inputs;
  for (const std::string& report : options.reports) inputs.push_back({"REPORT", report});
  check_paths(inputs, {{"-o/--output", options.out}});
}

}  // namespace

void add_audit_convert(CLI::App& audit, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = audit.add_subcommand("convert", "Turn a report into what another system reads");
  verb->add_option("REPORT", options->reports, "Report of an audit, or - for standard input")
      ->required()
      ->expected(1);
  verb->add_option("--to", options->to,
                   "sarif (2.1.0, code scanning), csv, markdown (summary of a CI run), in-toto (a statement "
                   "for each file that was made), html (one page to look at)")
      ->required()
      ->check(CLI::IsMember({"sarif", "csv", "markdown", "in-toto", "html"}));
  verb->add_option("-o,--output", options->out, "Where it goes, or - for standard output")
      ->type_name("FILE")
      ->capture_default_str();
  add_examples(*verb, {"heapbump audit convert audit.jsonl --to html -o audit.html"});
  verb->callback([options, &session] {
    check(*options);
    session.exit_code = convert(session, *options);
  });
}

void add_audit_merge(CLI::App& audit, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = audit.add_subcommand(
      "merge", "Make one report of several: of shards, or of several folders under one --root");
  verb->add_option("REPORT", options->reports, "Finished reports of the same version and options")
      ->required();
  verb->add_option("-o,--output", options->out, "Where it goes, or - for standard output")
      ->type_name("FILE")
      ->capture_default_str();
  add_examples(*verb, {"heapbump audit merge shard-*.jsonl -o audit.jsonl"});
  verb->callback([options, &session] {
    check(*options);
    if (const auto merged = audit::merge(options->reports, options->out); !merged)
      session.exit_code = print_error(session, "audit merge", merged.error());
  });
}

}  // namespace heapbump::cli
