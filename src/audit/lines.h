// The lines of a report: one JSON object each, by schemas/audit.schema.json. The first says which tool and
// policy it is of, then there is one a file, and the last is the summary. No clock and no absolute path is in
// them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audit/judge.h"
#include "base/error.h"
#include "base/json.h"

namespace heapbump::audit {

inline constexpr int kAuditVersion = 1;

[[nodiscard]] Json header_line(const Policy& policy, const std::string& shard);
/// Everything that does not depend on the file's name.
[[nodiscard]] Json answer_of(const Judgement& judgement, const std::string& sha256, std::uint64_t size);
/// The answer for a file of which nothing is known but what went wrong. `sha256` may be empty.
[[nodiscard]] Json failed_answer(Verdict verdict, const Reason& reason, const std::string& sha256,
                                 std::uint64_t size);
/// The line of a file that has this answer.
[[nodiscard]] Json file_line(Json answer, std::string_view name);
/// The line of a file with the same bytes as one before it.
[[nodiscard]] Json repeated_line(const Json& answer, std::string_view name, std::string_view same_as);

/// A text member; empty if it is not there or is no text.
[[nodiscard]] std::string_view text_of(const Json& object, std::string_view key);
[[nodiscard]] std::string_view reason_id(const Json& line);
[[nodiscard]] std::uint64_t number_of(const Json& object, std::string_view key);

/// Reads a report line by line. A last line that is torn is not one.
class LineReader {
 public:
  /// Error: kIoRead.
  [[nodiscard]] static Result<LineReader> open(const std::string& path);
  explicit LineReader(std::FILE* file) : file_(file, &std::fclose) {}

  struct Line {
    std::uint64_t offset = 0;
    std::string text;  ///< without its end
  };
  /// Nothing at the end, or after a line longer than any may be.
  [[nodiscard]] std::optional<Line> next();
  /// Reads the line at an offset that next() has given.
  [[nodiscard]] std::optional<Line> at(std::uint64_t offset);

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::uint64_t offset_ = 0;
};

}  // namespace heapbump::audit
