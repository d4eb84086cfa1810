// heapbump detectors | rules | explain CODE|RULE|WORD: what the tool knows, for people and scripts.
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <iostream>

#include "audit/verdict.h"
#include "cli/cli.h"
#include "cli/suggest.h"
#include "cli/terminal.h"
#include "detectors/registry.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view how_asked(const RuleTable& table) {
  return table.checks ? "every check has to hold"
                      : "the first rule that applies decides, and no rule is a refusal";
}

struct Topic {
  std::string name;
  bool json = false;
};

Json code_json(const CodeInfo& code) {
  return Json::object({{"code", code.name},
                       {"exit_code", exit_code(code.code)},
                       {"summary", code.summary},
                       {"meaning", code.explanation},
                       {"remedy", code.remedy}});
}

Json rule_json(const ListedRule& rule) {
  return Json::object({{"id", rule.info->id},
                       {"detector", rule.detector->name},
                       {"question", rule.table->question},
                       {"every", rule.table->checks},
                       {"summary", rule.info->summary},
                       {"sound", rule.info->sound},
                       {"source", rule.info->source}});
}

Json explained(Json codes, Json rules) {
  return Json::object({{"schema_version", kReportVersion},
                       {"tool", tool_json()},
                       {"codes", std::move(codes)},
                       {"rules", std::move(rules)}});
}

int explain_code(const Session& session, const Topic& topic, const CodeInfo& code) {
  if (topic.json) {
    print_json(session, "", explained(Json(Json::Array{code_json(code)}), Json::array()));
    return 0;
  }
  const std::size_t width = std::min<std::size_t>(terminal_width(STDOUT_FILENO, 100), 100);
  std::cout << code.name << ": " << code.summary << "\nexit code " << exit_code(code.code) << "\n\n"
            << wrapped(code.explanation, width, 0) << "\n\nWhat to do: " << wrapped(code.remedy, width, 0, 12)
            << '\n';
  return 0;
}

int explain_rule(const Session& session, const Topic& topic, const ListedRule& rule) {
  if (topic.json) {
    print_json(session, "", explained(Json::array(), Json(Json::Array{rule_json(rule)})));
    return 0;
  }
  std::cout << rule.info->id << ": " << rule.info->summary << "\ndetector " << rule.detector->name << ": "
            << rule.table->question << " (" << how_asked(*rule.table)
            << ")\n\nSound because: " << rule.info->sound << "\n\nSource: " << rule.info->source << '\n';
  return 0;
}

/// A reason or a verdict in reports of `audit`; in JSON it has the shape of a code.
struct AuditWord {
  std::string_view name;
  std::string_view kind;  ///< "reason", "verdict"
  std::string_view summary;
  std::string_view explanation;  ///< may be empty
  std::string_view next;
};

std::optional<AuditWord> find_audit_word(std::string_view name) {
  for (const audit::ReasonInfo& reason : audit::all_reasons())
    if (same_word(reason.id, name))
      return AuditWord{reason.id, "reason", reason.summary, reason.explanation, reason.next};
  for (const audit::VerdictInfo& verdict : audit::all_verdicts())
    if (same_word(verdict.name, name))
      return AuditWord{verdict.name, "verdict", verdict.meaning, "", verdict.next};
  return std::nullopt;
}

int explain_audit_word(const Session& session, const Topic& topic, const AuditWord& word) {
  if (topic.json) {
    Json one = Json::object({{"code", word.name},
                             {"exit_code", 0},
                             {"summary", word.summary},
                             {"meaning", word.explanation.empty() ? word.summary : word.explanation},
                             {"remedy", word.next}});
    print_json(session, "", explained(Json(Json::Array{std::move(one)}), Json::array()));
    return 0;
  }
  const std::size_t width = std::min<std::size_t>(terminal_width(STDOUT_FILENO, 100), 100);
  std::cout << wrapped(std::string(word.name) + ": " + std::string(word.summary), width, 0) << "\na "
            << word.kind << " in reports of `heapbump audit`\n\n";
  if (!word.explanation.empty()) std::cout << wrapped(word.explanation, width, 0) << "\n\n";
  std::cout << "What to do: " << wrapped(word.next, width, 0, 12) << '\n';
  return 0;
}

int list_codes(const Session& session, const Topic& topic) {
  if (topic.json) {
    Json codes = Json::list(all_codes(), code_json);
    print_json(session, "", explained(std::move(codes), Json::array()));
    return 0;
  }
  for (const CodeInfo& code : all_codes()) std::cout << code.name << "  " << code.summary << '\n';
  std::cout << "\nReasons of `heapbump audit`:\n";
  for (const audit::ReasonInfo& reason : audit::all_reasons())
    std::cout << "  " << reason.id << ": " << reason.summary << '\n';
  std::cout << "\n`heapbump explain CODE` says what a code means and what to do; `heapbump rules` lists the "
               "rules.\n";
  return 0;
}

/// `HB0504` is also found as `hb0504`, `504` or `0504`.
bool names_code(const CodeInfo& code, std::string_view name) {
  return same_word(code.name, name) || code.name.substr(2) == name || code.name.substr(3) == name;
}

