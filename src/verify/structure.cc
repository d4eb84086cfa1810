// The difference between the two files, section by section and entry by entry. A byte that differs is either
// inside a change of an allowed kind or a mismatch; nothing is skipped, so two modules that pass differ in
// nothing else.
#include <algorithm>
#include <array>
#include <cstring>

#include "verify/context.h"
#include "wasm/code.h"

namespace heapbump::verify {
namespace {

/// A vector-shaped section: its count and what follows.
struct Entries {
  Leb<std::uint32_t> count;
  Bytes rest;
  std::uint64_t offset = 0;  ///< file offset of `rest`
};

Entries entries_of(const Module& module, const Section* section) {
  if (section == nullptr) return {};
  Cursor cursor(module.content(*section), section->content_offset);
  const auto count = cursor.read_uleb32("count");  // read once before, so it is well formed
  return {count ? *count : Leb<std::uint32_t>{}, cursor.rest(), cursor.offset()};
}

class Comparer {
 public:
  explicit Comparer(Context& context) : c_(context) {}

  void run() {
    const auto& before = c_.original.sections;
    const auto& after = c_.reserved.sections;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < before.size() || j < after.size()) {
      const Section* old_section = i < before.size() ? &before[i] : nullptr;
      const Section* new_section = j < after.size() ? &after[j] : nullptr;
      if (old_section != nullptr && new_section != nullptr && old_section->id == new_section->id &&
          old_section->name == new_section->name) {
        compare(old_section, *new_section);
        ++i;
        ++j;
      } else if (new_section != nullptr && may_be_added(*new_section, j)) {
        compare(nullptr, *new_section);
        ++j;
      } else {
        const std::uint64_t at = new_section != nullptr ? new_section->offset : c_.reserved.file.size();
        c_.mismatch(at, "the sections are not the original's",
                    old_section != nullptr ? old_section->title() : "no further section",
                    new_section != nullptr ? new_section->title() : "the file's end");
        return;
      }
    }
  }

 private:
  bool may_be_added(const Section& section, std::size_t index) const {
    if (section.id == SectionId::custom)
      return section.name == kRecordSection && index + 1 == c_.reserved.sections.size();
    static constexpr std::array kAddable = {SectionId::type,    SectionId::function, SectionId::global,
                                            SectionId::exports, SectionId::code,     SectionId::data};
    return std::ranges::find(kAddable, section.id) != kAddable.end() &&
           c_.original.section(section.id) == nullptr;
  }

  void compare(const Section* before, const Section& after) {
    if (before != nullptr) {
      compare_header(*before, after);
    } else if (after.id == SectionId::custom) {
      c_.change(ChangeKind::record, c_.original.file.size(), 0, after.offset, after.end() - after.offset,
                "custom section heapbump");
      return;
    } else {
      Cursor cursor(c_.reserved.content(after), after.payload_offset);
      const auto count = cursor.read_uleb32("count");
      c_.change(ChangeKind::section_size, insertion_point(after), 0, after.offset,
                cursor.offset() - after.offset, "header of a new " + after.title() + " section");
      static_cast<void>(count);
    }
    switch (after.id) {
      case SectionId::type:
        return appended(before, after, ChangeKind::shim_type, "type of the shim");
      case SectionId::function:
        return appended(before, after, ChangeKind::shim_function, "declaration of the shim");
      case SectionId::exports:
        return appended(before, after, ChangeKind::shim_export, "export of the shim");
      case SectionId::global:
        return globals(before, after);
      case SectionId::memory:
        return memory(*before, after);
      case SectionId::code:
        return code(before, after);
      case SectionId::data:
        return data(before, after);
      case SectionId::data_count:
        return data_count(*before, after);
      default:
        return same(*before, after);
    }
  }

  /// Where in the original a new section would have been: at the end of the last section before it in the
  /// new file.
  std::uint64_t insertion_point(const Section& added) const {
    std::uint64_t at = 8;
    for (const Section& section : c_.original.sections)
      if (section_rank(section.id) != 0 && section_rank(section.id) < section_rank(added.id))
        at = section.end();
    return at;
  }

