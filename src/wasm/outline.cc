#include "wasm/outline.h"

#include <algorithm>
#include <string>

namespace heapbump {
namespace {

// Type constructors (core specification 3.0, "Types", binary format).
constexpr std::uint8_t kRec = 0x4e, kSub = 0x50, kSubFinal = 0x4f, kShared = 0x65;
constexpr std::uint8_t kFunction = 0x60, kStruct = 0x5f, kArray = 0x5e;
constexpr std::uint8_t kRef = 0x64, kRefNull = 0x63;

std::unexpected<Error> later(std::uint64_t offset, std::string_view what, unsigned byte) {
  return fail_at(Code::kGcTypes, offset,
                 std::string(what) + " " + hex(byte) + " is not known; the module uses a later proposal");
}

// What engines take of each kind (WebAssembly JavaScript interface, "Implementation-defined limits").
constexpr std::size_t kMostDefinitions = 1'000'000;

std::unexpected<Error> too_many(std::uint64_t offset, std::string_view what) {
  return fail_at(Code::kWorkLimit, offset,
                 "the module has more than " + std::to_string(kMostDefinitions) + " " + std::string(what));
}

class OutlineReader {
 public:
  explicit OutlineReader(Outline& out) : out_(out) {}

  Status run() {
    for (const Section& section : out_.sections) {
      Cursor cursor(out_.file.subspan(static_cast<std::size_t>(section.content_offset),
                                      static_cast<std::size_t>(section.end() - section.content_offset)),
                    section.content_offset);
      HEAPBUMP_CHECK(read_section(section.id, cursor));
    }
    return {};
  }

 private:
  Status read_section(SectionId id, Cursor& cursor) {
    switch (id) {
      case SectionId::type:
        return each(cursor, "types", &OutlineReader::read_recursive_type);
      case SectionId::import:
        return each(cursor, "imports", &OutlineReader::read_import);
      case SectionId::function:
        return each(cursor, "functions", &OutlineReader::read_function);
      case SectionId::memory:
        return each(cursor, "memories", &OutlineReader::read_own_memory);
      case SectionId::exports:
        return each(cursor, "exports", &OutlineReader::read_export);
      case SectionId::start: {
        HEAPBUMP_TRY(const auto start, cursor.read_uleb32("the start function"));
        out_.start = start.value;
        return {};
      }
      default:
        return {};
    }
  }

  Status each(Cursor& cursor, std::string_view what, Status (OutlineReader::*read_one)(Cursor&)) {
    const std::uint64_t at = cursor.offset();
    HEAPBUMP_TRY(const auto count, cursor.read_count(what));
    if (count > kMostDefinitions) return too_many(at, what);
    // Exports can be very many; a list that grows takes half as much again.
    constexpr std::uint64_t kShortestExport = 3;
    if (read_one == &OutlineReader::read_export)
      out_.exports.reserve(
          static_cast<std::size_t>(std::min<std::uint64_t>(count, cursor.remaining() / kShortestExport)));
    for (std::uint32_t i = 0; i < count; ++i) HEAPBUMP_CHECK((this->*read_one)(cursor));
    if (cursor.empty()) return {};
    return fail_at(
        Code::kSectionSize, cursor.offset(),
        std::to_string(cursor.remaining()) + " bytes are left over after the " + std::string(what));
  }

  Status read_recursive_type(Cursor& cursor) {
    if (!next_is(cursor, kRec)) return read_sub_type(cursor, true);
    HEAPBUMP_CHECK(skip(cursor));
    HEAPBUMP_TRY(const auto count, cursor.read_count("types of a recursive group"));
    for (std::uint32_t i = 0; i < count; ++i) HEAPBUMP_CHECK(read_sub_type(cursor, count == 1));
    return {};
  }

