#include "record/reassemble.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/sha256.h"
#include "record/record.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kPreamble = 8;
constexpr std::string_view kComponentType = "component-type";

bool is_component_type(const Section& section) {
  return section.id == SectionId::custom && section.name.starts_with(kComponentType);
}

bool is_record(const Section& section) {
  return section.id == SectionId::custom && section.name == kRecordSection;
}

// Walks forward through pieces of a file without joining them.
class PieceCursor {
 public:
  explicit PieceCursor(const std::vector<Bytes>& pieces) : pieces_(pieces) {}
  /// Goes to the next byte that there is; false at the end.
  bool settle() {
    while (piece_ < pieces_.size() && at_ >= pieces_[piece_].size()) {
      at_ -= pieces_[piece_].size();
      ++piece_;
    }
    return piece_ < pieces_.size();
  }
  std::uint8_t next() {
    return settle() ? u8(pieces_[piece_][static_cast<std::size_t>(at_++)]) : std::uint8_t{0};
  }
  void skip(std::uint64_t count) {
    at_ += count;
    settle();
  }

 private:
  const std::vector<Bytes>& pieces_;
  std::size_t piece_ = 0;
  std::uint64_t at_ = 0;
};

/// " [v2]" and the like, which wit-component appends to the name of an import that occurs twice.
std::string_view without_version(std::string_view name) {
  const std::size_t open = name.rfind(" [v");
  if (open == std::string_view::npos || !name.ends_with(']')) return name;
  const std::string_view digits = name.substr(open + 3, name.size() - open - 4);
  const bool number =
      !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  return number ? name.substr(0, open) : name;
}

/// The import section's payload with the names as they were. The immediates behind a name are copied as they
/// are.
Result<std::vector<std::byte>> imports_as_they_were(const Module& module, const Section& section) {
  Cursor cursor(module.content(section), section.content_offset);
  HEAPBUMP_TRY(const auto count, cursor.read_count("imports", 4));
  Writer out;
  out.uleb(count);
  std::set<std::pair<std::string_view, std::string_view>> seen;
  const auto index = [&](std::string_view what) -> Status {
    HEAPBUMP_TRY(const auto value, cursor.read_uleb64(what));
    out.uleb(value.value);
    return {};
  };
  const auto byte = [&](std::string_view what) -> Result<std::uint8_t> {
    HEAPBUMP_TRY(const std::uint8_t value, cursor.read_u8(what));
    out.u8(value);
    return value;
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    HEAPBUMP_TRY(const auto module_name, cursor.read_name("an import's module"));
    HEAPBUMP_TRY(std::string_view name, cursor.read_name("an import's name"));
    const std::string_view shorter = without_version(name);
    if (shorter != name && seen.contains({module_name, shorter})) name = shorter;
    seen.emplace(module_name, name);
    out.name(module_name).name(name);
    HEAPBUMP_TRY(const std::uint8_t kind, byte("an import's kind"));
    if (kind == static_cast<std::uint8_t>(ExternalKind::table) ||
        kind == static_cast<std::uint8_t>(ExternalKind::global)) {
      HEAPBUMP_TRY([[maybe_unused]] const auto type, byte("an import's type"));
    }
    if (kind == static_cast<std::uint8_t>(ExternalKind::global)) {
      HEAPBUMP_TRY([[maybe_unused]] const auto is_mutable, byte("a global's mutability"));
      continue;
    }
    if (kind == static_cast<std::uint8_t>(ExternalKind::tag)) {
      HEAPBUMP_TRY([[maybe_unused]] const auto attribute, byte("a tag"));
    }
    if (kind == static_cast<std::uint8_t>(ExternalKind::table) ||
        kind == static_cast<std::uint8_t>(ExternalKind::memory)) {
      HEAPBUMP_TRY(const std::uint8_t flags, byte("limits"));
      HEAPBUMP_CHECK(index("a minimum"));
      if ((flags & 1) != 0) HEAPBUMP_CHECK(index("a maximum"));
      continue;
    }
    HEAPBUMP_CHECK(index("an import's type"));
  }
  if (!cursor.empty())
    return fail_at(Code::kSectionSize, cursor.offset(), "bytes are left over after the imports");
  return out.take();
}

Result<std::vector<std::byte>> payload_as_it_was(const Module& module, const Section& section) {
  if (section.id == SectionId::import) return imports_as_they_were(module, section);
  const Bytes payload = module.bytes_at(section.payload_offset, section.payload_size);
  return std::vector<std::byte>(payload.begin(), payload.end());
}

}  // namespace

std::string section_size_widths(const std::vector<Bytes>& pieces) {
  std::string widths;
  PieceCursor cursor(pieces);
  cursor.skip(kPreamble);
  while (cursor.settle()) {
    cursor.next();
    std::uint64_t size = 0;
    unsigned width = 0;
    std::uint8_t byte = 0;
    do {
      byte = cursor.next();
      size |= std::uint64_t{byte & 0x7fu} << (7 * width);
      ++width;
    } while ((byte & 0x80) != 0 && width < 5);
    widths += static_cast<char>('0' + width);
    cursor.skip(size);
  }
  return widths;
}

bool needs_component_types(const Module& module) {
  const bool more_imports = std::ranges::any_of(module.imports, [](const Import& import) {
    return import.module != "wasi_snapshot_preview1" && import.module != "wasi_unstable";
  });
  // A command may have exports beside its start: a world can name them, and a reactor's adapter call its
  // _initialize.
  const bool more_exports = std::ranges::any_of(module.exports, [](const Export& item) {
    return item.kind == ExternalKind::function && item.name != "_start";
  });
  return more_imports || more_exports || module.find_export("_start", ExternalKind::function) == nullptr ||
         std::ranges::any_of(module.sections, is_component_type);
}

Result<std::string> kept_content_sha256(const Module& module) {
  std::vector<std::vector<std::byte>> headers;
  std::vector<std::vector<std::byte>> imports;
  std::vector<Bytes> pieces;
  headers.reserve(module.sections.size());
  imports.reserve(1);
  for (const Section& section : module.sections) {
    if (section.id == SectionId::custom) continue;
    Bytes payload = module.bytes_at(section.payload_offset, section.payload_size);
    if (section.id == SectionId::import) {
      HEAPBUMP_TRY(auto before, imports_as_they_were(module, section));
      payload = imports.emplace_back(std::move(before));
    }
    pieces.push_back(
        headers.emplace_back(Writer().u8(static_cast<std::uint8_t>(section.id)).uleb(payload.size()).take()));
    pieces.push_back(payload);
  }
  return sha256_hex(pieces);
}

Result<std::vector<std::byte>> reassemble(const Module& embedded, std::string_view size_widths) {
  Writer out;
  out.bytes(embedded.file.first(kPreamble));
  std::size_t at = 0;
  for (const Section& section : embedded.sections) {
    if (is_record(section)) {
      out.bytes(embedded.bytes_at(section.offset, section.end() - section.offset));
      continue;
    }
    if (at == size_widths.size())
      return fail_at(Code::kModifiedSince, section.offset, "the module has a section more than was recorded");
    const auto width = static_cast<unsigned>(size_widths[at++] - '0');
    HEAPBUMP_TRY(const auto payload, payload_as_it_was(embedded, section));
    const auto size = encode_uleb(payload.size(), std::max(width, uleb_width(payload.size())));
    out.u8(static_cast<std::uint8_t>(section.id)).bytes(size).bytes(payload);
  }
  if (at != size_widths.size())
    return fail(Code::kModifiedSince, "the module has fewer sections than were recorded");
  return out.take();
}

}  // namespace heapbump
