#include "wasm/module.h"

#include <algorithm>

#include "base/shown.h"

namespace heapbump {

const Section* Module::section(SectionId id) const {
  const auto found = std::ranges::find(sections, id, &Section::id);
  return found == sections.end() ? nullptr : &*found;
}

const Section* Module::custom_section(std::string_view name) const {
  const auto found = std::ranges::find_if(
      sections, [&](const Section& s) { return s.id == SectionId::custom && s.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

const Section* Module::section_at(std::uint64_t file_offset) const {
  const auto after = std::ranges::upper_bound(sections, file_offset, {}, &Section::offset);
  if (after == sections.begin()) return nullptr;
  const Section& candidate = *std::prev(after);
  return file_offset < candidate.end() ? &candidate : nullptr;
}

const Export* Module::find_export(std::string_view name) const {
  const auto found = std::ranges::find(exports, name, &Export::name);
  return found == exports.end() ? nullptr : &*found;
}

const Export* Module::find_export(std::string_view name, ExternalKind kind) const {
  const Export* found = find_export(name);
  return found != nullptr && found->kind == kind ? found : nullptr;
}

const FunctionBody* Module::body(std::uint32_t function) const {
  if (function < imported_functions || function - imported_functions >= bodies.size()) return nullptr;
  return &bodies[function - imported_functions];
}

std::optional<std::uint32_t> Module::function_at(std::uint64_t file_offset) const {
  const auto after = std::ranges::upper_bound(bodies, file_offset, {}, &FunctionBody::file_offset);
  if (after == bodies.begin()) return std::nullopt;
  const FunctionBody& body = *std::prev(after);
  if (file_offset - body.file_offset >= body.size) return std::nullopt;
  return imported_functions + static_cast<std::uint32_t>(std::prev(after) - bodies.begin());
}

std::uint64_t Module::memory_bytes() const {
  return memories.empty() ? 0 : memories.front().min.value * kPageSize;
}

std::uint64_t Module::data_end() const {
  std::uint64_t end = 0;
  for (const DataSegment& segment : data) {
    if (const auto address = segment.address()) end = std::max(end, *address + segment.size);
  }
  return end;
}

bool Module::imports_preview1() const {
  return std::ranges::any_of(imports, [](const Import& i) {
    return i.module == "wasi_snapshot_preview1" || i.module == "wasi_unstable";
  });
}

Status check_supported_memory(const Module& module) {
  if (module.memories.empty()) return fail(Code::kNoMemory, "the module has no linear memory");
  if (module.memories.front().imported) {
    return fail(Code::kImportedMemory, "the module imports its memory, so its size is not decided here");
  }
  if (module.memories.size() > 1)
    return fail_at(Code::kMultiMemory, module.memories[1].min.file_offset, "the module has several memories");
  const Memory& memory = module.memories.front();
  if (memory.is64) return fail_at(Code::kMemory64, memory.min.file_offset, "the memory has 64-bit addresses");
  if (memory.shared) {
    return fail_at(Code::kSharedMemory, memory.min.file_offset, "the memory is shared between threads");
  }
  if (memory.page_size_log2)
    return fail_at(Code::kPageSize, memory.min.file_offset, "the memory declares a page size of its own");
  return {};
}

namespace {

constexpr std::size_t kMaxProducers =
    4096;  // real sections hold a handful; the rest is no evidence of anything

}  // namespace

std::vector<ProducersField> read_producers(const Module& module) {
  const Section* section = module.custom_section("producers");
  if (section == nullptr) return {};
  const auto read = [&]() -> Result<std::vector<ProducersField>> {
    std::vector<ProducersField> fields;
    Cursor cursor(module.content(*section), section->content_offset);
    HEAPBUMP_TRY(const auto count, cursor.read_count("producers field count"));
    for (std::uint32_t i = 0; i < count; ++i) {
      HEAPBUMP_TRY(const auto field, cursor.read_name("producers field"));
      HEAPBUMP_TRY(const auto values, cursor.read_count("producers value count", 2));
      for (std::uint32_t j = 0; j < values; ++j) {
        HEAPBUMP_TRY(const auto name, cursor.read_name("producers name"));
        HEAPBUMP_TRY(const auto version, cursor.read_name("producers version"));
        if (fields.size() == kMaxProducers) return fields;
        fields.push_back({shown(field), shown(name), shown(version)});
      }
    }
    return fields;
  };
  return read().value_or(std::vector<ProducersField>{});
}

namespace {

// `limit` is how many things there are to be named; the specification wants indices in ascending order.
Status read_name_map(Cursor cursor, std::size_t limit,
                     std::unordered_map<std::uint32_t, std::string_view>& names) {
  HEAPBUMP_TRY(const auto count, cursor.read_count("name count", 2));
  names.reserve(std::min<std::size_t>(count, limit));
  for (std::uint32_t i = 0; i < count; ++i) {
    HEAPBUMP_TRY(const auto index, cursor.read_uleb32("name index"));
    HEAPBUMP_TRY(const auto name, cursor.read_name("name"));
    if (index.value < limit) names.emplace(index.value, shown(name));
  }
  return {};
}

Status read_name_subsections(const Module& module, Cursor cursor, NameSection& names) {
  while (!cursor.empty()) {
    HEAPBUMP_TRY(const auto id, cursor.read_u8("name subsection id"));
    HEAPBUMP_TRY(const auto size, cursor.read_uleb32("name subsection size"));
    HEAPBUMP_TRY(const Cursor payload, cursor.read_window(size.value, "name subsection"));
    // Subsection ids of the extended name section proposal.
    auto* target = id == 1 ? &names.functions : id == 7 ? &names.globals : nullptr;
    const std::size_t limit = id == 1 ? module.functions.size() : module.globals.size();
    if (target != nullptr) HEAPBUMP_CHECK(read_name_map(payload, limit, *target));
  }
  return {};
}

}  // namespace

NameSection read_names(const Module& module) {
  NameSection names;
  const Section* section = module.custom_section("name");
  if (section == nullptr) return names;
  // A damaged name section leaves the names that were read so far: they are only ever a hint.
  (void)read_name_subsections(module, Cursor(module.content(*section), section->content_offset), names);
  return names;
}

std::string describe_function(const NameSection& names, std::uint32_t function) {
  const std::string_view name = names.function(function);
  if (name.empty()) return "function " + std::to_string(function);
  return "function " + std::to_string(function) + " (" + std::string(name) + ")";
}

}  // namespace heapbump
