// The summary as a page for a person.
#include <algorithm>
#include <vector>

#include "audit/summary.h"
#include "base/printable.h"

namespace heapbump::audit {
namespace {

constexpr std::size_t kWidth = 100, kIndent = 10;

std::string number(std::uint64_t value, std::size_t width = 0) {
  std::string digits = std::to_string(value);
  for (std::size_t i = digits.size(); i > 3; i -= 3)
    digits.insert(digits.begin() + static_cast<std::ptrdiff_t>(i) - 3, ',');
  return digits.size() < width ? std::string(width - digits.size(), ' ') + digits : digits;
}

std::string files(std::uint64_t count) {
  return number(count) + (count == 1 ? " file" : " files");
}

/// Words of a paragraph, from the column where they begin on.
std::string wrapped(const std::string& first, std::string_view text, std::size_t indent) {
  std::string out = first, line(first.size(), ' ');
  for (bool fresh = true; !text.empty(); fresh = false) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!fresh && line.size() + 1 + word.size() > kWidth) {
      out += '\n' + std::string(indent, ' ');
      line.assign(indent, ' ');
    } else if (!fresh) {
      out += ' ';
      line += ' ';
    }
    out += word;
    line += word;
  }
  return out + '\n';
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

using Row = std::pair<std::string, std::uint64_t>;

std::vector<Row> most_first(const std::map<std::string, std::uint64_t>& counts) {
  std::vector<Row> rows(counts.begin(), counts.end());
  std::ranges::stable_sort(rows, std::ranges::greater(), &Row::second);
  return rows;
}

std::string host_modules(const Summary& summary) {
  constexpr std::size_t kMost = 8;
  std::string out;
  const auto rows = most_first(summary.host_modules());
  for (std::size_t i = 0; i < std::min(rows.size(), kMost); ++i)
    out += (i == 0 ? "" : ", ") + printable(rows[i].first) + " (" + files(rows[i].second) + ")";
  if (rows.size() > kMost) out += ", and " + number(rows.size() - kMost) + " more";
  return out;
}

class Page {
 public:
  explicit Page(const Summary& summary) : summary_(summary) {}

  std::string run(const std::string& inputs, const std::string& report, bool made) {
    out_ = files(summary_.files());
    const std::uint64_t repeated = summary_.files() - summary_.distinct();
    if (repeated != 0)
      out_ += "; " + number(repeated) +
              (repeated == 1 ? " of them has the same bytes as another"
                             : " of them have the same bytes as others");
    out_ += '\n';
    head("CAN BECOME A COMPONENT", Group::can_move);
    for (const VerdictInfo& verdict : all_verdicts())
      if (verdict.group == Group::can_move) verdict_line(verdict);
    if (summary_.count(Verdict::apart) != 0) apart_reasons();
    quiet("ARE DONE", Group::done, "heapbump made them, or they are components that need no adapter");
    quiet("HAVE NOTHING TO MOVE", Group::nothing_to_move, "they import nothing of WASI");
    if (summary_.count(Group::cannot_move) != 0) cannot_move();
    next_steps(inputs, report, made);
    return std::move(out_);
  }

 private:
  void head(std::string_view title, Group group) {
    out_ += "\n" + number(summary_.count(group)) + " " + std::string(title) + "\n";
  }
  void verdict_line(const VerdictInfo& verdict) {
    if (const std::uint64_t count = summary_.count(verdict.verdict); count != 0)
      out_ += wrapped(number(count, kIndent - 2) + "  " + padded(verdict.name, 19), verdict.meaning, 29);
  }
  void quiet(std::string_view title, Group group, std::string_view text) {
    if (summary_.count(group) == 0) return;
    head(title, group);
    out_ += wrapped(std::string(kIndent, ' '), text, kIndent);
  }
  /// Reasons of these verdicts, the most frequent first.
  template <typename Wanted>
  std::vector<const Summary::Reasons::value_type*> reasons(Wanted wanted) const {
    std::vector<const Summary::Reasons::value_type*> rows;
    for (const auto& row : summary_.reasons())
      if (wanted(row.first.first)) rows.push_back(&row);
    std::ranges::stable_sort(rows,
                             [](const auto* a, const auto* b) { return a->second.files > b->second.files; });
    return rows;
  }
  void apart_reasons() {
    out_ += std::string(kIndent, ' ') + "why these are not relocated (they work all the same):\n";
    for (const auto* row : reasons([](Verdict v) { return v == Verdict::apart; })) {
      const auto known = find_reason(row->first.second);
      out_ += wrapped(number(row->second.files, kIndent + 4) + "  ",
                      row->first.second + ": " + std::string(known ? known->summary : ""), kIndent + 6);
    }
  }
  void cannot_move() {
    head("CANNOT MOVE AS THEY ARE", Group::cannot_move);
    for (const auto* row : reasons([](Verdict v) { return info(v).group == Group::cannot_move; })) {
      const auto& [verdict, id] = row->first;
      const auto known = find_reason(id);
      out_ += wrapped(
          number(row->second.files, kIndent - 2) + "  ",
          std::string(to_string(verdict)) + ", " + id + ": " + std::string(known ? known->summary : ""),
          kIndent);
      if (verdict == Verdict::needs_host)
        out_ += wrapped(std::string(kIndent, ' ') + "imports: ", host_modules(summary_), kIndent + 9);
      out_ += wrapped(std::string(kIndent, ' ') + "example: ", printable(row->second.example), kIndent + 9);
      out_ += wrapped(std::string(kIndent, ' ') + "do:      ", next_step(verdict, id), kIndent + 9);
    }
  }
  void next_steps(const std::string& inputs, const std::string& report, bool made) {
    out_ += "\nWHAT NEXT\n";
    const std::uint64_t movable = summary_.count(Group::can_move);
    if (made)
      out_ += "  " + files(summary_.made()) + " of output were written\n";
    else if (movable != 0)
      out_ += "  make the " + number(movable) + (movable == 1 ? " component" : " components") +
              ":  heapbump audit " + inputs + " --component OUT-FOLDER\n";
    if (summary_.count(Group::cannot_move) != 0)
      out_ += "  understand a reason:  heapbump explain " +
              reasons([](Verdict v) { return info(v).group == Group::cannot_move; }).front()->first.second +
              "\n";
    const bool kept = !report.empty() && report != "-";
    const std::string name = kept ? report : "audit.jsonl";
    out_ += "  each file's answer:   " + (kept ? name : "heapbump audit " + inputs + " --report " + name) +
            "\n  a page to look at:    heapbump audit convert " + name + " --to html -o audit.html\n";
  }

  const Summary& summary_;
  std::string out_;
};

}  // namespace

std::string summary_page(const Summary& summary, const std::string& inputs, const std::string& report,
                         bool made) {
  return Page(summary).run(inputs, report, made);
}

}  // namespace heapbump::audit
