#include "wasm/component.h"

namespace heapbump {

const std::vector<CoreItem>& Component::items(ExternalKind kind) const {
  switch (kind) {
    case ExternalKind::table:
      return tables;
    case ExternalKind::memory:
      return memories;
    case ExternalKind::global:
      return globals;
    case ExternalKind::tag:
      return tags;
    case ExternalKind::function:
      break;
  }
  return functions;
}

std::optional<CoreOrigin> Component::origin(std::uint32_t instance, std::string_view name,
                                            ExternalKind kind) const {
  // Each step goes to an instance that was defined earlier, so there are at most as many steps as instances.
  for (;;) {
    const CoreInstance& current = instances[instance];
    if (current.module) return CoreOrigin{instance, name};
    const CoreInlineExport* found = nullptr;
    for (const CoreInlineExport& item : current.exports) {
      if (item.kind == kind && item.name == name) found = &item;
    }
    if (found == nullptr) return std::nullopt;
    const CoreItem& item = items(kind)[found->index];
    if (!item.instance) return std::nullopt;
    instance = *item.instance;
    name = item.name;
  }
}

std::optional<CoreOrigin> Component::resolve(const CoreInstance& instance, std::string_view module_name,
                                             std::string_view name, ExternalKind kind) const {
  for (const CoreInstanceArgument& argument : instance.arguments) {
    if (argument.name == module_name) return origin(argument.instance, name, kind);
  }
  return std::nullopt;
}

}  // namespace heapbump
