// Core modules and their instances behind a finished component. Nothing in it is changed, since a component's
// sections may stand in any order and may refer to what was defined before; the new items have the next
// indices of their kind. Forms: component model, Binary.md, "core:module" and "core:instance".
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace heapbump {

/// An instance that is given to another, under the module name of the imports that it serves.
struct AppendedArgument {
  std::string_view name;
  std::uint32_t instance = 0;  ///< in the component's index space
};

struct AppendedInstance {
  std::uint32_t module = 0;  ///< in the component's index space
  std::vector<AppendedArgument> arguments;
};

void append_core_module(Writer& component, Bytes module);
/// One section; they are instantiated in this order.
void append_core_instances(Writer& component, std::span<const AppendedInstance> instances);
void append_custom_section(Writer& component, std::string_view name, Bytes content);

}  // namespace heapbump
