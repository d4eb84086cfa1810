// The core modules of one component for `check`: each is read once and only when it is asked for, and offsets
// in errors are those of the component's file.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "record/record.h"
#include "wasm/component.h"
#include "wasm/module.h"

namespace heapbump {

/// The error of an embedded module as one of the file that holds it.
[[nodiscard]] inline Error moved(Error error, std::uint64_t by) {
  if (error.offset) *error.offset += by;
  return error;
}

/// One component's core modules, each read once and only when asked for.
class EmbeddedModules {
 public:
  /// `record`: text of a record for the main module that carries none; may be empty.
  EmbeddedModules(const Component& component, std::string_view record)
      : component_(component), record_(record) {}

  /// The main module with its record, where that is the one that was taken from it.
  Result<const Module*> with_record_again(std::uint32_t index) {
    HEAPBUMP_TRY(const Module* bare, at(index));
    restored_bytes_ = with_record(bare->file, record_);
    auto module = read_module(restored_bytes_);
    if (!module)
      return std::unexpected(moved(std::move(module).error(), component_.modules[index].file_offset));
    restored_ = *std::move(module);
    return &restored_;
  }

  /// nullptr for a module that is not embedded.
  Result<const Module*> at(std::uint32_t index) {
    const EmbeddedModule& embedded = component_.modules[index];
    if (!embedded.embedded) return nullptr;
    // An export gives a module a second index.
    const auto found = read_.find(embedded.file_offset);
    if (found != read_.end()) return &found->second;
    auto module = read_module(embedded.bytes);
    if (!module) return std::unexpected(moved(std::move(module).error(), embedded.file_offset));
    return &read_.emplace(embedded.file_offset, *std::move(module)).first->second;
  }

 private:
  const Component& component_;
  std::map<std::uint64_t, Module> read_;  ///< by file offset
  std::string_view record_;
  std::vector<std::byte> restored_bytes_;
  Module restored_;
};

/// Whether the module has a section heapbump.
[[nodiscard]] bool carries_record(const EmbeddedModule& embedded);

}  // namespace heapbump
