#include "report/report.h"

#include <algorithm>

#include "base/sha256.h"
#include "base/shown.h"
#include "record/manifest.h"
#include "wasm/code.h"

namespace heapbump {
namespace {

Json section_json(const Module& module, std::uint64_t file_offset) {
  const Section* section = module.section_at(file_offset);
  return section == nullptr ? Json() : Json(section->title());
}

Json function_name_json(const NameSection& names, std::optional<std::uint32_t> function) {
  if (!function) return {};
  const std::string_view name = names.function(*function);
  return name.empty() ? Json() : Json(name);
}

Json index_json(std::optional<std::uint32_t> index) {
  return index ? Json(std::uint64_t{*index}) : Json();
}

Json memory_json(const Module& module) {
  if (module.memories.empty()) return {};
  const Memory& memory = module.memories.front();
  const auto exported = std::ranges::find_if(
      module.exports, [](const Export& e) { return e.kind == ExternalKind::memory && e.index == 0; });
  return Json::object(
      {{"min", memory.imported ? Json() : Json(memory.min.value)},
       {"max", memory.max ? Json(memory.max->value) : Json()},
       {"page_size", kPageSize},
       {"exported_as", exported == module.exports.end() ? Json() : Json(shown(exported->name))}});
}

Json rule_json(std::string_view rule) {
  return rule.empty() ? Json() : Json(rule);
}

Json refusals_json(const std::vector<Error>& refusals) {
  Json out = Json::array();
  for (const Error& refusal : refusals) {
    Json one = error_json(refusal);
    one["rule"] = rule_json(refusal.rule);
    out.push_back(std::move(one));
  }
  return out;
}

void add_finding(Json& report, const Module& module, const NameSection& names, const Finding& finding,
                 bool bumped) {
  report["toolchain"] = Json::object({{"name", finding.toolchain.name},
                                      {"version", finding.toolchain.version},
                                      {"how", finding.toolchain.how}});
  report["detector"] = finding.detector;
  report["confidence"] = to_string(finding.confidence);
  report["heap"] = Json::object({{"base", Json::optional(finding.heap_base)},
                                 {"end", Json::optional(finding.heap_end)},
                                 {"grows_by", finding.grows_by}});
  Json sites = Json::array();
  for (const Site& site : finding.sites) {
    sites.push_back(Json::object({{"kind", to_string(site.kind)},
                                  {"file_offset", site.file_offset},
                                  {"section", section_json(module, site.file_offset)},
                                  {"function", index_json(site.function)},
                                  {"function_name", function_name_json(names, site.function)},
                                  {"value", site.value},
                                  {"role", to_string(site.role)},
                                  {"edited", bumped && site.moves != 0},
                                  {"why", site.why},
                                  {"rule", rule_json(site.rule)}}));
  }
  report["sites"] = std::move(sites);
  Json evidence = Json::array();
  for (const Evidence& e : finding.evidence)
    evidence.push_back(
        Json::object({{"signal", e.signal}, {"detail", e.detail}, {"rule", rule_json(e.rule)}}));
  report["evidence"] = std::move(evidence);
  Json strategies = Json::array();
  for (const StrategyVerdict& v : finding.strategies)
    strategies.push_back(Json::object({{"name", to_string(v.strategy)}, {"sound", v.sound}, {"why", v.why}}));
  report["strategies"] = std::move(strategies);
  report["refusals"] = refusals_json(finding.refusals);
}

// Every field of a report is there, whatever happened: null or empty where there is nothing to say.
Json empty_report() {
  return Json::object({{"schema_version", kReportVersion},
                       {"tool", tool_json()},
                       {"input", Json()},
                       {"status", "error"},
                       {"exit_code", 1},
                       {"toolchain", Json()},
                       {"detector", Json()},
                       {"confidence", Json()},
                       {"heap", Json()},
                       {"memory", Json()},
                       {"sites", Json::array()},
                       {"evidence", Json::array()},
                       {"strategies", Json::array()},
                       {"warnings", Json::array()},
                       {"notices", Json::array()},
                       {"refusals", Json::array()}});
}

Json strings_json(const std::vector<std::string>& strings) {
  Json out = Json::array();
  for (const std::string& s : strings) out.push_back(s);
  return out;
}

Json input_json(const Module& module, const std::string& sha256) {
  return Json::object({{"sha256", sha256}, {"size", std::uint64_t{module.file.size()}}});
}

Json notices_json(const Module& module) {
  Json out = Json::array();
  if (const auto notice = preview0_notice(module)) out.push_back(error_json(*notice));
  return out;
}

Json edits_json(const Module& module, const NameSection& names, const EditList& edits) {
  Json out = Json::array();
  for (const Edit& edit : edits) {
    const Section* section =
        module.section_at(edit.old_bytes.empty() && edit.offset > 0 ? edit.offset - 1 : edit.offset);
    const auto function = edit.old_bytes.empty() ? std::nullopt : module.function_at(edit.offset);
    out.push_back(Json::object({{"file_offset", edit.offset},
                                {"section", section == nullptr ? Json() : Json(section->title())},
                                {"section_offset", section == nullptr || edit.offset < section->payload_offset
                                                       ? Json()
                                                       : Json(edit.offset - section->payload_offset)},
                                {"function", index_json(function)},
                                {"function_name", function_name_json(names, function)},
                                {"old_hex", to_hex(edit.old_bytes)},
                                {"new_hex", to_hex(edit.new_bytes)},
                                {"reason", edit.reason}}));
  }
  return out;
}

}  // namespace

Json error_json(const Error& error) {
  return Json::object({{"code", code_info(error.code).name},
                       {"message", error.message},
                       {"offset", Json::optional(error.offset)}});
}

std::optional<Error> preview0_notice(const Module& module) {
  const auto found = std::ranges::find(module.imports, "wasi_unstable", &Import::module);
  if (found == module.imports.end()) return std::nullopt;
  return Error{Code::kPreview0,
               "it imports wasi_unstable (preview0), which no adapter serves; `heapbump component` makes a "
               "component of it"};
}

Json detect_report(const Module& module, const Result<Finding>& finding, const std::string& input_sha256) {
  if (!finding) return failure_report(finding.error(), &module, nullptr, input_sha256);
  if (!finding->refusals.empty()) {
    return failure_report(finding->refusals.front(), &module, &*finding, input_sha256);
  }
  Json report = empty_report();
  report["input"] = input_json(module, input_sha256);
  report["memory"] = memory_json(module);
  report["notices"] = notices_json(module);
  report["status"] = "found";
  report["exit_code"] = 0;
  add_finding(report, module, read_names(module), *finding, false);
  report["warnings"] = strings_json(finding->warnings);
  return report;
}

Json reserve_report(const Module& module, const Reservation& reservation, const Request& request) {
  const Plan& plan = reservation.plan;
  const NameSection names = read_names(module);
  Json report = empty_report();
  report["input"] = input_json(module, reservation.input_sha256);
  report["memory"] = memory_json(module);
  report["notices"] = notices_json(module);
  report["exit_code"] = 0;
  report["status"] = plan.outcome == Plan::Outcome::reserve   ? "reserved"
                     : plan.outcome == Plan::Outcome::already ? "already-reserved"
                                                              : "not-needed";
  if (reservation.finding)
    add_finding(report, module, names, *reservation.finding, plan.strategy == Strategy::bump);
  std::vector<std::string> warnings = plan.warnings;
  if (reservation.finding)
    warnings.insert(warnings.begin(), reservation.finding->warnings.begin(),
                    reservation.finding->warnings.end());
  if (!plan.note.empty()) warnings.push_back(plan.note);
  report["warnings"] = strings_json(warnings);

  const bool has_region = plan.outcome != Plan::Outcome::not_needed;
  report["output"] = Json::object({{"sha256", reservation.output_sha256}, {"size", reservation.output_size}});
  report["strategy"] = has_region ? Json(to_string(plan.strategy)) : Json();
  report["placement"] = has_region ? Json(to_string(plan.placement)) : Json();
  const Region& region = plan.manifest.region;
  report["region"] =
      has_region ? Json::object({{"base", region.base}, {"size", region.size}, {"pages", region.pages}})
                 : Json();
  Json edits = edits_json(module, names, plan.edits);
  if (!reservation.record.empty()) {
    // The record holds the edits, so it is described here rather than repeated byte by byte.
    edits.push_back(Json::object({{"file_offset", std::uint64_t{module.file.size()}},
                                  {"section", "custom \"heapbump\""},
                                  {"section_offset", Json()},
                                  {"function", Json()},
                                  {"function_name", Json()},
                                  {"old_hex", ""},
                                  {"new_hex", to_hex(reservation.record)},
                                  {"reason", "record of the reservation: manifest and what undo needs"}}));
  }
  report["edits"] = std::move(edits);
  report["code_offsets_preserved"] = plan.code_offsets_preserved;
  const bool has_dwarf =
      module.custom_section(".debug_info") != nullptr || module.custom_section(".debug_line") != nullptr;
  report["dwarf"] = Json::object(
      {{"present", has_dwarf}, {"preserved", has_dwarf ? Json(plan.code_offsets_preserved) : Json()}});
  report["policy"] =
      Json::object({{"pages", request.pages},
                    {"adapters", std::uint64_t{request.adapters}},
                    {"strategy", request.strategy ? Json(to_string(*request.strategy)) : Json("auto")},
                    {"placement", request.placement ? Json(to_string(*request.placement)) : Json("auto")},
                    {"min_confidence", to_string(request.min_confidence)},
                    {"allow_moved_code", request.allow_moved_code}});
  return report;
}

Json manifest_json(const Reservation& reservation, const Module& module) {
  if (reservation.plan.outcome != Plan::Outcome::not_needed) return to_json(reservation.plan.manifest);
  if (module.memories.empty()) return manifest_without_region(reservation.input_sha256, 0, {});
  const Memory& memory = module.memories.front();
  return manifest_without_region(reservation.input_sha256, memory.min.value,
                                 memory.max ? std::optional(memory.max->value) : std::nullopt);
}

Json failure_report(const Error& error, const Module* module, const Finding* finding,
                    const std::optional<std::string>& input_sha256) {
  Json report = empty_report();
  const int code = exit_code(error.code);
  report["exit_code"] = code;
  report["status"] = code >= 4 ? "refused" : "error";
  if (module != nullptr) {
    if (input_sha256) report["input"] = input_json(*module, *input_sha256);
    report["memory"] = memory_json(*module);
    report["notices"] = notices_json(*module);
  }
  if (module != nullptr && finding != nullptr) {
    add_finding(report, *module, read_names(*module), *finding, false);
    report["warnings"] = strings_json(finding->warnings);
  }
  const Json* refusals = report.find("refusals");
  if (refusals == nullptr || refusals->as_array()->empty()) report["refusals"] = refusals_json({error});
  return report;
}

}  // namespace heapbump
