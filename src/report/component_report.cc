#include "base/sha256.h"
#include "component/apart.h"
#include "record/manifest.h"
#include "report/report.h"

namespace heapbump {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

/// What every answer begins with, and its own members.
Json outcome(std::string_view status, int code,
             std::initializer_list<std::pair<const std::string, Json>> members) {
  Json out = Json::object(members);
  out["schema_version"] = kReportVersion;
  out["tool"] = tool_json();
  out["status"] = status;
  out["exit_code"] = code;
  return out;
}

Json faults_json(const std::vector<Error>& faults) {
  return Json::list(faults, error_json);
}

Json tenant_json(const CheckedTenant& tenant) {
  return Json::object({{"file_offset", tenant.file_offset},
                       {"module", tenant.module_index},
                       {"instance", tenant.instance_index},
                       {"memory_from", to_string(tenant.facts.tenure)},
                       {"requests", tenant.facts.requests},
                       {"slot", Json::optional(tenant.facts.slot)},
                       {"stack_top", Json::optional(tenant.facts.stack_top)},
                       {"state_base", Json::optional(tenant.facts.state_base)},
                       {"stack_bound", Json::optional(tenant.facts.stack_bound)},
                       {"faults", faults_json(tenant.facts.faults)}});
}

Json apart_json(const std::vector<CheckedApart>& list) {
  return Json::list(list, [&](const CheckedApart& item) {
    return Json::object({{"file_offset", item.file_offset},
                         {"size", item.size},
                         {"record", to_json(item.record)},
                         {"adapters", Json::list(item.tenants, tenant_json)},
                         {"faults", faults_json(item.faults)},
                         {"passed", item.passed()}});
  });
}

/// Every fault that is reported of a part of the component, in one list.
Json all_faults(const ComponentCheck& check) {
  Json reasons = Json::array();
  const auto add = [&](const auto& item) {
    for (const Error& fault : item.faults) reasons.push_back(reason_json(fault, nullptr));
    for (const CheckedTenant& tenant : item.tenants)
      for (const Error& fault : tenant.facts.faults) reasons.push_back(reason_json(fault, nullptr));
  };
  for (const CheckedModule& module : check.modules) add(module);
  for (const CheckedApart& item : check.apart) add(item);
  return reasons;
}

}  // namespace

Json to_json(const ComponentCheck& check) {
  Json modules = Json::list(check.modules, [](const CheckedModule& module) {
    return Json::object({{"file_offset", module.file_offset},
                         {"size", module.size},
                         {"instance", module.instance_index},
                         {"sha256", module.sha256},
                         {"proven_by", to_string(module.origin)},
                         {"manifest", to_json(module.manifest)},
                         {"adapters", Json::list(module.tenants, tenant_json)},
                         {"faults", faults_json(module.faults)},
                         {"passed", module.passed()}});
  });
  Json report =
      outcome(check.passed() ? "passed" : "failed", check.passed() ? 0 : exit_code(Code::kCheckFailed),
              {{"input", file_json(check.input_sha256, check.input_size)}, {"modules", std::move(modules)}});
  if (!check.apart.empty()) report["apart"] = apart_json(check.apart);
  report["reasons"] = all_faults(check);
  return report;
}

Json to_json(const PlacedAdapter& placed) {
  return outcome("placed", 0,
                 {{"input", file_json(placed.input_sha256, placed.input_size)},
                  {"output", file_json(placed.output_sha256, placed.bytes.size())},
                  {"family", placed.family},
                  {"flavor", placed.flavor},
                  {"module_sha256", text_or_null(placed.module_sha256)},
                  {"slot", placed.slot},
                  {"stack_top", placed.stack_top},
                  {"stack_bound", Json::optional(placed.stack_bound)},
                  {"state_base", placed.state_base},
                  {"state_needed", placed.state_needed},
                  {"edits", Json::list(placed.edits)}});
}

Json map_report(const std::vector<MemoryPicture>& pictures) {
  Json memories = Json::list(pictures, [](const MemoryPicture& picture) {
    Json areas = Json::list(picture.areas, [](const MemoryArea& area) {
      return Json::object(
          {{"kind", to_string(area.kind)}, {"begin", area.begin}, {"end", area.end}, {"label", area.label}});
    });
    return Json::object({{"title", picture.title},
                         {"size", picture.end()},
                         {"maximum", Json::optional(picture.maximum)},
                         {"areas", std::move(areas)}});
  });
  return outcome("drawn", 0, {{"memories", std::move(memories)}});
}

Json undo_report(Bytes reserved, Bytes original) {
  return outcome("undone", 0,
                 {{"input", file_json(sha256_hex(reserved), reserved.size())},
                  {"output", file_json(sha256_hex(original), original.size())}});
}

Json component_manifest(const MadeComponent& made) {
  if (made.apart) return to_json(*made.apart);
  if (made.reservation && made.strategy != "none") return manifest_with_record(*made.reservation);
  return {};
}

Json adapter_json(const MadeComponent& made) {
  return Json::object({{"flavor", text_or_null(made.adapter_flavor)},
                       {"release", text_or_null(made.adapter_release)},
                       {"sha256", made.adapter_sha256}});
}

Json to_json(const MadeComponent& made) {
  const bool relocated = made.reservation && made.strategy != "none" && !made.apart;
  Json adapters = Json::list(made.adapters, [](const NamedAdapterRecord& item) {
    return Json::object({{"serves", item.serves}, {"sha256", item.sha256}});
  });
  return outcome(
      "made", 0,
      {{"adapters", std::move(adapters)},
       {"input", file_json(made.input_sha256, made.input_size)},
       {"output", file_json(sha256_hex(made.component), made.component.size())},
       {"strategy", made.strategy},
       {"why", made.why},
       {"runs", made.is_command},
       {"encoder", made.encoder.version},
       {"adapter", adapter_json(made)},
       {"module", file_json(sha256_hex(made.module), made.module.size())},
       {"manifest", relocated ? to_json(made.reservation->plan.manifest) : component_manifest(made)},
       {"warnings", Json::list(made.warnings)},
       {"reasons", made.not_relocated ? reasons_json(*made.not_relocated, nullptr) : Json::array()}});
}

}  // namespace heapbump
