#include "report/memory_map.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace heapbump {
namespace {

struct Style {
  std::string_view name;
  char fill;
  std::string_view color;
};

// By MemoryArea::Kind.
constexpr std::array<Style, 6> kStyles = {{{"untouched", ' ', "#f4f4f4"},
                                           {"stack", '/', "#c9b6e4"},
                                           {"data", '#', "#8fb8de"},
                                           {"zeroed data", ':', "#cfe3f5"},
                                           {"region", 'R', "#e8743b"},
                                           {"heap", '.', "#b7e0b1"}}};

const Style& style(MemoryArea::Kind kind) {
  return kStyles[static_cast<std::size_t>(kind)];
}

// The stack that grows down from the first mutable i32 global, if its start lies below or above the data.
std::optional<std::uint64_t> stack_top(const Module& module) {
  const auto is_stack_pointer = [](const Global& g) {
    return !g.imported && g.is_mutable && g.type == ValueType::i32 && g.init.value;
  };
  const auto found = std::ranges::find_if(module.globals, is_stack_pointer);
  if (found == module.globals.end() || *found->init.value <= 0) return std::nullopt;
  return static_cast<std::uint32_t>(*found->init.value);
}

std::string padded(std::string text, std::size_t width, bool right = false) {
  if (text.size() < width) text.insert(right ? 0 : text.size(), width - text.size(), ' ');
  return text;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes >= 10 * kPageSize) return std::to_string(bytes / kPageSize) + " pages";
  return std::to_string(bytes) + " bytes";
}

std::string escaped(const std::string& text) {
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
      default:
        out += c;
    }
  }
  return out;
}

using Kind = MemoryArea::Kind;

// Areas from address 0 up, each from the end of the one before it.
class AreaList {
 public:
  explicit AreaList(std::uint64_t limit) : limit_(limit) {}
  void add(Kind kind, std::uint64_t end, std::string label) {
    end = std::min(end, limit_);
    if (end <= at_) return;
    areas_.push_back({kind, at_, end, std::move(label)});
    at_ = end;
  }
  [[nodiscard]] std::uint64_t at() const { return at_; }
  [[nodiscard]] std::vector<MemoryArea> take() { return std::move(areas_); }

 private:
  std::uint64_t limit_;
  std::uint64_t at_ = 0;
  std::vector<MemoryArea> areas_;
};

std::uint64_t data_begin_of(const Module& module) {
  std::uint64_t begin = module.memory_bytes();
  for (const DataSegment& segment : module.data) {
    const auto address = segment.address();
    if (address && segment.size.value != 0) begin = std::min(begin, *address);
  }
  return begin;
}

// Stack, data and zeroed objects, up to `objects_end`. Tools for C and its kin keep their stack below the
// data or between data and heap; Go keeps it in the data.
void add_objects(AreaList& areas, const Module& module, std::uint64_t objects_end, bool end_known) {
  const std::uint64_t data_begin = data_begin_of(module);
  const std::uint64_t data_end = module.data_end();
  const auto top = stack_top(module);
  if (top && *top <= data_begin) areas.add(Kind::stack, *top, "stack, grows down");
  if (data_begin < data_end) {
    areas.add(Kind::untouched, data_begin, "not used at the start");
    areas.add(Kind::data, data_end, std::to_string(module.data.size()) + " data segments");
  }
  if (top && *top > data_end && *top <= objects_end)
    areas.add(Kind::stack, *top, "zeroed objects and the stack, grows down");
  if (end_known) areas.add(Kind::zeroed, objects_end, "zeroed objects");
}

}  // namespace

std::vector<MemoryArea> map_memory(const Module& module, const Finding* finding, const Manifest* manifest) {
  const std::uint64_t limit = module.memory_bytes();
  AreaList areas(limit);
  std::optional<std::uint64_t> heap = manifest != nullptr ? manifest->heap_base_after : std::nullopt;
  if (!heap && finding != nullptr) heap = finding->heap_base;
  const std::uint64_t region_begin = manifest != nullptr ? manifest->region.base : limit;
  add_objects(areas, module, std::min(heap.value_or(limit), region_begin), heap || manifest != nullptr);
  if (manifest != nullptr) {
    if (manifest->strategy == Strategy::tail) areas.add(Kind::heap, region_begin, "heap");
    areas.add(Kind::untouched, region_begin, "not touched");
    areas.add(Kind::region, manifest->region.end(), "reserved region");
  }
  if (finding != nullptr && finding->gap_end > areas.at() && manifest == nullptr)
    areas.add(Kind::untouched, finding->gap_end, "never touched");
  if (heap) areas.add(Kind::untouched, std::min(*heap, limit), "not touched");
  areas.add(heap || finding != nullptr ? Kind::heap : Kind::untouched, limit,
            heap ? "heap" : "declared, use not known");
  return areas.take();
}

std::string draw_text(const std::vector<MemoryArea>& areas) {
  constexpr std::size_t kBar = 24;
  std::string out;
  if (areas.empty()) return out;
  const auto total = static_cast<double>(areas.back().end);
  for (auto area = areas.rbegin(); area != areas.rend(); ++area) {
    const double share = static_cast<double>(area->end - area->begin) / total;
    const auto length = std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(share * kBar)), 1, kBar);
    out += padded(hex(area->begin), 10, true) + " .. " + padded(hex(area->end), 10) + " |" +
           padded(std::string(length, style(area->kind).fill), kBar) + "| " +
           padded(size_text(area->end - area->begin), 14, true) + "  " + area->label + "\n";
  }
  return out;
}

std::string draw_svg(const std::vector<MemoryArea>& areas, const std::string& title) {
  constexpr int kRow = 34, kWidth = 720, kTop = 44;
  const int height = kTop + static_cast<int>(areas.size()) * kRow + 12;
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(kWidth) +
                    "\" height=\"" + std::to_string(height) +
                    "\" font-family=\"monospace\" font-size=\"13\">\n";
  out += "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"12\" y=\"26\" font-size=\"15\">" +
         escaped(title) + "</text>\n";
  int y = kTop;
  for (auto area = areas.rbegin(); area != areas.rend(); ++area, y += kRow) {
    out += "<rect x=\"12\" y=\"" + std::to_string(y) + "\" width=\"220\" height=\"" +
           std::to_string(kRow - 4) + "\" fill=\"" + std::string(style(area->kind).color) +
           "\" stroke=\"#555\"/>\n";
    out += "<text x=\"20\" y=\"" + std::to_string(y + 20) + "\">" + std::string(style(area->kind).name) +
           "</text>\n";
    out += "<text x=\"246\" y=\"" + std::to_string(y + 20) + "\">" + hex(area->begin) + " .. " +
           hex(area->end) + "  " + size_text(area->end - area->begin) + "  " + escaped(area->label) +
           "</text>\n";
  }
  return out + "</svg>\n";
}

}  // namespace heapbump
