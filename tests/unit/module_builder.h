// Small modules for unit tests, byte by byte: a test says what a module holds, this writes the sections.
// Nothing is checked, so that a test can also ask for something malformed.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace heapbump::test {

/// A function's instructions, without its `end`. `i32_const(67984, 5)` writes a padded immediate, as a
/// linker's relocation does.
class Body {
 public:
  Body& op(std::initializer_list<int> bytes) {
    for (const int byte : bytes) out_.u8(static_cast<std::uint8_t>(byte));
    return *this;
  }
  Body& i32_const(std::int32_t value, unsigned width = 0) {
    out_.u8(0x41);
    return sleb(value, width);
  }
  Body& i64_const(std::int64_t value) {
    out_.u8(0x42);
    out_.sleb(value);
    return *this;
  }
  /// Opcode, alignment, offset.
  Body& access(int opcode, std::uint32_t offset = 0, unsigned width = 0) {
    op({opcode, 2});
    return uleb(offset, width);
  }
  Body& call(std::uint32_t function, unsigned width = 0) {
    op({0x10});
    return uleb(function, width);
  }
  Body& local_get(std::uint32_t index) { return op({0x20}).uleb(index); }
  Body& local_set(std::uint32_t index) { return op({0x21}).uleb(index); }
  Body& local_tee(std::uint32_t index) { return op({0x22}).uleb(index); }
  Body& global_get(std::uint32_t index) { return op({0x23}).uleb(index); }
  Body& global_set(std::uint32_t index) { return op({0x24}).uleb(index); }
  Body& uleb(std::uint32_t value, unsigned width = 0) {
    if (width == 0) {
      out_.uleb(value);
    } else {
      out_.bytes(encode_uleb(value, width));
    }
    return *this;
  }
  Body& sleb(std::int64_t value, unsigned width = 0) {
    if (width == 0) {
      out_.sleb(value);
    } else {
      out_.bytes(encode_sleb(value, width));
    }
    return *this;
  }
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return out_.view(); }

 private:
  Writer out_;
};

inline constexpr int kI32 = 0x7f;
inline constexpr int kI64 = 0x7e;

