#include "component/kind.h"

#include <algorithm>
#include <string>

#include "adapters/preview1.h"
#include "component/calls.h"
#include "record/record.h"
#include "wasm/component.h"
#include "wasm/outline.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kSniffed = 512;  // bytes of a text that are looked at

// By wit-component's and the tool conventions' names: "Dynamic Linking" (dylink.0, earlier dylink) and
// "Linking" (linking, reloc.CODE) of WebAssembly/tool-conventions.
bool is_shared_library(const Outline& outline) {
  return outline.has_custom("dylink");
}

const Section* linking_section(const Outline& outline) {
  if (!outline.has_custom("reloc.") || outline.section(SectionId::exports) != nullptr) return nullptr;
  const auto found = std::ranges::find_if(outline.sections, [](const Section& section) {
    return section.id == SectionId::custom && section.name == "linking";
  });
  return found == outline.sections.end() ? nullptr : &*found;
}

bool is_adapter(const Outline& outline) {
  const auto imports = [&](auto test) { return std::ranges::any_of(outline.imports, test); };
  return imports([](const OutlineImport& i) { return i.kind == ExternalKind::memory; }) &&
         !imports([](const OutlineImport& i) { return i.module == kPreview1; }) &&
         std::ranges::all_of(adapters::kPreview1Exports, [&](std::string_view name) {
           return outline.find_export(name, ExternalKind::function) != nullptr;
         });
}

// The text format, or the JSON of a manifest or a report, after white space.
Status refuse_text(Bytes file) {
  std::string_view text = as_text(file.first(std::min<std::size_t>(file.size(), kSniffed)));
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.starts_with("(module") || text.starts_with("(component") || text.starts_with(";;"))
    return fail_at(
        Code::kNotWasm, 0,
        "the file is WebAssembly as text; make a binary of it first (`wat2wasm`, `wasm-tools parse`)");
  if (text.starts_with("{"))
    return fail_at(Code::kNotWasm, 0,
                   "the file is a JSON document, not a module; a manifest goes after --manifest");
  return {};
}

Status refuse_unlinked(const Outline& outline) {
  if (const Section* section = linking_section(outline))
    return fail_at(Code::kObjectFile, section->offset,
                   "the file is a relocatable object file; link it first");
  if (is_shared_library(outline))
    return fail_at(
        Code::kSharedLibrary, outline.sections.front().offset,
        "the file is a shared library (section `dylink.0`), which lives in the memory that another module "
        "gives it; `wasm-tools component link` makes a component of it and its program");
  return {};
}

}  // namespace

Status expect_main_module(Bytes file) {
  HEAPBUMP_CHECK(refuse_text(file));
  const auto outline = read_outline(file);
  if (!outline) return {};
  HEAPBUMP_CHECK(refuse_unlinked(*outline));
  if (is_adapter(*outline))
    return fail(Code::kAdapterGiven,
                "the file is a preview1 adapter, not a program: `heapbump place` gives it a place in a "
                "reserved module, and `heapbump component PROGRAM --adapter FILE` makes a component with it");
  return {};
}

Result<Module> read_main_module(Bytes file) {
  HEAPBUMP_CHECK(expect_main_module(file));
  return read_module(file);
}

Status expect_adapter(Bytes file) {
  HEAPBUMP_CHECK(refuse_text(file));
  const auto outline = read_outline(file);
  return outline ? refuse_unlinked(*outline) : Status{};
}

Status expect_component(Bytes file) {
  HEAPBUMP_CHECK(refuse_text(file));
  if (is_component(file)) return {};
  const auto outline = read_outline(file);
  if (!outline) return {};
  HEAPBUMP_CHECK(refuse_unlinked(*outline));
  if (is_adapter(*outline))
    return fail_at(Code::kNotComponent, 4,
                   "the file is an adapter, not a component; `heapbump place` takes it");
  if (outline->has_custom(kRecordSection))
    return fail_at(Code::kNotComponent, 4,
                   "the file is a reserved core module, not a component; `heapbump verify ORIGINAL RESERVED` "
                   "checks it, and `wasm-tools component new` makes a component of it");
  return fail_at(Code::kNotComponent, 4,
                 "the file is a core module, not a component; `heapbump component` makes one of it");
}

}  // namespace heapbump