  void compare_header(const Section& before, const Section& after) {
    const Bytes old_size = c_.original.bytes_at(before.size_offset, before.size_width);
    const Bytes new_size = c_.reserved.bytes_at(after.size_offset, after.size_width);
    if (std::ranges::equal(old_size, new_size)) return;
    if (before.payload_size == after.payload_size)
      return c_.mismatch(after.size_offset, "the size of the " + after.title() + " section is encoded anew",
                         show(old_size), show(new_size));
    c_.change(ChangeKind::section_size, before.size_offset, before.size_width, after.size_offset,
              after.size_width, "size of the " + after.title() + " section");
  }

  void same(const Section& before, const Section& after) {
    const Bytes a = c_.original.bytes_at(before.payload_offset, before.payload_size);
    const Bytes b = c_.reserved.bytes_at(after.payload_offset, after.payload_size);
    if (a.size() == b.size()) return runs(after, a, b);
    const std::size_t common = std::min(a.size(), b.size());
    const std::size_t at = c_.first_difference(a.first(common), b.first(common));
    c_.mismatch(after.payload_offset + at, "the " + after.title() + " section changed", show(a.subspan(at)),
                show(b.subspan(at)));
  }

  /// Every place where two payloads of one size differ; differing bytes that are close together are one
  /// place.
  void runs(const Section& after, Bytes a, Bytes b) {
    constexpr std::size_t kApart = 8;    // equal bytes between two places
    constexpr std::size_t kMost = 1000;  // of one section; beyond that it is another section
    std::size_t found = 0;
    for (std::size_t at = c_.first_difference(a, b); at < a.size();) {
      std::size_t end = at + 1;
      std::size_t next = c_.first_difference(a, b, end);
      while (next < a.size() && next - end < kApart) {
        end = next + 1;
        next = c_.first_difference(a, b, end);
      }
      if (++found > kMost)
        return c_.mismatch(after.payload_offset + at,
                           "the " + after.title() + " section changed in more places than are listed");
      c_.mismatch(after.payload_offset + at, "the " + after.title() + " section changed",
                  show(a.subspan(at, end - at)), show(b.subspan(at, end - at)));
      at = next;
    }
  }

  void entry_count(const Section* before, const Section& after, const Entries& a, const Entries& b) {
    if (before == nullptr) return;  // part of the new section's header
    const Bytes old_count = c_.original.bytes_at(before->payload_offset, a.count.width);
    const Bytes new_count = c_.reserved.bytes_at(after.payload_offset, b.count.width);
    if (std::ranges::equal(old_count, new_count)) return;
    if (a.count.value == b.count.value)
      return c_.mismatch(after.payload_offset,
                         "the count of the " + after.title() + " section is encoded anew", show(old_count),
                         show(new_count));
    c_.change(ChangeKind::entry_count, before->payload_offset, a.count.width, after.payload_offset,
              b.count.width, "count of the " + after.title() + " section");
  }

  /// The old entries must be unchanged; at most one follows.
  void appended(const Section* before, const Section& after, ChangeKind kind, std::string reading) {
    const Entries a = entries_of(c_.original, before);
    const Entries b = entries_of(c_.reserved, &after);
    entry_count(before, after, a, b);
    const std::size_t common = std::min(a.rest.size(), b.rest.size());
    const std::size_t at = c_.first_difference(a.rest.first(common), b.rest.first(common));
    if (at != a.rest.size())
      return c_.mismatch(b.offset + at, "an entry of the " + after.title() + " section changed",
                         show(a.rest.subspan(at)), show(b.rest.subspan(at)));
    append(before, after, a, b, b.offset + a.rest.size(), kind, std::move(reading));
  }

  void append(const Section* before, const Section& after, const Entries& a, const Entries& b,
              std::uint64_t at, ChangeKind kind, std::string reading) {
    const std::uint64_t size = after.end() - at;
    const std::uint32_t added = b.count.value - a.count.value;
    if (size == 0 && added == 0) return;
    if (added != 1)
      return c_.mismatch(at,
                         "the " + after.title() + " section has " + std::to_string(added) +
                             " entries more than the original's",
                         "one at most", std::to_string(added));
    c_.change(kind, before != nullptr ? before->end() : insertion_point(after), 0, at, size,
              std::move(reading));
  }

