// The picture of a memory as SVG: a column a memory, equal addresses at equal heights, a torn edge where the
// axis is broken. Colours follow the page it is shown on (prefers-color-scheme). Every text is measured
// before it is placed, in the widest of the fonts that are asked for, so nothing is cut off.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/printable.h"
#include "report/memory_map.h"

namespace heapbump {
namespace {

using Kind = MemoryArea::Kind;

constexpr int kFont = 12, kTitleFont = 15;
constexpr double kEm = 0.62;  // width of a character of a monospace font; DejaVu Sans Mono has 0.602
constexpr int kMargin = 20, kAddresses = 92, kBox = 236, kBetween = 40, kTop = 84, kFoot = 64;

// By MemoryArea::Kind: fill on a light page, fill on a dark one, name in the key.
struct Paint {
  std::string_view light, dark, name;
};
constexpr std::array<Paint, 8> kPaints = {{{"#eef0f2", "#24292e", "not used"},
                                           {"#d6c4ef", "#5b4785", "stack"},
                                           {"#a9cbee", "#2c5784", "data"},
                                           {"#d7e8f8", "#23405c", "zeroed data"},
                                           {"#fbd3a8", "#8a5a20", "region"},
                                           {"#f6a55a", "#b3651a", "adapter's State"},
                                           {"#f9bd7d", "#9c5a1c", "adapter's stack"},
                                           {"#c0e6bb", "#2f6b3a", "heap"}}};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::size_t that_fit(int pixels, int font) {
  return static_cast<std::size_t>(pixels / (font * kEm));
}

/// The text, its middle left out where there is no room for it. ASCII text is cut by characters.
std::string fitted(const std::string& text, std::size_t room) {
  if (characters(text) <= room || room < 8) return text;
  std::size_t front = (room - 3) / 2, back = text.size() - (room - 3 - front);
  const auto inside = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80; };
  while (front > 0 && inside(front)) --front;
  while (back < text.size() && inside(back)) ++back;
  return text.substr(0, front) + "..." + text.substr(back);
}

std::string number(double value) {
  return std::to_string(static_cast<int>(std::lround(value)));
}

class Picture {
 public:
  Picture(const std::vector<MemoryPicture>& pictures, const std::string& name)
      : pictures_(pictures), name_(name) {
    std::vector<MemoryPicture> shared;
    for (const MemoryPicture& picture : pictures_)
      if (!picture.own_axis) shared.push_back(picture);
    for (const MemoryPicture& picture : pictures_) {
      const std::vector<MemoryPicture> own =
          picture.own_axis || shared.empty() ? std::vector{picture} : shared;
      axes_.push_back(stretches(own, scale_of(own)));
      height_ = std::max(height_, total(axes_.back()));
    }
    width_ = 2 * kMargin + static_cast<int>(pictures_.size()) * (kAddresses + kBox) +
             (static_cast<int>(pictures_.size()) - 1) * kBetween;
  }

  std::string draw() {
    head();
    for (std::size_t i = 0; i < pictures_.size(); ++i) column(i);
    moved_heap();
    key();
    return out_ + "</svg>\n";
  }

 private:
  // A page is as high as the whole memory allows, between one and five lines of text.
  static Scale scale_of(const std::vector<MemoryPicture>& pictures) {
    std::uint64_t end = 1;
    for (const MemoryPicture& picture : pictures) end = std::max(end, picture.end());
    const double pages = static_cast<double>(end) / static_cast<double>(kPageSize);
    return {.page = std::clamp(360 / pages, 22.0, 90.0), .least = 20, .most = 150};
  }
  static int total(const std::vector<Stretch>& axis) {
    int sum = 0;
    for (const Stretch& stretch : axis) sum += static_cast<int>(stretch.height);
    return sum;
  }
  [[nodiscard]] int left(std::size_t column) const {
    return kMargin + kAddresses + static_cast<int>(column) * (kAddresses + kBox + kBetween);
  }
  [[nodiscard]] int ground() const { return kTop + height_; }
  /// Where an address that is a border lies in a column.
  [[nodiscard]] int y_of(std::size_t column, std::uint64_t address) const {
    int y = ground();
    for (const Stretch& stretch : axes_[column]) {
      if (stretch.begin >= address) break;
      y -= static_cast<int>(stretch.height);
    }
    return y;
  }

