// The words of an audit: what becomes of a file (verdict), why (reason), and what to do next. Verdicts and
// reason ids are written into reports that are kept for years, so they never change their meaning.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace heapbump::audit {

enum class Verdict : std::uint8_t {
  relocated,   ///< the adapter gets a region in the module's own memory
  apart,       ///< the adapter gets a memory of its own
  not_needed,  ///< the stock tools do as it is
  already,     ///< heapbump made it
  preview0,
  not_wasi,
  needs_host,
  refused,
  malformed,
  unreadable,
};
inline constexpr std::size_t kVerdicts = 10;

/// What an operator wants counted together.
enum class Group : std::uint8_t { can_move, done, nothing_to_move, cannot_move };

struct VerdictInfo {
  Verdict verdict;
  std::string_view name;     ///< "ready (relocated)"
  Group group;               ///< of a core module
  std::string_view meaning;  ///< one clause
  std::string_view next;     ///< what to do with such a file
};

[[nodiscard]] const std::array<VerdictInfo, kVerdicts>& all_verdicts();
[[nodiscard]] const VerdictInfo& info(Verdict verdict);
[[nodiscard]] std::optional<Verdict> find_verdict(std::string_view name);
[[nodiscard]] inline std::string_view to_string(Verdict verdict) {
  return info(verdict).name;
}

[[nodiscard]] std::string_view to_string(Group group);
/// Of a component: one that needs nothing is done.
[[nodiscard]] Group group_of(Verdict verdict, bool is_component);

/// Why a verdict was given. The id is the code of a diagnostic ("HB0504") or one of all_reasons().
struct Reason {
  std::string id;
  std::string message;
  std::optional<std::uint64_t> offset{};  ///< file offset, where there is one
  std::string rule{};                     ///< id of the rule that refused; may be empty
};

struct ReasonInfo {
  std::string_view id;
  std::string_view summary;
  std::string_view explanation;
  std::string_view next;  ///< empty, for the code of a diagnostic: the verdict's
};

/// Those that are no codes of diagnostics.
[[nodiscard]] std::span<const ReasonInfo> all_reasons();

/// A reason's words, also for the codes of diagnostics; nothing for an unknown id.
[[nodiscard]] std::optional<ReasonInfo> find_reason(std::string_view id);
[[nodiscard]] std::string_view next_step(Verdict verdict, std::string_view reason);

[[nodiscard]] Reason reason_of(const Error& error);
/// The message is the summary of that reason.
[[nodiscard]] Reason reason_of(std::string_view id);

/// The verdict on a file that an error stopped.
[[nodiscard]] Verdict verdict_of(const Error& error);

/// Whether another run on the same bytes may answer differently: the machine was slow, or short of memory.
[[nodiscard]] bool is_passing(std::string_view reason);

inline constexpr std::string_view kTimeLimit = "time-limit";
inline constexpr std::string_view kWorkerDied = "worker-died";

}  // namespace heapbump::audit
