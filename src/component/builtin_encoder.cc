#include "component/builtin_encoder.h"

#include <algorithm>

#include "component/append.h"
#include "component/glue.h"
#include "component/program.h"
#include "wasm/component.h"

namespace heapbump {
namespace {

constexpr std::uint8_t kFunctionSort = 0;

std::unexpected<Error> not_as_made() {
  return fail(Code::kInternal, "the shipped stand-in component is not put together as its encoder does it");
}

/// A section of a component, and where its size is.
struct Span {
  std::uint64_t size_offset = 0;
  unsigned size_width = 0;
  std::uint64_t content = 0;
  std::uint64_t size = 0;
};

/// The section that holds this offset.
Result<Span> section_at(Bytes component, std::uint64_t offset) {
  constexpr std::uint64_t kPreamble = 8;
  Cursor cursor(component.subspan(kPreamble), kPreamble);
  while (!cursor.empty()) {
    HEAPBUMP_CHECK(cursor.read_u8("a section's id"));
    Span span;
    span.size_offset = cursor.offset();
    HEAPBUMP_TRY(const auto size, cursor.read_uleb32("a section's size"));
    span.size_width = size.width;
    span.content = cursor.offset();
    span.size = size.value;
    HEAPBUMP_CHECK(cursor.read_bytes(size.value, "a section"));
    if (offset >= span.content && offset - span.content < span.size) return span;
  }
  return not_as_made();
}

Edit replacement(Bytes file, std::uint64_t offset, std::uint64_t size, std::vector<std::byte> bytes) {
  const Bytes old = file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  return {offset, {old.begin(), old.end()}, std::move(bytes), {}};
}

/// What the bag of functions given to the main module needs besides: the other names of functions that are
/// imported more than once.
Result<EditList> more_names(Bytes file, const CoreInstance& bag, const Outline& outline,
                            const Program& program) {
  Writer added;
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < program.imports.size(); ++i) {
    const std::string_view original = outline.imports[i].name;
    if (program.imports[i].name == original) continue;
    const auto same = std::ranges::find(bag.exports, original, &CoreInlineExport::name);
    if (same == bag.exports.end()) return not_as_made();
    added.name(program.imports[i].name).u8(kFunctionSort).uleb(same->index);
    ++count;
  }
  if (count == 0) return EditList{};
  HEAPBUMP_TRY(const Span section, section_at(file, bag.file_offset));
  Cursor cursor(file.subspan(static_cast<std::size_t>(bag.file_offset)), bag.file_offset);
  HEAPBUMP_CHECK(cursor.read_u8("an instance's form"));
  const std::uint64_t count_offset = cursor.offset();
  HEAPBUMP_TRY(const auto exports, cursor.read_uleb32("inline exports"));
  for (std::uint32_t i = 0; i < exports.value; ++i) {
    HEAPBUMP_CHECK(cursor.read_name("an inline export's name"));
    HEAPBUMP_CHECK(cursor.read_u8("an inline export's sort"));
    HEAPBUMP_CHECK(cursor.read_uleb32("an inline export's index"));
  }
  const std::vector<std::byte> new_count = Writer().uleb(std::uint64_t{exports.value} + count).take();
  const std::uint64_t growth = added.size() + new_count.size() - exports.width;
  return EditList{
      replacement(file, section.size_offset, section.size_width, Writer().uleb(section.size + growth).take()),
      replacement(file, count_offset, exports.width, new_count),
      replacement(file, cursor.offset(), 0, added.take()),
  };
}

// The program's `_initialize` runs once all else is instantiated, as in a component of wit-component
// (wasm-tools, encoding.rs, add_initialize).
void append_initializer(Writer& out, const Component& component, std::uint32_t main, const Program& program) {
  append_core_module(out, make_initializer(program));
  const AppendedInstance instance{static_cast<std::uint32_t>(component.modules.size()),
                                  {{kFixupFromProgram, main}}};
  append_core_instances(out, {&instance, 1});
}

}  // namespace

Result<std::vector<std::byte>> encode_builtin(const adapters::Released& adapter, Bytes command) {
  HEAPBUMP_TRY(const Outline outline, read_outline(command));
  HEAPBUMP_TRY(const Program program, read_program(outline));
  const std::vector<std::byte> embedded = program.edits.empty()
                                              ? std::vector<std::byte>(command.begin(), command.end())
                                              : join(apply_edits(command, program.edits));
  const Bytes file = adapter.stand_in_component;
  const std::vector<std::byte> stand_in = make_stand_in(all_services(), true);
  HEAPBUMP_TRY(const Component component, read_component(file));
  for (std::uint32_t main = 0; main < component.instances.size(); ++main) {
    const CoreInstance& instance = component.instances[main];
    if (!instance.module || !std::ranges::equal(component.modules[*instance.module].bytes, stand_in))
      continue;
    const auto given = std::ranges::find(instance.arguments, kPreview1, &CoreInstanceArgument::name);
    if (given == instance.arguments.end()) return not_as_made();
    HEAPBUMP_TRY(EditList edits, more_names(file, component.instances[given->instance], outline, program));
    HEAPBUMP_TRY(const Span section, section_at(file, component.modules[*instance.module].file_offset));
    // Its id, which is before its size, stays.
    edits.push_back(replacement(file, section.size_offset, section.size_width + section.size,
                                Writer().uleb(embedded.size()).bytes(embedded).take()));
    std::ranges::stable_sort(edits, {}, &Edit::offset);
    Writer out;
    out.bytes(join(apply_edits(file, edits)));
    if (!program.initialize.empty()) append_initializer(out, component, main, program);
    return out.take();
  }
  return not_as_made();
}

}  // namespace heapbump
