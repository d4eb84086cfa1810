// A report in the forms that other systems read, and several reports as one. What comes out depends on the
// report alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/lines.h"
#include "audit/summary.h"

namespace heapbump::audit {

struct ReadReport {
  Json header;
  Summary summary;
  bool complete = false;  ///< it has its last line
};

/// Reads a report, `-` for standard input; `take` gets each line of a file. Errors: kIoRead, kUsage for what
/// is no report, kBadJson with the line's number.
[[nodiscard]] Result<ReadReport> read_report(
    const std::string& path, const std::function<void(const Json& line, std::uint64_t offset)>& take);

enum class Format : std::uint8_t { sarif, csv, markdown, in_toto, html };

struct Converted {
  std::string text;
  bool complete = false;
};

/// Errors: those of read_report.
[[nodiscard]] Result<Converted> convert(const std::string& report, Format format);

/// One report of several, as one audit of all their files would have given. Errors: those of read_report;
/// kUsage for reports of different tools or policies, for unfinished ones, and for two that disagree on a
/// file.
[[nodiscard]] Status merge(const std::vector<std::string>& reports, const std::string& out);

/// Text inside HTML, also in a quoted attribute.
[[nodiscard]] std::string html_escaped(std::string_view text);

// What convert() calls.
[[nodiscard]] Result<Converted> to_sarif(const std::string& report);
[[nodiscard]] Result<Converted> to_csv(const std::string& report);
[[nodiscard]] Result<Converted> to_markdown(const std::string& report);
[[nodiscard]] Result<Converted> to_in_toto(const std::string& report);
[[nodiscard]] Result<Converted> to_html(const std::string& report);

}  // namespace heapbump::audit
