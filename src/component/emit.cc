#include "component/emit.h"

#include <algorithm>

namespace heapbump::emit {
namespace {

constexpr std::uint8_t kFunctionKind = 0, kTableKind = 1, kMemoryKind = 2;
constexpr std::uint8_t kFunctionType = 0x60;
constexpr std::uint8_t kFuncref = 0x70;

std::uint8_t byte_of(Op code) {
  return static_cast<std::uint8_t>(code);
}

void write_types(Writer& out, const std::vector<Type>& types) {
  out.uleb(types.size());
  for (const Type type : types) out.u8(static_cast<std::uint8_t>(type));
}

void write_table_type(Writer& out, std::uint32_t minimum, std::optional<std::uint32_t> maximum) {
  out.u8(kFuncref).u8(maximum ? 1 : 0).uleb(minimum);
  if (maximum) out.uleb(*maximum);
}

// Flags of limits: 1 a maximum, 2 shared, 8 a custom page size (threads and custom-page-sizes proposals).
void write_memory_type(Writer& out, const MemoryType& type) {
  const unsigned flags = (type.maximum ? 1u : 0u) | (type.shared ? 2u : 0u) | (type.page_size_log2 ? 8u : 0u);
  out.u8(static_cast<std::uint8_t>(flags)).uleb(type.minimum);
  if (type.maximum) out.uleb(*type.maximum);
  if (type.page_size_log2) out.uleb(*type.page_size_log2);
}

void write_section(Writer& out, std::uint8_t id, const Writer& content) {
  out.u8(id).uleb(content.size()).bytes(content.view());
}

}  // namespace

std::uint32_t Body::local(Type type) {
  locals_.push_back(type);
  return next_local_++;
}

Body& Body::op(Op code) {
  out_.u8(byte_of(code));
  return *this;
}

Body& Body::i32(std::uint32_t value) {
  op(Op::i32_const);
  out_.sleb(static_cast<std::int32_t>(value));
  return *this;
}

Body& Body::i64(std::uint64_t value) {
  op(Op::i64_const);
  out_.sleb(static_cast<std::int64_t>(value));
  return *this;
}

Body& Body::get(std::uint32_t index) {
  op(Op::local_get);
  out_.uleb(index);
  return *this;
}

Body& Body::set(std::uint32_t index) {
  op(Op::local_set);
  out_.uleb(index);
  return *this;
}

Body& Body::call(std::uint32_t function) {
  op(Op::call);
  out_.uleb(function);
  return *this;
}

Body& Body::call_indirect(std::uint32_t type) {
  op(Op::call_indirect);
  out_.uleb(type).uleb(0);
  return *this;
}

Body& Body::load(Op code, std::uint32_t offset) {
  op(code);
  out_.uleb(0).uleb(offset);
  return *this;
}

Body& Body::store(Op code, std::uint32_t offset) {
  return load(code, offset);
}

Body& Body::memory_size() {
  op(Op::memory_size);
  out_.u8(0);
  return *this;
}

Body& Body::memory_grow() {
  op(Op::memory_grow);
  out_.u8(0);
  return *this;
}

Body& Body::br(std::uint32_t depth) {
  op(Op::br);
  out_.uleb(depth);
  return *this;
}

Body& Body::br_if(std::uint32_t depth) {
  op(Op::br_if);
  out_.uleb(depth);
  return *this;
}

std::vector<std::byte> Body::sized() const {
  Writer body;
  body.uleb(locals_.size());
  for (const Type type : locals_) body.uleb(1).u8(static_cast<std::uint8_t>(type));
  body.bytes(out_.view()).u8(byte_of(Op::end));
  return Writer().uleb(body.size()).bytes(body.view()).take();
}

std::uint32_t ModuleBuilder::type(const Signature& signature) {
  const auto found = std::ranges::find(types_, signature);
  const auto index = static_cast<std::uint32_t>(found - types_.begin());
  if (found == types_.end()) types_.push_back(signature);
  return index;
}

std::uint32_t ModuleBuilder::import_function(std::string_view module, std::string_view name_in_module,
                                             const Signature& signature) {
  imports_.name(module).name(name_in_module).u8(kFunctionKind).uleb(type(signature));
  ++import_count_;
  name(imported_functions_, name_in_module);
  return imported_functions_++;
}

void ModuleBuilder::import_memory(std::string_view module, std::string_view name, const MemoryType& type) {
  imports_.name(module).name(name).u8(kMemoryKind);
  write_memory_type(imports_, type);
  ++import_count_;
}

std::uint32_t ModuleBuilder::import_table(std::string_view module, std::string_view name,
                                          std::uint32_t minimum) {
  imports_.name(module).name(name).u8(kTableKind);
  write_table_type(imports_, minimum, std::nullopt);
  ++import_count_;
  return imported_tables_++;
}

std::uint32_t ModuleBuilder::declare(const Signature& signature) {
  functions_.push_back(type(signature));
  bodies_.emplace_back();
  return imported_functions_ + static_cast<std::uint32_t>(functions_.size() - 1);
}

void ModuleBuilder::define(std::uint32_t function, std::vector<std::byte> sized_body) {
  bodies_[function - imported_functions_] = std::move(sized_body);
}

std::uint32_t ModuleBuilder::function(const Signature& signature, const Body& code) {
  const std::uint32_t index = declare(signature);
  define(index, code.sized());
  return index;
}

std::uint32_t ModuleBuilder::table(std::uint32_t size) {
  tables_.push_back(size);
  return imported_tables_ + static_cast<std::uint32_t>(tables_.size() - 1);
}

void ModuleBuilder::memory(const MemoryType& type) {
  memory_ = type;
}

std::uint32_t ModuleBuilder::mutable_i32() {
  return globals_++;
}

void ModuleBuilder::export_item(std::string_view name, std::uint8_t kind, std::uint32_t index) {
  exports_.name(name).u8(kind).uleb(index);
  ++export_count_;
}

void ModuleBuilder::export_function(std::string_view name, std::uint32_t index) {
  export_item(name, kFunctionKind, index);
  function_names_.try_emplace(index, name);
}

void ModuleBuilder::name(std::uint32_t function, std::string_view name) {
  function_names_[function] = name;
}

void ModuleBuilder::export_table(std::string_view name, std::uint32_t index) {
  export_item(name, kTableKind, index);
}
void ModuleBuilder::export_memory(std::string_view name) {
  export_item(name, kMemoryKind, 0);
}

void ModuleBuilder::elements(std::uint32_t table, std::vector<std::uint32_t> functions) {
  elements_.push_back({table, std::move(functions)});
}

namespace {

Writer type_section(const std::vector<Signature>& types) {
  Writer out;
  out.uleb(types.size());
  for (const Signature& type : types) {
    out.u8(kFunctionType);
    write_types(out, type.parameters);
    write_types(out, type.results);
  }
  return out;
}

// The module's name and those of its functions (core specification, "Name section").
Writer name_section(std::string_view module, const std::map<std::uint32_t, std::string>& functions) {
  constexpr std::uint8_t kModuleName = 0, kFunctionNames = 1;
  Writer out, own, list;
  own.name(module);
  out.name("name").u8(kModuleName).uleb(own.size()).bytes(own.view());
  if (functions.empty()) return out;
  list.uleb(functions.size());
  for (const auto& [index, name] : functions) list.uleb(index).name(name);
  out.u8(kFunctionNames).uleb(list.size()).bytes(list.view());
  return out;
}

Writer counted(std::uint64_t count, const Writer& entries) {
  Writer out;
  out.uleb(count).bytes(entries.view());
  return out;
}

}  // namespace

std::vector<std::byte> ModuleBuilder::build() const {
  Writer out;
  out.u32_le(0x6d736100).u32_le(1);
  const auto section = [&](std::uint8_t id, std::uint64_t count, const Writer& entries) {
    if (count != 0) write_section(out, id, counted(count, entries));
  };
  if (!types_.empty()) write_section(out, 1, type_section(types_));
  section(2, import_count_, imports_);
  Writer functions, tables, memories, globals, elements, bodies;
  for (const std::uint32_t type : functions_) functions.uleb(type);
  section(3, functions_.size(), functions);
  for (const std::uint32_t size : tables_) write_table_type(tables, size, size);
  section(4, tables_.size(), tables);
  if (memory_) write_memory_type(memories, *memory_);
  section(5, memory_ ? 1 : 0, memories);
  for (std::uint32_t i = 0; i < globals_; ++i)
    globals.u8(static_cast<std::uint8_t>(Type::i32))
        .u8(1)
        .u8(byte_of(Op::i32_const))
        .u8(0)
        .u8(byte_of(Op::end));
  section(6, globals_, globals);
  section(7, export_count_, exports_);
  if (start_) write_section(out, 8, Writer().uleb(*start_));
  for (const Elements& segment : elements_) {
    // Segments of table 0 have the oldest form, which every reader knows; the others name their table.
    if (segment.table == 0) {
      elements.uleb(0);
    } else {
      elements.uleb(2).uleb(segment.table);
    }
    elements.u8(byte_of(Op::i32_const)).u8(0).u8(byte_of(Op::end));
    if (segment.table != 0) elements.u8(kFunctionKind);
    elements.uleb(segment.functions.size());
    for (const std::uint32_t function : segment.functions) elements.uleb(function);
  }
  section(9, elements_.size(), elements);
  for (const std::vector<std::byte>& body : bodies_) bodies.bytes(body);
  section(10, bodies_.size(), bodies);
  write_section(out, 0, name_section(name_, function_names_));
  return out.take();
}

}  // namespace heapbump::emit
