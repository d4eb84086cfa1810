#include "record/manifest.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/names.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kMaxPages = 65536;
constexpr std::string_view kForbiddenOption = "--realloc-via-memory-grow";

std::unexpected<Error> bad(std::string_view field, std::string_view what) {
  return fail(Code::kBadManifest, "manifest: " + std::string(field) + " " + std::string(what));
}

Result<const Json*> member(const Json& object, std::string_view key, std::string_view path) {
  const Json* found = object.find(key);
  if (found == nullptr) return bad(path, "is missing");
  return found;
}

Result<std::uint64_t> unsigned_at(const Json& object, std::string_view key, std::string_view path,
                                  std::uint64_t max) {
  HEAPBUMP_TRY(const Json* value, member(object, key, path));
  const std::int64_t* number = value->as_integer();
  if (number == nullptr || *number < 0) return bad(path, "is not a whole number of at least 0");
  if (static_cast<std::uint64_t>(*number) > max) return bad(path, "is larger than " + std::to_string(max));
  return static_cast<std::uint64_t>(*number);
}

Result<std::optional<std::uint64_t>> optional_at(const Json& object, std::string_view key,
                                                 std::string_view path, std::uint64_t max) {
  HEAPBUMP_TRY(const Json* value, member(object, key, path));
  if (value->is_null()) return std::optional<std::uint64_t>{};
  HEAPBUMP_TRY(const std::uint64_t number, unsigned_at(object, key, path, max));
  return std::optional(number);
}

Result<std::string> string_at(const Json& object, std::string_view key, std::string_view path) {
  HEAPBUMP_TRY(const Json* value, member(object, key, path));
  if (value->is_null()) return std::string();
  const std::string* text = value->as_string();
  if (text == nullptr) return bad(path, "is not a string");
  return *text;
}

Result<std::string> sha256_at(const Json& object, std::string_view key, std::string_view path,
                              bool may_be_absent) {
  if (may_be_absent && object.find(key) == nullptr) return std::string();
  HEAPBUMP_TRY(std::string text, string_at(object, key, path));
  if (text.empty() && may_be_absent) return text;
  const bool digits =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (text.size() != 64 || !digits) return bad(path, "is not 64 lower-case hexadecimal digits");
  return text;
}

template <auto kLast>
Result<decltype(kLast)> enum_at(const Json& object, std::string_view key, std::string_view path) {
  HEAPBUMP_TRY(const std::string text, string_at(object, key, path));
  if (const auto value = value_named<kLast>(text)) return *value;
  return bad(path, "has the unknown value \"" + text + "\"");
}

// What a maker of components must not do, as far as this version knows: it must be named, and more may be.
Status check_forbids(const Json& document) {
  HEAPBUMP_TRY(const Json* forbids, member(document, "forbids", "forbids"));
  if (forbids->as_array() == nullptr) return bad("forbids", "is not an array");
  bool grow = false;
  for (const Json& element : *forbids->as_array()) {
    if (element.as_string() == nullptr) return bad("forbids", "has an element that is not a string");
    grow = grow || *element.as_string() == kForbiddenOption;
  }
  if (!grow) return bad("forbids", "does not name " + std::string(kForbiddenOption));
  return {};
}

Status check_slots(const Manifest& m) {
  for (const Slot& slot : m.slots) {
    if (slot.size != kSlotSize) return bad("slots", "has a slot that is not 65536 bytes");
    if (slot.base % 8 != 0) return bad("slots", "has a slot that is not aligned to 8");
    if (slot.base < m.region.base || slot.size > m.region.size ||
        slot.base - m.region.base > m.region.size - slot.size)
      return bad("slots", "has a slot outside the region");
    if (slot.grows_down != (slot.name == SlotName::stack))
      return bad("slots", "has a slot that grows the wrong way");
  }
  std::vector<Slot> sorted = m.slots;
  std::ranges::sort(sorted, {}, &Slot::base);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].base - sorted[i - 1].base < sorted[i - 1].size) return bad("slots", "overlap");
  }
  std::vector<std::pair<std::uint32_t, SlotName>> names;
  for (const Slot& slot : m.slots) names.emplace_back(slot.adapter, slot.name);
  std::ranges::sort(names);
  for (const Slot& slot : m.slots) {
    const auto same = std::ranges::equal_range(names, std::pair{slot.adapter, slot.name});
    if (same.size() != 1) return bad("slots", "names the same slot twice");
    if (slot.adapter >= m.slots.size()) return bad("slots", "numbers its adapters with holes");
  }
  return {};
}

