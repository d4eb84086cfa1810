// The picture of a memory for a terminal: a box a memory, high addresses on top, an address at each border.
#include <algorithm>
#include <array>

#include "report/memory_map.h"

namespace heapbump {
namespace {

using Kind = MemoryArea::Kind;
constexpr std::size_t kAddress = 11;  // "0x12345678 "
constexpr std::size_t kGap = 3;       // columns between two memories
constexpr std::size_t kNarrowBox = 24, kWideBox = 44;

struct Lines {
  std::string_view top_left, top_right, bottom_left, bottom_right, left_cross, right_cross, across, up, tear;
};
constexpr Lines kAscii = {"+", "+", "+", "+", "+", "+", "-", "|", "~"};
constexpr Lines kUnicode = {"┌", "┐", "└", "┘", "├", "┤", "─", "│", "≈"};

// By MemoryArea::Kind: colours that every terminal has.
constexpr std::array<std::string_view, 8> kColors = {"\x1b[2m",  "\x1b[35m",   "\x1b[34m",   "\x1b[36m",
                                                     "\x1b[33m", "\x1b[1;33m", "\x1b[1;33m", "\x1b[32m"};

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text.substr(0, width));
  out.append(width - out.size(), ' ');
  return out;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

/// One line of a drawn memory; `columns` of it are seen, whatever bytes they take.
struct Line {
  std::string text;
};

class Drawer {
 public:
  Drawer(const TextStyle& style, std::size_t box)
      : style_(style), lines_(style.unicode ? kUnicode : kAscii), box_(box) {}

  std::vector<Line> draw(const MemoryPicture& picture, const std::vector<Stretch>& axis) {
    std::vector<Line> out;
    for (auto stretch = axis.rbegin(); stretch != axis.rend(); ++stretch) {
      out.push_back(border(picture, stretch->end));
      for (unsigned row = 0; row < stretch->height; ++row) out.push_back(content(picture, *stretch, row));
    }
    out.push_back(border(picture, 0));
    place_labels(picture, axis, out);
    return out;
  }
  [[nodiscard]] std::size_t columns() const { return kAddress + box_ + 2; }
  [[nodiscard]] std::string nothing() const { return std::string(columns(), ' '); }

 private:
  [[nodiscard]] static const MemoryArea* area_at(const MemoryPicture& picture, std::uint64_t address) {
    const auto found = std::ranges::find_if(
        picture.areas, [&](const MemoryArea& a) { return a.begin <= address && address < a.end; });
    return found == picture.areas.end() ? nullptr : &*found;
  }
  [[nodiscard]] static bool is_border(const MemoryPicture& picture, std::uint64_t address) {
    return address == 0 || std::ranges::find(picture.areas, address, &MemoryArea::end) != picture.areas.end();
  }
  [[nodiscard]] Line border(const MemoryPicture& picture, std::uint64_t address) const {
    if (address > picture.end()) return {nothing()};
    if (!is_border(picture, address))
      return {side(lines_.up) + std::string(box_, ' ') + std::string(lines_.up)};
    const bool top = address == picture.end(), bottom = address == 0;
    const std::string number = hex(address);
    return {std::string(kAddress - 1 - number.size(), ' ') + number + " " +
            std::string(top      ? lines_.top_left
                        : bottom ? lines_.bottom_left
                                 : lines_.left_cross) +
            repeated(lines_.across, box_) +
            std::string(top      ? lines_.top_right
                        : bottom ? lines_.bottom_right
                                 : lines_.right_cross)};
  }
  [[nodiscard]] Line content(const MemoryPicture& picture, const Stretch& stretch, unsigned row) const {
    if (stretch.begin >= picture.end()) return {nothing()};
    const bool tear = stretch.broken && row == stretch.height / 2;
    const std::string_view edge = tear ? lines_.tear : lines_.up;
    return {side(edge) + std::string(box_, ' ') + std::string(edge)};
  }
  [[nodiscard]] static std::string side(std::string_view edge) {
    return std::string(kAddress, ' ') + std::string(edge);
  }
  /// The label of each area on the middle one of its lines.
  void place_labels(const MemoryPicture& picture, const std::vector<Stretch>& axis,
                    std::vector<Line>& out) const {
    std::size_t line = 0;
    for (auto stretch = axis.rbegin(); stretch != axis.rend();) {
      const MemoryArea* area = area_at(picture, stretch->begin);
      const std::size_t first = line + 1;
      std::vector<std::size_t> torn;
      do {
        if (stretch->broken) torn.push_back(line + 1 + stretch->height / 2);
        line += 1 + stretch->height;
        ++stretch;
      } while (stretch != axis.rend() && area != nullptr && stretch->begin >= area->begin);
      if (area == nullptr) continue;
      std::size_t middle = first + (line - 1 - first) / 2;
      if (std::ranges::find(torn, middle) != torn.end() && middle > first) --middle;
      out[middle].text = label(*area);
    }
  }
  [[nodiscard]] std::string label(const MemoryArea& area) const {
    const std::string size = size_in_kib(area.end - area.begin);
    const std::size_t room = box_ - 2 - std::min(box_ - 2, size.size() + 1);
    // Where there is no room for both, what it is stays, and which way it grows goes.
    const bool fits = area.label.size() <= room;
    const std::string name = fits ? area.label : area.label.substr(0, area.label.find(','));
    std::string text = " " + padded(name, room) + " " + size + " ";
    text.resize(box_, ' ');
    if (style_.color) text = std::string(kColors[static_cast<std::size_t>(area.kind)]) + text + "\x1b[0m";
    return side(lines_.up) + text + std::string(lines_.up);
  }

