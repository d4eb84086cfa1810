#include "audit/convert.h"

#include <utility>

namespace heapbump::audit {

Result<ReadReport> read_report(const std::string& path,
                               const std::function<void(const Json& line, std::uint64_t offset)>& take) {
  HEAPBUMP_TRY(LineReader reader, LineReader::open(path));
  ReadReport report;
  std::uint64_t number = 0;
  while (const auto line = reader.next()) {
    ++number;
    auto object = parse_json(line->text);
    if (!object)
      return fail(Code::kBadJson, "line " + std::to_string(number) + ": " + object.error().message);
    const std::string_view type = text_of(*object, "type");
    if ((number == 1) != (type == "audit")) break;
    if (type == "audit") {
      report.header = *std::move(object);
    } else if (type == "file") {
      report.summary.add(*object);
      take(*object, line->offset);
    } else {
      report.complete = type == "summary";
      report.summary.add_skipped(*object);
    }
  }
  if (report.header.is_null()) return fail(Code::kUsage, "it is no report of `heapbump audit`");
  return report;
}

Result<Converted> convert(const std::string& report, Format format) {
  switch (format) {
    case Format::sarif:
      return to_sarif(report);
    case Format::csv:
      return to_csv(report);
    case Format::markdown:
      return to_markdown(report);
    case Format::in_toto:
      return to_in_toto(report);
    case Format::html:
      return to_html(report);
  }
  std::unreachable();
}

}  // namespace heapbump::audit
