// Runs one module to its end under the deterministic host, in this process: the caller is a child process
// with limits of its own, because an interpreter that reads a stranger's module may crash. What happens goes
// to `sink` as it happens, so that a crash still leaves the calls before it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "run/calls.h"
#include "run/host_options.h"
#include "run/trace.h"

namespace heapbump::run {

struct Job {
  std::string label;  ///< "original", "reserved": for progress
  Bytes module;
  HostOptions host;
  Limits limits;
  std::optional<Canary> canary;
  std::vector<Invocation> invoke = {};  ///< after _start or _initialize
  std::vector<Stub> stubs = {};         ///< of functions that the host does not have
};

struct Sink {
  std::function<void(Event)> event;
  std::function<void(std::uint64_t instructions)> progress;
};

/// With wabt's interpreter.
[[nodiscard]] Outcome run_in_wabt(const Job& job, const Sink& sink);

}  // namespace heapbump::run
