// Reads a component's binary format into a Component: core modules, core instances and what they export by
// index; all else is passed over, and what is not known is an error, since an index space would no longer add
// up.
#include <string>

#include "wasm/component.h"
#include "wasm/component_types.h"

namespace heapbump {
namespace {

// Binary format: WebAssembly/component-model, design/mvp/Binary.md. Layer 1 and version 0x0d make the second
// word.
constexpr std::uint32_t kMagic = 0x6d736100;
constexpr std::uint32_t kComponentVersion = 0x0001000d;
constexpr unsigned kMaxNesting = 16;
// Engines refuse more than 1,000 modules, instances or components; the other two bound the work of following
// bindings.
constexpr std::size_t kMaxDefinitions = 1000;
constexpr std::size_t kMaxItems = 200000;

enum class ComponentSection : std::uint8_t {
  custom = 0,
  core_module = 1,
  core_instance = 2,
  core_type = 3,
  component = 4,
  instance = 5,
  alias = 6,
  type = 7,
  canon = 8,
  start = 9,
  import = 10,
  exports = 11,
  value = 12,
};

constexpr std::uint8_t kCoreModuleSort = 0x11;
constexpr std::uint8_t kCoreTypeSort = 0x10;
constexpr std::uint8_t kCoreInstanceSort = 0x12;

/// What the immediates of a canonical definition are, in order: `u` an index or type index, `v` a value type,
/// `r` a result list, `b` a flag byte, `o` an option list, `z` a zero byte.
struct CanonShape {
  std::uint8_t opcode;
  const char* immediates;
};

constexpr CanonShape kCanons[] = {
    {0x00, "zuou"}, {0x01, "zuo"}, {0x02, "u"},  {0x03, "u"},  {0x04, "u"},  {0x05, ""},  {0x06, "b"},
    {0x07, "u"},    {0x09, "ro"},  {0x0a, "vu"}, {0x0b, "vu"}, {0x0c, "b"},  {0x0d, ""},  {0x0e, "u"},
    {0x0f, "uo"},   {0x10, "uo"},  {0x11, "ub"}, {0x12, "ub"}, {0x13, "u"},  {0x14, "u"}, {0x15, "u"},
    {0x16, "uo"},   {0x17, "uo"},  {0x18, "ub"}, {0x19, "ub"}, {0x1a, "u"},  {0x1b, "u"}, {0x1c, "o"},
    {0x1d, "o"},    {0x1e, ""},    {0x1f, ""},   {0x20, "bu"}, {0x21, "bu"}, {0x22, ""},  {0x23, ""},
    {0x24, ""},     {0x25, ""},    {0x26, ""},   {0x27, "uu"}, {0x28, ""},   {0x29, "b"}, {0x2a, "b"},
    {0x2b, "b"},    {0x2c, "b"},   {0x2d, "b"},  {0x40, "u"},  {0x41, "uu"}, {0x42, ""},
};

constexpr std::uint8_t kCanonLift = 0x00;

class Reader {
 public:
  Reader(Component& out, Cursor cursor) : out_(out), cursor_(cursor) {}

  Status read(unsigned depth);

 private:
  Status read_section(std::uint8_t id, Cursor& section, unsigned depth);
  Status read_core_instance(Cursor& section);
  Status read_alias(Cursor& section);
  Status read_canon(Cursor& section);
  Status read_import(Cursor& section);
  Status read_export(Cursor& section);
  /// Reads a component-level sort; nothing for every core sort but the module's, which is kCoreModuleSort.
  Result<std::uint8_t> read_sort(Cursor& section);
  Result<std::uint32_t> read_index(Cursor& section, std::string_view what, std::size_t limit);
  std::vector<CoreItem>* space(std::uint8_t kind);
  Status check_limits(std::uint64_t offset) const;

