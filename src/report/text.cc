#include "base/sha256.h"
#include "heapbump/report.h"
#include "record/manifest.h"
#include "report/report.h"

namespace heapbump {

std::string_view version() {
  return tool_version();
}

std::string json_text(const Manifest& manifest) {
  return to_json(manifest).dump();
}

std::string json_text(const Input& input, const Result<Finding>& finding) {
  return detect_report(input.module(), finding, sha256_hex(input.bytes())).dump();
}

std::string json_text(const Input& input, const Reservation& reservation, const Request& request) {
  return reserve_report(input.module(), reservation, request).dump();
}

std::string json_text(const Verification& verification) {
  return to_json(verification).dump();
}

std::string json_text(const ComponentCheck& check) {
  return to_json(check).dump();
}

std::string json_text(const MadeComponent& made) {
  return to_json(made).dump();
}

std::string json_text(const PlacedAdapter& placed) {
  return to_json(placed).dump();
}

}  // namespace heapbump
