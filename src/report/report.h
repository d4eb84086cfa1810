// The audit record as JSON: what was found, what was changed, byte by byte, and why. No clock, no path and no
// machine is in it, so the same input gives the same report everywhere. Fields are described by
// schemas/report.schema.json.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "heapbump/report.h"
#include "record/tool.h"
#include "report/memory_map.h"
#include "wasm/module.h"

namespace heapbump {

inline constexpr int kReportVersion = 1;

/// {code, message, offset}
[[nodiscard]] Json error_json(const Error& error);
/// {strategy, rule, code, message, offset, function}: the one shape of a reason, whatever the verb. `module`
/// finds the function from the offset; it may be null.
[[nodiscard]] Json reason_json(const Error& error, const Module* module);
/// Every single reason of an error: its causes, or itself.
[[nodiscard]] Json reasons_json(const Error& error, const Module* module);
/// Adds imports, entry, adapter and blockers of a module, as far as its outline can be read.
void add_face(Json& report, Bytes file);

/// kPreview0 where the module imports wasi_unstable: no failure, but what its user should know.
[[nodiscard]] std::optional<Error> preview0_notice(const Module& module);

/// The report of `detect`. `finding` may hold refusals. `input_sha256` is computed by the caller.
[[nodiscard]] Json detect_report(const Module& module, const Result<Finding>& finding,
                                 const std::string& input_sha256);

/// The report of `reserve`. `status` is "reserved", "already-reserved" or "not-needed".
[[nodiscard]] Json reserve_report(const Module& module, const Reservation& reservation,
                                  const Request& request);

[[nodiscard]] Json to_json(const Verification& verification);
/// What `verify` answers, with the exit code that the verb ends with: 0 or that of a mismatch.
[[nodiscard]] Json verify_report(const Verification& verification, int status);
[[nodiscard]] Json to_json(const ComponentCheck& check);
/// The report, schemas/component.schema.json.
[[nodiscard]] Json to_json(const MadeComponent& made);
/// {flavor, release, sha256} of the adapter of preview1 that is in it.
[[nodiscard]] Json adapter_json(const MadeComponent& made);
/// What an auditor needs beside the component: the manifest of a reserved module, or the record of `apart`.
[[nodiscard]] Json component_manifest(const MadeComponent& made);
/// The report of one placing.
[[nodiscard]] Json to_json(const PlacedAdapter& placed);
/// What `map` draws.
[[nodiscard]] Json map_report(const std::vector<MemoryPicture>& pictures);
/// The report of one undoing.
[[nodiscard]] Json undo_report(Bytes reserved, Bytes original);
/// The manifest of a module that was reserved, with the record that a later tool may remove from the module.
[[nodiscard]] Json manifest_with_record(const Reservation& reservation);
/// The manifest that `reserve` writes, also where nothing was needed.
[[nodiscard]] Json manifest_json(const Reservation& reservation, const Module& module);

/// The report of a verb that could not answer: status "error" (input/output, usage, malformed) or "refused".
[[nodiscard]] Json failure_report(const Error& error, const Module* module, const Finding* finding,
                                  const std::optional<std::string>& input_sha256);

}  // namespace heapbump
