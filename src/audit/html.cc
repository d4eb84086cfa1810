// One HTML page with everything in it: page.html, the counts as plain HTML, and the report's lines as data.
// Data in a page must not end its own element: every `<` in it is written as an escape of JSON.
#include <map>

#include "audit/convert.h"
#include "base/printable.h"

namespace heapbump::embedded {
extern const unsigned char audit_page[];
extern const std::size_t audit_page_size;
}  // namespace heapbump::embedded

namespace heapbump::audit {
namespace {

std::string data(const Json& json) {
  std::string out;
  for (const char c : json.dump(-1)) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

std::string tag(std::string_view name, std::string_view attributes, std::string_view text) {
  std::string out = "<" + std::string(name);
  if (!attributes.empty()) out += " " + std::string(attributes);
  return out + ">" + std::string(text) + "</" + std::string(name) + ">";
}

/// Numbers for words that are repeated in thousands of rows.
class Words {
 public:
  std::uint64_t of(std::string_view word) {
    const auto [found, is_new] = numbers_.try_emplace(std::string(word), numbers_.size());
    if (is_new) list_.push_back(Json(word));
    return found->second;
  }
  [[nodiscard]] const Json& list() const { return list_; }

 private:
  std::map<std::string, std::uint64_t> numbers_;
  Json list_ = Json::array();
};

class Page {
 public:
  Page() { words_.of(""); }
  // A row: file, verdict, reason, size, toolchain, strategy, state (1 new, 2 made), which line of details.
  void add(const Json& line) {
    const std::string sha256(text_of(line, "sha256"));
    const Json* details = line.find("details");
    const bool whole = details != nullptr && !details->is_null();
    const auto known = sha256.empty() ? bytes_.end() : bytes_.find(sha256);
    Bytes here;
    if (known != bytes_.end() && !whole) {
      here = known->second;
    } else {
      here.line = lines_count_++;
      if (whole) {
        if (const Json* toolchain = details->find("toolchain"); !toolchain->is_null())
          here.toolchain = words_.of(text_of(*toolchain, "name"));
        here.strategy = words_.of(text_of(*details, "strategy"));
      }
      lines_ += data(line) + "\n";
      if (!sha256.empty()) bytes_[sha256] = here;
    }
    const Json* fresh = line.find("new");
    const Json* output = line.find("output");
    const std::uint64_t state = (fresh != nullptr && *fresh == Json(true) ? 1U : 0U) +
                                (output != nullptr && !output->is_null() ? 2U : 0U);
    Json row = Json::array();
    row.push_back(*line.find("file"));
    for (const std::uint64_t value :
         {words_.of(text_of(line, "verdict")), words_.of(reason_id(line)), number_of(line, "size"),
          here.toolchain, here.strategy, state, here.line})
      row.push_back(Json(value));
    rows_ += (rows_.empty() ? "" : ",\n") + data(row);
  }

  std::string take(const ReadReport& report) {
    const std::string_view page(reinterpret_cast<const char*>(embedded::audit_page),
                                embedded::audit_page_size);
    std::string out;
    std::string_view rest = page;
    const auto fill = [&](std::string_view place, const std::string& text) {
      const std::size_t at = rest.find(place);
      out += rest.substr(0, at);
      out += text;
      rest.remove_prefix(at + place.size());
    };
    out.reserve(page.size() + rows_.size() + lines_.size());
    fill("<!--TITLE-->", title(report.summary));
    fill("<!--SUMMARY-->", summary(report));
    fill("\"WORDS\"", data(words(report)));
    fill("\"ROWS\"", rows_);
    fill("DETAILS\n", lines_);
    out += rest;
    return out;
  }

 private:
  struct Bytes {
    std::uint64_t toolchain = 0, strategy = 0, line = 0;
  };

  static std::string title(const Summary& summary) {
    return grouped(summary.count(Group::can_move)) + " of " + grouped(summary.files()) +
           " files can become components";
  }

  [[nodiscard]] Json words(const ReadReport& report) const {
    Json explained;
    for (const auto& [key, value] : report.summary.reasons()) {
      const auto known = find_reason(key.second);
      explained[key.second] = Json::object(
          {{"summary", known ? known->summary : ""}, {"explanation", known ? known->explanation : ""}});
    }
    Json groups;
    for (const VerdictInfo& each : all_verdicts()) groups[std::string(each.name)] = to_string(each.group);
    return Json::object({{"words", words_.list()}, {"reasons", explained}, {"groups", groups}});
  }

  static std::string tile(const VerdictInfo& verdict, std::uint64_t count) {
    return tag("button",
               "type=\"button\" class=\"tile " + std::string(to_string(verdict.group)) +
                   "\" data-verdict=\"" + std::string(verdict.name) + "\" title=\"" +
                   html_escaped(verdict.meaning) + "\"",
               tag("b", "", grouped(count)) + tag("span", "", verdict.name));
  }

  static std::string reasons(const Summary& summary, bool cannot) {
    std::string rows;
    for (const auto& [key, value] : summary.reasons()) {
      const auto& [verdict, id] = key;
      const bool refused = info(verdict).group == Group::cannot_move;
      if (cannot ? !refused : verdict != Verdict::apart) continue;
      const auto known = find_reason(id);
      rows += tag("tr", "",
                  tag("td", "class=\"n\"", grouped(value.files)) + tag("td", "", to_string(verdict)) +
                      tag("td", "", tag("code", "", html_escaped(id))) +
                      tag("td", "", html_escaped(known ? known->summary : "")) +
                      (cannot ? tag("td", "", html_escaped(next_step(verdict, id))) : std::string()));
    }
    if (rows.empty()) return "";
    const std::string head =
        tag("tr", "",
            tag("th", "class=\"n\"", "files") + tag("th", "", "verdict") + tag("th", "", "reason") +
                tag("th", "", "meaning") + (cannot ? tag("th", "", "what to do") : std::string()));
    return tag("h2", "",
               cannot ? "Why the others cannot move, and what to do"
                      : "Why some are made with the adapter apart") +
           tag("div", "class=\"wide\"", tag("table", "", tag("thead", "", head) + tag("tbody", "", rows)));
  }

  static std::string summary(const ReadReport& report) {
    const Summary& all = report.summary;
    std::string tiles;
    for (const VerdictInfo& each : all_verdicts())
      if (all.count(each.verdict) != 0) tiles += tile(each, all.count(each.verdict));
    std::string out = tag("h1", "", title(all));
    const Json& tool = *report.header.find("tool");
    out += tag("p", "class=\"sub\"",
               grouped(all.files()) + " files, " + grouped(all.distinct()) + " different; heapbump " +
                   html_escaped(text_of(tool, "version")) + ", rules " +
                   std::to_string(number_of(tool, "rules")) + ", proof " +
                   html_escaped(text_of(*report.header.find("policy"), "prove")) +
                   (report.complete ? "" : ". <strong>The audit was ended before its end.</strong>"));
    out += tag("div", "class=\"tiles\"", tiles) + reasons(all, true);
    if (!all.host_modules().empty()) {
      std::string list;
      for (const auto& [name, files] : all.host_modules())
        list +=
            (list.empty() ? "" : ", ") + tag("code", "", html_escaped(name)) + " (" + grouped(files) + ")";
      out += tag("p", "", "Host modules that are imported: " + list);
    }
    return out + reasons(all, false);
  }

  Words words_;
  std::map<std::string, Bytes> bytes_;
  std::string rows_, lines_;
  std::uint64_t lines_count_ = 0;
};

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Result<Converted> to_html(const std::string& report) {
  Page page;
  HEAPBUMP_TRY(const ReadReport read,
               read_report(report, [&](const Json& line, std::uint64_t) { page.add(line); }));
  return Converted{page.take(read), read.complete};
}

}  // namespace heapbump::audit
