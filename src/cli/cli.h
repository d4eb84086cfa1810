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
#include "record/manifest.h"
#include "wasm/module.h"

namespace heapbump::cli {

/// What holds for one run of the program, whatever the verb.
struct Session {
  bool color = false;         ///< of standard error
  bool color_output = false;  ///< of standard output
  bool quiet = false;         ///< only errors are printed on standard error
  bool verbose = false;
  std::string verb;  ///< that is being run; empty before one is known
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
void add_info(CLI::App& app, Session& session);  ///< detectors, rules, explain
void add_help(CLI::App& app, Session& session);  ///< help, completion

/// Where words go that are no error: standard error, or nowhere under --quiet.
[[nodiscard]] std::ostream& words(const Session& session);

/// `FILE:0x412a: error: what is wrong [HB0302]` on standard error, then a line for each of several reasons.
/// Returns the exit code.
int print_error(const Session& session, const std::string& file, const Error& error);
void print_warning(const Session& session, const std::string& file, std::string_view message);

/// Prints one JSON object and a newline on standard output: the document, and in it the verb and the file as
/// it was given (empty: none was).
void print_json(const Session& session, const std::string& file, Json document);
/// The object of a verb that could not answer, the same for every verb.
void print_failure(const Session& session, const std::string& file, const Error& error);

/// What a verb without a report does when it cannot answer: `print_failure` about the input where JSON is
/// wanted, and the error of the file that is to blame. Returns the exit code.
int fail_with(const Session& session, bool json, const std::string& in, const std::string& file,
              const Error& error);

/// A file that was read, and its manifest.
struct LoadedManifest {
  InputFile file;
  Manifest manifest;
};
/// Errors: those of read_file and read_manifest.
[[nodiscard]] Result<LoadedManifest> load_manifest(const std::string& path);

/// A file that was read, and its module. Views point into `file`, so it is not moved.
struct LoadedModule {
  InputFile file;
  Module module;
};
/// Errors: those of read_file, expect_main_module and read_module.
[[nodiscard]] Result<std::unique_ptr<LoadedModule>> load_module(const Session& session,
                                                                const std::string& path);

/// A path as messages show it (printable), with a word for standard input.
[[nodiscard]] std::string display_name(const std::string& path);
/// The same for a path that is written to.
[[nodiscard]] std::string output_name(const std::string& path);

/// Warns of everything that will stop a component of this module.
void warn_of_blockers(const Session& session, const std::string& path, Bytes file);

/// Adds `--json`.
void add_json_flag(CLI::App& verb, bool& json);
/// Adds an option that takes a size: 65536, 64K, 10MB, 1G, 1GiB (powers of 1024). `unit` is what a number
/// alone counts, in bytes; `size` is in that unit.
CLI::Option* add_size(CLI::App& app, const std::string& name, std::uint64_t& size, std::uint64_t unit,
                      const std::string& help);
/// Lines in `heapbump help VERB`, the manual and the completion: one example at least, each line after two
/// spaces and "$ ".
void add_examples(CLI::App& verb, const std::vector<std::string>& lines);

/// Writes text to standard output or a file by path ("-"): kIoWrite.
[[nodiscard]] Status write_text(const std::string& path, const std::string& text);

}  // namespace heapbump::cli
