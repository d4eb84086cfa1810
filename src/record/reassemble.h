// The main module in a component is not always the file that `component new` was given. wit-component
// (wasm-tools, crates/wit-component/src/metadata.rs and src/encoding/dedupe.rs) takes `component-type`
// sections out and renames imports that occur twice, and when it does either it writes every section's size
// anew. This undoes that: the module's hash then shows that nothing else was changed. Tools that embed
// component types into a module (`component embed`) also add sections to it and write its producers anew,
// which cannot be undone; such a module is known by what is in its other sections.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wasm/module.h"

namespace heapbump {

/// Bytes of each section's size field, a digit a section, in the module that the pieces make up.
[[nodiscard]] std::string section_size_widths(const std::vector<Bytes>& pieces);

/// A hash of what every maker of components keeps: the ids and payloads of all sections that are not custom,
/// with the names of imports as they were.
[[nodiscard]] Result<std::string> kept_content_sha256(const Module& module);

/// Whether custom sections may be written anew when a component is made of this module: it has component
/// types, or may be given some, since its imports or exported functions are more than a plain preview1
/// command's.
[[nodiscard]] bool needs_component_types(const Module& module);

/// The reserved module as it was before wit-component: section sizes in their recorded widths, import names
/// as they were. Errors: kModifiedSince if it has another number of sections than recorded.
[[nodiscard]] Result<std::vector<std::byte>> reassemble(const Module& embedded, std::string_view size_widths);

}  // namespace heapbump
