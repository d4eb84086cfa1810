#include "audit/report_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/descriptor.h"

namespace heapbump::audit {
namespace {

constexpr std::string_view kFirst = R"({"policy":)";  // a header's keys are sorted

/// Whether a file begins as a report does, or is empty.
bool may_be_replaced(int fd) {
  std::array<char, kFirst.size()> head{};
  const ssize_t count = ::pread(fd, head.data(), head.size(), 0);
  return count >= 0 && kFirst.starts_with(std::string_view(head.data(), static_cast<std::size_t>(count)));
}

/// The lines after a header, each with its offset.
template <typename Take>
Status each_file(LineReader& reader, const std::string& path, Take take) {
  const auto first = reader.next();
  const auto header = first ? parse_json(first->text) : fail(Code::kUsage, "");
  if (!header || text_of(*header, "type") != "audit")
    return fail(Code::kUsage, path + " is no report of `heapbump audit`");
  if (!take(*header, first->offset)) return {};
  while (const auto line = reader.next()) {
    const auto object = parse_json(line->text);
    if (!object || !take(*object, line->offset)) return {};
  }
  return {};
}

}  // namespace

ReportFile::~ReportFile() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

Status ReportFile::failed() const {
  return fail(Code::kIoWrite, "the report cannot be written: " + std::string(std::strerror(errno)));
}

Status ReportFile::open(const std::string& path, bool resume) {
  path_ = path;
  if (path.empty()) return {};
  if (path == "-") {
    fd_ = STDOUT_FILENO;
    return {};
  }
  constexpr mode_t kMode = 0666;
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (fd_ < 0) return failed();
  struct stat status{};
  const bool regular = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
  if (!regular) return {};
  if (!may_be_replaced(fd_))
    return fail(Code::kUsage, "the report would replace a file that is no report; name another one");
  comparing_ = resume;
  if (!resume && ::ftruncate(fd_, 0) != 0) return failed();
  return {};
}

bool ReportFile::is_there(std::string_view text) const {
  std::string found(text.size(), '\0');
  std::size_t size = 0;
  while (size < found.size()) {
    const ssize_t count =
        ::pread(fd_, found.data() + size, found.size() - size, static_cast<off_t>(at_ + size));
    if (count <= 0) return false;
    size += static_cast<std::size_t>(count);
  }
  return found == text;
}

Status ReportFile::write(const Json& line) {
  if (fd_ < 0) return {};
  std::string text = line.dump(-1);
  text += '\n';
  if (comparing_) {
    if (is_there(text)) {
      at_ += text.size();
      return {};
    }
    comparing_ = false;
    const auto end = static_cast<off_t>(at_);
    if (::ftruncate(fd_, end) != 0 || ::lseek(fd_, end, SEEK_SET) != end) return failed();
  }
  if (!write_all(fd_, text)) return failed();
  return {};
}

Status ReportFile::close() {
  if (fd_ < 0) return {};
  if (comparing_ && ::ftruncate(fd_, static_cast<off_t>(at_)) != 0) return failed();
  const int fd = std::exchange(fd_, -1);
  if (fd > STDERR_FILENO && ::close(fd) != 0) return failed();
  return {};
}

Result<EarlierAnswers> EarlierAnswers::load(const std::string& path, const Json& header) {
  EarlierAnswers answers;
  if (::access(path.c_str(), F_OK) != 0) return answers;
  // A copy, since the report itself is written to from here on.
  HEAPBUMP_TRY(LineReader original, LineReader::open(path));
  std::FILE* copy = std::tmpfile();
  if (copy == nullptr)
    return fail(Code::kIoRead, "there can be no temporary file: " + std::string(std::strerror(errno)));
  answers.copy_.emplace(copy);
  while (const auto line = original.next())
    if (std::fwrite((line->text + "\n").data(), 1, line->text.size() + 1, copy) != line->text.size() + 1)
      return fail(Code::kIoRead, "the earlier report cannot be copied");
  if (std::fseek(copy, 0, SEEK_SET) != 0)
    return fail(Code::kIoRead, "the earlier report cannot be read again");
  const auto taken = each_file(*answers.copy_, path, [&](const Json& line, std::uint64_t offset) {
    if (text_of(line, "type") == "audit") return line == header;
    const bool whole = line.find("details") != nullptr && !line.find("details")->is_null();
    if (whole && !is_passing(reason_id(line))) answers.offsets_.emplace(text_of(line, "sha256"), offset);
    return true;
  });
  // What is no report is the report's own error to give.
  if (!taken) answers.offsets_.clear();
  return answers;
}

std::optional<Json> EarlierAnswers::find(const std::string& sha256) {
  const auto found = offsets_.find(sha256);
  if (found == offsets_.end()) return std::nullopt;
  const auto line = copy_->at(found->second);
  auto object = line ? parse_json(line->text) : fail(Code::kIoRead, "");
  if (!object || object->as_object() == nullptr) return std::nullopt;
  // It depends on a baseline that may have been another one.
  Json::Object members = *object->as_object();
  members.erase("new");
  return Json(std::move(members));
}

bool is_refusal(const Json& line) {
  return text_of(line, "group") == to_string(Group::cannot_move);
}

namespace {

std::string key(const Json& line, std::string_view of) {
  return std::string(text_of(line, "verdict")) + '\n' + std::string(reason_id(line)) + '\n' +
         std::string(of) + '\n' + std::string(text_of(line, of));
}

}  // namespace

Result<Baseline> Baseline::load(const std::string& path) {
  Baseline baseline;
  HEAPBUMP_TRY(LineReader reader, LineReader::open(path));
  HEAPBUMP_CHECK(each_file(reader, path, [&](const Json& line, std::uint64_t) {
    if (!is_refusal(line)) return true;
    baseline.known_.insert(key(line, "file"));
    if (!text_of(line, "sha256").empty()) baseline.known_.insert(key(line, "sha256"));
    return true;
  }));
  return baseline;
}

bool Baseline::is_new(const Json& line) const {
  return is_refusal(line) && !known_.contains(key(line, "file")) && !known_.contains(key(line, "sha256"));
}

}  // namespace heapbump::audit