Status check_memory(const Manifest& m) {
  if (m.region.size != m.region.pages * kPageSize)
    return bad("region.size", "is not region.pages times 65536");
  if (m.region.pages == 0) return bad("region.pages", "is 0");
  if (m.region.base % 8 != 0) return bad("region.base", "is not aligned to 8");
  if (m.memory_min_after < m.memory_min_before) return bad("memory.min_after", "is below memory.min_before");
  if (m.region.end() > m.memory_min_after * kPageSize)
    return bad("region", "does not lie inside the declared minimum");
  if (m.memory_max_before.has_value() != m.memory_max_after.has_value())
    return bad("memory.max_after", "does not go with memory.max_before");
  if (m.memory_max_after && *m.memory_max_after < m.memory_min_after)
    return bad("memory.max_after", "is below memory.min_after");
  return {};
}

Status check_strategy(const Manifest& m) {
  if (m.strategy == Strategy::bump) {
    if (!m.heap_base_before || !m.heap_base_after) return bad("heap", "has no base, which a bump needs");
    if (*m.heap_base_after < *m.heap_base_before ||
        *m.heap_base_after - *m.heap_base_before != (m.memory_min_after - m.memory_min_before) * kPageSize)
      return bad("heap.base_after", "does not move as the memory's minimum does");
    if (m.region.base < *m.heap_base_before || m.region.end() > *m.heap_base_after)
      return bad("region", "does not lie between the old and the new heap start");
  }
  if (m.strategy == Strategy::tail && m.region.base < m.memory_min_before * kPageSize)
    return bad("region", "does not lie above the old minimum");
  return {};
}

Status check_placement(const Manifest& m) {
  const bool has_shim = m.placement == Placement::shim;
  if (has_shim != m.function_index.has_value() ||
      m.export_name != (has_shim ? kShimExport : std::string_view{}))
    return bad("placement", "does not name the shim as its kind demands");
  if (m.placement != Placement::none && m.slots.empty())
    return bad("slots", "are missing, which the placement needs");
  // The shim counts through whole pairs from the region's base, so its slots can lie in one way only.
  if (has_shim && m.slots != make_slots(m.region, static_cast<std::uint32_t>(m.slots.size() / 2)))
    return bad("slots", "are not those that the shim hands out");
  return {};
}

// What one field alone cannot show: that the numbers fit together.
Status check_consistency(const Manifest& m) {
  HEAPBUMP_CHECK(check_memory(m));
  HEAPBUMP_CHECK(check_strategy(m));
  HEAPBUMP_CHECK(check_placement(m));
  return check_slots(m);
}

}  // namespace

std::string_view to_string(Strategy value) {
  return name_of<Strategy::gap>(value, {"bump", "tail", "gap"});
}

std::string_view to_string(Placement value) {
  return name_of<Placement::none>(value, {"shim", "adapter", "none"});
}

std::string_view to_string(SlotName value) {
  return value == SlotName::state ? "state" : "stack";
}

const Slot* Manifest::slot(std::uint32_t adapter, SlotName name) const {
  const auto found =
      std::ranges::find_if(slots, [&](const Slot& s) { return s.adapter == adapter && s.name == name; });
  return found == slots.end() ? nullptr : &*found;
}