  void text(double x, double y, const std::string& words, std::string_view more = "") {
    out_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\"" + std::string(more) + ">" +
            escaped(words) + "</text>\n";
  }
  void head();
  void column(std::size_t index);
  void area(std::size_t index, const MemoryArea& area);
  void tears(std::size_t index);
  void moved_heap();
  void key();
  [[nodiscard]] std::string description() const;

  const std::vector<MemoryPicture>& pictures_;
  std::string name_;
  std::vector<std::vector<Stretch>> axes_;
  int height_ = 0, width_ = 0;
  std::string out_;
};

std::string Picture::description() const {
  std::string words;
  for (const MemoryPicture& picture : pictures_) {
    words += (words.empty() ? "" : " ") + picture.title + ", from address 0 up:";
    for (const MemoryArea& area : picture.areas)
      words += " " + area.label + " from " + hex(area.begin) + " to " + hex(area.end) + ";";
    words.back() = '.';
  }
  return words;
}

void Picture::head() {
  const std::string width = std::to_string(width_), height = std::to_string(ground() + kFoot);
  out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
         "\" viewBox=\"0 0 " + width + " " + height +
         "\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">Memory of " + escaped(name_) +
         "</title>\n<desc id=\"desc\">" + escaped(description()) + "</desc>\n<style>\n" +
         "svg { font: " + std::to_string(kFont) +
         "px \"DejaVu Sans Mono\", ui-monospace, Menlo, Consolas, monospace; }\n" +
         "text { fill: #1b1f23; } .dim { fill: #57606a; } .page { fill: #ffffff; } .box { stroke: #57606a; "
         "stroke-width: 1; }\n" +
         ".moved { stroke: #2f8a3d; stroke-width: 1.5; stroke-dasharray: 5 4; fill: none; } .tear { fill: "
         "#ffffff; stroke: #57606a; }\n";
  std::string dark;
  for (std::size_t i = 0; i < kPaints.size(); ++i) {
    out_ += ".k" + std::to_string(i) + " { fill: " + std::string(kPaints[i].light) + "; } ";
    dark += " .k" + std::to_string(i) + " { fill: " + std::string(kPaints[i].dark) + "; }";
  }
  out_ +=
      "\n@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .dim { fill: #9aa4ad; } .page { fill: "
      "#0d1117; } .box { stroke: #8b949e; } .tear { fill: #0d1117; stroke: #8b949e; } .moved { stroke: "
      "#56d364; }" +
      dark + " }\n</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n";
  text(kMargin, 30, fitted(name_, that_fit(width_ - 2 * kMargin, kTitleFont)),
       " font-size=\"" + std::to_string(kTitleFont) + "\" font-weight=\"bold\"");
}

void Picture::column(std::size_t index) {
  const MemoryPicture& picture = pictures_[index];
  const int x = left(index);
  const int title = y_of(index, picture.end()) - 24;
  text(x, title, picture.title, " font-weight=\"bold\"");
  text(x, title + 15,
       size_in_kib(picture.end()) +
           (picture.maximum ? ", at most " + size_in_kib(*picture.maximum) : " at the start"),
       " class=\"dim\"");
  for (const MemoryArea& each : picture.areas) area(index, each);
  tears(index);
  text(x - 8, ground() + 4, "0x0", " class=\"dim\" text-anchor=\"end\"");
}

void Picture::area(std::size_t index, const MemoryArea& area) {
  const int x = left(index), top = y_of(index, area.end), bottom = y_of(index, area.begin);
  out_ += "<rect class=\"box k" + std::to_string(static_cast<int>(area.kind)) + "\" x=\"" +
          std::to_string(x) + "\" y=\"" + std::to_string(top) + "\" width=\"" + std::to_string(kBox) +
          "\" height=\"" + std::to_string(bottom - top) + "\"/>\n";
  const std::string size = size_in_kib(area.end - area.begin);
  const double middle = (top + bottom) / 2.0 + kFont / 2.0 - 2;
  const std::size_t room = that_fit(kBox - 16, kFont) - size.size() - 1;
  text(x + 8, middle, fitted(area.label, room));
  text(x + kBox - 8, middle, size, " class=\"dim\" text-anchor=\"end\"");
  text(x - 8, top + 4, hex(area.end), " class=\"dim\" text-anchor=\"end\"");
}

// A torn strip over both edges of the box, a third of the way up, where no label is.
void Picture::tears(std::size_t index) {
  const int x = left(index);
  for (const Stretch& stretch : axes_[index]) {
    if (!stretch.broken || stretch.begin >= pictures_[index].end()) continue;
    const int y = y_of(index, stretch.begin) - static_cast<int>(stretch.height) / 4;
    std::string points;
    constexpr int kTeeth = 12;
    for (int i = 0; i <= kTeeth; ++i)
      points += number(x - 6 + (kBox + 12) * i / double{kTeeth}) + "," +
                std::to_string(y + (i % 2 == 0 ? -4 : 2)) + " ";
    for (int i = kTeeth; i >= 0; --i)
      points += number(x - 6 + (kBox + 12) * i / double{kTeeth}) + "," +
                std::to_string(y + (i % 2 == 0 ? 2 : 8)) + " ";
    out_ += "<polygon class=\"tear\" points=\"" + points + "\"/>\n";
  }
}

// From the heap's start before to where it is after.
void Picture::moved_heap() {
  const auto start = [](const MemoryPicture& picture) -> std::optional<std::uint64_t> {
    const auto heap = std::ranges::find(picture.areas, Kind::heap, &MemoryArea::kind);
    return heap == picture.areas.end() ? std::nullopt : std::optional(heap->begin);
  };
  for (std::size_t i = 1; i < pictures_.size(); ++i) {
    const auto before = start(pictures_[i - 1]), after = start(pictures_[i]);
    if (pictures_[i].own_axis || !before || !after || *before == *after) continue;
    // The addresses of the second column are between the two boxes, so the line ends beside them.
    out_ += "<path class=\"moved\" d=\"M" + std::to_string(left(i - 1) + kBox) + " " +
            std::to_string(y_of(i - 1, *before)) + " L" + std::to_string(left(i - 1) + kBox + kBetween - 6) +
            " " + std::to_string(y_of(i, *after)) + "\"/>\n";
  }
}

void Picture::key() {
  const bool torn = std::ranges::any_of(
      axes_, [](const auto& axis) { return std::ranges::any_of(axis, &Stretch::broken); });
  const std::string units = "Sizes in KiB of 1024 bytes; a page is 64 KiB.";
  const std::size_t room = that_fit(width_ - 2 * kMargin, kFont);
  const std::string scale =
      torn ? "To scale, but for torn boxes and those of one line." : "To scale, but for boxes of one line.";
  int y = ground() + 30;
  if (characters(units + " " + scale) <= room) {
    text(kMargin, y, units + " " + scale, " class=\"dim\"");
    return;
  }
  text(kMargin, y, fitted(units, room), " class=\"dim\"");
  text(kMargin, y + 16, fitted(scale, room), " class=\"dim\"");
}

}  // namespace

std::string draw_svg(const std::vector<MemoryPicture>& pictures, const std::string& name) {
  std::vector<MemoryPicture> drawn;
  for (const MemoryPicture& picture : pictures)
    if (!picture.areas.empty()) drawn.push_back(picture);
  if (drawn.empty()) drawn.push_back({"no memory of its own", {}, {}, false});
  return Picture(drawn, printable(name)).draw();
}

}  // namespace heapbump
