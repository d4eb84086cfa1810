#include "component/append.h"

namespace heapbump {
namespace {

constexpr std::uint8_t kCustomSection = 0, kCoreModuleSection = 1, kCoreInstanceSection = 2;
constexpr std::uint8_t kInstantiate = 0, kInstanceSort = 0x12;

void append_section(Writer& component, std::uint8_t id, Bytes content) {
  component.u8(id).uleb(content.size()).bytes(content);
}

}  // namespace

void append_core_module(Writer& component, Bytes module) {
  append_section(component, kCoreModuleSection, module);
}

void append_core_instances(Writer& component, std::span<const AppendedInstance> instances) {
  Writer content;
  content.uleb(instances.size());
  for (const AppendedInstance& instance : instances) {
    content.u8(kInstantiate).uleb(instance.module).uleb(instance.arguments.size());
    for (const AppendedArgument& argument : instance.arguments)
      content.name(argument.name).u8(kInstanceSort).uleb(argument.instance);
  }
  append_section(component, kCoreInstanceSection, content.view());
}

void append_custom_section(Writer& component, std::string_view name, Bytes content) {
  const Writer payload = std::move(Writer().name(name).bytes(content));
  append_section(component, kCustomSection, payload.view());
}

}  // namespace heapbump
