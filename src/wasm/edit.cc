#include "wasm/edit.h"

#include <algorithm>
#include <map>

#include "base/sha256.h"
#include "base/work_counts.h"

namespace heapbump {
namespace {

constexpr unsigned kInsideSection = 0;
constexpr unsigned kSectionEnd = 1;
constexpr unsigned kNewSection = 2;  // plus the new section's rank

std::vector<std::byte> copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

// The LEB128 of a value in at least `width` bytes.
std::vector<std::byte> uleb_at_least(std::uint64_t value, unsigned width) {
  return encode_uleb(value, std::max(width, uleb_width(value)));
}

}  // namespace

void EditBuilder::replace(std::uint64_t offset, std::uint64_t old_size, std::vector<std::byte> new_bytes,
                          std::string reason) {
  const Section* section = module_->section_at(offset);
  pending_.push_back(
      {{offset, copy(module_->bytes_at(offset, old_size)), std::move(new_bytes), std::move(reason)},
       section != nullptr ? section->offset : 0,
       kInsideSection});
}

void EditBuilder::insert(std::uint64_t offset, std::vector<std::byte> new_bytes, std::string reason) {
  // The byte before decides the section: an insertion may be at the very end of a payload.
  const Section* section = offset == 0 ? nullptr : module_->section_at(offset - 1);
  pending_.push_back({{offset, {}, std::move(new_bytes), std::move(reason)},
                      section != nullptr ? section->offset : 0,
                      kInsideSection});
}

void EditBuilder::replace_uleb(std::uint64_t offset, unsigned width, std::uint64_t value,
                               std::string reason) {
  replace(offset, width, uleb_at_least(value, width), std::move(reason));
}

Status EditBuilder::replace_in_place(std::uint64_t offset, unsigned width, std::int64_t value, bool is_signed,
                                     unsigned bits, std::string reason) {
  auto encoded = is_signed ? encode_sleb(value, width, bits)
                           : encode_uleb(static_cast<std::uint64_t>(value), width, bits);
  if (encoded.empty()) {
    return fail_at(Code::kLebWidth, offset,
                   "the new value " + std::to_string(value) + " does not fit the " + std::to_string(width) +
                       " bytes of the old one, and widening it would move code");
  }
  replace(offset, width, std::move(encoded), std::move(reason));
  return {};
}

void EditBuilder::append_entry(SectionId id, std::vector<std::byte> entry, std::string reason) {
  auto found = std::ranges::find(appended_, id, &Appended::id);
  if (found == appended_.end()) {
    appended_.push_back({id, {}, 0, std::move(reason)});
    found = std::prev(appended_.end());
  }
  found->bytes.insert(found->bytes.end(), entry.begin(), entry.end());
  ++found->count;
}

Status EditBuilder::finish_appended(const Appended& appended) {
  if (const Section* section = module_->section(appended.id)) {
    Cursor cursor(module_->content(*section), section->content_offset);
    HEAPBUMP_TRY(const auto count, cursor.read_uleb32("section count"));
    const std::uint64_t new_count = std::uint64_t{count.value} + appended.count;
    if (appended.id == SectionId::code && uleb_width(new_count) > count.width && !allow_moved_code_) {
      return fail_at(
          Code::kLebWidth, section->content_offset,
          "one more function makes the code section's count a byte wider, which moves every code offset; use "
          "--placement adapter, or --allow-moved-code if nothing depends on code offsets");
    }
    replace_uleb(section->content_offset, count.width, new_count,
                 "count of the " + section->title() + " section");
    pending_.push_back({{section->end(), {}, appended.bytes, appended.reason}, section->offset, kSectionEnd});
    return {};
  }
  // A new section goes behind the last known one of a lower rank.
  std::uint64_t at = 8;
  for (const Section& section : module_->sections) {
    if (section.id != SectionId::custom && section_rank(section.id) < section_rank(appended.id))
      at = section.end();
  }
  Writer payload;
  payload.uleb(appended.count).bytes(appended.bytes);
  Writer section;
  section.u8(static_cast<std::uint8_t>(appended.id)).uleb(payload.size()).bytes(payload.view());
  pending_.push_back({{at, {}, section.take(), appended.reason}, 0, kNewSection + section_rank(appended.id)});
  return {};
}

Status EditBuilder::finish_sizes() {
  std::map<std::uint64_t, std::int64_t> growth;  // by section offset
  for (const Pending& p : pending_) {
    if (p.section_offset != 0)
      growth[p.section_offset] += static_cast<std::int64_t>(p.edit.new_bytes.size()) -
                                  static_cast<std::int64_t>(p.edit.old_bytes.size());
  }
  for (const Section& section : module_->sections) {
    const auto found = growth.find(section.offset);
    if (found == growth.end() || found->second == 0) continue;
    const std::uint64_t size = section.payload_size + static_cast<std::uint64_t>(found->second);
    if (size > 0xffffffffu)
      return fail_at(Code::kMemoryLimit, section.offset, "the section would exceed 4 GiB");
    pending_.push_back(
        {{section.size_offset, copy(module_->bytes_at(section.size_offset, section.size_width)),
          uleb_at_least(size, section.size_width), "size of the " + section.title() + " section"},
         0,
         kInsideSection});
  }
  return {};
}

Result<EditList> EditBuilder::finish() && {
  for (const Appended& appended : appended_) HEAPBUMP_CHECK(finish_appended(appended));
  HEAPBUMP_CHECK(finish_sizes());
  std::ranges::stable_sort(pending_, [](const Pending& a, const Pending& b) {
    if (a.edit.offset != b.edit.offset) return a.edit.offset < b.edit.offset;
    // An insertion at the end of one section is before a replacement at the start of what follows.
    const bool a_inserts = a.edit.old_bytes.empty();
    const bool b_inserts = b.edit.old_bytes.empty();
    if (a_inserts != b_inserts) return a_inserts;
    return a.order < b.order;
  });
  EditList edits;
  std::uint64_t last_end = 0;
  for (Pending& p : pending_) {
    if (p.edit.old_bytes == p.edit.new_bytes) continue;
    if (p.edit.offset < last_end) return fail_at(Code::kInternal, p.edit.offset, "two edits overlap");
    last_end = p.edit.end();
    edits.push_back(std::move(p.edit));
  }
  return edits;
}

std::vector<Bytes> apply_edits(Bytes input, const EditList& edits) {
  std::vector<Bytes> pieces;
  pieces.reserve(edits.size() * 2 + 1);
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    const auto begin = static_cast<std::size_t>(edit.offset);
    if (begin > at) pieces.push_back(input.subspan(at, begin - at));
    if (!edit.new_bytes.empty()) pieces.push_back(edit.new_bytes);
    at = static_cast<std::size_t>(edit.end());
  }
  if (at < input.size()) pieces.push_back(input.subspan(at));
  return pieces;
}

std::vector<std::byte> join(const std::vector<Bytes>& pieces) {
  std::size_t size = 0;
  for (const Bytes piece : pieces) size += piece.size();
  std::vector<std::byte> out;
  out.reserve(size);
  use_large_pages({out.data(), size});
  count(work_counts.bytes_copied, size);
  for (const Bytes piece : pieces) out.insert(out.end(), piece.begin(), piece.end());
  return out;
}

Json to_json(const Edit& edit) {
  return Json::object({{"file_offset", edit.offset},
                       {"old_hex", to_hex(edit.old_bytes)},
                       {"new_hex", to_hex(edit.new_bytes)},
                       {"reason", edit.reason}});
}

}  // namespace heapbump
