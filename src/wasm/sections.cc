#include "wasm/sections.h"

#include <array>
#include <string>

#include "base/shown.h"

namespace heapbump {
namespace {

constexpr std::array<std::string_view, 14> kNames = {"custom", "type",   "import",     "function", "table",
                                                     "memory", "global", "export",     "start",    "element",
                                                     "code",   "data",   "data count", "tag"};

// Rank of each known section in a module (core specification, "Modules", binary format): tag is between
// memory and global, data count between element and code. Rank 0 is free (custom).
constexpr std::array<std::uint8_t, 14> kRank = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

constexpr std::size_t kMaxSections = 20000;  // a section can be three bytes; real modules have some dozens

constexpr std::uint32_t kMagic = 0x6d736100;  // "\0asm"

Status check_preamble(Cursor& cursor) {
  if (cursor.remaining() < 8) {
    const Bytes head = cursor.rest();
    const std::string_view magic("\0asm\x01\0\0\0", 8);
    if (!head.empty() && as_text(head) == magic.substr(0, head.size()))
      return fail_at(Code::kTruncated, head.size(), "the file ends inside the 8-byte preamble of a module");
    return fail_at(Code::kNotWasm, 0, "the file is too short to be a WebAssembly module");
  }
  HEAPBUMP_TRY(const auto magic, cursor.read_u32_le("magic"));
  if (magic != kMagic)
    return fail_at(Code::kNotWasm, 0,
                   "the file does not begin with \\0asm, so it is not a WebAssembly module");
  HEAPBUMP_TRY(const auto version, cursor.read_u32_le("version"));
  if (version >> 16 == 1) {
    return fail_at(
        Code::kComponent, 4,
        "the file is a component; give the core module that it was made from, or use `heapbump check`");
  }
  if (version != 1)
    return fail_at(Code::kNotWasm, 4, "binary version " + std::to_string(version) + " is not known; 1 is");
  return {};
}

}  // namespace

std::string_view to_string(SectionId id) {
  return kNames[static_cast<std::size_t>(id)];
}

unsigned section_rank(SectionId id) {
  return kRank[static_cast<std::size_t>(id)];
}

std::string Section::title() const {
  if (id == SectionId::custom) return "custom \"" + std::string(shown(name)) + "\"";
  return std::string(to_string(id));
}

Result<std::vector<Section>> walk_sections(Bytes file) {
  Cursor cursor(file, 0);
  HEAPBUMP_CHECK(check_preamble(cursor));
  std::vector<Section> sections;
  std::uint8_t last_rank = 0;
  while (!cursor.empty()) {
    Section section;
    section.offset = cursor.offset();
    HEAPBUMP_TRY(const auto id, cursor.read_u8("section id"));
    section.size_offset = cursor.offset();
    HEAPBUMP_TRY(const auto size, cursor.read_uleb32("section size"));
    section.size_width = size.width;
    section.payload_offset = cursor.offset();
    section.payload_size = size.value;
    HEAPBUMP_TRY(Cursor payload, cursor.read_window(size.value, "a section"));
    if (id >= kNames.size()) {
      return fail_at(Code::kGcTypes, section.offset,
                     "section id " + std::to_string(id) + " is not known; the module uses a later proposal");
    }
    section.id = static_cast<SectionId>(id);
    section.content_offset = section.payload_offset;
    if (section.id == SectionId::custom) {
      HEAPBUMP_TRY(section.name, payload.read_name("a custom section's name"));
      section.content_offset = payload.offset();
    } else {
      const std::uint8_t rank = kRank[id];
      if (rank <= last_rank) {
        return fail_at(Code::kSectionOrder, section.offset,
                       "the " + section.title() + " section is out of order or occurs twice");
      }
      last_rank = rank;
    }
    if (sections.size() == kMaxSections)
      return fail_at(Code::kWorkLimit, section.offset,
                     "the module has more than " + std::to_string(kMaxSections) + " sections");
    sections.push_back(section);
  }
  return sections;
}

}  // namespace heapbump
