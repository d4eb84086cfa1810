// The dynamic check: the original once, the reserved module with fresh zeros in its region and with two
// patterns, and what the runs left behind compared. It cannot prove that a region is free, but it shows it
// for a run that was asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "record/manifest.h"
#include "run/children.h"
#include "run/compare.h"
#include "run/resolve.h"

namespace heapbump::run {

struct ProofRequest {
  HostOptions host;
  Limits limits;
  CallTexts calls;
  EngineKind engine = EngineKind::wabt;
  Progress progress;
};

struct Proof {
  std::vector<std::string>
      labels;  ///< of the traces: the original, then the reserved module with zeros and with each pattern
  std::vector<Trace> traces;
  Calls calls;                          ///< the exports that were called, and the stubs that the runs rest on
  std::vector<std::size_t> stub_calls;  ///< of the original to each stub
  std::vector<Comparison> comparisons;  ///< of each trace after the first with the first
  /// What the check says: nothing if it passed; kRegionTouched, kRunDiffers, or kRunFailed when a run did not
  /// get to an end that means something.
  std::optional<Error> verdict;
};

[[nodiscard]] std::string_view to_string(EngineKind engine);

/// "env.f=0", as `--stub` takes it.
[[nodiscard]] std::string to_string(const Stub& stub);

/// Errors: those of resolve_calls; kRunFailed if no run could be started.
[[nodiscard]] Result<Proof> prove(Bytes original, Bytes reserved, const Manifest& manifest,
                                  const ProofRequest& request);

[[nodiscard]] Json to_json(const Proof& proof, EngineKind engine);

}  // namespace heapbump::run
