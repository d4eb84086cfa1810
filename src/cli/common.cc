#include <algorithm>
#include <iostream>

#include "base/printable.h"
#include "cli/cli.h"
#include "report/report.h"

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

std::string display_name(const std::string& path) {
  return path == "-" ? "<stdin>" : printable(path);
}

std::string output_name(const std::string& path) {
  return path == "-" ? "<stdout>" : printable(path);
}

int print_error(const Session& session, const std::string& file, const Error& error) {
  std::string where = display_name(file);
  if (error.offset) where += ":" + hex(*error.offset);
  print_line(session.color, where, "error", kRed,
             error.message + " [" + std::string(code_info(error.code).name) + "]");
  return exit_code(error.code);
}

void print_warning(const Session& session, const std::string& file, std::string_view message) {
  print_line(session.color, display_name(file), "warning", kYellow, std::string(message));
}

void print_json(const Json& document) {
  std::cout << document.dump() << '\n';
}

Result<std::unique_ptr<LoadedModule>> load_module(const Session& session, const std::string& path) {
  auto loaded = std::make_unique<LoadedModule>();
  HEAPBUMP_TRY(loaded->file, read_file(path, session.max_size));
  HEAPBUMP_TRY(loaded->module, read_module(loaded->file.bytes.view()));
  return loaded;
}

void warn_of_preview0(const Session& session, const std::string& path, const Module& module) {
  if (const auto notice = preview0_notice(module))
    print_warning(session, path, notice->message + " [" + std::string(code_info(notice->code).name) + "]");
}

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t i = digits.size(); i > 3; i -= 3)
    digits.insert(digits.begin() + static_cast<std::ptrdiff_t>(i) - 3, ',');
  return digits;
}

void add_json_flag(CLI::App& verb, bool& json) {
  verb.add_flag("--json", json, "Print one JSON object on standard output, also on failure");
}

Status write_text(const std::string& path, const std::string& text) {
  return write_file(path, {as_bytes(text)}, {.mode = {}, .binary = false});
}

}  // namespace heapbump::cli
