#include <algorithm>
#include <iostream>

#include "base/printable.h"
#include "cli/cli.h"
#include "cli/sizes.h"
#include "component/face.h"
#include "component/kind.h"
#include "report/report.h"
#include "wasm/outline.h"

namespace heapbump::cli {
namespace {

constexpr std::string_view kRed = "\x1b[1;31m", kYellow = "\x1b[1;33m", kReset = "\x1b[0m";

void print_line(bool color, const std::string& where, std::string_view kind, std::string_view paint,
                const std::string& text) {
  std::cerr << where << ": ";
  if (color) std::cerr << paint;
  std::cerr << kind << ':';
  if (color) std::cerr << kReset;
  std::cerr << ' ' << printable(text) << '\n';
}

}  // namespace

std::ostream& words(const Session& session) {
  static std::ostream nowhere(nullptr);
  return session.quiet ? nowhere : std::cerr;
}

std::string display_name(const std::string& path) {
  return path == "-" ? "<stdin>" : printable(path);
}

std::string output_name(const std::string& path) {
  return path == "-" ? "<stdout>" : printable(path);
}

int print_error(const Session& session, const std::string& file, const Error& error) {
  const auto line = [&](const Error& each, std::string_view kind, std::string_view paint) {
    std::string where = display_name(file);
    if (const auto offset = place_of(each)) where += ":" + hex(*offset);
    const std::string strategy =
        kind == "error" || each.strategy.empty() ? "" : std::string(each.strategy) + ": ";
    print_line(session.color, where, kind, paint,
               strategy + each.message + " [" + std::string(code_info(each.code).name) + "]");
  };
  line(error, "error", kRed);
  for (const Error& cause : error.causes)
    if (cause.message != error.message) line(cause, "reason", kYellow);
  return exit_code(error.code);
}

void print_warning(const Session& session, const std::string& file, std::string_view message) {
  if (session.quiet) return;
  print_line(session.color, display_name(file), "warning", kYellow, std::string(message));
}

void print_json(const Session& session, const std::string& file, Json document) {
  document["verb"] = session.verb.empty() ? Json() : Json(session.verb);
  document["file"] = file.empty() ? Json() : Json(file);
  std::cout << document.dump() << '\n';
}

void print_failure(const Session& session, const std::string& file, const Error& error) {
  print_json(session, file, failure_report(error, nullptr, nullptr, std::nullopt));
}

int fail_with(const Session& session, bool json, const std::string& in, const std::string& file,
              const Error& error) {
  if (json) print_failure(session, in, error);
  return print_error(session, file, error);
}

Result<LoadedManifest> load_manifest(const std::string& path) {
  HEAPBUMP_TRY(InputFile file, read_file(path, kMaxJsonBytes));
  HEAPBUMP_TRY(Manifest manifest, read_manifest(as_text(file.bytes.view())));
  return LoadedManifest{std::move(file), std::move(manifest)};
}

Result<std::unique_ptr<LoadedModule>> load_module(const Session& session, const std::string& path) {
  auto loaded = std::make_unique<LoadedModule>();
  HEAPBUMP_TRY(loaded->file, read_file(path, session.max_size, Reading::mapped));
  auto module = read_main_module(loaded->file.bytes.view());
  HEAPBUMP_CHECK(loaded->file.unchanged());  // else what is wrong with it says nothing
  HEAPBUMP_TRY(loaded->module, std::move(module));
  return loaded;
}

void warn_of_blockers(const Session& session, const std::string& path, Bytes file) {
  const auto outline = read_outline(file);
  if (!outline) return;
  const Face face = read_face(*outline);
  for (const Blocker& blocker : face.blockers) {
    if (blocker.stops == Stops::component)
      print_warning(session, path, "no component can be made of it: " + blocker.error.message);
    else if (blocker.stops == Stops::relocation)
      print_warning(session, path, "the region serves no component: " + blocker.error.message);
  }
}

void add_json_flag(CLI::App& verb, bool& json) {
  verb.add_flag("--json", json, "Print one JSON object on standard output, also on failure");
}

CLI::Option* add_size(CLI::App& app, const std::string& name, std::uint64_t& size, std::uint64_t unit,
                      const std::string& help) {
  const auto take = [&size, unit, name](const std::string& text) {
    const auto bytes = parse_size(text, unit);
    if (!bytes)
      throw CLI::ValidationError(name + " takes a size such as 65536, 64K or 1G, not \"" + text + "\"");
    size = *bytes / unit;
  };
  return app.add_option_function<std::string>(name, take, help)->type_name("SIZE");
}

void add_examples(CLI::App& verb, const std::vector<std::string>& lines) {
  std::string footer = verb.get_footer();
  if (!footer.empty()) footer += "\n";
  footer += lines.size() == 1 ? "Example:\n" : "Examples:\n";
  for (const std::string& line : lines) footer += "  $ " + line + "\n";
  verb.footer(footer);
}

Status write_text(const std::string& path, const std::string& text) {
  return write_file(path, {as_bytes(text)}, {.mode = {}, .binary = false});
}

}  // namespace heapbump::cli
