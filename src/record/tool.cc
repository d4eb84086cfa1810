#include "record/tool.h"

namespace heapbump {

std::string_view tool_version() {
  return HEAPBUMP_VERSION;
}

Json tool_json() {
  return Json::object({{"name", "heapbump"}, {"version", tool_version()}, {"rules", kRulesVersion}});
}

}  // namespace heapbump