  void globals(const Section* before, const Section& after) {
    const Entries a = entries_of(c_.original, before);
    const Entries b = entries_of(c_.reserved, &after);
    entry_count(before, after, a, b);
    std::uint64_t end = b.offset;
    for (std::size_t i = c_.original.imported_globals; i < c_.original.globals.size(); ++i) {
      if (i >= c_.reserved.globals.size())
        return c_.mismatch(after.end(), "a global is missing", "global " + std::to_string(i), "none");
      const Global& x = c_.original.globals[i];
      const Global& y = c_.reserved.globals[i];
      end = y.init.file_offset + y.init.size;
      const Bytes old_init = c_.original.bytes_at(x.init.file_offset, x.init.size);
      const Bytes new_init = c_.reserved.bytes_at(y.init.file_offset, y.init.size);
      if (x.type != y.type || x.is_mutable != y.is_mutable)
        return c_.mismatch(y.init.file_offset - 2, "the type of global " + std::to_string(i) + " changed");
      if (std::ranges::equal(old_init, new_init)) continue;
      if (!x.init.value || !y.init.value)
        return c_.mismatch(y.init.file_offset,
                           "the initial value of global " + std::to_string(i) + " changed and is no constant",
                           show(old_init), show(new_init));
      c_.change(ChangeKind::global_initial, x.init.immediate_offset, x.init.immediate_width,
                y.init.immediate_offset, y.init.immediate_width,
                "initial value of global " + std::to_string(i));
      c_.changed_globals.push_back(static_cast<std::uint32_t>(i));
      if (c_.too_many(y.init.file_offset)) return;
    }
    append(before, after, a, b, end, ChangeKind::shim_global, "counter of the shim");
  }

  void limit(const LebField& before, const LebField& after, std::string_view which) {
    const Bytes a = c_.original.bytes_at(before.file_offset, before.width);
    const Bytes b = c_.reserved.bytes_at(after.file_offset, after.width);
    if (std::ranges::equal(a, b)) return;
    c_.change(ChangeKind::memory_limit, before.file_offset, before.width, after.file_offset, after.width,
              "declared " + std::string(which) + " of the memory: " + std::to_string(before.value) + " -> " +
                  std::to_string(after.value) + " pages");
  }

  void memory(const Section& before, const Section& after) {
    const auto& a = c_.original.memories;
    const auto& b = c_.reserved.memories;
    if (a.size() != 1 || b.size() != 1) return same(before, after);
    if (a[0].flags != b[0].flags)
      return c_.mismatch(b[0].min.file_offset - 1, "the memory's flags changed", hex(a[0].flags),
                         hex(b[0].flags));
    limit(a[0].min, b[0].min, "minimum");
    if (a[0].max && b[0].max) limit(*a[0].max, *b[0].max, "maximum");
  }

  void data_count(const Section& before, const Section& after) {
    const Entries a = entries_of(c_.original, &before);
    const Entries b = entries_of(c_.reserved, &after);
    entry_count(&before, after, a, b);  // the reader holds it against the data section
  }

  void code(const Section* before, const Section& after) {
    const Entries a = entries_of(c_.original, before);
    const Entries b = entries_of(c_.reserved, &after);
    entry_count(before, after, a, b);
    if (before != nullptr && a.count.width != b.count.width) c_.result.code_offsets_preserved = false;
    if (b.rest.size() < a.rest.size())
      return c_.mismatch(after.end(), "the code section is shorter than the original's");
    std::size_t at = c_.first_difference(a.rest, b.rest.first(a.rest.size()));
    while (at < a.rest.size()) {
      const std::uint64_t file_offset = b.offset + at;
      const auto function = c_.reserved.function_at(file_offset);
      const bool moved_constants = function && compare_bodies(c_, *function);
      if (!moved_constants)
        c_.mismatch(file_offset, "code changed in a way that is no moved constant", show(a.rest.subspan(at)),
                    show(b.rest.subspan(at)));
      if (!function || c_.too_many(file_offset)) return;
      const FunctionBody& body = *c_.reserved.body(*function);
      at = c_.first_difference(a.rest, b.rest.first(a.rest.size()),
                               static_cast<std::size_t>(body.file_offset + body.size - b.offset));
    }
    append(before, after, a, b, b.offset + a.rest.size(), ChangeKind::shim_body, "body of the shim");
  }

