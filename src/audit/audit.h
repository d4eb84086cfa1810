// `heapbump audit`: an answer for each of many files, in the order of their names, whatever the number of
// workers. Nothing that a file holds ends the run; what ends it is the report or an output that cannot be
// written. What is kept in memory is a few hundred bytes a file, and the answers that wait for their turn.
#pragma once

#include <functional>
#include <string>

#include "audit/files.h"
#include "audit/judge.h"
#include "audit/summary.h"
#include "audit/workers.h"

namespace heapbump::audit {

struct AuditRequest {
  FileRequest files;
  Shard shard;
  Policy policy;
  unsigned jobs = 1;
  WorkerLimits limits;
  std::string report;  ///< empty for none, `-` for standard output
  std::string folder;  ///< where outputs go, under the files' names; empty for Make::nothing
  bool resume = false;
  std::string baseline;  ///< an earlier report; may be empty
};

struct AuditResult {
  Summary summary;
};

/// Files that are done, and all of them.
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// Errors: those of list_files, ReportFile and Baseline; kIoWrite for an output.
[[nodiscard]] Result<AuditResult> run_audit(const AuditRequest& request, const Progress& progress);

/// The worker's side: reads orders until they end. An order is a path, a zero byte and the path of the
/// output, which may be empty. It answers `H`, hash and size; `go` or `skip` comes back; then `R` and the
/// answer, or `W` and why an output cannot be written.
void serve_orders(int orders, int answers, const Policy& policy);

}  // namespace heapbump::audit
