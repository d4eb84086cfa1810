#include "report/report.h"

#include <algorithm>

#include "base/sha256.h"
#include "base/shown.h"
#include "component/face.h"
#include "record/manifest.h"
#include "record/record.h"
#include "wasm/code.h"
#include "wasm/outline.h"

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

Json function_json(const Module* module, std::optional<std::uint64_t> offset) {
  if (module == nullptr || !offset) return {};
  return index_json(module->function_at(*offset));
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

// Where no strategy is sound, what is in the way of each is its own reason; the refusal that names it
// has the code and the rule.
std::vector<Error> single_reasons(const Finding& finding) {
  const bool none_sound =
      !finding.strategies.empty() && std::ranges::none_of(finding.strategies, &StrategyVerdict::sound);
  if (finding.refusals.empty() || !none_sound) return finding.refusals;
  std::vector<Error> reasons;
  for (const StrategyVerdict& verdict : finding.strategies) {
    const auto tells = [&](const Error& e) { return e.message.find(verdict.why) != std::string::npos; };
    const auto found = std::ranges::find_if(finding.refusals, tells);
    const auto named = offset_in(verdict.why);
    const bool told = found != finding.refusals.end();
    // A refusal that names several strategies in one sentence has the place and the rule of one of them.
    const bool alone = told && finding.refusals.size() > 1;
    reasons.push_back({.code = told ? found->code : Code::kStrategyUnsound,
                       .message = verdict.why,
                       .offset = named   ? named
                                 : alone ? found->offset
                                         : std::nullopt,
                       .rule = told ? found->rule : std::string_view{},
                       .strategy = to_string(verdict.strategy)});
  }
  return reasons;
}

void add_finding(Json& report, const Module& module, const NameSection& names, const Finding& finding,
                 bool bumped) {
  report["toolchain"] = to_json(finding.toolchain);
  report["detector"] = finding.detector;
  report["confidence"] = to_string(finding.confidence);
  report["heap"] = Json::object({{"base", Json::optional(finding.heap_base)},
                                 {"end", Json::optional(finding.heap_end)},
                                 {"grows_by", finding.grows_by}});
  report["sites"] = Json::list(finding.sites, [&](const Site& site) {
    return Json::object({{"kind", to_string(site.kind)},
                         {"file_offset", site.file_offset},
                         {"section", section_json(module, site.file_offset)},
                         {"function", index_json(site.function)},
                         {"function_name", function_name_json(names, site.function)},
                         {"value", site.value},
                         {"role", to_string(site.role)},
                         {"edited", bumped && site.moves != 0},
                         {"why", site.why},
                         {"rule", rule_json(site.rule)}});
  });
  report["evidence"] = Json::list(finding.evidence, [&](const Evidence& e) {
    return Json::object({{"signal", e.signal}, {"detail", e.detail}, {"rule", rule_json(e.rule)}});
  });
  report["strategies"] = Json::list(finding.strategies, [&](const StrategyVerdict& v) {
    return Json::object({{"name", to_string(v.strategy)},
                         {"sound", v.sound},
                         {"why", v.why},
                         {"offset", Json::optional(offset_in(v.why))},
                         {"function", function_json(&module, offset_in(v.why))}});
  });
  report["refusals"] = refusals_json(finding.refusals);
  report["reasons"] =
      Json::list(single_reasons(finding), [&](const Error& reason) { return reason_json(reason, &module); });
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
                       {"refusals", Json::array()},
                       {"reasons", Json::array()}});
}

Json input_json(const Module& module, const std::string& sha256) {
  return file_json(sha256, module.file.size());
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
    Json one = to_json(edit);
    one["section"] = section == nullptr ? Json() : Json(section->title());
    one["section_offset"] = section == nullptr || edit.offset < section->payload_offset
                                ? Json()
                                : Json(edit.offset - section->payload_offset);
    one["function"] = index_json(function);
    one["function_name"] = function_name_json(names, function);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Json error_json(const Error& error) {
  return Json::object({{"code", code_info(error.code).name},
                       {"message", error.message},
                       {"offset", Json::optional(place_of(error))}});
}

Json reason_json(const Error& error, const Module* module) {
  Json reason = error_json(error);
  reason["strategy"] = rule_json(error.strategy);
  reason["rule"] = rule_json(error.rule);
  reason["function"] = function_json(module, place_of(error));
  return reason;
}

Json reasons_json(const Error& error, const Module* module) {
  Json reasons = Json::list(error.causes, [&](const Error& cause) { return reason_json(cause, module); });
  if (error.causes.empty()) reasons.push_back(reason_json(error, module));
  return reasons;
}

void add_face(Json& report, Bytes file) {
  const auto outline = read_outline(file);
  if (!outline) return;
  const Face face = read_face(*outline);
  Json imports = Json::list(face.imports, [&](const ImportedModule& module) {
    return Json::object({{"module", shown(module.name)}, {"count", module.count}, {"served", module.served}});
  });
  Json blockers = Json::array();
  for (const Blocker& blocker : face.blockers) {
    Json one = reason_json(blocker.error, nullptr);
    one["stops"] = to_string(blocker.stops);
    blockers.push_back(std::move(one));
  }
  report["imports"] = std::move(imports);
  report["entry"] = to_string(face.entry);
  report["adapter"] = rule_json(face.adapter);
  report["blockers"] = std::move(blockers);
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
  add_face(report, module.file);
  report["status"] = "found";
  report["exit_code"] = 0;
  add_finding(report, module, read_names(module), *finding, false);
  report["warnings"] = Json::list(finding->warnings);
  return report;
}

Json reserve_report(const Module& module, const Reservation& reservation, const Request& request) {
  const Plan& plan = reservation.plan;
  const NameSection names = read_names(module);
  Json report = empty_report();
  report["input"] = input_json(module, reservation.input_sha256);
  report["memory"] = memory_json(module);
  report["notices"] = notices_json(module);
  add_face(report, module.file);
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
  report["warnings"] = Json::list(warnings);

  const bool has_region = plan.outcome != Plan::Outcome::not_needed;
  report["output"] = file_json(reservation.output_sha256, reservation.output_size);
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

Json manifest_with_record(const Reservation& reservation) {
  Json manifest = to_json(reservation.plan.manifest);
  if (const auto record = parse_json(record_text(reservation.record))) manifest["record"] = *record;
  return manifest;
}

Json manifest_json(const Reservation& reservation, const Module& module) {
  if (reservation.plan.outcome != Plan::Outcome::not_needed) {
    Json manifest = manifest_with_record(reservation);
    const Section* section = module.custom_section(kRecordSection);
    if (reservation.record.empty() && section != nullptr)
      if (const auto record = parse_json(as_text(module.content(*section)))) manifest["record"] = *record;
    return manifest;
  }
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
    add_face(report, module->file);
  }
  if (module != nullptr && finding != nullptr) {
    add_finding(report, *module, read_names(*module), *finding, false);
    report["warnings"] = Json::list(finding->warnings);
  }
  const Json* refusals = report.find("refusals");
  if (refusals == nullptr || refusals->as_array()->empty()) {
    report["refusals"] = refusals_json(error.causes.empty() ? std::vector{error} : error.causes);
    report["reasons"] = reasons_json(error, module);
  }
  return report;
}

}  // namespace heapbump
