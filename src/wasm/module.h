// Plain facts about a core module, each with its file offset: what the detectors reason about and the plan
// edits. Reading them decodes no instruction; function bodies are only indexed. The facts hold views into the
// file's bytes, which must outlive them. A Module is never changed once it is read, and keeps nothing about
// who asked what: what a request may cost is in the Budget that the request is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/pages.h"
#include "heapbump/occurrence.h"
#include "wasm/sections.h"

namespace heapbump {

enum class ValueType : std::uint8_t {
  i32 = 0x7f,
  i64 = 0x7e,
  f32 = 0x7d,
  f64 = 0x7c,
  v128 = 0x7b,
  funcref = 0x70,
  externref = 0x6f,
  exnref = 0x69
};

/// Whether a byte is one of these; typed and garbage-collected references are not read.
[[nodiscard]] constexpr bool is_value_type(std::uint8_t byte) {
  return (byte >= 0x7b && byte <= 0x7f) || byte == 0x70 || byte == 0x6f || byte == 0x69;
}

enum class ExternalKind : std::uint8_t { function = 0, table = 1, memory = 2, global = 3, tag = 4 };

struct FunctionType {
  std::vector<ValueType> params;
  std::vector<ValueType> results;
  auto operator<=>(const FunctionType&) const = default;
};

struct Import {
  std::string_view module;
  std::string_view name;
  ExternalKind kind = ExternalKind::function;
  std::uint32_t index = 0;  ///< in the index space of its kind
  std::uint32_t type = 0;   ///< type index, for functions
};

/// A LEB128 immediate as it is in the file.
struct LebField {
  std::uint64_t value = 0;
  std::uint64_t file_offset = 0;
  unsigned width = 0;  ///< bytes
};

struct Memory {
  bool imported = false;
  bool shared = false;
  bool is64 = false;
  std::uint8_t flags = 0;
  LebField min;                                 ///< pages
  std::optional<LebField> max;                  ///< pages
  std::optional<std::uint32_t> page_size_log2;  ///< custom page size, where one is declared
};

/// A constant initialiser. `value` is present only if it is a single i32.const or i64.const.
struct ConstExpr {
  std::uint64_t file_offset = 0;      ///< of the first instruction
  std::uint64_t size = 0;             ///< bytes, with the closing `end`
  std::optional<std::int64_t> value;  ///< sign-extended
  std::uint64_t immediate_offset = 0;
  unsigned immediate_width = 0;
  std::optional<std::uint32_t> global;  ///< set if it is a single global.get
};

struct Global {
  bool imported = false;
  ValueType type = ValueType::i32;
  bool is_mutable = false;
  ConstExpr init;  ///< empty for an import
};

/// The number that a global begins with; `init.value` must be there.
[[nodiscard]] inline Occurrence initial_value(const Global& global) {
  return {.kind = OccurrenceKind::global_init,
          .file_offset = global.init.immediate_offset,
          .width = global.init.immediate_width,
          .function = {},
          .value = *global.init.value};
}

struct Export {
  std::string_view name;
  ExternalKind kind = ExternalKind::function;
  std::uint32_t index = 0;
  std::uint64_t file_offset = 0;  ///< of the name's length
};

/// In 32 bytes: linkers that leave out zeros make a hundred thousand of them.
struct DataSegment {
  enum class Mode : std::uint8_t { active, passive };
  std::uint64_t file_offset = 0;  ///< of the segment's flags
  std::uint64_t data_offset = 0;  ///< file offset of the first data byte
  std::uint32_t size = 0;         ///< bytes of data
  std::uint32_t start = 0;        ///< active segments: where it goes in linear memory, if that is constant
  std::uint32_t memory = 0;
  Mode mode = Mode::active;
  bool constant = false;        ///< whether `start` is known
  std::uint8_t size_width = 0;  ///< bytes of the size's LEB128, which is right before the data

  /// Linear-memory address of the first byte, where it is a constant.
  [[nodiscard]] std::optional<std::uint64_t> address() const {
    if (mode != Mode::active || !constant) return std::nullopt;
    return start;
  }
  [[nodiscard]] std::uint64_t size_offset() const { return data_offset - size_width; }
};

struct FunctionBody {
  std::uint64_t file_offset = 0;  ///< of the first byte after the body's size: the local declarations
  std::uint64_t size = 0;         ///< bytes
};

struct ProducersField {
  std::string_view field;  ///< "language", "processed-by", "sdk"
  std::string_view name;
  std::string_view version;
};

/// Everything read from one module. Made by read_module.
class Module {
 public:
  Bytes file;
  std::vector<Section> sections;

