// The one place that knows wabt. wabt's BinaryReaderNop walks every section but the code's bodies and tells
// what is there; this delegate turns that into the plain facts of module.h. Where a fact needs the exact
// place of a LEB128 in the file, the range between two callbacks is read once more with our own Cursor.
// Overrides whose signatures differ between wabt 1.0.32 and 1.0.36 are avoided or declared without
// `override`.
#include <wabt/binary-reader-nop.h>
#include <wabt/binary-reader.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/shown.h"
#include "base/work_counts.h"
#include "wasm/data_section.h"
#include "wasm/memory_section.h"
#include "wasm/module.h"
#include "wasm/opcodes.h"
#include "wasm/reader_fence.h"

namespace heapbump {
namespace {

Result<ConstExpr> read_const_expr(Bytes file, std::uint64_t begin, std::uint64_t end) {
  ConstExpr expr;
  expr.file_offset = begin;
  expr.size = end - begin;
  Cursor cursor(file.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)), begin);
  const Cursor whole = cursor;
  HEAPBUMP_TRY(const auto opcode, cursor.read_u8("a constant expression"));
  std::optional<std::int64_t> value;
  std::optional<std::uint32_t> global;
  expr.immediate_offset = cursor.offset();
  if (opcode == op::i32_const) {
    HEAPBUMP_TRY(const auto immediate, cursor.read_sleb32("i32.const"));
    expr.immediate_width = immediate.width;
    value = immediate.value;
  } else if (opcode == op::i64_const) {
    HEAPBUMP_TRY(const auto immediate, cursor.read_sleb64("i64.const"));
    expr.immediate_width = immediate.width;
    value = immediate.value;
  } else if (opcode == op::global_get) {
    HEAPBUMP_TRY(const auto index, cursor.read_uleb32("global.get"));
    expr.immediate_width = index.width;
    global = index.value;
  }
  if (!value && !global) cursor = whole;
  // Anything after the first instruction but `end` is an extended constant expression, whose value is not
  // looked into.
  if (cursor.remaining() == 1 && u8(cursor.rest().front()) == op::end) {
    expr.value = value;
    expr.global = global;
    return expr;
  }
  HEAPBUMP_CHECK(check_constant(cursor));
  return expr;
}

// wabt has no codes, but its messages begin alike in all versions that are built against.
Code code_of(std::string_view message) {
  if (message.starts_with("invalid utf-8")) return Code::kBadUtf8;
  if (message.starts_with("unfinished section")) return Code::kSectionSize;
  if (message.find("leb128") != std::string_view::npos) return Code::kBadLeb;
  if (message.starts_with("unable to read")) return Code::kTruncated;
  return Code::kMalformed;
}

class Delegate final : public wabt::BinaryReaderNop {
 public:
  Delegate(Module& module, PagesUsed* pages) : module_(module), passed_(pages) {}

  std::optional<Error> error;

  bool OnError(const wabt::Error& e) override {
    // Custom sections are hints for heapbump: what is wrong inside one is not an error of the module.
    if (e.error_level == wabt::ErrorLevel::Error && !error)
      error =
          Error{code_of(e.message), e.message, std::min<std::uint64_t>(e.loc.offset, module_.file.size())};
    return true;
  }

  wabt::Result BeginSection(wabt::Index, wabt::BinarySection, wabt::Offset) override { return mark(); }

  wabt::Result OnFuncType(wabt::Index, wabt::Index param_count, wabt::Type* params, wabt::Index result_count,
                          wabt::Type* results) override {
    FunctionType type;
    if (!convert(params, param_count, type.params) || !convert(results, result_count, type.results))
      return refuse(Code::kGcTypes, "a function type uses a value type that is not known");
    module_.types.push_back(std::move(type));
    return mark();
  }
  wabt::Result OnStructType(wabt::Index, wabt::Index, wabt::TypeMut*) override { return refuse_gc(); }
  wabt::Result OnArrayType(wabt::Index, wabt::TypeMut) override { return refuse_gc(); }

