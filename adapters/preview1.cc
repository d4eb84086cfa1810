#include "adapters/preview1.h"

#include <algorithm>

namespace heapbump::adapters {
namespace {

bool exports_function(const Module& module, std::string_view name) {
  return module.find_export(name, ExternalKind::function) != nullptr;
}

/// What a command's adapter exports has had many names ("main", "run", "wasi:cli/run@0.2.12#run"); what it
/// calls has one.
bool starts_main(const Module& module) {
  return std::ranges::any_of(module.imports, [](const Import& import) {
    return import.kind == ExternalKind::function && import.module == "__main_module__" &&
           import.name == "_start";
  });
}

bool imports_filesystem(const Module& module) {
  return std::ranges::any_of(module.imports, [](const Import& import) {
    return import.module.find("filesystem") != std::string_view::npos;
  });
}

}  // namespace

bool recognises_preview1(const Module& module) {
  const bool imports_memory = !module.memories.empty() && module.memories.front().imported;
  return imports_memory && !module.imports_preview1() &&
         std::ranges::all_of(kPreview1Exports,
                             [&](std::string_view name) { return exports_function(module, name); });
}

Result<Needs> examine_preview1(const Module& module, const Anatomy& anatomy) {
  HEAPBUMP_TRY(Needs needs, examine_common("preview1", module, anatomy));
  needs.flavor = starts_main(module) ? "command" : imports_filesystem(module) ? "reactor" : "proxy";
  return needs;
}

}  // namespace heapbump::adapters
