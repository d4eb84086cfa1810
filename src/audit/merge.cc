#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "audit/convert.h"
#include "audit/report_file.h"

namespace heapbump::audit {
namespace {

struct Place {
  std::size_t report = 0;
  std::uint64_t offset = 0;
};

struct Entry {
  std::string name;
  std::string sha256;
  bool whole = false;  // it has details
  Place place;
};

class Merger {
 public:
  explicit Merger(const std::vector<std::string>& reports) : reports_(reports) {}

  Status read();
  Status write(const std::string& out);

 private:
  Status read_one(std::size_t index);
  Status drop_repeated();
  Result<Json> line_at(const Place& place);
  Result<Json> line_of(const Entry& entry);

  const std::vector<std::string>& reports_;
  std::vector<LineReader> readers_;
  Json header_;
  Summary skipped_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, Place> whole_;        // by SHA-256
  std::unordered_map<std::string, std::string> first_;  // name of the first file, by SHA-256
};

Status Merger::read_one(std::size_t index) {
  const std::string& path = reports_[index];
  auto report = read_report(path, [&](const Json& line, std::uint64_t offset) {
    const Json* details = line.find("details");
    const std::string sha256(text_of(line, "sha256"));
    const bool whole = details != nullptr && !details->is_null();
    entries_.push_back({std::string(text_of(line, "file")), sha256, whole, {index, offset}});
    if (whole) whole_.try_emplace(sha256, Place{index, offset});
  });
  if (!report) return fail(report.error().code, path + ": " + report.error().message);
  if (!report->complete)
    return fail(Code::kUsage, path + " is of a run that was ended; go on with it by --resume first");
  report->header["shard"] = Json();
  if (index == 0) header_ = report->header;
  if (report->header != header_)
    return fail(Code::kUsage,
                path + " was made by another version or with other options than " + reports_[0]);
  const Skipped& skipped = report->summary.skipped();
  Skipped sum = skipped_.skipped();
  sum.not_wasm += skipped.not_wasm;
  sum.links += skipped.links;
  sum.special += skipped.special;
  sum.excluded += skipped.excluded;
  skipped_.set_skipped(sum);
  HEAPBUMP_TRY(LineReader reader, LineReader::open(path));
  readers_.push_back(std::move(reader));
  return {};
}

/// A file may be in several reports, with the same bytes.
Status Merger::drop_repeated() {
  std::ranges::stable_sort(entries_, comes_before, &Entry::name);
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].name != entries_[i - 1].name || entries_[i].sha256 == entries_[i - 1].sha256) continue;
    return fail(Code::kUsage, "the reports disagree on the bytes of " + entries_[i].name);
  }
  const auto repeated = std::ranges::unique(entries_, {}, &Entry::name);
  entries_.erase(repeated.begin(), repeated.end());
  return {};
}

Status Merger::read() {
  for (std::size_t i = 0; i < reports_.size(); ++i) HEAPBUMP_CHECK(read_one(i));
  return drop_repeated();
}

Result<Json> Merger::line_at(const Place& place) {
  const auto line = readers_[place.report].at(place.offset);
  if (!line) return fail(Code::kIoRead, reports_[place.report] + " changed while it was read");
  return parse_json(line->text);
}

Result<Json> Merger::line_of(const Entry& entry) {
  HEAPBUMP_TRY(Json own, line_at(entry.place));
  if (entry.sha256.empty()) return own;
  const auto [first, is_first] = first_.try_emplace(entry.sha256, entry.name);
  if (!is_first) return repeated_line(own, entry.name, first->second);
  const auto whole = whole_.find(entry.sha256);
  if (entry.whole || whole == whole_.end()) return own;
  // What belongs to the name stays, what belongs to the bytes comes from the line that has it.
  HEAPBUMP_TRY(const Json other, line_at(whole->second));
  own["details"] = *other.find("details");
  own["same_as"] = Json();
  return own;
}

Status Merger::write(const std::string& out) {
  ReportFile file;
  HEAPBUMP_CHECK(file.open(out, false));
  HEAPBUMP_CHECK(file.write(header_));
  Summary summary;
  summary.set_skipped(skipped_.skipped());
  for (const Entry& entry : entries_) {
    HEAPBUMP_TRY(const Json line, line_of(entry));
    summary.add(line);
    HEAPBUMP_CHECK(file.write(line));
  }
  HEAPBUMP_CHECK(file.write(summary.to_json()));
  return file.close();
}

}  // namespace

Status merge(const std::vector<std::string>& reports, const std::string& out) {
  Merger merger(reports);
  HEAPBUMP_CHECK(merger.read());
  return merger.write(out);
}

}  // namespace heapbump::audit
