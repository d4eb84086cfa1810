// Small components for unit tests, in the shape wit-component gives them: core modules, their instances, the
// items that are passed between them. Nothing is checked.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace heapbump::test {

class ComponentBuilder {
 public:
  ComponentBuilder() { out_.bytes(as_bytes(std::string_view("\0asm\x0d\0\1\0", 8))); }

  ComponentBuilder& section(std::uint8_t id, Bytes content) {
    out_.u8(id).uleb(content.size()).bytes(content);
    return *this;
  }
  ComponentBuilder& module(Bytes bytes) { return section(1, bytes); }
  ComponentBuilder& component(Bytes bytes) { return section(4, bytes); }
  ComponentBuilder& instantiate(std::uint32_t module,
                                std::initializer_list<std::pair<std::string_view, std::uint32_t>> with) {
    Writer w;
    w.uleb(1).u8(0).uleb(module).uleb(with.size());
    for (const auto& [name, instance] : with) w.name(name).u8(0x12).uleb(instance);
    return section(2, w.view());
  }
  /// kind: 0 function, 2 memory.
  ComponentBuilder& bag(std::string_view name, std::uint8_t kind, std::uint32_t index) {
    return section(2, Writer().uleb(1).u8(1).uleb(1).name(name).u8(kind).uleb(index).view());
  }
  ComponentBuilder& alias(std::uint8_t kind, std::uint32_t instance, std::string_view name) {
    return section(6, Writer().uleb(1).u8(0).u8(kind).u8(1).uleb(instance).name(name).view());
  }
  [[nodiscard]] const std::vector<std::byte>& build() const { return out_.view(); }

 private:
  Writer out_;
};

}  // namespace heapbump::test
