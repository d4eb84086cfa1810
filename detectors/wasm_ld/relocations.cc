#include "detectors/wasm_ld/relocations.h"

#include <algorithm>

namespace heapbump {
namespace {

// Numbers from the tool conventions' Linking.md ("Relocation Sections", "Linking Metadata Section").
constexpr std::uint8_t kSymbolTable = 8;
constexpr std::uint32_t kLinkingVersion = 2;
constexpr std::uint32_t kUndefined = 0x10;
constexpr std::uint32_t kExplicitName = 0x40;
enum SymbolKind : std::uint8_t { kFunction = 0, kData = 1, kGlobal = 2, kSection = 3, kTag = 4, kTable = 5 };
constexpr std::uint8_t kMemoryAddrLeb = 3, kMemoryAddrSleb = 4, kMemoryAddrI32 = 5;
// Position-independent objects in a module with a fixed layout: their __memory_base is 0, and the constant is
// the address.
constexpr std::uint8_t kMemoryAddrRelSleb = 11;
constexpr std::uint8_t kLastType = 26;

bool has_addend(std::uint8_t type) {
  constexpr std::uint8_t with[] = {3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25};
  return std::ranges::binary_search(with, type);
}
bool is_other_address(std::uint8_t type) {
  constexpr std::uint8_t others[] = {14, 15, 16, 17, 21, 23, 25};
  return std::ranges::binary_search(others, type);
}

struct DataSymbol {
  std::string_view name;
  bool defined = false;
  std::uint64_t value = 0;
};

constexpr std::size_t kHeldAtOnce = 1024;  // symbols or relocations that are held together

Result<std::vector<DataSymbol>> read_symbols(const Module& module, const Section& section, Held& held) {
  Cursor cursor(module.content(section), section.content_offset);
  HEAPBUMP_TRY(const auto version, cursor.read_uleb32("linking version"));
  if (version.value != kLinkingVersion)
    return fail(Code::kMalformed, "unknown version of the linking section");
  std::vector<DataSymbol> symbols;
  while (!cursor.empty()) {
    HEAPBUMP_TRY(const auto type, cursor.read_u8("subsection type"));
    HEAPBUMP_TRY(const auto size, cursor.read_uleb32("subsection size"));
    HEAPBUMP_TRY(Cursor table, cursor.read_window(size.value, "subsection"));
    if (type != kSymbolTable) continue;
    HEAPBUMP_TRY(const auto count, table.read_count("symbol count", 2));
    for (std::uint32_t i = 0; i < count; ++i) {
      HEAPBUMP_TRY(const auto kind, table.read_u8("symbol kind"));
      HEAPBUMP_TRY(const auto flags, table.read_uleb32("symbol flags"));
      DataSymbol symbol;
      if (kind == kData) {
        HEAPBUMP_TRY(symbol.name, table.read_name("symbol name"));
        symbol.defined = (flags.value & kUndefined) == 0;
        if (symbol.defined) {
          HEAPBUMP_TRY(const auto segment, table.read_uleb32("symbol segment"));
          HEAPBUMP_TRY(const auto offset, table.read_uleb32("symbol offset"));
          HEAPBUMP_TRY([[maybe_unused]] const auto length, table.read_uleb32("symbol size"));
          // Symbols that the linker itself makes stand in no segment: wasm-ld writes segment 0 and their
          // address.
          constexpr std::uint32_t kAbsolute = 0x200;
          symbol.value = offset.value;
          if ((flags.value & kAbsolute) == 0) {
            if (segment.value >= module.data.size())
              return fail(Code::kMalformed, "a symbol's segment is out of range");
            symbol.value += module.data[segment.value].address().value_or(0);
          }
        }
      } else if (kind == kSection) {
        HEAPBUMP_TRY([[maybe_unused]] const auto index, table.read_uleb32("symbol section"));
      } else if (kind <= kTable) {
        HEAPBUMP_TRY([[maybe_unused]] const auto index, table.read_uleb32("symbol index"));
        if ((flags.value & kUndefined) == 0 || (flags.value & kExplicitName) != 0) {
          HEAPBUMP_TRY([[maybe_unused]] const auto name, table.read_name("symbol name"));
        }
      } else {
        return fail(Code::kMalformed, "unknown kind of symbol");
      }
      if (symbols.size() % kHeldAtOnce == 0) HEAPBUMP_CHECK(held.grow(2 * kHeldAtOnce * sizeof(DataSymbol)));
      symbols.push_back(symbol);
    }
  }
  return symbols;
}

/// Reads the value at a relocation and fills in kind, width and address.
Status read_site(const Module& module, std::uint8_t type, Relocation& site) {
  if (type == kMemoryAddrI32) {
    site.kind = OccurrenceKind::data_word32;
    site.width = 4;
    if (module.file.size() - site.file_offset < 4)
      return fail(Code::kTruncated, "a relocation runs past the file");
    site.value = load_u32(module.bytes_at(site.file_offset, 4));
    const auto after = std::ranges::upper_bound(module.data, site.file_offset, {}, &DataSegment::data_offset);
    if (after == module.data.begin())
      return fail(Code::kMalformed, "a relocated word lies in no data segment");
    const DataSegment& segment = *std::prev(after);
    if (site.file_offset - segment.data_offset >= segment.size)
      return fail(Code::kMalformed, "a relocated word lies in no data segment");
    const auto address = segment.address();
    if (!address) return fail(Code::kMalformed, "a relocation in a segment without a constant address");
    site.address = static_cast<std::uint32_t>(*address + (site.file_offset - segment.data_offset));
    return {};
  }
  Cursor cursor(module.bytes_at(site.file_offset, module.file.size() - site.file_offset), site.file_offset);
  if (type == kMemoryAddrSleb || type == kMemoryAddrRelSleb) {
    HEAPBUMP_TRY(const auto leb, cursor.read_sleb32("relocated constant"));
    site.kind = OccurrenceKind::i32_const;
    site.value = leb.value;
    site.width = leb.width;
  } else {
    HEAPBUMP_TRY(const auto leb, cursor.read_uleb32("relocated offset"));
    site.kind = OccurrenceKind::memarg_offset;
    site.value = leb.value;
    site.width = leb.width;
  }
  return {};
}

Status read_entries(const Module& module, const Section& section, const std::vector<DataSymbol>& symbols,
                    Relocations& out, Held& held) {
  Cursor cursor(module.content(section), section.content_offset);
  HEAPBUMP_TRY(const auto target, cursor.read_uleb32("relocated section"));
  if (target.value >= module.sections.size())
    return fail(Code::kMalformed, "a relocated section is out of range");
  const Section& into = module.sections[target.value];
  if (into.id != SectionId::code && into.id != SectionId::data) return {};  // debug sections
  HEAPBUMP_TRY(const auto count, cursor.read_count("relocation count", 3));
  for (std::uint32_t i = 0; i < count; ++i) {
    HEAPBUMP_TRY(const auto type, cursor.read_u8("relocation type"));
    HEAPBUMP_TRY(const auto offset, cursor.read_uleb32("relocation offset"));
    HEAPBUMP_TRY(const auto index, cursor.read_uleb32("relocation symbol"));
    std::int64_t addend = 0;
    if (type > kLastType) return fail(Code::kMalformed, "unknown type of relocation");
    if (has_addend(type)) {
      HEAPBUMP_TRY(const auto read, cursor.read_sleb64("relocation addend"));
      addend = read.value;
    }
    if (is_other_address(type))
      out.stale = "they hold a kind of address that is not for a fixed 32-bit memory";
    if ((type < kMemoryAddrLeb || type > kMemoryAddrI32) && type != kMemoryAddrRelSleb) continue;
    if (index.value >= symbols.size() || offset.value >= into.payload_size)
      return fail(Code::kMalformed, "a relocation points outside its section or the symbol table");
    const DataSymbol& symbol = symbols[index.value];
    Relocation site;
    site.symbol = symbol.name;
    site.addend = addend;
    site.file_offset = into.payload_offset + offset.value;
    HEAPBUMP_CHECK(read_site(module, type, site));
    const auto expected = static_cast<std::uint32_t>(symbol.value + static_cast<std::uint64_t>(addend));
    if (symbol.defined && static_cast<std::uint32_t>(site.value) != expected)
      out.stale = "an entry does not match the value there";
    if (out.addresses.size() % kHeldAtOnce == 0)
      HEAPBUMP_CHECK(held.grow(2 * kHeldAtOnce * sizeof(Relocation)));
    out.addresses.push_back(site);
  }
  return {};
}

}  // namespace

std::optional<Relocations> read_relocations(const Module& module, Budget& budget) {
  const Section* linking = module.custom_section("linking");
  if (linking == nullptr) return std::nullopt;
  auto held = Held::take(budget, 0);  // what becomes of them is held where it is kept
  if (!held) return std::nullopt;
  const auto symbols = read_symbols(module, *linking, *held);
  if (!symbols) return std::nullopt;
  Relocations result;
  bool code = false;
  for (const Section& section : module.sections) {
    if (section.id != SectionId::custom || !section.name.starts_with("reloc.")) continue;
    if (!read_entries(module, section, *symbols, result, *held)) return std::nullopt;
    code |= section.name == "reloc.CODE";
  }
  if (!code) return std::nullopt;
  for (const DataSymbol& symbol : *symbols) {
    if (!symbol.defined) continue;
    if (symbol.name == "__heap_base") result.heap_base = symbol.value;
    if (symbol.name == "__heap_end") result.heap_end = symbol.value;
  }
  std::ranges::sort(result.addresses, {}, &Relocation::file_offset);
  return result;
}

}  // namespace heapbump
