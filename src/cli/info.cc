// heapbump detectors | rules | explain CODE|RULE: what the tool knows, for people and scripts.
#include <algorithm>
#include <cctype>
#include <iostream>

#include "audit/verdict.h"
#include "cli/cli.h"
#include "detectors/registry.h"

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

int explain(const Session& session, const std::string& name) {
  const auto code =
      std::ranges::find_if(all_codes(), [&](const CodeInfo& c) { return same_word(c.name, name); });
  if (code != all_codes().end()) {
    std::cout << code->name << ": " << code->summary << "\nexit code " << exit_code(code->code) << "\n\n"
              << code->explanation << '\n';
    return 0;
  }
  const auto rules = all_rules();
  const auto rule =
      std::ranges::find_if(rules, [&](const ListedRule& listed) { return same_word(listed.info->id, name); });
  if (rule != rules.end()) {
    std::cout << rule->info->id << ": " << rule->info->summary << "\ndetector " << rule->detector->name
              << ": " << rule->table->question << " (" << how_asked(*rule->table)
              << ")\n\nSound because: " << rule->info->sound << "\n\nSource: " << rule->info->source << '\n';
    return 0;
  }
  if (const auto reason = audit::find_reason(name)) {
    std::cout << reason->id << ": " << reason->summary << "\na reason in reports of `heapbump audit`\n\n"
              << reason->explanation << '\n';
    if (!reason->next.empty()) std::cout << "\nWhat to do: " << reason->next << '\n';
    return 0;
  }
  return print_error(session, "heapbump",
                     {Code::kUnknownCode,
                      "there is no diagnostic or rule \"" + name +
                          "\"; codes look like HB0301, and `heapbump rules` lists the rules",
                      {}});
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

void print_rules_json() {
  Json list = Json::array();
  for (const ListedRule& rule : all_rules())
    list.push_back(Json::object({{"id", rule.info->id},
                                 {"detector", rule.detector->name},
                                 {"question", rule.table->question},
                                 {"every", rule.table->checks},
                                 {"summary", rule.info->summary},
                                 {"sound", rule.info->sound},
                                 {"source", rule.info->source}}));
  print_json(Json::object({{"rules", std::move(list)}}));
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
  detectors->callback([] {
    for (const Detector& d : all_detectors())
      std::cout << d.name << std::string(d.name.size() < 16 ? 16 - d.name.size() : 1, ' ') << d.help << '\n';
  });
  struct Form {
    bool markdown = false;
    bool json = false;
  };
  auto form = std::make_shared<Form>();
  CLI::App* rules = app.add_subcommand("rules", "List the rules by which the detectors decide");
  rules->add_flag("--markdown", form->markdown, "Print all of each rule, as docs/rules.md has it");
  add_json_flag(*rules, form->json);
  rules->callback([form] {
    if (form->json)
      print_rules_json();
    else if (form->markdown)
      print_rules_page();
    else
      list_rules();
  });
  auto code = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("explain", "Explain a diagnostic code or a rule");
  verb->add_option("CODE|RULE", *code, "For example HB0504 or go.first-pc")->required();
  verb->callback([code, &session] { session.exit_code = explain(session, *code); });
}

}  // namespace heapbump::cli