  void data(const Section* before, const Section& after) {
    const Entries a = entries_of(c_.original, before);
    const Entries b = entries_of(c_.reserved, &after);
    entry_count(before, after, a, b);
    const auto& old_segments = c_.original.data;
    const auto& new_segments = c_.reserved.data;
    if (new_segments.size() < old_segments.size())
      return c_.mismatch(after.end(), "data segments are missing", std::to_string(old_segments.size()),
                         std::to_string(new_segments.size()));
    PagesPassed passed(&c_.pages);  // there may be a hundred thousand small ones
    for (std::size_t i = 0; i < old_segments.size(); ++i) {
      passed.at(new_segments[i].file_offset);
      if (!segment(old_segments[i], new_segments[i]) || c_.too_many(new_segments[i].file_offset)) return;
    }
    for (std::size_t i = old_segments.size(); i < new_segments.size(); ++i) {
      const DataSegment& added = new_segments[i];
      if (!added.address())
        return c_.mismatch(added.file_offset, "a data segment was added whose address is no constant");
      c_.change(ChangeKind::data_segment, before != nullptr ? before->end() : insertion_point(after), 0,
                added.file_offset, added.data_offset + added.size - added.file_offset,
                "data segment for bytes of a word that lay in none");
      changed_bytes(*added.address(), added.data_offset, added.size);
      if (c_.too_many(added.file_offset)) return;
    }
  }

  bool segment(const DataSegment& x, const DataSegment& y) {
    const Bytes old_head = c_.original.bytes_at(x.file_offset, x.size_offset() - x.file_offset);
    const Bytes new_head = c_.reserved.bytes_at(y.file_offset, y.size_offset() - y.file_offset);
    if (!std::ranges::equal(old_head, new_head)) {
      c_.mismatch(y.file_offset, "a data segment's head changed", show(old_head), show(new_head));
      return false;
    }
    const auto address = x.address();
    const Bytes old_size = c_.original.bytes_at(x.size_offset(), x.size_width);
    const Bytes new_size = c_.reserved.bytes_at(y.size_offset(), y.size_width);
    if (!std::ranges::equal(old_size, new_size)) {
      if (y.size <= x.size || !address) {
        c_.mismatch(y.size_offset(), "a data segment's length changed", show(old_size), show(new_size));
        return false;
      }
      c_.change(ChangeKind::segment_length, x.size_offset(), x.size_width, y.size_offset(), y.size_width,
                "length of a data segment");
    }
    const Bytes a = c_.original.bytes_at(x.data_offset, x.size);
    const Bytes b = c_.reserved.bytes_at(y.data_offset, x.size);
    for (std::size_t at = c_.first_difference(a, b); at < a.size(); at = c_.first_difference(a, b, at + 1)) {
      if (!address) {
        c_.mismatch(y.data_offset + at, "a data segment changed whose address is no constant",
                    show(a.subspan(at)), show(b.subspan(at)));
        return false;
      }
      if (c_.too_many(y.data_offset + at)) return false;
      c_.data_bytes.push_back({*address + at, y.data_offset + at});
      c_.change(ChangeKind::data_word, x.data_offset + at, 1, y.data_offset + at, 1,
                "byte of the data word at " + hex((*address + at) & ~std::uint64_t{3}));
    }
    if (y.size > x.size) {
      const std::uint64_t more = y.size - x.size;
      c_.change(ChangeKind::data_word, x.data_offset + x.size, 0, y.data_offset + x.size, more,
                "bytes that a data segment takes in");
      changed_bytes(*address + x.size, y.data_offset + x.size, more);
    }
    return true;
  }

  /// Bytes that lay in no segment were zero; those that still are changed nothing.
  void changed_bytes(std::uint64_t address, std::uint64_t file_offset, std::uint64_t size) {
    const Bytes bytes = c_.reserved.bytes_at(file_offset, size);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] == std::byte{0}) continue;
      if (c_.data_bytes.size() >= c_.kMostChanges)
        return c_.mismatch(file_offset + i, "the files differ in too many places",
                           "at most " + std::to_string(c_.kMostChanges) + " changed bytes");
      c_.data_bytes.push_back({address + i, file_offset + i});
    }
  }

  Context& c_;
};

}  // namespace

void compare_structure(Context& context) {
  Comparer(context).run();
}

}  // namespace heapbump::verify
