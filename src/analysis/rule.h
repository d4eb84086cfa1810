// The form of a rule: one named reason by which a fact about a module is decided. A detector's decisions are
// constexpr tables of rules; a table is data that `heapbump rules`, docs/rules.md and tests/rules read as
// well. There are two kinds of tables:
//   - decisions: the first rule that applies decides whether a value moves with the heap, stays, or refuses
//     the module. A value that no rule of the table decides is refused (decide()).
//   - checks: each rule asserts one fact, and the first fact that does not hold ends the table
//   (first_failure()).
// Invariant: a decision without the id of a rule is a refusal. A rule only reads facts; what it asks of the
// program is paid for by whoever collects the facts, and an error of theirs is passed on, never taken for
// "no".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "heapbump/detect.h"

namespace heapbump {

/// What people and scripts read of a rule. All of it is static storage.
struct RuleInfo {
  std::string_view id;       ///< TOOLCHAIN.NAME in lower case with hyphens; never reused for another reason
  std::string_view summary;  ///< the premise and what follows from it, in one sentence
  std::string_view sound;    ///< why that is right whatever else the module does
  std::string_view
      source;  ///< where the fact comes from: file of a repository and versions, or specification
};

/// A rule's sentence as a clause of a longer one: its first letter small, without the full stop.
[[nodiscard]] inline std::string clause_of(std::string_view sentence) {
  std::string clause(sentence);
  if (clause.ends_with('.')) clause.pop_back();
  if (!clause.empty() && clause.front() >= 'A' && clause.front() <= 'Z')
    clause.front() = static_cast<char>(clause.front() - 'A' + 'a');
  return clause;
}

/// One rule of a table. `Judgement` is what it gives: Ruling for decisions, Check for checks. `Subject` is
/// the thing judged (a use of a value, a structure), `Context` the facts around it; a Context that may not
/// change is given as `const C`.
template <typename Judgement, typename Subject, typename Context>
struct Rule {
  RuleInfo info;
  Judgement (*applies)(const Subject&, Context&);
};

// ---- Decisions ----

enum class Decision : std::uint8_t { undecided, move, stay, refuse };

struct Ruling {
  Decision decision = Decision::undecided;
  Role role = Role::unrelated;  ///< of the site, where it moves or stays
  std::string why;              ///< the evidence: a clause for the site or the refusal
  Code code = Code::kUnexplained;
  std::optional<std::uint64_t> offset;  ///< file offset of what refuses, where there is one
};

[[nodiscard]] inline Ruling undecided() {
  return {};
}
[[nodiscard]] inline Ruling move_with_heap(std::string why, Role role = Role::heap_start) {
  return {Decision::move, role, std::move(why), Code::kUnexplained, std::nullopt};
}
[[nodiscard]] inline Ruling stay(Role role, std::string why) {
  return {Decision::stay, role, std::move(why), Code::kUnexplained, std::nullopt};
}
[[nodiscard]] inline Ruling refuse(std::string why, Code code = Code::kUnexplained,
                                   std::optional<std::uint64_t> offset = std::nullopt) {
  return {Decision::refuse, Role::unrelated, std::move(why), code, offset};
}

template <typename Subject, typename Context>
using DecisionRule = Rule<Result<Ruling>, Subject, Context>;

/// A ruling, and the rule that gave it.
struct Decided {
  Ruling ruling;
  std::string_view rule;  ///< its id; empty only where no rule decided, and then `ruling` is a refusal

  /// The refusal as an error. `subject` goes before the reason: "the constant at 0x4010: ".
  [[nodiscard]] Error error(std::string_view subject = {}) const {
    return {ruling.code, std::string(subject) + ruling.why, ruling.offset, rule};
  }
};

/// The first rule of the table that decides. `otherwise` is the reason for a subject that none of them
/// explains. Errors: those of the rules.
template <typename Subject, typename Context, std::size_t N>
[[nodiscard]] Result<Decided> decide(const std::array<DecisionRule<Subject, Context>, N>& table,
                                     const Subject& subject, Context& context, std::string_view otherwise) {
  for (const auto& rule : table) {
    HEAPBUMP_TRY(Ruling ruling, rule.applies(subject, context));
    if (ruling.decision != Decision::undecided) return Decided{std::move(ruling), rule.info.id};
  }
  return Decided{refuse(std::string(otherwise)), {}};
}

/// The first rule of a table whose judgements are a detector's own type, and what it says; nothing if no rule
/// decides, which the detector takes for a refusal.
template <typename Verdict, typename Subject, typename Context, std::size_t N>
[[nodiscard]] std::optional<std::pair<Verdict, std::string_view>> first_decision(
    const std::array<Rule<std::optional<Verdict>, Subject, Context>, N>& table, const Subject& subject,
    Context& context) {
  for (const auto& rule : table)
    if (std::optional<Verdict> verdict = rule.applies(subject, context))
      return std::pair{*std::move(verdict), rule.info.id};
  return std::nullopt;
}

// ---- Checks ----

struct Check {
  enum class Answer : std::uint8_t { not_applicable, holds, fails };
  Answer answer = Answer::not_applicable;
  std::vector<std::string> evidence;  ///< where it holds; empty where another check says the same
  std::string wrong;                  ///< where it fails
  Code code = Code::kLayoutMismatch;  ///< of the refusal, where it fails
};

[[nodiscard]] inline Check not_applicable() {
  return {};
}
[[nodiscard]] inline Check holds(std::vector<std::string> evidence = {}) {
  return {Check::Answer::holds, std::move(evidence), {}, Code::kLayoutMismatch};
}
[[nodiscard]] inline Check fails(std::string wrong, Code code = Code::kLayoutMismatch) {
  return {Check::Answer::fails, {}, std::move(wrong), code};
}

template <typename Subject, typename Context>
using CheckRule = Rule<Check, Subject, Context>;

/// A check that does not hold.
struct Failure {
  std::string wrong;
  std::string_view rule;
  Code code = Code::kLayoutMismatch;
};

/// The first check that does not hold; nothing if all do. What the others give is added to `evidence` under
/// `signal`, in the order of the table.
template <typename Subject, typename Context, std::size_t N>
[[nodiscard]] std::optional<Failure> first_failure(const std::array<CheckRule<Subject, Context>, N>& table,
                                                   const Subject& subject, Context& context,
                                                   std::string_view signal, std::vector<Evidence>& evidence) {
  for (const auto& rule : table) {
    Check check = rule.applies(subject, context);
    if (check.answer == Check::Answer::fails)
      return Failure{std::move(check.wrong), rule.info.id, check.code};
    for (std::string& line : check.evidence)
      evidence.push_back({std::string(signal), std::move(line), rule.info.id});
  }
  return std::nullopt;
}

// ---- Tables as data ----

/// A table as it is listed.
struct RuleTable {
  std::string_view question;  ///< what its rules decide, in one sentence
  bool checks = false;        ///< every rule has to hold; otherwise the first that applies decides
  std::span<const RuleInfo> rules;
};

/// What is listed of a table's rules, for a constexpr RuleTable.
template <typename Judgement, typename Subject, typename Context, std::size_t N>
[[nodiscard]] constexpr std::array<RuleInfo, N> infos_of(
    const std::array<Rule<Judgement, Subject, Context>, N>& table) {
  std::array<RuleInfo, N> infos{};
  for (std::size_t i = 0; i < N; ++i) infos[i] = table[i].info;
  return infos;
}

template <const auto& kTable>
inline constexpr auto kInfosOf = infos_of(kTable);

}  // namespace heapbump
