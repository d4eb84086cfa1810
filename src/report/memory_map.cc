#include "report/memory_map.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/names.h"
#include "component/stand_in.h"

namespace heapbump {
namespace {

using Kind = MemoryArea::Kind;

// The stack that grows down from the first mutable i32 global, if its start lies below or above the data.
std::optional<std::uint64_t> stack_top(const Module& module) {
  const auto is_stack_pointer = [](const Global& g) {
    return !g.imported && g.is_mutable && g.type == ValueType::i32 && g.init.value;
  };
  const auto found = std::ranges::find_if(module.globals, is_stack_pointer);
  if (found == module.globals.end() || *found->init.value <= 0) return std::nullopt;
  return static_cast<std::uint32_t>(*found->init.value);
}

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
  [[nodiscard]] std::vector<MemoryArea> take() { return std::move(areas_); }

 private:
  std::uint64_t limit_;
  std::uint64_t at_ = 0;
  std::vector<MemoryArea> areas_;
};

std::uint64_t data_begin_of(const Module& module, std::uint64_t limit) {
  std::uint64_t begin = limit;
  for (const DataSegment& segment : module.data) {
    const auto address = segment.address();
    if (address && segment.size != 0) begin = std::min(begin, *address);
  }
  return begin;
}

// What one picture is drawn from, whichever side it is of.
struct Layout {
  std::uint64_t limit = 0;  // bytes of memory at the start
  std::optional<std::uint64_t> heap;
  bool end_known = false;  // of the objects: a heap start or a region follows them
  bool understood =
      false;  // what follows the data is known to be zeroed data and the heap, if not where it begins
  const Manifest* region = nullptr;
  std::uint64_t gap_begin = 0, gap_end = 0;
};

// Stack, data and zeroed objects, up to `objects_end`. Tools for C and its kin keep their stack below the
// data or between data and heap; Go keeps it in the data.
void add_objects(AreaList& areas, const Module& module, std::uint64_t objects_end, const Layout& layout) {
  const std::uint64_t data_begin = data_begin_of(module, layout.limit);
  const std::uint64_t data_end = module.data_end();
  const auto top = stack_top(module);
  if (top && *top <= data_begin) areas.add(Kind::stack, *top, "stack, grows down");
  if (data_begin < data_end) {
    areas.add(Kind::untouched, data_begin, "not used");
    areas.add(Kind::data, data_end, "data");
  }
  if (top && *top > data_end && *top <= objects_end) {
    // How much below the stack's top are zeroed objects cannot be distinguished from the file.
    areas.add(Kind::stack, *top, "zeroed data, stack");
  }
  if (layout.end_known) areas.add(Kind::zeroed, objects_end, "zeroed data");
}

void add_region(AreaList& areas, const Manifest& manifest) {
  const auto label = [&](const Slot& slot, const std::string& text) {
    const bool several = manifest.slots.size() > 2;
    return several ? text + " of adapter " + std::to_string(slot.adapter) : "adapter: " + text;
  };
  std::vector<Slot> slots = manifest.slots;
  std::ranges::sort(slots, {}, &Slot::base);
  for (const Slot& slot : slots) {
    areas.add(Kind::region, slot.base, "region, spare");
    if (slot.name == SlotName::state)
      areas.add(Kind::state, slot.base + slot.size, label(slot, "State"));
    else
      areas.add(Kind::adapter_stack, slot.base + slot.size, label(slot, "stack"));
  }
  areas.add(Kind::region, manifest.region.end(), slots.empty() ? "region" : "region, spare");
}

std::vector<MemoryArea> lay_out(const Module& module, const Layout& layout) {
  AreaList areas(layout.limit);
  const std::uint64_t region_begin = layout.region == nullptr ? layout.limit : layout.region->region.base;
  add_objects(areas, module, std::min(layout.heap.value_or(layout.limit), region_begin), layout);
  if (layout.region != nullptr) {
    if (layout.region->strategy == Strategy::tail) areas.add(Kind::heap, region_begin, "zeroed data, heap");
    areas.add(Kind::untouched, region_begin, "never touched");
    add_region(areas, *layout.region);
  } else if (layout.gap_end != 0) {
    areas.add(Kind::untouched, layout.gap_end, "never touched");
  }
  if (layout.heap) areas.add(Kind::untouched, *layout.heap, "not touched");
  const bool known = layout.heap || layout.end_known;
  areas.add(known || layout.understood ? Kind::heap : Kind::untouched, layout.limit,
            known               ? "heap, grows up"
            : layout.understood ? "zeroed data, heap"
                                : "use not known");
  return areas.take();
}

std::optional<std::uint64_t> bytes_of(const std::optional<std::uint64_t>& pages) {
  return pages ? std::optional(*pages * kPageSize) : std::nullopt;
}

}  // namespace

