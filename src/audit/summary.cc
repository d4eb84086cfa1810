#include "audit/summary.h"

#include <algorithm>

#include "audit/lines.h"

namespace heapbump::audit {
namespace {

constexpr std::size_t kMostNames = 1000;  // host modules and toolchains that are distinguished

void count_up(std::map<std::string, std::uint64_t>& counts, const std::string& name) {
  if (counts.size() < kMostNames || counts.contains(name)) ++counts[name];
}

Json counts_json(const std::map<std::string, std::uint64_t>& counts, const char* name) {
  Json out = Json::array();
  for (const auto& [key, files] : counts) out.push_back(Json::object({{name, key}, {"files", files}}));
  return out;
}

bool is_wasi(std::string_view module) {
  return module == "wasi_snapshot_preview1" || module == "wasi_unstable";
}

}  // namespace

void Summary::add_details(const Json& line) {
  const std::string sha256(text_of(line, "sha256"));
  auto& [toolchain, modules] = seen_[sha256];
  const Json* details = line.find("details");
  if (details != nullptr && !details->is_null()) {
    if (const Json* known = details->find("toolchain")) toolchain = text_of(*known, "name");
    if (text_of(line, "verdict") == to_string(Verdict::needs_host))
      for (const Json& import : *details->find("imports")->as_array())
        if (!is_wasi(text_of(import, "module"))) modules.emplace(text_of(import, "module"));
  }
  if (!toolchain.empty()) count_up(toolchains_, toolchain);
  for (const std::string& module : modules) count_up(host_modules_, module);
}

void Summary::add(const Json& line) {
  const auto verdict = find_verdict(text_of(line, "verdict"));
  if (!verdict) return;
  ++files_;
  const Json* same_as = line.find("same_as");
  if (same_as == nullptr || same_as->is_null()) ++distinct_;
  if (const Json* output = line.find("output"); output != nullptr && !output->is_null()) ++made_;
  if (const Json* fresh = line.find("new");
      fresh != nullptr && fresh->as_bool() != nullptr && *fresh->as_bool())
    ++fresh_;
  ++verdicts_[static_cast<std::size_t>(*verdict)];
  for (const Group group : {Group::can_move, Group::done, Group::nothing_to_move, Group::cannot_move})
    if (text_of(line, "group") == to_string(group)) ++groups_[static_cast<std::size_t>(group)];
  ReasonCount& reason = reasons_[{*verdict, std::string(reason_id(line))}];
  if (reason.files++ == 0) reason.example = text_of(line, "file");
  if (!text_of(line, "sha256").empty()) add_details(line);
}

void Summary::add_skipped(const Json& summary) {
  const Json* skipped = summary.find("skipped");
  if (skipped == nullptr) return;
  skipped_.not_wasm += number_of(*skipped, "not_wasm");
  skipped_.links += number_of(*skipped, "links");
  skipped_.special += number_of(*skipped, "special");
  skipped_.excluded += number_of(*skipped, "excluded");
}

Json Summary::to_json() const {
  Json verdicts;
  for (const VerdictInfo& each : all_verdicts()) verdicts[std::string(each.name)] = count(each.verdict);
  Json groups;
  for (const Group group : {Group::can_move, Group::done, Group::nothing_to_move, Group::cannot_move})
    groups[std::string(audit::to_string(group))] = count(group);
  Json reasons = Json::array();
  for (const auto& [key, value] : reasons_) {
    const auto known = find_reason(key.second);
    reasons.push_back(Json::object({{"verdict", audit::to_string(key.first)},
                                    {"id", key.second},
                                    {"files", value.files},
                                    {"example", value.example},
                                    {"summary", known ? known->summary : ""},
                                    {"next", next_step(key.first, key.second)}}));
  }
  return Json::object({{"type", "summary"},
                       {"files", files_},
                       {"distinct", distinct_},
                       {"made", made_},
                       {"new", fresh_},
                       {"groups", groups},
                       {"verdicts", verdicts},
                       {"reasons", reasons},
                       {"host_modules", counts_json(host_modules_, "module")},
                       {"toolchains", counts_json(toolchains_, "name")},
                       {"skipped", Json::object({{"not_wasm", skipped_.not_wasm},
                                                 {"links", skipped_.links},
                                                 {"special", skipped_.special},
                                                 {"excluded", skipped_.excluded}})}});
}

}  // namespace heapbump::audit