  Status read_sub_type(Cursor& cursor, bool alone) {
    bool plain = alone;
    if (next_is(cursor, kSub) || next_is(cursor, kSubFinal)) {
      plain = plain && next_is(cursor, kSubFinal);
      HEAPBUMP_CHECK(skip(cursor));
      HEAPBUMP_TRY(const auto count, cursor.read_count("supertypes"));
      plain = plain && count == 0;
      for (std::uint32_t i = 0; i < count; ++i) HEAPBUMP_CHECK(cursor.read_uleb32("a supertype"));
    }
    if (next_is(cursor, kShared)) {
      plain = false;
      HEAPBUMP_CHECK(skip(cursor));
    }
    return read_composite_type(cursor, plain);
  }

  Status read_composite_type(Cursor& cursor, bool plain) {
    const std::uint64_t at = cursor.offset();
    HEAPBUMP_TRY(const auto form, cursor.read_u8("a type"));
    OutlineType type;
    if (form == kFunction) {
      HEAPBUMP_TRY(type.parameters, read_value_types(cursor, plain));
      HEAPBUMP_TRY(type.results, read_value_types(cursor, plain));
      type.plain = plain;
    } else if (form == kArray) {
      HEAPBUMP_CHECK(read_field_type(cursor));
    } else if (form == kStruct) {
      HEAPBUMP_TRY(const auto count, cursor.read_count("fields of a struct type", 2));
      for (std::uint32_t i = 0; i < count; ++i) HEAPBUMP_CHECK(read_field_type(cursor));
    } else {
      return later(at, "type", form);
    }
    if (out_.types.size() == kMostDefinitions) return too_many(at, "types");
    out_.types.push_back(type);
    return {};
  }

  Result<Bytes> read_value_types(Cursor& cursor, bool& plain) {
    HEAPBUMP_TRY(const auto count, cursor.read_count("value types"));
    const std::uint64_t begin = cursor.offset();
    for (std::uint32_t i = 0; i < count; ++i) HEAPBUMP_CHECK(read_value_type(cursor));
    const std::uint64_t size = cursor.offset() - begin;
    plain = plain && size == count;
    return out_.file.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
  }

  // Number, vector and abstract reference types are one byte, 0x40 to 0x7f; (ref ht) and (ref null ht) are
  // followed by a heap type.
  Status read_value_type(Cursor& cursor) {
    const std::uint64_t at = cursor.offset();
    HEAPBUMP_TRY(const auto type, cursor.read_u8("a value type"));
    if (type == kRef || type == kRefNull) {
      if (next_is(cursor, kShared)) HEAPBUMP_CHECK(skip(cursor));
      HEAPBUMP_CHECK(cursor.read_sleb33("a heap type"));
      return {};
    }
    if (type < 0x40 || type > 0x7f) return later(at, "value type", type);
    return {};
  }

  Status read_field_type(Cursor& cursor) {
    HEAPBUMP_CHECK(read_value_type(cursor));
    HEAPBUMP_CHECK(cursor.read_u8("a field's mutability"));
    return {};
  }

  Status read_import(Cursor& cursor) {
    OutlineImport import;
    HEAPBUMP_TRY(import.module, cursor.read_name("an import's module"));
    import.name_offset = cursor.offset();
    HEAPBUMP_TRY(import.name, cursor.read_name("an import's name"));
    import.name_end = cursor.offset();
    const std::uint64_t at = cursor.offset();
    HEAPBUMP_TRY(const auto kind, cursor.read_u8("an import's kind"));
    if (kind > static_cast<std::uint8_t>(ExternalKind::tag)) return later(at, "import kind", kind);
    import.kind = static_cast<ExternalKind>(kind);
    switch (import.kind) {
      case ExternalKind::function: {
        HEAPBUMP_TRY(const auto type, cursor.read_uleb32("a function's type"));
        import.type = type.value;
        out_.functions.push_back(type.value);
        break;
      }
      case ExternalKind::table:
        HEAPBUMP_CHECK(read_value_type(cursor));
        HEAPBUMP_CHECK(read_limits(cursor));
        break;
      case ExternalKind::memory: {
        HEAPBUMP_TRY(OutlineMemory memory, read_limits(cursor));
        memory.imported = true;
        out_.memories.push_back(memory);
        break;
      }
      case ExternalKind::global:
        HEAPBUMP_CHECK(read_field_type(cursor));
        break;
      case ExternalKind::tag:
        HEAPBUMP_CHECK(cursor.read_u8("a tag's attribute"));
        HEAPBUMP_CHECK(cursor.read_uleb32("a tag's type"));
        break;
    }
    out_.imports.push_back(import);
    return {};
  }