/// One module. Imported functions come first in the index space; call import() before function().
class ModuleBuilder {
 public:
  std::uint32_t type(std::initializer_list<int> params, std::initializer_list<int> results) {
    Writer type;
    type.u8(0x60).uleb(params.size());
    for (const int param : params) type.u8(static_cast<std::uint8_t>(param));
    type.uleb(results.size());
    for (const int result : results) type.u8(static_cast<std::uint8_t>(result));
    types_.push_back(type.take());
    return static_cast<std::uint32_t>(types_.size() - 1);
  }
  std::uint32_t import(std::string_view module, std::string_view name, std::uint32_t type) {
    imports_.push_back(Writer().name(module).name(name).u8(0).uleb(type).take());
    return static_cast<std::uint32_t>(imports_.size() - 1);
  }
  /// An imported memory; the module has none of its own then.
  ModuleBuilder& import_memory(std::string_view module, std::string_view name, std::uint32_t min) {
    memory_import_ = Writer().name(module).name(name).u8(2).u8(0).uleb(min).take();
    return *this;
  }
  /// `locals` are i32. Returns the function's index.
  std::uint32_t function(std::uint32_t type, std::uint32_t locals, const Body& code) {
    functions_.push_back(Writer().uleb(type).take());
    Writer body;
    if (locals == 0) {
      body.uleb(0);
    } else {
      body.uleb(1).uleb(locals).u8(kI32);
    }
    body.bytes(code.bytes()).u8(0x0b);
    bodies_.push_back(Writer().uleb(body.size()).bytes(body.view()).take());
    return static_cast<std::uint32_t>(imports_.size() + functions_.size() - 1);
  }
  ModuleBuilder& memory(std::uint32_t min, std::int64_t max = -1) {
    Writer memory;
    memory.u8(max < 0 ? 0 : 1).uleb(min);
    if (max >= 0) memory.uleb(static_cast<std::uint64_t>(max));
    memories_.push_back(memory.take());
    return *this;
  }
  std::uint32_t global(std::int32_t init, bool is_mutable) {
    globals_.push_back(Writer().u8(kI32).u8(is_mutable ? 1 : 0).u8(0x41).sleb(init).u8(0x0b).take());
    return static_cast<std::uint32_t>(globals_.size() - 1);
  }
  /// kind: 0 function, 2 memory, 3 global.
  ModuleBuilder& exported(std::string_view name, int kind, std::uint32_t index) {
    exports_.push_back(Writer().name(name).u8(static_cast<std::uint8_t>(kind)).uleb(index).take());
    return *this;
  }
  ModuleBuilder& data(std::int32_t address, std::string_view bytes) {
    data_.push_back(Writer().u8(0).u8(0x41).sleb(address).u8(0x0b).name(bytes).take());
    return *this;
  }
  /// A raw section that goes before the code (tags: 13).
  ModuleBuilder& tag(std::uint32_t type) {
    tags_.push_back(Writer().u8(0).uleb(type).take());
    return *this;
  }
  /// Puts a function into a table of its own.
  ModuleBuilder& in_table(std::uint32_t function) {
    elements_.push_back(Writer()
                            .u8(0)
                            .u8(0x41)
                            .sleb(static_cast<std::int64_t>(elements_.size()))
                            .u8(0x0b)
                            .u8(1)
                            .uleb(function)
                            .take());
    return *this;
  }
  ModuleBuilder& start(std::uint32_t function) {
    start_ = Writer().uleb(function).take();
    return *this;
  }
  /// A name section of function names (subsection 1) or global names (subsection 7).
  ModuleBuilder& names(std::uint8_t subsection,
                       std::initializer_list<std::pair<std::uint32_t, std::string_view>> names) {
    Writer map;
    map.uleb(names.size());
    for (const auto& [index, name] : names) map.uleb(index).name(name);
    name_section_.u8(subsection).uleb(map.size()).bytes(map.view());
    return *this;
  }
  ModuleBuilder& custom(std::string_view name, Bytes content) {
    customs_.push_back(Writer().name(name).bytes(content).take());
    return *this;
  }

  [[nodiscard]] std::vector<std::byte> build() const {
    Writer out;
    out.bytes(as_bytes(std::string_view("\0asm\1\0\0\0", 8)));
    section(out, 1, types_);
    Entries imports = imports_;
    if (!memory_import_.empty()) imports.push_back(memory_import_);
    section(out, 2, imports);
    section(out, 3, functions_);
    if (!elements_.empty()) section(out, 4, {Writer().u8(0x70).u8(0).uleb(elements_.size()).take()});
    section(out, 5, memories_);
    section(out, 13, tags_);
    section(out, 6, globals_);
    section(out, 7, exports_);
    if (!start_.empty()) out.u8(8).uleb(start_.size()).bytes(start_);
    section(out, 9, elements_);
    section(out, 10, bodies_);
    section(out, 11, data_);
    for (const auto& custom : customs_) out.u8(0).uleb(custom.size()).bytes(custom);
    if (name_section_.size() != 0) {
      const std::vector<std::byte> content = Writer().name("name").bytes(name_section_.view()).take();
      out.u8(0).uleb(content.size()).bytes(content);
    }
    return out.take();
  }

 private:
  using Entries = std::vector<std::vector<std::byte>>;
  static void section(Writer& out, std::uint8_t id, const Entries& entries) {
    if (entries.empty()) return;
    Writer content;
    content.uleb(entries.size());
    for (const auto& entry : entries) content.bytes(entry);
    out.u8(id).uleb(content.size()).bytes(content.view());
  }

  std::vector<std::byte> memory_import_, start_;
  Writer name_section_;
  Entries types_, imports_, functions_, memories_, tags_, globals_, exports_, elements_, bodies_, data_,
      customs_;
};

}  // namespace heapbump::test