  wabt::Result OnImport(wabt::Index, wabt::ExternalKind kind, std::string_view module,
                        std::string_view name) override {
    if (!is_valid_utf8(as_bytes(module)) || !is_valid_utf8(as_bytes(name)))
      return refuse(Code::kBadUtf8, "an import's name is not valid UTF-8");
    Import import{in_file(module), in_file(name), static_cast<ExternalKind>(kind), 0, 0};
    switch (import.kind) {
      case ExternalKind::function:
        import.index = module_.imported_functions++;
        break;
      case ExternalKind::table:
        import.index = module_.imported_tables++;
        break;
      case ExternalKind::memory:
        import.index = static_cast<std::uint32_t>(module_.memories.size());
        module_.memories.push_back({.imported = true, .min = {}, .max = {}, .page_size_log2 = {}});
        break;
      case ExternalKind::global:
        import.index = module_.imported_globals++;
        break;
      case ExternalKind::tag:
        break;
    }
    module_.imports.push_back(import);
    return mark();
  }
  wabt::Result OnImportFunc(wabt::Index, std::string_view, std::string_view, wabt::Index,
                            wabt::Index type) override {
    if (type >= module_.types.size())
      return refuse(Code::kBadIndex, "an import's type index is out of range");
    module_.imports.back().type = type;
    module_.functions.push_back(type);
    return mark();
  }
  wabt::Result OnImportGlobal(wabt::Index, std::string_view, std::string_view, wabt::Index, wabt::Type type,
                              bool is_mutable) override {
    Global global{.imported = true, .type = ValueType::i32, .is_mutable = is_mutable, .init = {}};
    if (!convert(type, global.type)) return refuse_gc();
    module_.globals.push_back(global);
    return mark();
  }

  wabt::Result OnFunction(wabt::Index, wabt::Index type) override {
    if (type >= module_.types.size())
      return refuse(Code::kBadIndex, "a function's type index is out of range");
    module_.functions.push_back(type);
    return mark();
  }

  wabt::Result BeginGlobal(wabt::Index, wabt::Type type, bool is_mutable) override {
    Global global{.imported = false, .type = ValueType::i32, .is_mutable = is_mutable, .init = {}};
    if (!convert(type, global.type)) return refuse_gc();
    module_.globals.push_back(global);
    return mark();
  }
  wabt::Result BeginGlobalInitExpr(wabt::Index) override { return mark(); }
  wabt::Result EndGlobalInitExpr(wabt::Index) override {
    return const_expr(module_.globals.back().init, module_.globals.back().type);
  }

  wabt::Result OnExportCount(wabt::Index) override { return mark(); }
  wabt::Result OnExport(wabt::Index, wabt::ExternalKind kind, wabt::Index item,
                        std::string_view name) override {
    if (!is_valid_utf8(as_bytes(name))) return refuse(Code::kBadUtf8, "an export's name is not valid UTF-8");
    module_.exports.push_back({in_file(name), static_cast<ExternalKind>(kind), item, last_offset_});
    return mark();
  }
  wabt::Result OnStartFunction(wabt::Index function) override {
    module_.start = function;
    return mark();
  }

  // wabt 1.0.32 names the element functions by the first of these, later versions by the second.
  wabt::Result OnElemSegmentElemExpr_RefFunc(wabt::Index, wabt::Index function) {
    module_.element_functions.push_back(function);
    return wabt::Result::Ok;
  }
  wabt::Result BeginElemSection(wabt::Offset) override {
    in_elements_ = true;
    return mark();
  }
  wabt::Result EndElemSection() override {
    in_elements_ = false;
    return mark();
  }
  wabt::Result OnRefFuncExpr(wabt::Index function) override {
    if (in_elements_) module_.element_functions.push_back(function);
    return wabt::Result::Ok;
  }

  wabt::Result BeginFunctionBody(wabt::Index, wabt::Offset size) override {
    module_.bodies.push_back({state->offset, size});
    return mark();
  }
  wabt::Result EndFunctionBody(wabt::Index) override { return mark(); }

