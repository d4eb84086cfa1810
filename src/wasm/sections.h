// The section walker: the outermost layer of a module, read before anything else, so that components, object
// files and nonsense get a clean answer without a full parse. It keeps the invariant that every section's
// payload lies inside the file and that known sections occur once each and in the specification's order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace heapbump {

enum class SectionId : std::uint8_t {
  custom = 0,
  type = 1,
  import = 2,
  function = 3,
  table = 4,
  memory = 5,
  global = 6,
  exports = 7,
  start = 8,
  element = 9,
  code = 10,
  data = 11,
  data_count = 12,
  tag = 13,
};

[[nodiscard]] std::string_view to_string(SectionId id);
/// The place of a known section in the specification's order, from 1; 0 for custom sections, which may be
/// anywhere.
[[nodiscard]] unsigned section_rank(SectionId id);

struct Section {
  SectionId id = SectionId::custom;
  std::string_view name;             ///< custom sections only; a view into the file
  std::uint64_t offset = 0;          ///< file offset of the id byte
  std::uint64_t size_offset = 0;     ///< file offset of the size's LEB128
  unsigned size_width = 0;           ///< bytes of that LEB128
  std::uint64_t payload_offset = 0;  ///< file offset of the first byte after the size
  std::uint64_t payload_size = 0;    ///< bytes
  std::uint64_t content_offset = 0;  ///< as payload_offset, but after a custom section's name

  [[nodiscard]] std::uint64_t end() const { return payload_offset + payload_size; }
  /// "code", or "custom \"name\"".
  [[nodiscard]] std::string title() const;
};

/// Walks the sections of a core module. Errors: kNotWasm, kComponent, kTruncated, kBadLeb, kBadUtf8,
/// kSectionOrder, kGcTypes for a section id of a later proposal; kWorkLimit beyond 20,000 sections.
[[nodiscard]] Result<std::vector<Section>> walk_sections(Bytes file);

}  // namespace heapbump
