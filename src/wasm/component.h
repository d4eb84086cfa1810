// A finished component, opened as far as `check` needs: the core modules embedded in it with their file
// offsets, how they are instantiated, and what each of their imports is bound to. Types and functions of the
// component level are stepped over. Every definition may only refer to earlier ones, which is what makes
// following a binding end.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wasm/module.h"

namespace heapbump {

/// A core module of a component. `embedded` is false for one that is imported or aliased, whose bytes are not
/// here.
struct EmbeddedModule {
  bool embedded = false;
  std::uint64_t file_offset = 0;  ///< of the module's first byte
  Bytes bytes;
};

struct CoreInstanceArgument {
  std::string_view name;  ///< the module name of the imports it satisfies
  std::uint32_t instance = 0;
};

struct CoreInlineExport {
  std::string_view name;
  ExternalKind kind = ExternalKind::function;
  std::uint32_t index = 0;  ///< in the component's core index space of its kind
};

/// Either a module's instantiation (`module` is set) or a bag of items defined before.
struct CoreInstance {
  std::optional<std::uint32_t> module;
  std::vector<CoreInstanceArgument> arguments;
  std::vector<CoreInlineExport> exports;
  std::uint64_t file_offset = 0;
};

/// An item of one of the component's core index spaces: an export of an instance, or made by the canonical
/// ABI.
struct CoreItem {
  std::optional<std::uint32_t> instance;  ///< absent: a canonical definition
  std::string_view name;
};

/// Which instance's export an import is bound to in the end.
struct CoreOrigin {
  std::uint32_t instance = 0;  ///< always the instantiation of a module
  std::string_view name;
  bool operator==(const CoreOrigin&) const = default;
};

struct Component {
  std::uint64_t file_offset = 0;
  std::vector<EmbeddedModule> modules;
  std::vector<CoreInstance> instances;
  std::vector<CoreItem> functions;
  std::vector<CoreItem> tables;
  std::vector<CoreItem> memories;
  std::vector<CoreItem> globals;
  std::vector<CoreItem> tags;
  std::vector<Component> components;  ///< nested ones, in file order
  std::vector<Bytes> records;  ///< contents of its own custom sections called `heapbump`, without the name

  /// What the import (module_name, name) of this instance is bound to; nothing if it is bound to a canonical
  /// function or to something that does not exist.
  [[nodiscard]] std::optional<CoreOrigin> resolve(const CoreInstance& instance, std::string_view module_name,
                                                  std::string_view name, ExternalKind kind) const;
  /// Follows an export of an instance to the instantiation that it comes from.
  [[nodiscard]] std::optional<CoreOrigin> origin(std::uint32_t instance, std::string_view name,
                                                 ExternalKind kind) const;
  [[nodiscard]] const std::vector<CoreItem>& items(ExternalKind kind) const;
};

/// The custom section in which a component that heapbump made says how.
inline constexpr std::string_view kComponentRecord = "heapbump";

/// Whether the bytes begin as a component does.
[[nodiscard]] bool is_component(Bytes file);

/// Reads a component. Errors: kNotComponent, kNotWasm, kTruncated, kBadLeb, kBadUtf8, kBadIndex,
/// kSectionSize, kMalformed, kWorkLimit for nesting beyond 16, kComponentFeature for definitions of later
/// proposals.
[[nodiscard]] Result<Component> read_component(Bytes file);

}  // namespace heapbump