  wabt::Result OnDataSegmentCount(wabt::Index) override { return mark(); }
  wabt::Result BeginDataSegment(wabt::Index, wabt::Index memory, std::uint8_t flags) override {
    DataSegment segment;
    segment.mode = (flags & 1) != 0 ? DataSegment::Mode::passive : DataSegment::Mode::active;
    segment.memory = memory;
    segment.file_offset = last_offset_;
    module_.data.push_back(segment);
    return mark();
  }
  wabt::Result BeginDataSegmentInitExpr(wabt::Index) override { return mark(); }
  wabt::Result EndDataSegmentInitExpr(wabt::Index) override {
    DataSegment& segment = module_.data.back();
    if (const auto start = plain_i32(last_offset_, state->offset)) {
      segment.constant = true;
      segment.start = *start;
      return mark();
    }
    ConstExpr offset;
    const wabt::Result result = const_expr(offset, ValueType::i32);
    segment.constant = offset.value.has_value();
    segment.start = static_cast<std::uint32_t>(offset.value.value_or(0));
    return result;
  }
  wabt::Result OnDataSegmentData(wabt::Index, const void* data, wabt::Address size) override {
    DataSegment& segment = module_.data.back();
    segment.data_offset =
        size == 0 ? state->offset
                  : static_cast<std::uint64_t>(static_cast<const std::byte*>(data) - module_.file.data());
    segment.size = static_cast<std::uint32_t>(size);  // of a section, which has 4 GiB at most
    segment.size_width = static_cast<std::uint8_t>(segment.data_offset - last_offset_);
    return mark();
  }

 private:
  wabt::Result mark() {
    last_offset_ = state->offset;
    passed_.at(last_offset_);
    return wabt::Result::Ok;
  }

  wabt::Result refuse(Code code, std::string message) {
    if (!error) error = Error{code, std::move(message), last_offset_};
    return wabt::Result::Error;
  }
  wabt::Result refuse_gc() {
    return refuse(Code::kGcTypes,
                  "the module uses types of a later proposal (garbage collection or typed references)");
  }

  wabt::Result const_expr(ConstExpr& target, ValueType type) {
    auto expr = read_const_expr(module_.file, last_offset_, state->offset);
    if (!expr) {
      if (!error) error = std::move(expr).error();
      return wabt::Result::Error;
    }
    // Whoever edits the number relies on its type; wabt does not compare them.
    const bool wide =
        expr->value && u8(module_.file[static_cast<std::size_t>(expr->file_offset)]) == op::i64_const;
    if (expr->value && type != (wide ? ValueType::i64 : ValueType::i32))
      return refuse(Code::kMalformed, "a constant is not of the type of what it initialises");
    target = *expr;
    return mark();
  }

  /// The number of `i32.const N end`, which nearly all segments begin with; nothing for anything else.
  [[nodiscard]] std::optional<std::uint32_t> plain_i32(std::uint64_t begin, std::uint64_t end) const {
    Cursor cursor(
        module_.file.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)), begin);
    const auto opcode = cursor.read_u8("a constant expression");
    if (!opcode || *opcode != op::i32_const) return std::nullopt;
    const auto value = cursor.read_sleb32("i32.const");
    if (!value || cursor.remaining() != 1 || u8(cursor.rest().front()) != op::end) return std::nullopt;
    return static_cast<std::uint32_t>(value->value);
  }

  // wabt hands out views into its own or the file's memory; ours must point into the file to stay valid.
  std::string_view in_file(std::string_view text) const {
    const std::string_view whole = as_text(module_.file);
    const std::less_equal<const char*> le;
    if (le(whole.data(), text.data()) && le(text.data() + text.size(), whole.data() + whole.size()))
      return text;
    return {};
  }

  static bool convert(wabt::Type type, ValueType& out) {
    const auto code = static_cast<std::uint8_t>(static_cast<int>(static_cast<wabt::Type::Enum>(type)) & 0x7f);
    if (!is_value_type(code)) return false;
    out = static_cast<ValueType>(code);
    return true;
  }
  static bool convert(const wabt::Type* types, wabt::Index count, std::vector<ValueType>& out) {
    out.resize(count);
    for (wabt::Index i = 0; i < count; ++i)
      if (!convert(types[i], out[i])) return false;
    return true;
  }

  Module& module_;
  PagesPassed passed_;
  std::uint64_t last_offset_ = 0;  // where the last callback left the reader
  bool in_elements_ = false;
};