std::vector<Slot> make_slots(const Region& region, std::uint32_t adapters) {
  std::vector<Slot> slots;
  for (std::uint32_t i = 0; i < adapters; ++i) {
    const std::uint64_t low = region.base + std::uint64_t{i} * 2 * kSlotSize;
    slots.push_back({i, SlotName::state, low, kSlotSize, false});
    slots.push_back({i, SlotName::stack, low + kSlotSize, kSlotSize, true});
  }
  return slots;
}

Json to_json(const Toolchain& toolchain) {
  return Json::object({{"name", toolchain.name}, {"version", toolchain.version}, {"how", toolchain.how}});
}

Json to_json(const Manifest& m) {
  Json slots = Json::list(m.slots, [&](const Slot& slot) {
    return Json::object({{"adapter", std::uint64_t{slot.adapter}},
                         {"name", to_string(slot.name)},
                         {"base", slot.base},
                         {"size", slot.size},
                         {"grows", slot.grows_down ? "down" : "none"}});
  });
  Json module = Json::object({{"input_sha256", m.input_sha256}});
  if (!m.output_sha256.empty()) module["output_sha256"] = m.output_sha256;
  return Json::object({
      {"schema_version", kManifestVersion},
      {"module", module},
      {"toolchain", to_json(m.toolchain)},
      {"strategy", to_string(m.strategy)},
      {"memory", Json::object({{"min_before", m.memory_min_before},
                               {"min_after", m.memory_min_after},
                               {"max_before", Json::optional(m.memory_max_before)},
                               {"max_after", Json::optional(m.memory_max_after)}})},
      {"heap", Json::object({{"base_before", Json::optional(m.heap_base_before)},
                             {"base_after", Json::optional(m.heap_base_after)}})},
      {"region", Json::object({{"base", m.region.base}, {"size", m.region.size}, {"pages", m.region.pages}})},
      {"slots", slots},
      {"placement", Json::object({{"kind", to_string(m.placement)},
                                  {"export", m.export_name.empty() ? Json() : Json(m.export_name)},
                                  {"function_index",
                                   m.function_index ? Json(std::uint64_t{*m.function_index}) : Json()}})},
      {"forbids", Json(Json::Array{Json(kForbiddenOption)})},
  });
}

Json manifest_without_region(const std::string& sha256, std::uint64_t minimum,
                             std::optional<std::uint64_t> maximum) {
  Manifest m;
  m.input_sha256 = m.output_sha256 = sha256;
  m.memory_min_before = m.memory_min_after = minimum;
  m.memory_max_before = m.memory_max_after = maximum;
  m.placement = Placement::none;
  Json document = to_json(m);
  document["strategy"] = "none";
  document["region"] = Json();
  return document;
}

