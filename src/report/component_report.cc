#include "base/sha256.h"
#include "component/apart.h"
#include "record/manifest.h"
#include "report/report.h"

namespace heapbump {
namespace {

Json faults_json(const std::vector<Error>& faults) {
  Json list = Json::array();
  for (const Error& fault : faults) list.push_back(error_json(fault));
  return list;
}

Json tenant_json(const CheckedTenant& tenant) {
  const auto wide = [](const std::optional<std::uint32_t>& value) {
    return value ? Json(std::uint64_t{*value}) : Json();
  };
  return Json::object({{"file_offset", tenant.file_offset},
                       {"module", std::uint64_t{tenant.module_index}},
                       {"instance", std::uint64_t{tenant.instance_index}},
                       {"memory_from", to_string(tenant.facts.tenure)},
                       {"requests", std::uint64_t{tenant.facts.requests}},
                       {"slot", wide(tenant.facts.slot)},
                       {"stack_top", wide(tenant.facts.stack_top)},
                       {"state_base", wide(tenant.facts.state_base)},
                       {"stack_bound", Json::optional(tenant.facts.stack_bound)},
                       {"faults", faults_json(tenant.facts.faults)}});
}

Json apart_json(const std::vector<CheckedApart>& list) {
  Json out = Json::array();
  for (const CheckedApart& item : list) {
    Json tenants = Json::array();
    for (const CheckedTenant& tenant : item.tenants) tenants.push_back(tenant_json(tenant));
    out.push_back(Json::object({{"file_offset", item.file_offset},
                                {"size", item.size},
                                {"record", to_json(item.record)},
                                {"adapters", tenants},
                                {"faults", faults_json(item.faults)},
                                {"passed", item.passed()}}));
  }
  return out;
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
  Json modules = Json::array();
  for (const CheckedModule& module : check.modules) {
    Json tenants = Json::array();
    for (const CheckedTenant& tenant : module.tenants) tenants.push_back(tenant_json(tenant));
    modules.push_back(Json::object({{"file_offset", module.file_offset},
                                    {"size", module.size},
                                    {"instance", std::uint64_t{module.instance_index}},
                                    {"sha256", module.sha256},
                                    {"proven_by", to_string(module.origin)},
                                    {"manifest", to_json(module.manifest)},
                                    {"adapters", tenants},
                                    {"faults", faults_json(module.faults)},
                                    {"passed", module.passed()}}));
  }
  Json report =
      Json::object({{"schema_version", kReportVersion},
                    {"tool", tool_json()},
                    {"input", Json::object({{"sha256", check.input_sha256}, {"size", check.input_size}})},
                    {"status", check.passed() ? "passed" : "failed"},
                    {"exit_code", check.passed() ? 0 : exit_code(Code::kCheckFailed)},
                    {"modules", modules}});
  if (!check.apart.empty()) report["apart"] = apart_json(check.apart);
  report["reasons"] = all_faults(check);
  return report;
}

Json to_json(const PlacedAdapter& placed) {
  Json edits = Json::array();
  for (const Edit& edit : placed.edits) {
    edits.push_back(Json::object({{"file_offset", edit.offset},
                                  {"old_hex", to_hex(edit.old_bytes)},
                                  {"new_hex", to_hex(edit.new_bytes)},
                                  {"reason", edit.reason}}));
  }
  return Json::object({
      {"schema_version", kReportVersion},
      {"tool", tool_json()},
      {"status", "placed"},
      {"exit_code", 0},
      {"input", Json::object({{"sha256", placed.input_sha256}, {"size", placed.input_size}})},
      {"output",
       Json::object({{"sha256", placed.output_sha256}, {"size", std::uint64_t{placed.bytes.size()}}})},
      {"family", placed.family},
      {"flavor", placed.flavor},
      {"module_sha256", placed.module_sha256.empty() ? Json() : Json(placed.module_sha256)},
      {"slot", std::uint64_t{placed.slot}},
      {"stack_top", std::uint64_t{placed.stack_top}},
      {"stack_bound", Json::optional(placed.stack_bound)},
      {"state_base", std::uint64_t{placed.state_base}},
      {"state_needed", placed.state_needed},
      {"edits", edits},
  });
}

Json map_report(const std::vector<MemoryPicture>& pictures) {
  Json memories = Json::array();
  for (const MemoryPicture& picture : pictures) {
    Json areas = Json::array();
    for (const MemoryArea& area : picture.areas)
      areas.push_back(Json::object(
          {{"kind", to_string(area.kind)}, {"begin", area.begin}, {"end", area.end}, {"label", area.label}}));
    memories.push_back(Json::object({{"title", picture.title},
                                     {"size", picture.end()},
                                     {"maximum", Json::optional(picture.maximum)},
                                     {"areas", std::move(areas)}}));
  }
  return Json::object({{"schema_version", kReportVersion},
                       {"tool", tool_json()},
                       {"status", "drawn"},
                       {"exit_code", 0},
                       {"memories", std::move(memories)}});
}

Json undo_report(Bytes reserved, Bytes original) {
  const auto file = [](Bytes bytes) {
    return Json::object({{"sha256", sha256_hex(bytes)}, {"size", std::uint64_t{bytes.size()}}});
  };
  return Json::object({{"schema_version", kReportVersion},
                       {"tool", tool_json()},
                       {"status", "undone"},
                       {"exit_code", 0},
                       {"input", file(reserved)},
                       {"output", file(original)}});
}

Json component_manifest(const MadeComponent& made) {
  if (made.apart) return to_json(*made.apart);
  if (made.reservation && made.strategy != "none") return manifest_with_record(*made.reservation);
  return {};
}

Json to_json(const MadeComponent& made) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  Json warnings = Json::array();
  for (const std::string& warning : made.warnings) warnings.push_back(warning);
  Json adapters = Json::array();
  for (const NamedAdapterRecord& item : made.adapters)
    adapters.push_back(Json::object({{"serves", item.serves}, {"sha256", item.sha256}}));
  return Json::object(
      {{"schema_version", kReportVersion},
       {"tool", tool_json()},
       {"adapters", adapters},
       {"status", "made"},
       {"exit_code", 0},
       {"input", Json::object({{"sha256", made.input_sha256}, {"size", made.input_size}})},
       {"output", Json::object({{"sha256", sha256_hex(made.component)},
                                {"size", std::uint64_t{made.component.size()}}})},
       {"strategy", made.strategy},
       {"why", made.why},
       {"runs", made.is_command},
       {"encoder", made.encoder.version},
       {"adapter", Json::object({{"flavor", text(made.adapter_flavor)},
                                 {"release", text(made.adapter_release)},
                                 {"sha256", made.adapter_sha256}})},
       {"module",
        Json::object({{"sha256", sha256_hex(made.module)}, {"size", std::uint64_t{made.module.size()}}})},
       {"manifest", made.reservation && made.strategy != "none" && !made.apart
                        ? to_json(made.reservation->plan.manifest)
                        : component_manifest(made)},
       {"warnings", warnings},
       {"reasons", made.not_relocated ? reasons_json(*made.not_relocated, nullptr) : Json::array()}});
}

}  // namespace heapbump