int explain(const Session& session, const Topic& topic) {
  if (topic.name.empty()) return list_codes(session, topic);
  const auto code =
      std::ranges::find_if(all_codes(), [&](const CodeInfo& c) { return names_code(c, topic.name); });
  if (code != all_codes().end()) return explain_code(session, topic, *code);
  const auto rules = all_rules();
  const auto rule = std::ranges::find_if(
      rules, [&](const ListedRule& listed) { return same_word(listed.info->id, topic.name); });
  if (rule != rules.end()) return explain_rule(session, topic, *rule);
  if (const auto word = find_audit_word(topic.name)) return explain_audit_word(session, topic, *word);
  std::vector<std::string> names;
  for (const CodeInfo& each : all_codes()) names.emplace_back(each.name);
  for (const ListedRule& each : rules) names.emplace_back(each.info->id);
  for (const audit::ReasonInfo& each : audit::all_reasons()) names.emplace_back(each.id);
  for (const audit::VerdictInfo& each : audit::all_verdicts()) names.emplace_back(each.name);
  const std::string near = nearest(topic.name, names);
  const Error error{Code::kUnknownCode, "there is no diagnostic or rule \"" + topic.name + "\"; " +
                                            (near.empty() ? "" : "did you mean " + near + "? ") +
                                            "`heapbump explain` lists the codes, `heapbump rules` the rules"};
  if (topic.json) print_failure(session, "", error);
  return print_error(session, "heapbump", error);
}

void list_rules() {
  const RuleTable* table = nullptr;
  for (const ListedRule& rule : all_rules()) {
    if (rule.table != table) {
      std::cout << (table == nullptr ? "" : "\n") << rule.detector->name << ": " << rule.table->question
                << " (" << how_asked(*rule.table) << ")\n";
      table = rule.table;
    }
    std::cout << "  " << rule.info->id << ": " << rule.info->summary << '\n';
  }
}

void print_rules_json(const Session& session) {
  Json list = Json::list(all_rules(), rule_json);
  print_json(
      session, "",
      Json::object({{"schema_version", kReportVersion}, {"tool", tool_json()}, {"rules", std::move(list)}}));
}

void print_detectors_json(const Session& session) {
  Json list = Json::list(all_detectors(), [&](const Detector& detector) {
    return Json::object({{"name", detector.name}, {"help", detector.help}});
  });
  print_json(
      session, "",
      Json::object(
          {{"schema_version", kReportVersion}, {"tool", tool_json()}, {"detectors", std::move(list)}}));
}

/// docs/rules.md, whole.
void print_rules_page() {
  std::cout << "# Rules\n\n"
               "Made by `heapbump rules --markdown` from the tables in `detectors/*/rules.cc`; not edited by "
               "hand.\n\n"
               "A detector decides by named rules. Sites, evidence and refusals in reports carry the rule's "
               "id in the\n"
               "field `rule`; `heapbump explain RULE` prints one. Each rule has a module that it accepts and "
               "one that\n"
               "it refuses in `tests/rules`.\n";
  const RuleTable* table = nullptr;
  for (const ListedRule& rule : all_rules()) {
    if (rule.table != table) {
      std::cout << "\n## " << rule.detector->name << ": " << rule.table->question << "\n\n"
                << static_cast<char>(std::toupper(static_cast<unsigned char>(how_asked(*rule.table).front())))
                << how_asked(*rule.table).substr(1) << ".\n";
      table = rule.table;
    }
    std::cout << "\n### `" << rule.info->id << "`\n\n"
              << rule.info->summary << "\n\n- Sound because: " << rule.info->sound
              << "\n- Source: " << rule.info->source << '\n';
  }
}

}  // namespace

void add_info(CLI::App& app, Session& session) {
  CLI::App* detectors = app.add_subcommand("detectors", "List the toolchains that are known");
  struct Form {
    bool markdown = false;
    bool json = false;
  };
  auto form = std::make_shared<Form>();
  add_json_flag(*detectors, form->json);
  add_examples(*detectors, {"heapbump detectors"});
  detectors->callback([form, &session] {
    if (form->json) return print_detectors_json(session);
    for (const Detector& d : all_detectors())
      std::cout << d.name << std::string(d.name.size() < 16 ? 16 - d.name.size() : 1, ' ') << d.help << '\n';
  });
  CLI::App* rules = app.add_subcommand("rules", "List the rules by which the detectors decide");
  rules->add_flag("--markdown", form->markdown, "Print all of each rule, as docs/rules.md has it");
  add_json_flag(*rules, form->json);
  add_examples(*rules, {"heapbump rules"});
  rules->callback([form, &session] {
    if (form->json)
      print_rules_json(session);
    else if (form->markdown)
      print_rules_page();
    else
      list_rules();
  });
  auto topic = std::make_shared<Topic>();
  CLI::App* verb = app.add_subcommand(
      "explain", "Say what a diagnostic code, a rule, or a word of `audit` means and what to do");
  verb->add_option(
      "CODE|RULE|WORD", topic->name,
      "For example HB0504, go.first-pc or needs-host-interfaces; without one, all codes are listed");
  add_json_flag(*verb, topic->json);
  add_examples(*verb, {"heapbump explain HB0504", "heapbump explain needs-host-interfaces"});
  verb->callback([topic, &session] { session.exit_code = explain(session, *topic); });
}

}  // namespace heapbump::cli