std::string_view to_string(Kind kind) {
  return name_of<Kind::heap>(kind, {"untouched", "stack", "data", "zeroed-data", "region", "adapter-state",
                                    "adapter-stack", "heap"});
}

MemoryPicture picture_before(const Module& module, const Finding* finding) {
  Layout layout;
  layout.limit = module.memory_bytes();
  if (finding != nullptr) {
    layout.heap = finding->heap_base;
    layout.end_known = finding->heap_base.has_value();
    layout.understood = true;
    layout.gap_begin = finding->gap_begin;
    layout.gap_end = finding->gap_end;
  }
  MemoryPicture picture{"before", lay_out(module, layout), {}, false};
  if (!module.memories.empty() && module.memories.front().max)
    picture.maximum = module.memories.front().max->value * kPageSize;
  return picture;
}

MemoryPicture picture_before(const Module& module, const Manifest& manifest) {
  Layout layout;
  layout.limit = manifest.memory_min_before * kPageSize;
  layout.heap = manifest.heap_base_before;
  layout.end_known = manifest.heap_base_before.has_value();
  layout.understood = true;
  return {"before", lay_out(module, layout), bytes_of(manifest.memory_max_before), false};
}

MemoryPicture picture_after(const Module& module, const Manifest& manifest) {
  Layout layout;
  layout.limit = manifest.memory_min_after * kPageSize;
  layout.heap = manifest.heap_base_after;
  layout.end_known = manifest.heap_base_after.has_value() || manifest.strategy != Strategy::tail;
  layout.region = &manifest;
  return {"after", lay_out(module, layout), bytes_of(manifest.memory_max_after), false};
}

MemoryPicture picture_apart() {
  const Region slots = stand_in_region(1);
  const std::uint64_t end = stand_in_memory(1);
  AreaList areas(end);
  areas.add(Kind::untouched, slots.base, "not used");
  areas.add(Kind::state, slots.base + kSlotSize, "adapter: State");
  areas.add(Kind::adapter_stack, slots.end(), "adapter: stack");
  areas.add(Kind::heap, end, "copies, grows up");
  return {"the adapter's own memory", areas.take(), {}, true};
}

std::vector<Stretch> stretches(const std::vector<MemoryPicture>& pictures, const Scale& scale) {
  std::vector<std::uint64_t> borders{0};
  for (const MemoryPicture& picture : pictures)
    for (const MemoryArea& area : picture.areas) borders.push_back(area.end);
  std::ranges::sort(borders);
  const auto [first, last] = std::ranges::unique(borders);
  borders.erase(first, last);
  std::vector<Stretch> list;
  for (std::size_t i = 1; i < borders.size(); ++i) {
    Stretch stretch{borders[i - 1], borders[i], 0, false};
    const double height =
        static_cast<double>(stretch.end - stretch.begin) / static_cast<double>(kPageSize) * scale.page;
    stretch.broken = height > static_cast<double>(scale.most);
    const auto whole = stretch.broken ? scale.most : static_cast<unsigned>(std::lround(height));
    stretch.height = std::max(scale.least, whole);
    list.push_back(stretch);
  }
  return list;
}

std::string size_in_kib(std::uint64_t bytes) {
  const std::uint64_t tenths = (bytes * 10 + 512) / 1024;
  if (bytes % 1024 == 0 || tenths >= 1000) return std::to_string((bytes + 512) / 1024) + " KiB";
  if (tenths == 0) return "< 0.1 KiB";
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " KiB";
}

}  // namespace heapbump
