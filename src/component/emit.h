// Emitters for the small modules that heapbump generates: instructions into a Body, functions and sections
// into a ModuleBuilder. They write WebAssembly 1.0 (core specification, "Binary format") and nothing later,
// so that any engine takes the result. The bytes depend on the calls alone. Building never fails: what goes
// in is heapbump's own, and the tests validate what comes out.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace heapbump::emit {

enum class Type : std::uint8_t { i32 = 0x7f, i64 = 0x7e, f32 = 0x7d, f64 = 0x7c };

struct Signature {
  std::vector<Type> parameters;
  std::vector<Type> results;
  bool operator==(const Signature&) const = default;
};

enum class Op : std::uint8_t {
  unreachable = 0x00,
  block = 0x02,
  loop = 0x03,
  if_ = 0x04,
  else_ = 0x05,
  end = 0x0b,
  br = 0x0c,
  br_if = 0x0d,
  return_ = 0x0f,
  call = 0x10,
  call_indirect = 0x11,
  drop = 0x1a,
  local_get = 0x20,
  local_set = 0x21,
  local_tee = 0x22,
  i32_load = 0x28,
  i64_load = 0x29,
  i32_load8_u = 0x2d,
  i32_store = 0x36,
  i64_store = 0x37,
  i32_store8 = 0x3a,
  i32_store16 = 0x3b,
  memory_size = 0x3f,
  memory_grow = 0x40,
  i32_const = 0x41,
  i64_const = 0x42,
  i32_eqz = 0x45,
  i32_ne = 0x47,
  i32_lt_u = 0x49,
  i32_gt_u = 0x4b,
  i32_le_u = 0x4d,
  i32_ge_u = 0x4f,
  i64_gt_u = 0x56,
  i32_add = 0x6a,
  i32_sub = 0x6b,
  i32_mul = 0x6c,
  i32_rem_u = 0x70,
  i32_and = 0x71,
  i32_or = 0x72,
  i32_shl = 0x74,
  i32_shr_u = 0x76,
  i64_add = 0x7c,
  i64_mul = 0x7e,
  i64_or = 0x84,
  i64_shl = 0x86,
  i64_shr_u = 0x88,
  i32_wrap_i64 = 0xa7,
  i64_extend_i32_u = 0xad,
};

/// One function's instructions. Structured instructions take what is in them as a callable, so they are
/// always closed.
class Body {
 public:
  explicit Body(std::uint32_t parameters) : next_local_(parameters) {}

  /// A new local variable, 0 at first.
  std::uint32_t local(Type type);

  Body& op(Op code);
  Body& i32(std::uint32_t value);  ///< i32.const
  Body& i64(std::uint64_t value);  ///< i64.const
  Body& get(std::uint32_t index);
  Body& set(std::uint32_t index);
  Body& call(std::uint32_t function);
  Body& call_indirect(std::uint32_t type);
  Body& load(Op code, std::uint32_t offset = 0);   ///< of memory 0, as unaligned
  Body& store(Op code, std::uint32_t offset = 0);  ///< of memory 0, as unaligned
  Body& memory_size();
  Body& memory_grow();
  Body& br(std::uint32_t depth);
  Body& br_if(std::uint32_t depth);

  template <typename Inside>
  Body& block(Inside inside) {
    return structured(Op::block, inside);
  }
  template <typename Inside>
  Body& loop(Inside inside) {
    return structured(Op::loop, inside);
  }
  template <typename Inside>
  Body& if_(Inside inside) {
    return structured(Op::if_, inside);
  }
  template <typename Then, typename Else>
  Body& if_else(Then then, Else otherwise) {
    return structured(Op::if_, [&] {
      then();
      op(Op::else_);
      otherwise();
    });
  }

  /// The body with its size in front, as the code section has it.
  [[nodiscard]] std::vector<std::byte> sized() const;

 private:
  template <typename Inside>
  Body& structured(Op code, Inside inside) {
    constexpr std::uint8_t kNoResult = 0x40;
    op(code);
    out_.u8(kNoResult);
    inside();
    return op(Op::end);
  }

  std::uint32_t next_local_;
  std::vector<Type> locals_;
  Writer out_;
};

/// Limits of an imported or own memory, as its declaration has them.
struct MemoryType {
  std::uint64_t minimum = 0;  ///< pages
  std::optional<std::uint64_t> maximum{};
  bool shared = false;
  std::optional<std::uint32_t> page_size_log2{};
};

/// A module in the making. Its name section names every function: by what it is imported or exported as, or
/// by `name`, so that a backtrace through it can be read. Function imports come before functions of its own,
/// since they share an index space.
class ModuleBuilder {
 public:
  explicit ModuleBuilder(std::string name) : name_(std::move(name)) {}

  std::uint32_t type(const Signature& signature);  ///< the same index for the same signature
  std::uint32_t import_function(std::string_view module, std::string_view name, const Signature& signature);
  void import_memory(std::string_view module, std::string_view name, const MemoryType& type);
  std::uint32_t import_table(std::string_view module, std::string_view name, std::uint32_t minimum);
  /// Declares a function of its own; its body follows by `define`, so that functions can call each other.
  std::uint32_t declare(const Signature& signature);
  void define(std::uint32_t function, std::vector<std::byte> sized_body);
  std::uint32_t function(const Signature& signature, const Body& code);
  std::uint32_t table(std::uint32_t size);
  void memory(const MemoryType& type);
  std::uint32_t mutable_i32();  ///< a global, 0 at first
  void export_function(std::string_view name, std::uint32_t index);
  void name(std::uint32_t function, std::string_view name);  ///< of one that is neither imported nor exported
  void export_table(std::string_view name, std::uint32_t index);
  void export_memory(std::string_view name);
  void start(std::uint32_t function) { start_ = function; }
  /// An active segment at offset 0.
  void elements(std::uint32_t table, std::vector<std::uint32_t> functions);

  [[nodiscard]] std::vector<std::byte> build() const;

 private:
  void export_item(std::string_view name, std::uint8_t kind, std::uint32_t index);

  struct Elements {
    std::uint32_t table;
    std::vector<std::uint32_t> functions;
  };
  std::string name_;
  std::map<std::uint32_t, std::string> function_names_;
  std::vector<Signature> types_;
  Writer imports_;
  std::uint32_t import_count_ = 0;
  std::uint32_t imported_functions_ = 0;
  std::vector<std::uint32_t> functions_;  // their types
  std::vector<std::vector<std::byte>> bodies_;
  std::uint32_t imported_tables_ = 0;
  std::vector<std::uint32_t> tables_;  // their sizes
  std::optional<MemoryType> memory_;
  std::uint32_t globals_ = 0;
  Writer exports_;
  std::uint32_t export_count_ = 0;
  std::optional<std::uint32_t> start_;
  std::vector<Elements> elements_;
};

}  // namespace heapbump::emit
