#include "wasm/reader_fence.h"

#include <string>

#include "wasm/opcodes.h"

namespace heapbump {

// What may be in a constant expression, up to its `end` (core specification, "Constant Expressions", and
// extended ones). wabt takes any instruction here, and a missing `end` at a section's end.
Status check_constant(Cursor cursor) {
  while (true) {
    const std::uint64_t at = cursor.offset();
    HEAPBUMP_TRY(const auto opcode, cursor.read_u8("a constant expression"));
    switch (opcode) {
      case op::end:
        if (!cursor.empty())
          return fail_at(Code::kMalformed, cursor.offset(), "bytes follow a constant expression's end");
        return {};
      case op::i32_const:
        HEAPBUMP_CHECK(cursor.read_sleb32("i32.const"));
        break;
      case op::i64_const:
        HEAPBUMP_CHECK(cursor.read_sleb64("i64.const"));
        break;
      case op::f32_const:
        HEAPBUMP_CHECK(cursor.read_bytes(4, "f32.const"));
        break;
      case op::f64_const:
        HEAPBUMP_CHECK(cursor.read_bytes(8, "f64.const"));
        break;
      case op::global_get:
        HEAPBUMP_CHECK(cursor.read_uleb32("global.get"));
        break;
      case op::ref_func:
        HEAPBUMP_CHECK(cursor.read_uleb32("ref.func"));
        break;
      case op::ref_null:
        HEAPBUMP_CHECK(cursor.read_sleb33("ref.null"));
        break;
      case op::i32_add:
      case op::i32_sub:
      case op::i32_mul:
      case op::i64_add:
      case op::i64_sub:
      case op::i64_mul:
        break;
      case op::kPrefixGc:
        return fail_at(Code::kGcTypes, at, "a constant expression makes a garbage-collected value");
      case op::kPrefixSimd: {
        HEAPBUMP_TRY(const auto sub, cursor.read_uleb32("opcode"));
        if (sub.value != (op::v128_const & 0xffff))
          return fail_at(Code::kMalformed, at,
                         "a constant expression holds an instruction that is not constant");
        HEAPBUMP_CHECK(cursor.read_bytes(16, "v128.const"));
        break;
      }
      default:
        return fail_at(Code::kMalformed, at,
                       "a constant expression holds an instruction that is not constant");
    }
  }
}

// What the vectors of facts will take, from the counts at the sections' fronts alone: before anything is
// allocated, here or in wabt. The counts are capped by the bytes that remain.
Status make_room(Module& module, Budget& budget) {
  struct Cost {
    SectionId id;
    std::size_t least;  // bytes of the file that one entry takes at least
    std::size_t held;   // bytes of memory that one entry takes
  };
  constexpr std::size_t kVector = 32;  // the least that malloc gives
  constexpr std::size_t kName = 64;    // a node of a NameSection
  static constexpr Cost kCosts[] = {
      {SectionId::type, 2, sizeof(FunctionType) + 2 * kVector},
      {SectionId::import, 4, sizeof(Import) + sizeof(Memory)},
      {SectionId::function, 1, sizeof(std::uint32_t)},
      {SectionId::table, 3, 8},
      {SectionId::global, 4, sizeof(Global) + kName},
      {SectionId::exports, 3, sizeof(Export)},
      {SectionId::element, 2, 16},
      {SectionId::code, 1, sizeof(FunctionBody) + kName},
      {SectionId::data, 2, sizeof(DataSegment) + kName + 48},
  };
  for (const Cost& cost : kCosts) {
    const Section* section = module.section(cost.id);
    if (section == nullptr) continue;
    Cursor cursor(module.content(*section), section->content_offset);
    HEAPBUMP_TRY(const std::uint32_t count,
                 cursor.read_count(std::string(section->title()) + " count", cost.least));
    auto status = budget.hold(count * cost.held);
    if (status && cost.id == SectionId::element)
      status = budget.hold(section->payload_size * sizeof(std::uint32_t) * 2);
    if (!status) return fail_at(Code::kWorkLimit, section->content_offset, status.error().message);
    // Room for all at once: a vector that doubles holds three times its content for a moment.
    switch (cost.id) {
      case SectionId::type:
        module.types.reserve(count);
        break;
      case SectionId::import:
        module.imports.reserve(count);
        break;
      case SectionId::function:
        module.functions.reserve(count);
        break;
      case SectionId::global:
        module.globals.reserve(count);
        break;
      case SectionId::exports:
        module.exports.reserve(count);
        break;
      case SectionId::code:
        module.bodies.reserve(count);
        break;
      case SectionId::data:
        module.data.reserve(count);
        break;
      default:
        break;
    }
  }
  return {};
}

// Engines take at most 1000 parameters and results (web embedding, "implementation limitations"); wabt makes
// room for as many as the file says.
Status check_types(const Module& module) {
  constexpr std::uint32_t kMaxValues = 1000;
  const Section* section = module.section(SectionId::type);
  if (section == nullptr) return {};
  Cursor cursor(module.content(*section), section->content_offset);
  HEAPBUMP_TRY(const std::uint32_t count, cursor.read_count("type count"));
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t at = cursor.offset();
    HEAPBUMP_TRY(const auto form, cursor.read_u8("type form"));
    if (form != 0x60) {
      // Recursive groups, subtypes, structs and arrays (garbage collection proposal).
      if (form >= 0x4e && form <= 0x5f)
        return fail_at(Code::kGcTypes, at, "type form " + hex(form) + " is of a later proposal");
      return fail_at(Code::kMalformed, at, "type form " + hex(form) + " is not known");
    }
    for (const std::string_view what : {"parameter count", "result count"}) {
      const std::uint64_t there = cursor.offset();
      HEAPBUMP_TRY(const std::uint32_t values, cursor.read_count(what));
      if (values > kMaxValues)
        return fail_at(Code::kWorkLimit, there,
                       "a function type has " + std::to_string(values) + " values; engines take 1000");
      for (std::uint32_t value = 0; value < values; ++value) {
        const std::uint64_t here = cursor.offset();
        HEAPBUMP_TRY(const auto type, cursor.read_u8("value type"));
        if (!is_value_type(type))
          return fail_at(type >= 0x63 ? Code::kGcTypes : Code::kMalformed, here,
                         "value type " + hex(type) + " is not known");
      }
    }
  }
  if (!cursor.empty())
    return fail_at(Code::kSectionSize, cursor.offset(), "bytes are left over in the type section");
  return {};
}

