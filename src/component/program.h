// The program: what `apart` needs to know of the module that is made into a component, and the few bytes in
// which the embedded module differs from it. Those are: names of imports that occur twice (a component's core
// module may not import one name twice), and, where there is a start function, its section, which is left out
// while the function is exported instead, so that it runs once the host calls can be answered. Neither moves
// anything inside the code section.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "component/bridge.h"
#include "wasm/edit.h"
#include "wasm/outline.h"

namespace heapbump {

/// How the program comes to run. `start_alone`: it has nothing but a start function, which the component's
/// `run` then calls.
enum class ProgramKind : std::uint8_t { command, start_alone, reactor };

struct ProgramImport {
  std::string_view module;
  std::string name;  ///< in the embedded module: unique
  BridgeCall call;
};

struct Program {
  ProgramKind kind = ProgramKind::command;
  std::vector<ProgramImport> imports;
  std::vector<std::string_view> modules;  ///< that are imported from, each once, in order of appearance
  std::optional<ProgramMemory> memory;
  std::optional<std::uint32_t> start;  ///< function index
  std::string initialize;              ///< the export that runs before anything else; may be empty
  EditList edits;                      ///< from the module to the one that is embedded
  std::shared_ptr<std::deque<HostCall>> described;  ///< calls that are not preview1's

  /// What the stand-in has to serve, each once: the calls of the imports, and those that answering takes.
  [[nodiscard]] std::vector<Service> services() const;
};

/// The export that takes the start section's place.
inline constexpr std::string_view kStartExport = "heapbump.start";

/// The host call that an import asks for; nullptr where no adapter gives it.
[[nodiscard]] const HostCall* served_call(const OutlineImport& import);

/// Whether preview1 or preview0 has such a function.
[[nodiscard]] bool is_wasi(const OutlineImport& import);

/// `described`: calls of other interfaces that it may import. Errors: kForeignImports naming every import
/// that is served by nothing; kImportType where a host call is imported with a type that it does not have;
/// kNoMemory, kImportedMemory, kMemory64; kWitModule; kExportTaken.
[[nodiscard]] Result<Program> read_program(const Outline& outline,
                                           std::span<const DescribedCall> described = {});

}  // namespace heapbump
