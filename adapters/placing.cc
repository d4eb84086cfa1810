#include "adapters/placing.h"

#include <algorithm>
#include <optional>
#include <string>

namespace heapbump::adapters {
namespace {

constexpr std::uint8_t kFunctionNames =
    1;  // name section's subsections (core specification, appendix "Name Section";
constexpr std::uint8_t kGlobalNames = 7;       // 7 from the extended-name-section proposal)
constexpr std::uint32_t kStackAlignment = 16;  // bytes; the tool conventions' BasicCABI

Status check_place(const Needs& needs, const Place& place) {
  const auto outside = [](std::uint64_t base, std::uint64_t size) {
    return base + size > (std::uint64_t{1} << 32);
  };
  if (outside(place.stack_base, place.stack_size) || outside(place.state_base, place.state_size))
    return fail(Code::kSlots, "a slot reaches beyond the 4 GiB of the memory");
  if (place.stack_top() > 0x7fffffff + std::uint64_t{1})
    return fail(Code::kSlots,
                "the stack's slot reaches above 2 GiB, where a placed stack pointer is not supported");
  if (place.stack_size < kSlotSize)
    return fail(Code::kSlots, "the stack's slot has " + std::to_string(place.stack_size) +
                                  " bytes; it needs " + std::to_string(kSlotSize));
  if (place.stack_top() % kStackAlignment != 0)
    return fail(Code::kSlots,
                "the stack would begin at " + hex(place.stack_top()) + ", which is not aligned to 16 bytes");
  if (place.state_size < needs.state_size)
    return fail(Code::kSlots, "the State's slot has " + std::to_string(place.state_size) +
                                  " bytes; the adapter asks for " + std::to_string(needs.state_size));
  if (place.state_base == 0 || place.state_base % kStateAlignment != 0)
    return fail(Code::kSlots, "State cannot be at " + hex(place.state_base) +
                                  ": it must be above 0 and aligned to 8 bytes");
  const std::uint64_t state_end = std::uint64_t{place.state_base} + place.state_size;
  if (place.state_base < place.stack_top() && place.stack_base < state_end)
    return fail(Code::kSlots, "the slots of stack and State overlap");
  return {};
}

std::vector<std::byte> sleb(std::uint32_t value) {
  const auto as_signed = static_cast<std::int32_t>(value);
  return encode_sleb(as_signed, sleb_width(as_signed));
}

Status set_initial_value(EditBuilder& builder, const Module& module, std::uint32_t global,
                         std::uint32_t value, std::string reason) {
  const ConstExpr& init = module.globals[global].init;
  if (!init.value)
    return fail(Code::kForeignAdapter, "global " + std::to_string(global) + " does not start as a constant");
  builder.replace(init.immediate_offset, init.immediate_width, sleb(value), std::move(reason));
  return {};
}

/// File offset and width of a body's size field, which is right before the body.
LebField size_field(const Module& module, std::size_t body_index) {
  const FunctionBody& body = module.bodies[body_index];
  std::uint64_t begin = 0;
  if (body_index == 0) {
    const Section& code = *module.section(SectionId::code);
    Cursor cursor(module.content(code), code.content_offset);
    const auto count = cursor.read_uleb32("function count");
    begin = code.content_offset + (count ? count->width : 0u);
  } else {
    begin = module.bodies[body_index - 1].file_offset + module.bodies[body_index - 1].size;
  }
  return {body.size, begin, static_cast<unsigned>(body.file_offset - begin)};
}

/// Sends every call of the imported realloc to `target`. A call whose operand has no room for the index makes
/// its body longer, and then the body's size field too.
void redirect_calls(EditBuilder& builder, const Module& module, const Anatomy& anatomy,
                    std::uint32_t target) {
  std::vector<std::pair<std::size_t, std::uint64_t>> grown;  // body index, bytes gained
  for (const ReallocCall& call : anatomy.realloc_calls) {
    if (!anatomy.is_realloc_import(call.callee)) continue;
    const unsigned width = std::max(call.immediate_width, uleb_width(target));
    builder.replace(call.immediate_offset, call.immediate_width, encode_uleb(target, width),
                    "the request for State goes to the function that returns its slot");
    if (width == call.immediate_width) continue;
    const std::size_t body = call.caller - module.imported_functions;
    if (grown.empty() || grown.back().first != body) grown.emplace_back(body, 0);
    grown.back().second += width - call.immediate_width;
  }
  for (const auto& [body, gained] : grown) {
    const LebField size = size_field(module, body);
    builder.replace_uleb(size.file_offset, size.width, size.value + gained, "size of the body that calls it");
  }
}

/// The name section's content with the two globals renamed and the new function named.
Result<std::vector<std::byte>> renamed(const Module& module, const Section& section, const Needs& needs,
                                       std::optional<std::uint32_t> new_function) {
  Writer out;
  Cursor content(module.content(section), section.content_offset);
  while (!content.empty()) {
    HEAPBUMP_TRY(const auto id, content.read_u8("a name subsection's id"));
    HEAPBUMP_TRY(const auto size, content.read_uleb32("a name subsection's size"));
    HEAPBUMP_TRY(Cursor names, content.read_window(size.value, "a name subsection"));
    if (id != kFunctionNames && id != kGlobalNames) {
      out.u8(id).uleb(size.value).bytes(names.rest());
      continue;
    }
    HEAPBUMP_TRY(const auto count, names.read_count("names", 2));
    const bool append = id == kFunctionNames && new_function.has_value();
    Writer map;
    map.uleb(std::uint64_t{count} + (append ? 1 : 0));
    for (std::uint32_t i = 0; i < count; ++i) {
      HEAPBUMP_TRY(const auto index, names.read_uleb32("a name's index"));
      HEAPBUMP_TRY(std::string_view name, names.read_name("a name"));
      if (id == kGlobalNames && index.value == needs.stack_pointer) name = kPlacedStackPointer;
      if (id == kGlobalNames && index.value == needs.allocation_state) name = kPlacedAllocationState;
      map.uleb(index.value).name(name);
    }
    if (!names.empty())
      return fail_at(Code::kSectionSize, names.offset(),
                     "bytes are left over at the end of a name subsection");
    if (append) map.uleb(*new_function).name(kPlacedRealloc);
    out.u8(id).uleb(map.size()).bytes(map.view());
  }
  return out.take();
}

std::vector<std::byte> constant_realloc_body(std::uint32_t state_base) {
  Writer body;
  body.u8(0).u8(op::i32_const).sleb(static_cast<std::int32_t>(state_base)).u8(op::end);
  return body.take();
}

bool same_bytes(Bytes a, Bytes b) {
  return std::ranges::equal(a, b);
}

std::unexpected<Error> differs(std::string_view what) {
  return fail(Code::kInternal, "the placed adapter is not what was meant: " + std::string(what) + " differs");
}

Status compare_globals(const Module& before, const Module& after, const Needs& needs, const Place& place) {
  if (before.globals.size() != after.globals.size()) return differs("the number of globals");
  for (std::uint32_t i = 0; i < before.globals.size(); ++i) {
    std::optional<std::int64_t> expected = before.globals[i].init.value;
    if (i == needs.stack_pointer) expected = static_cast<std::int32_t>(place.stack_top());
    if (i == needs.allocation_state) expected = kStackAllocated;
    if (after.globals[i].init.value != expected || after.globals[i].type != before.globals[i].type ||
        after.globals[i].is_mutable != before.globals[i].is_mutable)
      return differs("global " + std::to_string(i));
  }
  return {};
}

/// One body before and after: the same instructions, but for calls of the realloc import.
Status compare_body(const Module& before, const Module& after, const Anatomy& anatomy, std::size_t index,
                    std::optional<std::uint32_t> new_function) {
  const auto caller = static_cast<std::uint32_t>(before.imported_functions + index);
  const FunctionBody& a = before.bodies[index];
  const FunctionBody& b = after.bodies[index];
  if (same_bytes(before.bytes_at(a.file_offset, a.size), after.bytes_at(b.file_offset, b.size))) {
    // By caller, since bodies were read in order.
    const bool calls =
        std::ranges::any_of(std::ranges::equal_range(anatomy.realloc_calls, caller, {}, &ReallocCall::caller),
                            [&](const ReallocCall& call) { return anatomy.is_realloc_import(call.callee); });
    return calls ? Status(differs("a call that should have been redirected")) : Status();
  }
  InstructionReader old_reader(before, a);
  InstructionReader new_reader(after, b);
  Instruction old_one;
  Instruction new_one;
  for (;;) {
    const bool more_old = old_reader.next(old_one);
    const bool more_new = new_reader.next(new_one);
    if (more_old != more_new || old_reader.error() || new_reader.error()) return differs("a body's length");
    if (!more_old) break;
    const bool redirected = old_one.opcode == op::call &&
                            anatomy.is_realloc_import(static_cast<std::uint32_t>(old_one.value)) &&
                            new_one.opcode == op::call && new_function && new_one.value == *new_function;
    if (redirected) continue;
    if (!same_bytes(before.bytes_at(old_one.offset, old_one.end_offset - old_one.offset),
                    after.bytes_at(new_one.offset, new_one.end_offset - new_one.offset)))
      return differs("an instruction of function " + std::to_string(before.imported_functions + index));
  }
  const auto declarations = [](const Module& module, const FunctionBody& body,
                               const InstructionReader& reader) {
    return module.bytes_at(body.file_offset, reader.locals().code_offset - body.file_offset);
  };
  if (!same_bytes(declarations(before, a, old_reader), declarations(after, b, new_reader)))
    return differs("the locals of function " + std::to_string(before.imported_functions + index));
  return {};
}

}  // namespace

Result<EditList> plan_placing(const Module& adapter, const Anatomy& anatomy, const Needs& needs,
                              const Place& place) {
  HEAPBUMP_CHECK(check_place(needs, place));
  EditBuilder builder(adapter, /*allow_moved_code=*/true);
  HEAPBUMP_CHECK(set_initial_value(builder, adapter, needs.stack_pointer,
                                   static_cast<std::uint32_t>(place.stack_top()),
                                   "the stack begins at the top of its slot"));
  if (needs.allocation_state) {
    HEAPBUMP_CHECK(set_initial_value(builder, adapter, *needs.allocation_state, kStackAllocated,
                                     "the stack is there from the beginning"));
  }
  std::optional<std::uint32_t> new_function;
  if (needs.state_size != 0) {
    new_function = static_cast<std::uint32_t>(adapter.functions.size());
    const auto call = std::ranges::find_if(
        anatomy.realloc_calls, [&](const ReallocCall& c) { return anatomy.is_realloc_import(c.callee); });
    const std::uint32_t type = adapter.functions[call->callee];
    builder.append_entry(SectionId::function, Writer().uleb(type).take(),
                         "the function that returns State's slot");
    const std::vector<std::byte> body = constant_realloc_body(place.state_base);
    builder.append_entry(SectionId::code, Writer().uleb(body.size()).bytes(body).take(),
                         "returns State's slot");
    redirect_calls(builder, adapter, anatomy, *new_function);
  }
  const Section* names = adapter.custom_section("name");
  if (names == nullptr) return fail(Code::kAdapterUnnamed, "the adapter has no name section");
  HEAPBUMP_TRY(auto content, renamed(adapter, *names, needs, new_function));
  builder.replace(names->content_offset, names->end() - names->content_offset, std::move(content),
                  "names that wit-component does not take for its own");
  return std::move(builder).finish();
}

namespace {

// Only the function, global and code sections and the names may be edited; all others keep their bytes.
Status compare_sections(const Module& adapter, const Module& after) {
  if (adapter.sections.size() != after.sections.size()) return differs("the number of sections");
  for (std::size_t i = 0; i < adapter.sections.size(); ++i) {
    const Section& a = adapter.sections[i];
    const Section& b = after.sections[i];
    if (a.id != b.id || a.name != b.name) return differs("the order of sections");
    const bool edited = a.id == SectionId::function || a.id == SectionId::global || a.id == SectionId::code ||
                        (a.id == SectionId::custom && a.name == "name");
    if (!edited && !same_bytes(adapter.content(a), after.content(b)))
      return differs("the section " + a.title());
  }
  return {};
}

Status compare_functions(const Module& adapter, const Module& after, const Anatomy& anatomy,
                         std::optional<std::uint32_t> new_function) {
  const std::size_t added = new_function ? 1 : 0;
  if (after.functions.size() != adapter.functions.size() + added ||
      after.bodies.size() != adapter.bodies.size() + added)
    return differs("the number of functions");
  if (!std::equal(adapter.functions.begin(), adapter.functions.end(), after.functions.begin()))
    return differs("the type of a function");
  for (std::size_t i = 0; i < adapter.bodies.size(); ++i)
    HEAPBUMP_CHECK(compare_body(adapter, after, anatomy, i, new_function));
  return {};
}

}  // namespace

Status verify_placing(const Module& adapter, const Needs& needs, const Place& place, Bytes placed) {
  HEAPBUMP_TRY(const Module after, read_module(placed));
  HEAPBUMP_TRY(const Anatomy before_anatomy, read_anatomy(adapter));
  HEAPBUMP_TRY(const Anatomy after_anatomy, read_anatomy(after));
  HEAPBUMP_CHECK(compare_sections(adapter, after));
  HEAPBUMP_CHECK(compare_globals(adapter, after, needs, place));
  std::optional<std::uint32_t> new_function;
  if (needs.state_size != 0) new_function = static_cast<std::uint32_t>(adapter.functions.size());
  HEAPBUMP_CHECK(compare_functions(adapter, after, before_anatomy, new_function));
  if (new_function) {
    const auto found = after_anatomy.constant_reallocs.find(*new_function);
    if (found == after_anatomy.constant_reallocs.end() ||
        static_cast<std::uint32_t>(found->second) != place.state_base)
      return differs("the function that returns State's slot");
  }
  const NameSection names = read_names(after);
  for (const auto& [index, name] : names.globals) {
    if (name == kStackPointer || name == kAllocationState)
      return differs("the name of global " + std::to_string(index));
  }
  return {};
}

}  // namespace heapbump::adapters
