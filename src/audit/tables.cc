// CSV for spreadsheets, and Markdown for the summary page of a CI run.
#include <array>
#include <map>
#include <optional>

#include "audit/convert.h"

namespace heapbump::audit {
namespace {

// --- CSV (RFC 4180)

/// What begins as a formula would be computed by a spreadsheet, whoever named the file so.
std::string cell(std::string_view text) {
  constexpr std::string_view kFormula = "=+-@\t\r";
  std::string out = "\"";
  if (!text.empty() && kFormula.contains(text.front())) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string number_cell(const Json* value) {
  const std::int64_t* number = value == nullptr ? nullptr : value->as_integer();
  return number == nullptr ? "" : std::to_string(*number);
}

const Json* member(const Json* object, std::string_view key) {
  return object == nullptr ? nullptr : object->find(key);
}

std::string_view text_in(const Json* object, std::string_view key) {
  return object == nullptr ? std::string_view{} : text_of(*object, key);
}

constexpr std::string_view kColumns =
    "file,verdict,group,reason,rule,offset,message,next,size,sha256,same_as,new,output_sha256,kind,entry,"
    "toolchain,toolchain_version,confidence,strategy,region_base,region_size,memory_pages\r\n";

/// The columns that belong to the bytes; a file with the same bytes has them too.
std::string details_cells(const Json* details) {
  const Json* toolchain = member(details, "toolchain");
  const Json* region = member(details, "region");
  return cell(text_in(details, "kind")) + "," + cell(text_in(details, "entry")) + "," +
         cell(text_in(toolchain, "name")) + "," + cell(text_in(toolchain, "version")) + "," +
         cell(text_in(details, "confidence")) + "," + cell(text_in(details, "strategy")) + "," +
         number_cell(member(region, "base")) + "," + number_cell(member(region, "size")) + "," +
         number_cell(member(member(details, "memory"), "min"));
}

class Csv {
 public:
  void add(const Json& line) {
    const Json* reason = line.find("reason");
    const Json* fresh = line.find("new");
    for (const char* key : {"file", "verdict", "group"}) out_ += cell(text_of(line, key)) + ",";
    out_ += cell(text_in(reason, "id")) + "," + cell(text_in(reason, "rule")) + "," +
            number_cell(member(reason, "offset")) + "," + cell(text_in(reason, "message")) + "," +
            cell(text_of(line, "next")) + "," + number_cell(line.find("size")) + "," +
            cell(text_of(line, "sha256")) + "," + cell(text_of(line, "same_as")) + "," +
            (fresh == nullptr       ? ""
             : *fresh == Json(true) ? "true"
                                    : "false") +
            "," + cell(text_in(line.find("output"), "sha256")) + ",";
    const Json* details = line.find("details");
    std::string& cells = details_[std::string(text_of(line, "sha256"))];
    if (cells.empty() || (details != nullptr && !details->is_null())) cells = details_cells(details);
    out_ += cells + "\r\n";
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_{kColumns};
  std::map<std::string, std::string> details_;
};

// --- Markdown

/// Text in a cell of a table.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("|\\`*_[]#~").contains(c)) out += '\\';
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

class Markdown {
 public:
  void add(const Json& line) {
    constexpr std::size_t kMost = 100;
    const bool fresh = line.find("new") != nullptr && *line.find("new") == Json(true);
    if (text_of(line, "group") != to_string(Group::cannot_move)) return;
    const std::string row = "| " + escaped(text_of(line, "file")) + " | " +
                            escaped(text_of(line, "verdict")) + (fresh ? " (new)" : "") + " | " +
                            escaped(reason_id(line)) + " | " +
                            escaped(text_of(*line.find("reason"), "message")) + " |\n";
    ++refused_;
    // What is new is what a reader of a CI run looks for.
    std::string& rows = fresh ? fresh_ : old_;
    std::size_t& count = fresh ? fresh_count_ : old_count_;
    if (count++ < kMost) rows += row;
  }

  std::string take(const Summary& summary) {
    out_ = "## heapbump audit: " + std::to_string(summary.count(Group::can_move)) + " of " +
           std::to_string(summary.files()) + " files can become components\n\n";
    out_ += "| files | verdict | meaning |\n|---:|---|---|\n";
    for (const VerdictInfo& each : all_verdicts())
      if (summary.count(each.verdict) != 0)
        out_ += "| " + std::to_string(summary.count(each.verdict)) + " | " + std::string(each.name) + " | " +
                escaped(each.meaning) + " |\n";
    reasons(summary);
    const std::size_t shown =
        std::min<std::size_t>(fresh_count_, 100) + std::min<std::size_t>(old_count_, 100);
    if (refused_ != 0) {
      out_ += "\n### Files that cannot move\n\n| file | verdict | reason | message |\n|---|---|---|---|\n" +
              fresh_ + old_;
      if (shown < refused_) out_ += "\n" + std::to_string(refused_ - shown) + " more are in the report.\n";
    }
    return std::move(out_);
  }

 private:
  void reasons(const Summary& summary) {
    bool any = false;
    for (const auto& [key, value] : summary.reasons()) {
      const auto& [verdict, id] = key;
      if (info(verdict).group != Group::cannot_move) continue;
      if (!any)
        out_ +=
            "\n### Why the others cannot, and what to do\n\n| files | reason | meaning | what to do "
            "|\n|---:|---|---|---|\n";
      any = true;
      const auto known = find_reason(id);
      out_ += "| " + std::to_string(value.files) + " | " + escaped(id) + " | " +
              escaped(known ? known->summary : "") + " | " + escaped(next_step(verdict, id)) + " |\n";
    }
    if (summary.host_modules().empty()) return;
    out_ += "\nHost modules that are imported: ";
    std::string list;
    for (const auto& [name, files] : summary.host_modules())
      list += (list.empty() ? "" : ", ") + escaped(name) + " (" + std::to_string(files) + ")";
    out_ += list + "\n";
  }

  std::string out_, fresh_, old_;
  std::size_t fresh_count_ = 0, old_count_ = 0, refused_ = 0;
};

}  // namespace

Result<Converted> to_csv(const std::string& report) {
  Csv csv;
  HEAPBUMP_TRY(const ReadReport read,
               read_report(report, [&](const Json& line, std::uint64_t) { csv.add(line); }));
  return Converted{csv.take(), read.complete};
}

Result<Converted> to_markdown(const std::string& report) {
  Markdown markdown;
  HEAPBUMP_TRY(const ReadReport read,
               read_report(report, [&](const Json& line, std::uint64_t) { markdown.add(line); }));
  return Converted{markdown.take(read.summary), read.complete};
}

}  // namespace heapbump::audit
