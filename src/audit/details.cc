#include "audit/details.h"

#include <algorithm>

#include "audit/judge.h"
#include "base/names.h"
#include "base/sha256.h"
#include "base/shown.h"
#include "component/face.h"
#include "report/memory_map.h"
#include "report/report.h"

namespace heapbump::audit {
namespace {

constexpr std::size_t kMostImports = 40, kMostEvidence = 24, kMostEdits = 100, kMostHex = 64;
constexpr std::size_t kMostText = 400;  // bytes of one sentence

Json cut(const Json& text) {
  const std::string* value = text.as_string();
  if (value == nullptr || value->size() <= kMostText) return text;
  std::string out = value->substr(0, kMostText);
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
  if (!out.empty() && (static_cast<unsigned char>(out.back()) & 0x80) != 0) out.pop_back();
  return out + "...";
}

Json first(const Json* list, std::size_t most) {
  Json out = Json::array();
  if (list == nullptr || list->as_array() == nullptr) return out;
  for (const Json& item : *list->as_array()) {
    if (out.as_array()->size() == most) break;
    Json copy = item;
    if (const Json::Object* members = item.as_object())
      for (const auto& [key, value] : *members) copy[key] = cut(value);
    out.push_back(std::move(copy));
  }
  return out;
}

std::string_view kind_name(MemoryArea::Kind kind) {
  return name_of<MemoryArea::Kind::heap>(
      kind, {"untouched", "stack", "data", "zeroed", "region", "adapter-state", "adapter-stack", "heap"});
}

Json areas_json(const std::vector<MemoryArea>& areas) {
  return Json::list(areas, [&](const MemoryArea& area) {
    return Json::object({{"kind", kind_name(area.kind)},
                         {"begin", area.begin},
                         {"end", area.end},
                         {"label", cut(area.label)}});
  });
}

void add_map(Json& details, const Module& module, const Finding* finding, const Reservation* reservation) {
  if (!check_supported_memory(module)) return;
  const bool reserved = reservation != nullptr && reservation->plan.outcome != Plan::Outcome::not_needed;
  const Manifest* manifest = reserved ? &reservation->plan.manifest : nullptr;
  Json map = Json::object({{"before", Json()}, {"after", Json()}});
  if (reserved && reservation->plan.outcome == Plan::Outcome::already) {
    map["after"] = areas_json(picture_after(module, *manifest).areas);
  } else {
    map["before"] = areas_json(picture_before(module, finding).areas);
    if (reserved) map["after"] = areas_json(picture_after(module, *manifest).areas);
  }
  details["map"] = std::move(map);
}

Json edits_json(const Json& edits) {
  Json out = Json::array();
  for (const Json& edit : *edits.as_array()) {
    if (out.as_array()->size() == kMostEdits) break;
    Json copy = edit;
    for (const char* key : {"old_hex", "new_hex"}) {
      const std::string& hex = *edit.find(key)->as_string();
      if (hex.size() > kMostHex) copy[key] = hex.substr(0, kMostHex) + "...";
    }
    copy["reason"] = cut(*edit.find("reason"));
    if (const Json* name = edit.find("function_name")) copy["function_name"] = cut(*name);
    out.push_back(std::move(copy));
  }
  return out;
}

void copy_finding(Json& details, const Json& report) {
  for (const char* key : {"toolchain", "detector", "confidence", "heap", "region", "strategy"})
    if (const Json* value = report.find(key)) details[key] = *value;
  details["evidence"] = first(report.find("evidence"), kMostEvidence);
  Json warnings = Json::array();
  if (const Json* list = report.find("warnings"))
    for (const Json& text : *list->as_array())
      if (warnings.as_array()->size() < kMostEvidence) warnings.push_back(cut(text));
  details["warnings"] = std::move(warnings);
}

}  // namespace

Json empty_details() {
  return Json::object({{"kind", "module"},
                       {"entry", Json()},
                       {"imports", Json::array()},
                       {"memory", Json()},
                       {"toolchain", Json()},
                       {"detector", Json()},
                       {"confidence", Json()},
                       {"heap", Json()},
                       {"strategy", Json()},
                       {"region", Json()},
                       {"evidence", Json::array()},
                       {"edits", Json::array()},
                       {"edits_total", 0},
                       {"map", Json()},
                       {"warnings", Json::array()},
                       {"component", Json()},
                       {"modules", Json::array()},
                       {"modules_total", 0}});
}

void add_face(Json& details, const Outline& outline) {
  Face face = read_face(outline);
  details["entry"] = to_string(face.entry);
  std::ranges::sort(face.imports, {}, &ImportedModule::name);
  Json imports = Json::array();
  for (const ImportedModule& module : face.imports) {
    if (imports.as_array()->size() == kMostImports) break;
    imports.push_back(Json::object({{"module", cut(Json(module.name))}, {"count", module.count}}));
  }
  details["imports"] = std::move(imports);
  if (outline.memories.empty()) return;
  const OutlineMemory& memory = outline.memories.front();
  details["memory"] = Json::object({{"min", memory.minimum}, {"max", Json::optional(memory.maximum)}});
}

void add_finding(Json& details, const Module& module, const Finding* finding) {
  if (finding != nullptr) {
    copy_finding(details, failure_report({}, &module, finding, std::nullopt));
    details["strategy"] = Json();
  }
  add_map(details, module, finding, nullptr);
}

void add_reservation(Json& details, const Module& module, const Reservation& reservation,
                     const Request& request) {
  const Json report = reserve_report(module, reservation, request);
  copy_finding(details, report);
  const EditList& edits = reservation.plan.edits;
  // The report's last edit is the record, which holds all the others.
  details["edits"] = edits_json(*report.find("edits"));
  details["edits_total"] = std::uint64_t{edits.size() + (reservation.record.empty() ? 0 : 1)};
  add_map(details, module, reservation.finding ? &*reservation.finding : nullptr, &reservation);
  if (reservation.plan.outcome == Plan::Outcome::already)
    details["toolchain"] = to_json(reservation.plan.manifest.toolchain);
}

Json describe_making(const MadeComponent& made) {
  Json out = file_json(sha256_hex(made.component), made.component.size());
  out["strategy"] = made.strategy;
  out["runs"] = made.is_command;
  out["encoder"] = made.encoder.version;
  out["adapter"] = adapter_json(made);
  return out;
}

}  // namespace heapbump::audit
