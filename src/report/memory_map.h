// The picture of a module's linear memory at its start: what is where, from the data segments, the stack
// pointer, the heap start that a detector found, and the region if one is reserved; and side by side what it
// was before and what it is after. For people; nothing is decided from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heapbump/detect.h"
#include "record/manifest.h"
#include "wasm/module.h"

namespace heapbump {

struct MemoryArea {
  enum class Kind : std::uint8_t { untouched, stack, data, zeroed, region, state, adapter_stack, heap };
  Kind kind = Kind::untouched;
  std::uint64_t begin = 0;  ///< linear-memory address
  std::uint64_t end = 0;
  std::string label;
};
[[nodiscard]] std::string_view to_string(MemoryArea::Kind kind);

/// One memory: areas in ascending order, without holes, from 0 to the declared minimum.
struct MemoryPicture {
  std::string title;  ///< "before"
  std::vector<MemoryArea> areas;
  std::optional<std::uint64_t> maximum;  ///< bytes, where one is declared
  bool own_axis = false;                 ///< another memory than that of the pictures before it

  [[nodiscard]] std::uint64_t end() const { return areas.empty() ? 0 : areas.back().end; }
};

/// As the module is, before anything is reserved. `finding` may be null.
[[nodiscard]] MemoryPicture picture_before(const Module& module, const Finding* finding);
/// As the manifest says it was before; `module` is the reserved one.
[[nodiscard]] MemoryPicture picture_before(const Module& module, const Manifest& manifest);
/// As the manifest says it is after; `module` may be either, as both have the same data.
[[nodiscard]] MemoryPicture picture_after(const Module& module, const Manifest& manifest);
/// The memory of an adapter that is apart.
[[nodiscard]] MemoryPicture picture_apart();

/// How high each stretch of memory is drawn. Stretches lie between neighbouring borders of all pictures that
/// share an axis, so that equal addresses are at equal heights.
struct Stretch {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  unsigned height = 0;  ///< in the units asked for
  bool broken = false;  ///< less high than its size asks for: the axis is broken in it
};
struct Scale {
  double page = 0;     ///< height of 64 KiB
  unsigned least = 1;  ///< height of the smallest stretch
  unsigned most = 8;   ///< height from which on a stretch is broken
};
/// `pictures` is not empty.
[[nodiscard]] std::vector<Stretch> stretches(const std::vector<MemoryPicture>& pictures, const Scale& scale);

/// "15 pages" is no size of most areas, so all sizes are in KiB: "960 KiB", "27.9 KiB", "0.1 KiB".
[[nodiscard]] std::string size_in_kib(std::uint64_t bytes);

struct TextStyle {
  std::size_t width = 80;  ///< columns
  bool color = false;
  bool unicode = false;  ///< lines of box drawing characters
};
/// Ends in a newline. Pictures are side by side where they fit, else one below the other.
[[nodiscard]] std::string draw_text(const std::vector<MemoryPicture>& pictures, const TextStyle& style);
/// An SVG document with title and description, for a light and a dark page. `name` is the file's.
[[nodiscard]] std::string draw_svg(const std::vector<MemoryPicture>& pictures, const std::string& name);

}  // namespace heapbump