Result<Manifest> manifest_from_json(const Json& document) {
  if (document.as_object() == nullptr) return bad("the document", "is not an object");
  HEAPBUMP_TRY(const std::uint64_t version,
               unsigned_at(document, "schema_version", "schema_version", 1000000));
  if (version != kManifestVersion)
    return fail(Code::kUnsupportedManifest,
                "manifest: schema version " + std::to_string(version) + " is not known; 1 is");
  const Json* strategy = document.find("strategy");
  if (strategy != nullptr && strategy->as_string() != nullptr && *strategy->as_string() == "none")
    return fail(Code::kBadManifest, "manifest: nothing was reserved in the module that it describes");
  Manifest m;
  HEAPBUMP_TRY(const Json* module, member(document, "module", "module"));
  HEAPBUMP_TRY(m.input_sha256, sha256_at(*module, "input_sha256", "module.input_sha256", false));
  HEAPBUMP_TRY(m.output_sha256, sha256_at(*module, "output_sha256", "module.output_sha256", true));
  HEAPBUMP_TRY(const Json* toolchain, member(document, "toolchain", "toolchain"));
  HEAPBUMP_TRY(m.toolchain.name, string_at(*toolchain, "name", "toolchain.name"));
  HEAPBUMP_TRY(m.toolchain.version, string_at(*toolchain, "version", "toolchain.version"));
  HEAPBUMP_TRY(m.toolchain.how, string_at(*toolchain, "how", "toolchain.how"));
  HEAPBUMP_TRY(m.strategy, enum_at<Strategy::gap>(document, "strategy", "strategy"));
  HEAPBUMP_TRY(const Json* memory, member(document, "memory", "memory"));
  HEAPBUMP_TRY(m.memory_min_before, unsigned_at(*memory, "min_before", "memory.min_before", kMaxPages));
  HEAPBUMP_TRY(m.memory_min_after, unsigned_at(*memory, "min_after", "memory.min_after", kMaxPages));
  HEAPBUMP_TRY(m.memory_max_before, optional_at(*memory, "max_before", "memory.max_before", kMaxPages));
  HEAPBUMP_TRY(m.memory_max_after, optional_at(*memory, "max_after", "memory.max_after", kMaxPages));
  HEAPBUMP_TRY(const Json* heap, member(document, "heap", "heap"));
  HEAPBUMP_TRY(m.heap_base_before,
               optional_at(*heap, "base_before", "heap.base_before", kMaxPages * kPageSize));
  HEAPBUMP_TRY(m.heap_base_after, optional_at(*heap, "base_after", "heap.base_after", kMaxPages * kPageSize));
  HEAPBUMP_TRY(const Json* region, member(document, "region", "region"));
  HEAPBUMP_TRY(m.region.base, unsigned_at(*region, "base", "region.base", kMaxPages * kPageSize));
  HEAPBUMP_TRY(m.region.size, unsigned_at(*region, "size", "region.size", kMaxPages * kPageSize));
  HEAPBUMP_TRY(m.region.pages, unsigned_at(*region, "pages", "region.pages", kMaxPages));
  HEAPBUMP_TRY(const Json* slots, member(document, "slots", "slots"));
  if (slots->as_array() == nullptr) return bad("slots", "is not an array");
  if (slots->as_array()->size() > m.region.pages) return bad("slots", "are more than the region's pages");
  for (const Json& element : *slots->as_array()) {
    Slot slot;
    HEAPBUMP_TRY(const std::uint64_t adapter, unsigned_at(element, "adapter", "slots.adapter", kMaxPages));
    slot.adapter = static_cast<std::uint32_t>(adapter);
    HEAPBUMP_TRY(slot.name, enum_at<SlotName::stack>(element, "name", "slots.name"));
    HEAPBUMP_TRY(slot.base, unsigned_at(element, "base", "slots.base", kMaxPages * kPageSize));
    HEAPBUMP_TRY(slot.size, unsigned_at(element, "size", "slots.size", kMaxPages * kPageSize));
    HEAPBUMP_TRY(const std::string grows, string_at(element, "grows", "slots.grows"));
    if (grows != "down" && grows != "none") return bad("slots.grows", "is neither \"down\" nor \"none\"");
    slot.grows_down = grows == "down";
    m.slots.push_back(slot);
  }
  HEAPBUMP_TRY(const Json* placement, member(document, "placement", "placement"));
  HEAPBUMP_TRY(m.placement, enum_at<Placement::none>(*placement, "kind", "placement.kind"));
  HEAPBUMP_TRY(m.export_name, string_at(*placement, "export", "placement.export"));
  HEAPBUMP_TRY(const auto function_index,
               optional_at(*placement, "function_index", "placement.function_index", 0xffffffff));
  if (function_index) m.function_index = static_cast<std::uint32_t>(*function_index);
  HEAPBUMP_CHECK(check_forbids(document));
  HEAPBUMP_CHECK(check_consistency(m));
  return m;
}

Result<Manifest> read_manifest(std::string_view text) {
  HEAPBUMP_TRY(const Json document, parse_json(text));
  return manifest_from_json(document);
}

}  // namespace heapbump
