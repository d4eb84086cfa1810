// The whole of `reserve` on bytes in memory: read, detect, plan, and the output as pieces that refer to the
// input. What the command line, the tests and the fuzzers call.
#pragma once

#include "record/finding.h"
#include "record/record.h"
#include "reserve/plan.h"

namespace heapbump {

struct Reservation {
  std::optional<Finding> finding;  ///< absent where nothing was needed
  Plan plan;
  std::vector<std::byte> record;  ///< the custom section; empty where nothing was done
  std::string input_sha256;
  std::string output_sha256;
  std::uint64_t output_size = 0;
  /// The output in order: views into the module's file and into this object.
  [[nodiscard]] std::vector<Bytes> pieces(Bytes input) const;
  [[nodiscard]] std::vector<std::byte> output(Bytes input) const { return join(pieces(input)); }
};

/// Errors: those of plan_without_finding, detect and make_plan.
[[nodiscard]] Result<Reservation> reserve(const Module& module, const Request& request);

}  // namespace heapbump
