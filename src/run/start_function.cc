#include "run/start_function.h"

#include <algorithm>

#include "wasm/outline.h"

namespace heapbump::run {
namespace {

std::string unused_name(const Outline& outline) {
  std::string name = "start function";
  const auto used = [&](const OutlineExport& e) { return e.name == name; };
  while (std::ranges::any_of(outline.exports, used)) name += "'";
  return name;
}

Bytes between(Bytes file, std::uint64_t begin, std::uint64_t end) {
  return file.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

/// A section of exports: the module's own, then the new one.
std::vector<std::byte> exports_with(const Outline& outline, const Section* own, const std::string& name) {
  Writer payload;
  payload.uleb(outline.exports.size() + 1);
  if (own != nullptr) {
    Cursor cursor(between(outline.file, own->payload_offset, own->end()), own->payload_offset);
    // The count was read before, so it can be read again.
    const auto count = cursor.read_uleb32("count");
    const std::uint64_t entries = own->payload_offset + (count ? count->width : 0U);
    payload.bytes(between(outline.file, entries, own->end()));
  }
  payload.name(name).u8(static_cast<std::uint8_t>(ExternalKind::function)).uleb(*outline.start);
  Writer section;
  section.u8(static_cast<std::uint8_t>(SectionId::exports)).uleb(payload.size()).bytes(payload.view());
  return section.take();
}

}  // namespace

std::optional<StartedLater> start_later(Bytes module) {
  const auto outline = read_outline(module);
  if (!outline || !outline->start) return std::nullopt;
  const Section* start = outline->section(SectionId::start);
  const Section* own = outline->section(SectionId::exports);
  if (start == nullptr) return std::nullopt;
  const auto imported = std::ranges::count(outline->imports, ExternalKind::function, &OutlineImport::kind);
  StartedLater later;
  later.name = unused_name(*outline);
  later.imported = *outline->start < static_cast<std::uint64_t>(imported);
  // Exports come before the start section, so where there are none they take its place.
  const Section* replaced = own != nullptr ? own : start;
  Writer out;
  out.bytes(between(module, 0, replaced->offset)).bytes(exports_with(*outline, own, later.name));
  if (own != nullptr) out.bytes(between(module, own->end(), start->offset));
  out.bytes(between(module, start->end(), module.size()));
  later.module = out.take();
  return later;
}

}  // namespace heapbump::run
