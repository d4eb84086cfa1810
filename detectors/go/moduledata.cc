#include "detectors/go/moduledata.h"

#include <algorithm>
#include <cstring>

namespace heapbump::go {
namespace {

// Sources: golang/go src/runtime/symtab.go (moduledata, pcHeader) and src/internal/abi/symtab.go
// (PCLnTabMagic) at the release branches named. Measured on modules of Go 1.12 to 1.27; see
// docs/toolchains/go.md.
constexpr std::array<Layout, 4> kLayouts = {{
    {0xfffffffb, "1.11 to 1.15", "pclntable", 24, 80, 96, 11, 0},
    {0xfffffffa, "1.16 and 1.17", "pcHeader", 128, 160, 176, 11, 24},
    {0xfffffff0, "1.18 and 1.19", "pcHeader", 128, 160, 176, 11, 32},
    {0xfffffff1, "1.20 to 1.27", "pcHeader", 128, 160, 176, 13, 32},
}};
static_assert(kLayouts[0].end_offset() == 176 && kLayouts[1].end_offset() == 256 &&
              kLayouts[2].end_offset() == 256 && kLayouts[3].end_offset() == 272);

constexpr std::array<std::string_view, 13> kSectionFields = {
    "text", "etext",    "noptrdata", "enoptrdata", "data",     "edata", "bss",
    "ebss", "noptrbss", "enoptrbss", "covctrs",    "ecovctrs", "end"};
constexpr std::array<std::string_view, 5> kTables = {"funcnametab", "cutab", "filetab", "pctab", "pclntable"};
// Offsets of those five slices in moduledata from Go 1.16 on.
constexpr std::array<unsigned, 5> kTableSlices = {8, 32, 56, 80, 104};

// cmd/internal/obj/wasm: a PC is (function index + 0x1000) << 16 | block.
constexpr std::uint64_t kFirstPc = 0x10000000;
constexpr unsigned kFirstDataField = 2;  // noptrdata: text and etext are no linear-memory addresses

std::string field_name(const Layout& layout, unsigned word) {
  return std::string(word + 1 == layout.section_words ? kSectionFields.back() : kSectionFields[word]);
}

class Checker {
 public:
  Checker(const Module& module, const DataImage& image, const Layout& layout, std::uint64_t header,
          std::uint64_t address)
      : module_(module), image_(image), layout_(layout), header_(header), address_(address) {}