Status check_indices(const Module& module) {
  HEAPBUMP_TRY(const std::uint32_t tables, count_of(module, SectionId::table));
  for (const Export& e : module.exports) {
    const std::size_t limit = e.kind == ExternalKind::function ? module.functions.size()
                              : e.kind == ExternalKind::memory ? module.memories.size()
                              : e.kind == ExternalKind::global ? module.globals.size()
                              : e.kind == ExternalKind::table  ? std::size_t{module.imported_tables} + tables
                                                               : SIZE_MAX;
    if (e.index >= limit)
      return fail_at(Code::kBadIndex, e.file_offset,
                     "the export \"" + std::string(shown(e.name)) + "\" names index " +
                         std::to_string(e.index) + ", which does not exist");
  }
  if (module.start && *module.start >= module.functions.size())
    return fail_at(Code::kBadIndex, module.section(SectionId::start)->payload_offset,
                   "the start function does not exist");
  if (std::ranges::any_of(module.element_functions,
                          [&](std::uint32_t f) { return f >= module.functions.size(); }))
    return fail_at(Code::kBadIndex, module.section(SectionId::element)->payload_offset,
                   "an element segment names a function that does not exist");
  for (const DataSegment& segment : module.data) {
    if (segment.mode == DataSegment::Mode::active && segment.memory >= module.memories.size())
      return fail_at(Code::kBadIndex, segment.file_offset,
                     "a data segment names a memory that does not exist");
  }
  return {};
}

}  // namespace

Result<Module> read_module(Bytes file, PagesUsed* pages) {
  count(work_counts.modules_read);
  Module module;
  module.file = file;
  HEAPBUMP_TRY(module.sections, walk_sections(file));
  if (module.custom_section("linking") != nullptr && module.custom_section("reloc.CODE") != nullptr &&
      module.section(SectionId::exports) == nullptr && module.section(SectionId::memory) == nullptr) {
    return fail_at(Code::kObjectFile, module.custom_section("linking")->offset,
                   "the file is a relocatable object file; link it first");
  }
  Budget budget(file.size());
  HEAPBUMP_CHECK(make_room(module, budget));
  module.facts_size = budget.held();
  HEAPBUMP_CHECK(check_types(module));
  HEAPBUMP_CHECK(check_counts(module, pages));
  // Tables, globals and memories that wabt 1.0.32 would call malformed are looked at first: they are only
  // unsupported.
  std::vector<Memory> defined;
  HEAPBUMP_CHECK(read_memories(module));
  defined.swap(module.memories);
  for (const Memory& memory : defined) {
    if (memory.page_size_log2)
      return fail_at(Code::kPageSize, memory.min.file_offset,
                     "the memory declares a page size of its own; only 64 KiB is supported");
  }

  wabt::ReadBinaryOptions options;
  options.features.EnableAll();
  options.read_debug_names = false;
  options.stop_on_first_error = true;
  options.fail_on_custom_section_error = false;
  options.skip_function_bodies = true;
  Delegate delegate(module, pages);
  // Behind the data section there are custom sections at most, which wabt need not see.
  const bool plain = read_plain_data(module, !defined.empty(), pages);
  const std::size_t size =
      plain ? static_cast<std::size_t>(module.section(SectionId::data)->offset) : file.size();
  const wabt::Result result = wabt::ReadBinary(file.data(), size, &delegate, options);
  if (delegate.error) return std::unexpected(*std::move(delegate.error));
  if (wabt::Failed(result)) return fail_at(Code::kMalformed, 0, "the module is malformed");
  module.memories.insert(module.memories.end(), defined.begin(), defined.end());
  HEAPBUMP_CHECK(check_indices(module));
  return module;
}

}  // namespace heapbump
