// The answer for one file: a verdict, why, and what was found, for core modules and components. It is what
// `heapbump component` would do with the file: nothing is called ready that was not made and checked. The
// same bytes and policy give the same answer, but for the limits of a run (--prove run).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/verdict.h"
#include "base/bytes.h"
#include "base/json.h"
#include "heapbump/detect.h"

namespace heapbump::audit {

enum class Prove : std::uint8_t { none, statically, run };
enum class Make : std::uint8_t { nothing, reserved, component };

/// The options on which an answer depends.
struct Policy {
  Prove prove = Prove::statically;
  Make make = Make::nothing;
  Confidence min_confidence = Confidence::strong;
  std::string encoder = "builtin";          ///< as ComponentRequest has it
  std::string encoder_version = "builtin";  ///< as it says itself; no path
  std::uint64_t max_size = kDefaultMaxFileSize;
};
[[nodiscard]] std::string_view to_string(Prove value);
[[nodiscard]] std::string_view to_string(Make value);
[[nodiscard]] Json to_json(const Policy& policy);

/// What is to be written for a file.
struct Made {
  std::vector<std::byte> bytes;
  Json manifest;
};

struct Judgement {
  Verdict verdict = Verdict::refused;
  Reason reason;
  Json details;  ///< by schemas/audit.schema.json, $defs/details
  std::optional<Made> made;
};

[[nodiscard]] Judgement judge(Bytes file, const Policy& policy);

/// The same for a core module and for a component.
[[nodiscard]] Judgement judge_module(Bytes file, const Policy& policy);
[[nodiscard]] Judgement judge_component(Bytes file, const Policy& policy);

/// Details that say nothing yet: every field is there.
[[nodiscard]] Json empty_details();

}  // namespace heapbump::audit