  // Nothing if every field is what it must be; else the field that is not.
  std::optional<std::string> check(ModuleData& out) {
    out = {&layout_, address_, header_, 0, 0, 0, {}};
    for (auto step : {&Checker::check_pcs, &Checker::check_functions, &Checker::check_tables,
                      &Checker::check_sections, &Checker::check_end}) {
      if (auto wrong = (this->*step)(out)) return wrong;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::uint64_t word(unsigned offset) const { return image_.load64(address_ + offset); }

 private:
  std::optional<std::string> check_pcs(ModuleData& out) {
    const std::uint64_t minpc = word(layout_.minpc);
    const std::uint64_t maxpc = word(layout_.minpc + 8);
    if (minpc != kFirstPc) return "minpc is " + hex(minpc) + ", not " + hex(kFirstPc);
    if (maxpc <= minpc || maxpc > 0xffffffff) return "maxpc is " + hex(maxpc);
    out.checked.push_back("minpc = " + hex(minpc) + " < maxpc = " + hex(maxpc));
    return std::nullopt;
  }

  std::optional<std::string> check_functions(ModuleData& out) {
    const std::uint64_t length = word(layout_.ftab + 8);
    const std::uint64_t capacity = word(layout_.ftab + 16);
    const std::uint64_t described =
        image_.load64(header_ + 8);  // pcHeader.nfunc; in pclntable of Go 1.2 to 1.15 the same
    if (described == 0 || length != described + 1 || capacity < length)
      return "ftab has " + std::to_string(length) + " entries for " + std::to_string(described) +
             " functions";
    if (!in_data(word(layout_.ftab), length)) return "ftab lies outside the data";
    out.functions = described;
    out.checked.push_back("ftab has one entry more than the pclntab's " + std::to_string(described) +
                          " functions");
    if (described == module_.bodies.size())
      out.checked.push_back("as many function bodies as the pclntab describes");
    return std::nullopt;
  }

  std::optional<std::string> check_tables(ModuleData& out) {
    if (layout_.header_tables == 0) {
      if (word(layout_.ftab) != header_ + 16) return "ftab does not follow the pclntab's header";
      if (word(8) < word(layout_.ftab + 8) || word(16) < word(8)) return "pclntable's length";
      out.checked.push_back("pclntable and ftab are one table");
      return std::nullopt;
    }
    for (unsigned i = 0; i < kTables.size(); ++i) {
      const std::uint64_t expected =
          header_ + image_.load64(header_ + layout_.header_tables + std::uint64_t{i} * 8);
      const std::uint64_t pointer = word(kTableSlices[i]);
      const std::uint64_t length = word(kTableSlices[i] + 8);
      if (pointer != expected) return std::string(kTables[i]) + " is not where the pclntab's header says";
      if (word(kTableSlices[i] + 16) < length)
        return std::string(kTables[i]) + " has a length beyond its capacity";
      if (!in_data(pointer, length)) return std::string(kTables[i]) + " lies outside the data";
    }
    if (word(layout_.ftab) != word(kTableSlices[4])) return "ftab is not at pclntable's start";
    out.checked.push_back(
        "funcnametab, cutab, filetab, pctab and pclntable stand where the pclntab's header says");
    return std::nullopt;
  }

  std::optional<std::string> check_sections(ModuleData& out) {
    std::uint64_t previous = 0;
    for (unsigned i = 0; i < layout_.section_words; ++i) {
      const std::uint64_t value = word(layout_.sections + i * 8);
      if (i == 1 && value <= previous) return "etext is " + hex(value);
      if (i > kFirstDataField && value < previous)
        return field_name(layout_, i) + " = " + hex(value) + " is below " + field_name(layout_, i - 1);
      previous = value;
    }
    const std::uint64_t noptrdata = word(layout_.sections + 2 * 8);
    const std::uint64_t bss = word(layout_.sections + 6 * 8);
    out.ebss = word(layout_.sections + 7 * 8);
    if (noptrdata == 0 || noptrdata >= image_.end())
      return "noptrdata = " + hex(noptrdata) + " is outside the data";
    // Nothing of the bss is in the file, so the file's data ends at or before it.
    if (image_.end() > align_up(bss, 8)) return "data stands at " + hex(image_.end() - 1) + ", in the bss";
    if (address_ >= bss) return "the structure itself is not in the data";
    out.checked.push_back("noptrdata = " + hex(noptrdata) +
                          " to enoptrbss are in ascending order; the file's data ends at " +
                          hex(image_.end()) + ", at or below bss = " + hex(bss));
    return std::nullopt;
  }

  std::optional<std::string> check_end(ModuleData& out) {
    out.end = word(layout_.end_offset());
    if (out.end >= std::uint64_t{1} << 31) return "end = " + hex(out.end) + " is beyond 2 GiB";
    if (out.end > module_.memory_bytes()) return "end = " + hex(out.end) + " is beyond the memory's minimum";
    out.checked.push_back("end = " + hex(out.end) + " is inside the declared memory");
    return std::nullopt;
  }

  bool in_data(std::uint64_t pointer, std::uint64_t length) const {
    return pointer < image_.end() && length <= image_.end() - pointer;
  }

  const Module& module_;
  const DataImage& image_;
  const Layout& layout_;
  std::uint64_t header_;
  std::uint64_t address_;
};

const Layout* layout_at(const DataImage& image, std::uint64_t header) {
  const auto layout = std::ranges::find(kLayouts, image.load32(header), &Layout::magic);
  return layout != kLayouts.end() ? &*layout : nullptr;
}

// u32 magic, two zeros, minimum instruction size 1, pointer size 8.
std::vector<std::uint64_t> find_headers(const DataImage& image) {
  constexpr std::string_view kTail("\xff\xff\xff\0\0\1\x08", 7);
  std::vector<std::uint64_t> headers;  // addresses alone: a file can be nothing but headers
  for (const DataImage::Piece& piece : image.pieces()) {
    const std::string_view text = as_text(piece.bytes);
    for (std::size_t at = text.find(kTail); at != std::string_view::npos; at = text.find(kTail, at + 1)) {
      if (at == 0) continue;
      const std::uint64_t address = piece.address + at - 1;
      if (layout_at(image, address) != nullptr) headers.push_back(address);
    }
  }
  return headers;
}

}  // namespace

Search find_moduledata(const Module& module, const DataImage& image) {
  Search search;
  const std::vector<std::uint64_t> headers = find_headers(image);  // ascending by address
  search.headers = headers.size();
  if (headers.empty()) return search;
  const auto consider = [&](std::uint64_t address, std::uint64_t header) {
    const Layout& layout = *layout_at(image, header);
    Checker checker(module, image, layout, header, address);
    ModuleData data;
    const auto wrong = checker.check(data);
    // Two that check out are ambiguous already, and one near miss is enough to name.
    if (!wrong) {
      if (search.found.size() < 2) search.found.push_back(std::move(data));
    } else if (search.near_misses.empty() && checker.word(layout.minpc) == kFirstPc) {
      search.near_misses.push_back("the structure at " + hex(address) + " points at a pclntab of Go " +
                                   std::string(layout.versions) + ", but " + *wrong);
    }
  };
  image.for_each_word64([&](std::uint64_t address, std::uint64_t value) {
    if (value < headers.front() || value > headers.back()) return;
    if (*std::ranges::lower_bound(headers, value) == value) consider(address, value);
  });
  return search;
}

}  // namespace heapbump::go