  std::vector<FunctionType> types;
  std::vector<Import> imports;
  std::uint32_t imported_functions = 0;
  std::uint32_t imported_tables = 0;
  std::uint32_t imported_globals = 0;
  std::vector<std::uint32_t> functions;  ///< type index of every function, imports first
  std::vector<Memory> memories;          ///< imports first
  std::vector<Global> globals;           ///< imports first
  std::vector<Export> exports;
  std::optional<std::uint32_t> start;
  std::vector<std::uint32_t> element_functions;  ///< function indices in element segments, in file order
  std::vector<DataSegment> data;
  std::vector<FunctionBody> bodies;  ///< body i is function imported_functions + i

  /// Bytes that these facts take: what each request holds for as long as it looks at the module.
  std::uint64_t facts_size = 0;

  [[nodiscard]] Bytes bytes_at(std::uint64_t file_offset, std::uint64_t size) const {
    return file.subspan(static_cast<std::size_t>(file_offset), static_cast<std::size_t>(size));
  }
  /// The first section with this id; nullptr if there is none.
  [[nodiscard]] const Section* section(SectionId id) const;
  /// The first custom section of that name; nullptr if there is none.
  [[nodiscard]] const Section* custom_section(std::string_view name) const;
  /// The section whose header or payload holds this file offset; nullptr in the preamble.
  [[nodiscard]] const Section* section_at(std::uint64_t file_offset) const;
  /// The bytes of a section after its header (and after a custom section's name).
  [[nodiscard]] Bytes content(const Section& section) const {
    return bytes_at(section.content_offset, section.end() - section.content_offset);
  }
  [[nodiscard]] const Export* find_export(std::string_view name) const;
  [[nodiscard]] const Export* find_export(std::string_view name, ExternalKind kind) const;
  [[nodiscard]] const FunctionType& function_type(std::uint32_t function) const {
    return types[functions[function]];
  }
  [[nodiscard]] const FunctionBody* body(std::uint32_t function) const;
  /// Function index of the body that holds this file offset, by binary search.
  [[nodiscard]] std::optional<std::uint32_t> function_at(std::uint64_t file_offset) const;
  /// Declared minimum in bytes of memory 0 (0 if there is none).
  [[nodiscard]] std::uint64_t memory_bytes() const;
  /// One past the last byte that active data segments with constant addresses fill (0 if there are none).
  [[nodiscard]] std::uint64_t data_end() const;
  [[nodiscard]] bool imports_preview1() const;
};

/// Reads a whole module into facts, within a budget of its own. Errors: those of walk_sections; kMalformed,
/// kBadIndex, kCountMismatch, kSectionSize for what the sections hold; kObjectFile, kGcTypes for what is
/// valid but not read.
/// `pages`: those of the file, if it is mapped and few of them are to be kept at once.
[[nodiscard]] Result<Module> read_module(Bytes file, PagesUsed* pages = nullptr);

/// Refuses memories that no region can be reserved in: none, imported, shared, 64-bit, several, other page
/// sizes.
[[nodiscard]] Status check_supported_memory(const Module& module);

/// The producers section's fields, empty if there is none or it is malformed: it is evidence, never needed.
[[nodiscard]] std::vector<ProducersField> read_producers(const Module& module);

/// The names in the `name` section. Reading is lenient: a malformed subsection ends it, since names are only
/// a hint.
struct NameSection {
  std::unordered_map<std::uint32_t, std::string_view> functions;
  std::unordered_map<std::uint32_t, std::string_view> globals;
  [[nodiscard]] std::string_view function(std::uint32_t index) const {
    const auto found = functions.find(index);
    return found == functions.end() ? std::string_view{} : found->second;
  }
};
[[nodiscard]] NameSection read_names(const Module& module);
/// As read_names, for functions alone: "name" or "function 12".
[[nodiscard]] std::string describe_function(const NameSection& names, std::uint32_t function);

}  // namespace heapbump
