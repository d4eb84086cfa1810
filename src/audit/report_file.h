// Where an audit writes its lines, and what it takes over from an earlier report of the same run that was
// ended in the middle. Going on gives the same bytes as a run that was never ended.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "audit/lines.h"

namespace heapbump::audit {

class ReportFile {
 public:
  ReportFile() = default;
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;
  ~ReportFile();

  /// `path`: empty for no report, `-` for standard output. With `resume`, lines that are there already stay,
  /// and the first one that differs (or is torn) is cut off with all that follows. Errors: kIoWrite, kUsage
  /// for a file that is no report.
  [[nodiscard]] Status open(const std::string& path, bool resume);
  [[nodiscard]] Status write(const Json& line);
  [[nodiscard]] Status close();

 private:
  [[nodiscard]] bool is_there(std::string_view text) const;
  [[nodiscard]] Status failed() const;

  std::string path_;
  int fd_ = -1;
  bool comparing_ = false;
  std::uint64_t at_ = 0;
};

/// The answers of an earlier report of the same tool, rules and policy, by SHA-256.
class EarlierAnswers {
 public:
  /// Nothing is taken over where there is no such file, or it was made by another tool or policy. Error:
  /// kIoRead.
  [[nodiscard]] static Result<EarlierAnswers> load(const std::string& path, const Json& header);
  /// The whole line of the first file with these bytes.
  [[nodiscard]] std::optional<Json> find(const std::string& sha256);
  [[nodiscard]] std::size_t size() const { return offsets_.size(); }

 private:
  std::optional<LineReader> copy_;
  std::unordered_map<std::string, std::uint64_t> offsets_;
};

/// The refusals of an earlier report: what is in it is not new.
class Baseline {
 public:
  /// Errors: kIoRead, kUsage for a file that is no report.
  [[nodiscard]] static Result<Baseline> load(const std::string& path);
  /// Whether a line cannot move, and neither its name nor its bytes had that verdict and reason before.
  [[nodiscard]] bool is_new(const Json& line) const;

 private:
  std::unordered_set<std::string> known_;
};

/// Whether a line says that its file can neither move nor need not.
[[nodiscard]] bool is_refusal(const Json& line);

}  // namespace heapbump::audit