  TextStyle style_;
  Lines lines_;
  std::size_t box_;
};

std::string heading(const MemoryPicture& picture) {
  return picture.title + ": " + size_in_kib(picture.end()) +
         (picture.maximum ? ", at most " + size_in_kib(*picture.maximum) : "");
}

std::string without_trailing(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// Memories that share an axis are cut at the same addresses; another one has its own.
std::vector<std::vector<Stretch>> axes_of(const std::vector<MemoryPicture>& pictures, const Scale& scale) {
  std::vector<MemoryPicture> shared;
  for (const MemoryPicture& picture : pictures)
    if (!picture.own_axis) shared.push_back(picture);
  std::vector<std::vector<Stretch>> axes;
  for (const MemoryPicture& picture : pictures)
    axes.push_back(stretches(picture.own_axis ? std::vector{picture} : shared, scale));
  return axes;
}

std::string side_by_side(const std::vector<MemoryPicture>& pictures,
                         const std::vector<std::vector<Stretch>>& axes, const TextStyle& style,
                         std::size_t box) {
  Drawer drawer(style, box);
  std::vector<std::vector<Line>> columns;
  std::size_t most = 0;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    columns.push_back(drawer.draw(pictures[i], axes[i]));
    columns.back().insert(columns.back().begin(),
                          {padded(std::string(kAddress, ' ') + heading(pictures[i]), drawer.columns())});
    most = std::max(most, columns.back().size());
  }
  // All begin at the bottom: address 0 is the last line.
  std::string out;
  for (std::size_t line = 0; line < most; ++line) {
    std::string text;
    for (const std::vector<Line>& column : columns) {
      const std::size_t above = most - column.size();
      if (!text.empty()) text += std::string(kGap, ' ');
      text += line < above ? drawer.nothing() : column[line - above].text;
    }
    out += without_trailing(text);
  }
  return out;
}

}  // namespace

std::string draw_text(const std::vector<MemoryPicture>& pictures, const TextStyle& style) {
  std::vector<MemoryPicture> drawn;
  for (const MemoryPicture& picture : pictures)
    if (!picture.areas.empty()) drawn.push_back(picture);
  if (drawn.empty()) return "the module has no memory of its own at the start\n";
  const auto axes = axes_of(drawn, {.page = 0.5, .least = 1, .most = 5});
  const auto box_for = [&](std::size_t count) {
    const std::size_t room = style.width / count;
    const std::size_t taken = kAddress + 2 + (count > 1 ? kGap : 0);
    return room > taken ? std::min(room - taken, kWideBox) : 0;
  };
  std::string out;
  if (const std::size_t box = box_for(drawn.size()); box >= kNarrowBox) {
    out = side_by_side(drawn, axes, style, box);
  } else {
    for (std::size_t i = 0; i < drawn.size(); ++i)
      out += (i == 0 ? "" : "\n") +
             side_by_side(
                 {drawn[i]},
                 {drawn[i].own_axis ? axes[i] : stretches({drawn[i]}, {.page = 0.5, .least = 1, .most = 5})},
                 style, std::max<std::size_t>(box_for(1), kNarrowBox));
  }
  const bool torn =
      std::ranges::any_of(axes, [](const auto& axis) { return std::ranges::any_of(axis, &Stretch::broken); });
  out += torn ? std::string(style.unicode ? "≈" : "~") +
                    ": the axis is broken there. Sizes are in KiB of 1024 bytes; a page is 64 KiB.\n"
              : "Sizes are in KiB of 1024 bytes; a page is 64 KiB.\n";
  return out;
}

}  // namespace heapbump