  // Flags: 1 a maximum, 2 shared, 4 64-bit addresses, 8 a custom page size.
  Result<OutlineMemory> read_limits(Cursor& cursor) {
    const std::uint64_t at = cursor.offset();
    HEAPBUMP_TRY(const auto flags, cursor.read_u8("limits"));
    if (flags > 0x0f) return later(at, "limits", flags);
    OutlineMemory memory;
    memory.shared = (flags & 2) != 0;
    memory.is64 = (flags & 4) != 0;
    HEAPBUMP_TRY(const auto minimum, cursor.read_uleb64("a minimum"));
    memory.minimum = minimum.value;
    if ((flags & 1) != 0) {
      HEAPBUMP_TRY(const auto maximum, cursor.read_uleb64("a maximum"));
      memory.maximum = maximum.value;
    }
    if ((flags & 8) != 0) {
      HEAPBUMP_TRY(const auto log2, cursor.read_uleb32("a page size"));
      memory.page_size_log2 = log2.value;
    }
    return memory;
  }

  Status read_function(Cursor& cursor) {
    HEAPBUMP_TRY(const auto type, cursor.read_uleb32("a function's type"));
    out_.functions.push_back(type.value);
    return {};
  }

  Status read_own_memory(Cursor& cursor) {
    HEAPBUMP_TRY(const OutlineMemory memory, read_limits(cursor));
    out_.memories.push_back(memory);
    return {};
  }

  Status read_export(Cursor& cursor) {
    OutlineExport item;
    HEAPBUMP_TRY(item.name, cursor.read_name("an export's name"));
    const std::uint64_t at = cursor.offset();
    HEAPBUMP_TRY(const auto kind, cursor.read_u8("an export's kind"));
    if (kind > static_cast<std::uint8_t>(ExternalKind::tag)) return later(at, "export kind", kind);
    item.kind = static_cast<ExternalKind>(kind);
    HEAPBUMP_TRY(const auto index, cursor.read_uleb32("an exported index"));
    item.index = index.value;
    out_.exports.push_back(item);
    return {};
  }

  static bool next_is(const Cursor& cursor, std::uint8_t byte) {
    return !cursor.empty() && u8(cursor.rest().front()) == byte;
  }
  static Status skip(Cursor& cursor) {
    HEAPBUMP_CHECK(cursor.read_u8("a byte"));
    return {};
  }

  Outline& out_;
};

}  // namespace

const OutlineExport* Outline::find_export(std::string_view name, ExternalKind kind) const {
  const auto found = std::ranges::find_if(
      exports, [&](const OutlineExport& item) { return item.kind == kind && item.name == name; });
  return found == exports.end() ? nullptr : &*found;
}

const Section* Outline::section(SectionId id) const {
  const auto found = std::ranges::find_if(sections, [&](const Section& s) { return s.id == id; });
  return found == sections.end() ? nullptr : &*found;
}

const OutlineType* Outline::function_type(std::uint32_t function) const {
  if (function >= functions.size() || functions[function] >= types.size()) return nullptr;
  return &types[functions[function]];
}

bool Outline::has_custom(std::string_view prefix) const {
  return std::ranges::any_of(sections, [&](const Section& section) {
    return section.id == SectionId::custom && section.name.starts_with(prefix);
  });
}

Result<Outline> read_outline(Bytes file) {
  Outline outline;
  outline.file = file;
  HEAPBUMP_TRY(outline.sections, walk_sections(file));
  HEAPBUMP_CHECK(OutlineReader(outline).run());
  return outline;
}

}  // namespace heapbump
