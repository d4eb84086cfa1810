// In-toto statements (in-toto Attestation Framework, Statement v1) with SLSA provenance v1, one a line for
// each module or component that was made. They are not signed: cosign and its kin do that.
#include <map>

#include "audit/convert.h"
#include "record/tool.h"

namespace heapbump::audit {
namespace {

Json digest(const Json& sha256) {
  return Json::object({{"sha256", sha256}});
}

class Statements {
 public:
  /// The header is known once the file was read, so that a statement is made when it is asked for.
  void add(const Json& line) {
    const std::string sha256(text_of(line, "sha256"));
    if (const Json* details = line.find("details"); details != nullptr && !details->is_null())
      if (const Json* component = details->find("component"); component != nullptr && !component->is_null())
        adapters_.try_emplace(sha256, *component->find("adapter"));
    const Json* output = line.find("output");
    if (output == nullptr || output->is_null()) return;
    made_.push_back(Json::object({{"name", *line.find("file")},
                                  {"sha256", *output->find("sha256")},
                                  {"input", *line.find("sha256")},
                                  {"verdict", *line.find("verdict")}}));
  }

  std::string take(const Json& header) const {
    std::string out;
    for (const Json& made : made_) out += statement(made, header).dump(-1) + "\n";
    return out;
  }

 private:
  [[nodiscard]] Json materials(const Json& made, bool with_adapter) const {
    Json list = Json::array();
    list.push_back(Json::object({{"name", "input"}, {"digest", digest(*made.find("input"))}}));
    const auto adapter = adapters_.find(std::string(text_of(made, "input")));
    if (!with_adapter || adapter == adapters_.end()) return list;
    const std::string flavor(text_of(adapter->second, "flavor"));
    const std::string release(text_of(adapter->second, "release"));
    list.push_back(Json::object({{"name", "adapter"},
                                 {"digest", digest(*adapter->second.find("sha256"))},
                                 {"annotations", Json::object({{"flavor", flavor}, {"release", release}})}}));
    return list;
  }

  [[nodiscard]] Json statement(const Json& made, const Json& header) const {
    const Json& policy = *header.find("policy");
    const std::string kind(text_of(policy, "make"));
    Json subject = Json::array();
    subject.push_back(Json::object({{"name", *made.find("name")}, {"digest", digest(*made.find("sha256"))}}));
    const Json& tool = *header.find("tool");
    const std::string version(text_of(tool, "version"));
    const Json definition =
        Json::object({{"buildType", "urn:heapbump:audit:" + kind + ":1"},
                      {"externalParameters", Json::object({{"policy", policy}})},
                      {"internalParameters", Json::object({{"verdict", *made.find("verdict")}})},
                      {"resolvedDependencies", materials(made, kind == "component")}});
    const Json builder = Json::object(
        {{"id", "urn:heapbump:" + version},
         {"version",
          Json::object({{"heapbump", version}, {"rules", std::to_string(number_of(tool, "rules"))}})}});
    return Json::object(
        {{"_type", "https://in-toto.io/Statement/v1"},
         {"subject", subject},
         {"predicateType", "https://slsa.dev/provenance/v1"},
         {"predicate", Json::object({{"buildDefinition", definition},
                                     {"runDetails", Json::object({{"builder", builder}})}})}});
  }

  std::map<std::string, Json> adapters_;  // by the input's SHA-256
  std::vector<Json> made_;
};

}  // namespace

Result<Converted> to_in_toto(const std::string& report) {
  Statements statements;
  HEAPBUMP_TRY(const ReadReport read,
               read_report(report, [&](const Json& line, std::uint64_t) { statements.add(line); }));
  if (read.summary.made() == 0)
    return fail(Code::kUsage, "nothing was made in this audit; run it with --component or --reserve");
  return Converted{statements.take(read.header), read.complete};
}

}  // namespace heapbump::audit