  Component& out_;
  Cursor cursor_;
  std::size_t inline_exports_ = 0;
};

std::vector<CoreItem>* Reader::space(std::uint8_t kind) {
  switch (kind) {
    case 0:
      return &out_.functions;
    case 1:
      return &out_.tables;
    case 2:
      return &out_.memories;
    case 3:
      return &out_.globals;
    case 4:
      return &out_.tags;
    default:
      return nullptr;
  }
}

Status Reader::check_limits(std::uint64_t offset) const {
  const auto above = [&](std::string_view what, std::size_t limit) {
    return fail_at(Code::kWorkLimit, offset,
                   "the component has more than " + std::to_string(limit) + " " + std::string(what));
  };
  if (out_.modules.size() > kMaxDefinitions) return above("core modules", kMaxDefinitions);
  if (out_.instances.size() > kMaxDefinitions) return above("core instances", kMaxDefinitions);
  if (out_.components.size() > kMaxDefinitions) return above("nested components", kMaxDefinitions);
  if (inline_exports_ > kMaxItems) return above("core items exported by instances", kMaxItems);
  return {};
}

Result<std::uint32_t> Reader::read_index(Cursor& section, std::string_view what, std::size_t limit) {
  const std::uint64_t at = section.offset();
  HEAPBUMP_TRY(const auto index, section.read_uleb32(what));
  if (index.value >= limit) {
    return fail_at(
        Code::kBadIndex, at,
        std::string(what) + " " + std::to_string(index.value) + " refers to nothing that was defined before");
  }
  return index.value;
}

Result<std::uint8_t> Reader::read_sort(Cursor& section) {
  const std::uint64_t at = section.offset();
  HEAPBUMP_TRY(const auto sort, section.read_u8("a sort"));
  if (sort == 0x00) {
    HEAPBUMP_TRY(const auto core, section.read_u8("a core sort"));
    if (core != kCoreModuleSort) return later_proposal(at, "core sort", core);
    return kCoreModuleSort;
  }
  if (sort > 0x05) return later_proposal(at, "sort", sort);
  return sort;
}

Status Reader::read_core_instance(Cursor& section) {
  CoreInstance instance;
  instance.file_offset = section.offset();
  HEAPBUMP_TRY(const auto form, section.read_u8("a core instance's form"));
  if (form == 0x00) {
    HEAPBUMP_TRY(instance.module, read_index(section, "core module", out_.modules.size()));
    HEAPBUMP_TRY(const auto count, section.read_count("instantiation arguments", 3));
    for (std::uint32_t i = 0; i < count; ++i) {
      CoreInstanceArgument argument;
      HEAPBUMP_TRY(argument.name, section.read_name("an instantiation argument's name"));
      const std::uint64_t at = section.offset();
      HEAPBUMP_TRY(const auto sort, section.read_u8("an instantiation argument's sort"));
      if (sort != kCoreInstanceSort) return later_proposal(at, "instantiation argument sort", sort);
      HEAPBUMP_TRY(argument.instance, read_index(section, "core instance", out_.instances.size()));
      instance.arguments.push_back(argument);
    }
  } else if (form == 0x01) {
    HEAPBUMP_TRY(const auto count, section.read_count("inline exports", 3));
    for (std::uint32_t i = 0; i < count; ++i) {
      CoreInlineExport item;
      HEAPBUMP_TRY(item.name, section.read_name("an inline export's name"));
      const std::uint64_t at = section.offset();
      HEAPBUMP_TRY(const auto sort, section.read_u8("an inline export's sort"));
      const std::vector<CoreItem>* items = space(sort);
      if (items == nullptr) return later_proposal(at, "inline export sort", sort);
      item.kind = static_cast<ExternalKind>(sort);
      HEAPBUMP_TRY(item.index, read_index(section, "core item", items->size()));
      instance.exports.push_back(item);
      ++inline_exports_;
    }
  } else {
    return later_proposal(instance.file_offset, "core instance form", form);
  }
  out_.instances.push_back(std::move(instance));
  return {};
}

Status Reader::read_alias(Cursor& section) {
  const std::uint64_t at = section.offset();
  HEAPBUMP_TRY(const auto sort, section.read_u8("an alias's sort"));
  std::uint8_t core_sort = 0;
  if (sort == 0x00) {
    HEAPBUMP_TRY(core_sort, section.read_u8("an alias's core sort"));
  } else if (sort > 0x05) {
    return later_proposal(at, "alias sort", sort);
  }
  const std::uint64_t target_at = section.offset();
  HEAPBUMP_TRY(const auto target, section.read_u8("an alias's target"));
  if (target == 0x01) {
    std::vector<CoreItem>* items = sort == 0x00 ? space(core_sort) : nullptr;
    if (items == nullptr) return later_proposal(at, "core alias sort", core_sort);
    CoreItem item;
    HEAPBUMP_TRY(item.instance, read_index(section, "core instance", out_.instances.size()));
    HEAPBUMP_TRY(item.name, section.read_name("an aliased export's name"));
    items->push_back(item);
    return {};
  }
  if (target == 0x00) {
    HEAPBUMP_TRY([[maybe_unused]] const auto instance, section.read_uleb32("an instance index"));
    HEAPBUMP_TRY([[maybe_unused]] const auto name, section.read_name("an aliased export's name"));
  } else if (target == 0x02) {
    HEAPBUMP_TRY([[maybe_unused]] const auto count, section.read_uleb32("an outer alias's count"));
    HEAPBUMP_TRY([[maybe_unused]] const auto index, section.read_uleb32("an outer alias's index"));
  } else {
    return later_proposal(target_at, "alias target", target);
  }
  if (sort != 0x00) return {};
  if (core_sort == kCoreModuleSort) {
    out_.modules.emplace_back();
  } else if (core_sort != kCoreTypeSort) {
    return later_proposal(at, "core alias sort", core_sort);
  }
  return {};
}

Status Reader::read_canon(Cursor& section) {
  const std::uint64_t at = section.offset();
  HEAPBUMP_TRY(const auto opcode, section.read_u8("a canonical definition"));
  const CanonShape* shape = nullptr;
  for (const CanonShape& candidate : kCanons) {
    if (candidate.opcode == opcode) shape = &candidate;
  }
  if (shape == nullptr) return later_proposal(at, "canonical definition", opcode);
  for (const char* immediate = shape->immediates; *immediate != '\0'; ++immediate) {
    switch (*immediate) {
      case 'u': {
        HEAPBUMP_TRY([[maybe_unused]] const auto index, section.read_uleb32("an index"));
        break;
      }
      case 'v': {
        HEAPBUMP_TRY([[maybe_unused]] const auto type, section.read_u8("a core value type"));
        break;
      }
      case 'b':
      case 'z': {
        const std::uint64_t byte_at = section.offset();
        HEAPBUMP_TRY(const auto byte, section.read_u8("a flag"));
        if (byte > (*immediate == 'z' ? 0 : 1)) return later_proposal(byte_at, "canonical flag", byte);
        break;
      }
      case 'r': {
        const std::uint64_t form_at = section.offset();
        HEAPBUMP_TRY(const auto form, section.read_u8("a result list"));
        if (form > 0x01) return later_proposal(form_at, "result list", form);
        if (form == 0x00) {
          HEAPBUMP_CHECK(skip_value_type(section));
        } else {
          HEAPBUMP_TRY([[maybe_unused]] const auto zero, section.read_u8("an empty result list"));
        }
        break;
      }
      default:
        HEAPBUMP_CHECK(skip_canon_options(section));
        break;
    }
  }
  if (opcode != kCanonLift) out_.functions.emplace_back();
  return {};
}

Status Reader::read_import(Cursor& section) {
  HEAPBUMP_CHECK(skip_extern_name(section));
  HEAPBUMP_TRY(const auto sort, read_sort(section));
  HEAPBUMP_CHECK(skip_extern_type(section, sort));
  if (sort == kCoreModuleSort) out_.modules.emplace_back();
  return {};
}

Status Reader::read_export(Cursor& section) {
  HEAPBUMP_CHECK(skip_extern_name(section));
  HEAPBUMP_TRY(const auto sort, read_sort(section));
  if (sort == kCoreModuleSort) {
    // An export makes a new index for what it exports.
    HEAPBUMP_TRY(const auto index, read_index(section, "core module", out_.modules.size()));
    out_.modules.push_back(out_.modules[index]);
  } else {
    HEAPBUMP_TRY([[maybe_unused]] const auto index, section.read_uleb32("an exported index"));
  }
  const std::uint64_t at = section.offset();
  HEAPBUMP_TRY(const auto has_type, section.read_u8("an export's type"));
  if (has_type > 0x01) return later_proposal(at, "export type", has_type);
  if (has_type == 0x00) return {};
  HEAPBUMP_TRY(const auto type_sort, read_sort(section));
  return skip_extern_type(section, type_sort);
}

Status Reader::read_section(std::uint8_t id, Cursor& section, unsigned depth) {
  const auto each = [&](std::string_view what, Status (Reader::*read_one)(Cursor&)) -> Status {
    HEAPBUMP_TRY(const auto count, section.read_count(what));
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint64_t at = section.offset();
      HEAPBUMP_CHECK((this->*read_one)(section));
      HEAPBUMP_CHECK(check_limits(at));
    }
    if (!section.empty()) {
      return fail_at(
          Code::kSectionSize, section.offset(),
          std::to_string(section.remaining()) + " bytes are left over after the " + std::string(what));
    }
    return {};
  };
  switch (static_cast<ComponentSection>(id)) {
    case ComponentSection::core_module:
      out_.modules.push_back({.embedded = true, .file_offset = section.offset(), .bytes = section.rest()});
      return {};
    case ComponentSection::core_instance:
      return each("core instances", &Reader::read_core_instance);
    case ComponentSection::alias:
      return each("aliases", &Reader::read_alias);
    case ComponentSection::canon:
      return each("canonical definitions", &Reader::read_canon);
    case ComponentSection::import:
      return each("imports", &Reader::read_import);
    case ComponentSection::exports:
      return each("exports", &Reader::read_export);
    case ComponentSection::component: {
      Component nested;
      nested.file_offset = section.offset();
      HEAPBUMP_CHECK(Reader(nested, section).read(depth + 1));
      out_.components.push_back(std::move(nested));
      return {};
    }
    case ComponentSection::custom: {
      HEAPBUMP_TRY(const auto name, section.read_name("a custom section's name"));
      if (name == kComponentRecord) out_.records.push_back(section.rest());
      return {};
    }
    case ComponentSection::core_type:
    case ComponentSection::instance:
    case ComponentSection::type:
    case ComponentSection::start:
    case ComponentSection::value:
      return {};
  }
  return {};
}

Status Reader::read(unsigned depth) {
  if (depth > kMaxNesting) {
    return fail_at(Code::kWorkLimit, cursor_.offset(),
                   "components are nested more than " + std::to_string(kMaxNesting) + " deep");
  }
  const std::uint64_t start = cursor_.offset();
  HEAPBUMP_TRY(const auto magic, cursor_.read_u32_le("the component's magic"));
  if (magic != kMagic)
    return fail_at(Code::kNotWasm, start, "no component is here: it does not begin with \\0asm");
  HEAPBUMP_TRY(const auto version, cursor_.read_u32_le("the component's version"));
  if (version != kComponentVersion) {
    return fail_at(
        Code::kNotComponent, start + 4,
        version == 1 ? "the file is a core module, not a component; make one with `wasm-tools component new`"
                     : "component version " + hex(version) + " is not known; 0x1000d is");
  }
  while (!cursor_.empty()) {
    const std::uint64_t at = cursor_.offset();
    HEAPBUMP_TRY(const auto id, cursor_.read_u8("a section's id"));
    if (id > static_cast<std::uint8_t>(ComponentSection::value))
      return later_proposal(at, "component section", id);
    HEAPBUMP_TRY(const auto size, cursor_.read_uleb32("a section's size"));
    HEAPBUMP_TRY(Cursor section, cursor_.read_window(size.value, "a component section"));
    HEAPBUMP_CHECK(read_section(id, section, depth));
    HEAPBUMP_CHECK(check_limits(at));
  }
  return {};
}

}  // namespace

bool is_component(Bytes file) {
  return file.size() >= 8 && load_u32(file) == kMagic && load_u32(file.subspan(4)) >> 16 == 1;
}

Result<Component> read_component(Bytes file) {
  Component component;
  HEAPBUMP_CHECK(Reader(component, Cursor(file, 0)).read(0));
  return component;
}

}  // namespace heapbump
