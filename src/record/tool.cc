#include "record/tool.h"

namespace heapbump {

std::string_view tool_version() {
  return HEAPBUMP_VERSION;
}

Json tool_json() {
  return Json::object({{"name", "heapbump"}, {"version", tool_version()}, {"rules", kRulesVersion}});
}

Json file_json(std::string_view sha256, std::uint64_t size) {
  return Json::object({{"sha256", sha256}, {"size", size}});
}

}  // namespace heapbump
