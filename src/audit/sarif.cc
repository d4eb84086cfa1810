// SARIF 2.1.0 (OASIS), for code scanning: what cannot move is a result. A module is no text, so a result has
// the byte's offset; startLine is 1, since viewers want a line.
#include <map>

#include "audit/convert.h"
#include "base/bytes.h"
#include "base/sha256.h"
#include "record/tool.h"

namespace heapbump::audit {
namespace {

/// A relative path as a URI reference (RFC 3986).
std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.contains(c)) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

std::string_view level_of(std::string_view verdict) {
  const bool broken = verdict == to_string(Verdict::malformed) || verdict == to_string(Verdict::unreadable);
  return broken ? "error" : "warning";
}

Json text(std::string_view value) {
  return Json::object({{"text", value}});
}

Json rule_json(const std::string& id, std::string_view verdict) {
  const auto known = find_reason(id);
  const auto word = find_verdict(verdict);
  const std::string_view summary = known ? known->summary : std::string_view(id);
  return Json::object({{"id", id},
                       {"shortDescription", text(summary)},
                       {"fullDescription", text(known ? known->explanation : summary)},
                       {"help", text(word ? next_step(*word, id) : summary)},
                       {"defaultConfiguration", Json::object({{"level", level_of(verdict)}})}});
}

Json location_json(const Json& line) {
  Json region = Json::object({{"startLine", 1}});
  if (const std::int64_t* offset = line.find("reason")->find("offset")->as_integer()) {
    region["byteOffset"] = *offset;
    region["byteLength"] = 1;
  }
  return Json::object(
      {{"physicalLocation",
        Json::object({{"artifactLocation", Json::object({{"uri", uri_of(text_of(line, "file"))}})},
                      {"region", region}})}});
}

/// The same for the same bytes and reason, wherever the file is.
std::string fingerprint(const Json& line) {
  const std::string_view sha256 = text_of(line, "sha256");
  const std::string of(sha256.empty() ? text_of(line, "file") : sha256);
  return sha256_hex(as_bytes(of + '\n' + std::string(reason_id(line))));
}

class Sarif {
 public:
  void add(const Json& line) {
    if (text_of(line, "group") != to_string(Group::cannot_move)) return;
    const std::string id(reason_id(line));
    const std::string_view verdict = text_of(line, "verdict");
    const auto [rule, is_new] = rules_.try_emplace(id, rules_.size());
    if (is_new) list_.push_back(rule_json(id, verdict));
    Json locations = Json::array();
    locations.push_back(location_json(line));
    Json result = Json::object(
        {{"ruleId", id},
         {"ruleIndex", std::uint64_t{rule->second}},
         {"kind", "fail"},
         {"level", level_of(verdict)},
         {"message",
          text(std::string(verdict) + ": " + std::string(text_of(*line.find("reason"), "message")))},
         {"locations", locations},
         {"partialFingerprints", Json::object({{"heapbumpHashAndReason/v1", fingerprint(line)}})},
         {"properties", Json::object({{"sha256", *line.find("sha256")},
                                      {"verdict", verdict},
                                      {"rule", *line.find("reason")->find("rule")}})}});
    if (const Json* fresh = line.find("new"))
      result["baselineState"] = *fresh == Json(true) ? "new" : "unchanged";
    results_ += (results_.empty() ? "" : ",\n") + result.dump(-1);
  }

  // Keys in an order of their own, since the results come first and are many.
  std::string take() const {
    const Json driver = Json::object({{"name", "heapbump"},
                                      {"version", tool_version()},
                                      {"semanticVersion", tool_version()},
                                      {"rules", list_}});
    return "{\"$schema\":\"https://json.schemastore.org/"
           "sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":" +
           driver.dump(-1) + "},\"results\":[\n" + results_ + "\n]}]}\n";
  }

 private:
  std::map<std::string, std::size_t> rules_;
  Json list_ = Json::array();
  std::string results_;
};

}  // namespace

Result<Converted> to_sarif(const std::string& report) {
  Sarif sarif;
  HEAPBUMP_TRY(const ReadReport read,
               read_report(report, [&](const Json& line, std::uint64_t) { sarif.add(line); }));
  return Converted{sarif.take(), read.complete};
}

}  // namespace heapbump::audit
