#include "base/sha256.h"
#include "report/report.h"

namespace heapbump {

Json to_json(const Verification& verification) {
  Json mismatches = Json::list(verification.mismatches, [&](const Mismatch& m) {
    return Json::object({{"file", to_string(m.file)},
                         {"offset", Json::optional(m.offset)},
                         {"what", m.what},
                         {"expected", m.expected},
                         {"found", m.found}});
  });
  Json reasons = Json::list(verification.mismatches, [&](const Mismatch& m) {
    return reason_json({.code = Code::kVerifyMismatch, .message = to_string(m), .offset = m.offset}, nullptr);
  });
  Json changes = Json::array();
  for (const Change& c : verification.changes) {
    if (c.kind == ChangeKind::record) continue;
    changes.push_back(Json::object({{"kind", to_string(c.kind)},
                                    {"original_offset", c.original_offset},
                                    {"reserved_offset", c.reserved_offset},
                                    {"old_hex", to_hex(c.old_bytes)},
                                    {"new_hex", to_hex(c.new_bytes)},
                                    {"reading", c.reading}}));
  }
  Json notes = Json::array();
  for (const std::string& note : verification.notes) notes.push_back(note);
  return Json::object({{"original", Json::object({{"sha256", verification.original_sha256}})},
                       {"reserved", Json::object({{"sha256", verification.reserved_sha256}})},
                       {"nothing_reserved", verification.nothing_reserved},
                       {"code_offsets_preserved", verification.code_offsets_preserved},
                       {"mismatches", std::move(mismatches)},
                       {"changes", std::move(changes)},
                       {"notes", std::move(notes)},
                       {"reasons", std::move(reasons)},
                       {"work", Json::object({{"reading", verification.reading_work},
                                              {"checking", verification.checking_work}})}});
}

Json verify_report(const Verification& verification, int status) {
  Json report = to_json(verification);
  report["tool"] = tool_json();
  report["status"] = status == 0 ? "verified" : "mismatch";
  report["exit_code"] = status;
  report["schema_version"] = kReportVersion;
  return report;
}

}  // namespace heapbump
