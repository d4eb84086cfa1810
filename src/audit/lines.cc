#include "audit/lines.h"

#include <sys/types.h>

#include <cerrno>
#include <cstring>

#include "record/tool.h"

namespace heapbump::audit {
namespace {

constexpr std::size_t kLongestLine = std::size_t{16} << 20;  // bytes
constexpr std::size_t kLongestMessage = 1000;

std::string cut(const std::string& text) {
  if (text.size() <= kLongestMessage) return text;
  std::size_t end = kLongestMessage;
  while (end != 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

}  // namespace

Json header_line(const Policy& policy, const std::string& shard) {
  return Json::object({{"type", "audit"},
                       {"schema_version", kAuditVersion},
                       {"tool", tool_json()},
                       {"policy", to_json(policy)},
                       {"shard", shard.empty() ? Json() : Json(shard)}});
}

Json failed_answer(Verdict verdict, const Reason& reason, const std::string& sha256, std::uint64_t size) {
  return Json::object({{"type", "file"},
                       {"sha256", sha256.empty() ? Json() : Json(sha256)},
                       {"size", sha256.empty() ? Json() : Json(size)},
                       {"verdict", to_string(verdict)},
                       {"group", to_string(group_of(verdict, false))},
                       {"reason", Json::object({{"id", reason.id},
                                                {"message", cut(reason.message)},
                                                {"offset", Json::optional(reason.offset)},
                                                {"rule", reason.rule.empty() ? Json() : Json(reason.rule)}})},
                       {"next", next_step(verdict, reason.id)},
                       {"output", Json()},
                       {"same_as", Json()},
                       {"details", Json()}});
}

Json answer_of(const Judgement& judgement, const std::string& sha256, std::uint64_t size) {
  Json answer = failed_answer(judgement.verdict, judgement.reason, sha256, size);
  const bool is_component = text_of(judgement.details, "kind") == "component";
  answer["group"] = to_string(group_of(judgement.verdict, is_component));
  answer["details"] = judgement.details;
  return answer;
}

Json file_line(Json answer, std::string_view name) {
  answer["file"] = name;
  return answer;
}

Json repeated_line(const Json& answer, std::string_view name, std::string_view same_as) {
  Json line = answer;
  line["file"] = name;
  line["same_as"] = same_as;
  line["details"] = Json();
  return line;
}

std::string_view text_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  const std::string* text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? std::string_view{} : std::string_view(*text);
}

std::string_view reason_id(const Json& line) {
  const Json* reason = line.find("reason");
  return reason == nullptr ? std::string_view{} : text_of(*reason, "id");
}

std::uint64_t number_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  const std::int64_t* number = value == nullptr ? nullptr : value->as_integer();
  return number == nullptr || *number < 0 ? 0 : static_cast<std::uint64_t>(*number);
}

Result<LineReader> LineReader::open(const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rbe");
  if (file == nullptr)
    return fail(Code::kIoRead, path + " cannot be read: " + std::string(std::strerror(errno)));
  return LineReader(file);
}

std::optional<LineReader::Line> LineReader::next() {
  Line line{offset_, {}};
  for (int c = std::getc(file_.get()); c != EOF; c = std::getc(file_.get())) {
    ++offset_;
    if (c == '\n') return line;
    if (line.text.size() == kLongestLine) return std::nullopt;
    line.text += static_cast<char>(c);
  }
  return std::nullopt;
}

std::optional<LineReader::Line> LineReader::at(std::uint64_t offset) {
  if (::fseeko(file_.get(), static_cast<off_t>(offset), SEEK_SET) != 0) return std::nullopt;
  offset_ = offset;
  return next();
}

}  // namespace heapbump::audit
