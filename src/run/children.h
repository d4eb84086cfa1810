// Runs jobs in child processes, so that whatever a stranger's module does to an engine (a crash, a hang, a
// hunger for memory) is a result and not the end of heapbump. The child sends frames through a pipe as things
// happen; the parent enforces the wall clock and never believes a length without checking it.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "run/engine.h"

namespace heapbump::run {

enum class EngineKind : std::uint8_t { wabt, node };

/// Called in the parent while children run: which job, and how many instructions it has executed.
using Progress = std::function<void(std::string_view label, std::uint64_t instructions)>;

/// Runs every job, at most two at a time, and gives their traces in the same order. What goes wrong inside a
/// run is that trace's outcome; errors are for what goes wrong outside: kIoRead, kRunFailed (no pipe, no
/// process, no node).
[[nodiscard]] Result<std::vector<Trace>> run_jobs(const std::vector<Job>& jobs, EngineKind engine,
                                                  const Progress& progress);

}  // namespace heapbump::run
