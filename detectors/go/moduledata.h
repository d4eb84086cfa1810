// Go's runtime.firstmoduledata: finds the structure in the image of the data segments and checks it field by
// field, by the table kStructureChecks in rules.h. A structure that does not check out in every field is not
// used; the rule that fails is named.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "analysis/rule.h"
#include "wasm/data_image.h"

namespace heapbump::go {

/// One generation of the structure on GOARCH=wasm (8-byte pointers). Offsets in bytes from the structure's
/// start.
struct Layout {
  std::uint32_t magic;        ///< of the pclntab header that the structure's first word points at
  std::string_view versions;  ///< Go releases that emit it
  std::string_view header;    ///< name of the first word's target in the sources
  unsigned ftab;              ///< []functab: pointer, length, capacity
  unsigned minpc;             ///< minpc, maxpc
  unsigned sections;  ///< text, etext, noptrdata, enoptrdata, data, edata, bss, ebss, noptrbss, enoptrbss[,
                      ///< covctrs, ecovctrs], end
  unsigned section_words;  ///< how many words that is, `end` included
  /// Offsets in the pclntab header (bytes from its start) of the table offsets funcnametab, cutab, filetab,
  /// pctab, pclntable; 0 where the header has none (Go 1.2 to 1.15).
  unsigned header_tables;

  [[nodiscard]] constexpr unsigned end_offset() const { return sections + (section_words - 1) * 8; }
};

/// A place in the image that points at a pclntab header, and so may be the structure's first word.
struct Candidate {
  const Layout* layout = nullptr;
  std::uint64_t address = 0;  ///< linear-memory address
  std::uint64_t header = 0;   ///< of the pclntab header
};

struct ModuleData {
  const Layout* layout = nullptr;
  std::uint64_t address = 0;      ///< linear-memory address of the structure
  std::uint64_t end = 0;          ///< runtime.end
  std::vector<Evidence> checked;  ///< of the checks, which all hold

  [[nodiscard]] std::uint64_t end_address() const { return address + layout->end_offset(); }
};

struct Search {
  std::vector<ModuleData> found;   ///< structures that check out; two are ambiguous already
  std::optional<Error> near_miss;  ///< what failed in the first structure that looks like one
  std::string_view failed;         ///< the rule by which the first other candidate failed
  std::size_t headers = 0;         ///< pclntab headers seen
};

/// Looks for pclntab headers in the image and for structures that point at them.
[[nodiscard]] Search find_moduledata(const Module& module, const DataImage& image);

}  // namespace heapbump::go
