#include "detectors/go/moduledata.h"

#include <algorithm>
#include <array>

#include "detectors/go/rules.h"

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

const Layout* layout_at(const DataImage& image, std::uint64_t header) {
  const auto layout = std::ranges::find(kLayouts, image.load32(header), &Layout::magic);
  return layout != kLayouts.end() ? &*layout : nullptr;
}

// u32 magic, two zeros, minimum instruction size 1, pointer size 8.
std::vector<std::uint64_t> find_headers(const DataImage& image) {
  constexpr std::string_view kTail("\xff\xff\xff\0\0\1\x08", 7);
  std::vector<std::uint64_t> headers;  // addresses alone: a file can be nothing but headers
  for (const DataImage::Piece piece : image.pieces()) {
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
  const StructureContext context{module, image};
  const auto consider = [&](const Candidate& at) {
    ModuleData data{.layout = at.layout, .address = at.address, .end = 0, .checked = {}};
    const auto failure = check_structure(at, context, data.checked);
    if (!failure) {
      data.end = image.load64(data.end_address());
      if (search.found.size() < 2) search.found.push_back(std::move(data));
      return;
    }
    if (search.failed.empty()) search.failed = failure->rule;
    // Any word may be a header's address by chance; with a program's first PC besides, it is a structure.
    if (!search.near_miss && image.load64(at.address + at.layout->minpc) == kFirstPc) {
      search.near_miss = Error{Code::kLayoutMismatch,
                               "the structure at " + hex(at.address) + " points at a pclntab of Go " +
                                   std::string(at.layout->versions) + ", but " + failure->wrong,
                               std::nullopt, failure->rule};
    }
  };
  image.for_each_word64([&](std::uint64_t address, std::uint64_t value) {
    if (value < headers.front() || value > headers.back()) return;
    if (*std::ranges::lower_bound(headers, value) == value)
      consider({layout_at(image, value), address, value});
  });
  return search;
}

}  // namespace heapbump::go