// The count at a section's front; 0 without the section.
Result<std::uint32_t> count_of(const Module& module, SectionId id) {
  const Section* section = module.section(id);
  if (section == nullptr) return 0;
  Cursor cursor(module.content(*section), section->content_offset);
  HEAPBUMP_TRY(const auto count, cursor.read_uleb32(std::string(section->title()) + " count"));
  return count.value;
}

// Bodies lie in their section, and counts that must agree do: wabt looks at neither before it moves on.
Status check_counts(const Module& module, PagesUsed* pages) {
  HEAPBUMP_TRY(const std::uint32_t functions, count_of(module, SectionId::function));
  HEAPBUMP_TRY(const std::uint32_t bodies, count_of(module, SectionId::code));
  const Section* code = module.section(SectionId::code);
  if (functions != bodies) {
    return fail_at(
        Code::kCountMismatch, code != nullptr ? code->content_offset : module.file.size(),
        std::to_string(functions) + " functions are declared, " + std::to_string(bodies) + " have a body");
  }
  if (const Section* count = module.section(SectionId::data_count)) {
    HEAPBUMP_TRY(const std::uint32_t promised, count_of(module, SectionId::data_count));
    HEAPBUMP_TRY(const std::uint32_t segments, count_of(module, SectionId::data));
    if (promised != segments) {
      return fail_at(Code::kCountMismatch, count->content_offset,
                     "the data count section says " + std::to_string(promised) + " segments, there are " +
                         std::to_string(segments));
    }
  }
  if (code == nullptr) return {};
  Cursor cursor(module.content(*code), code->content_offset);
  HEAPBUMP_CHECK(cursor.read_uleb32("code count"));
  PagesPassed passed(pages);
  for (std::uint32_t i = 0; i < bodies; ++i) {
    HEAPBUMP_TRY(const auto size, cursor.read_uleb32("a function body's size"));
    HEAPBUMP_CHECK(cursor.read_bytes(size.value, "a function body"));
    passed.at(cursor.offset());
  }
  if (!cursor.empty())
    return fail_at(Code::kSectionSize, cursor.offset(), "bytes are left over in the code section");
  return {};
}

}  // namespace heapbump
