// What the verbs of the command line share. Data goes to standard output, words to standard error; `--json`
// prints exactly one object, also on failure. CLI11 is known in this folder alone.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/io.h"
#include "base/json.h"
#include "base/printable.h"
#include "wasm/module.h"

namespace heapbump::cli {

/// What holds for one run of the program, whatever the verb.
struct Session {
  bool color = false;  ///< of standard error
  std::uint64_t max_size = kDefaultMaxFileSize;
  int exit_code = 0;
};

// One line a verb: registers a subcommand whose callback does the work and sets the session's exit code.
void add_detect(CLI::App& app, Session& session);
void add_reserve(CLI::App& app, Session& session);
void add_verify(CLI::App& app, Session& session);
void add_undo(CLI::App& app, Session& session);
void add_map(CLI::App& app, Session& session);
void add_place(CLI::App& app, Session& session);
void add_check(CLI::App& app, Session& session);
void add_component(CLI::App& app, Session& session);
void add_audit(CLI::App& app, Session& session);
void add_info(CLI::App& app, Session& session);  ///< detectors, explain

/// `FILE:0x412a: error: what is wrong [HB0302]` on standard error. Returns the exit code.
int print_error(const Session& session, const std::string& file, const Error& error);
void print_warning(const Session& session, const std::string& file, std::string_view message);

/// Prints one JSON object and a newline on standard output.
void print_json(const Json& document);

/// A file that was read, and its module. Views point into `file`, so it is not moved.
struct LoadedModule {
  InputFile file;
  Module module;
};
/// Errors: those of read_file and read_module.
[[nodiscard]] Result<std::unique_ptr<LoadedModule>> load_module(const Session& session,
                                                                const std::string& path);

/// A path as messages show it (printable), with a word for standard input.
[[nodiscard]] std::string display_name(const std::string& path);
/// The same for a path that is written to.
[[nodiscard]] std::string output_name(const std::string& path);

/// Says so where a module imports preview0, which no adapter serves.
void warn_of_preview0(const Session& session, const std::string& path, const Module& module);

/// "1,234,567"
[[nodiscard]] std::string grouped(std::uint64_t value);

/// Adds `--json`.
void add_json_flag(CLI::App& verb, bool& json);

/// Writes text to standard output or a file by path ("-"): kIoWrite.
[[nodiscard]] Status write_text(const std::string& path, const std::string& text);

}  // namespace heapbump::cli
