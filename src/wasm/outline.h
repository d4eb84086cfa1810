// The outline of a core module: its imports, exports, memories, start function and the types of the functions
// that are at its face, read by a walk over a few sections. No code is decoded and nothing of the module's
// inside is looked at, so modules of later proposals (garbage collection, exceptions, several memories,
// custom page sizes) are read as well as any other. It holds views into the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wasm/module.h"
#include "wasm/sections.h"

namespace heapbump {

/// A function type as its bytes say it: parameter and result types, one byte each. `plain` is false where a
/// type takes more than a byte or the definition is no function, or no final one in a group of its own: no
/// host function has such a type.
struct OutlineType {
  bool plain = false;
  Bytes parameters;
  Bytes results;
};

struct OutlineImport {
  std::string_view module;
  std::string_view name;
  std::uint64_t name_offset = 0;  ///< file offset of the length before `name`
  std::uint64_t name_end = 0;     ///< file offset after `name`
  ExternalKind kind = ExternalKind::function;
  std::uint32_t type = 0;  ///< type index, for functions
};

struct OutlineExport {
  std::string_view name;
  ExternalKind kind = ExternalKind::function;
  std::uint32_t index = 0;
};

struct OutlineMemory {
  bool imported = false;
  bool shared = false;
  bool is64 = false;
  std::uint64_t minimum = 0;  ///< pages
  std::optional<std::uint64_t> maximum;
  std::optional<std::uint32_t> page_size_log2;
};

struct Outline {
  Bytes file;
  std::vector<Section> sections;
  std::vector<OutlineType> types;
  std::vector<OutlineImport> imports;
  std::vector<std::uint32_t> functions;  ///< type index of every function, imported ones first
  std::vector<OutlineMemory> memories;
  std::vector<OutlineExport> exports;
  std::optional<std::uint32_t> start;  ///< function index

  [[nodiscard]] const OutlineExport* find_export(std::string_view name, ExternalKind kind) const;
  [[nodiscard]] const Section* section(SectionId id) const;
  /// The type of a function; nullptr if its index or its type's is out of range.
  [[nodiscard]] const OutlineType* function_type(std::uint32_t function) const;
  /// Whether a custom section's name begins so.
  [[nodiscard]] bool has_custom(std::string_view prefix) const;
};

/// Errors: those of walk_sections; kTruncated, kBadLeb, kBadUtf8, kSectionSize, kBadIndex, and kGcTypes for a
/// definition of a kind that is not known.
[[nodiscard]] Result<Outline> read_outline(Bytes file);

}  // namespace heapbump
