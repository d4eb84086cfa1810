#include "adapters/preview1.h"

#include <algorithm>
#include <array>

namespace heapbump::adapters {
namespace {

// Calls that every flavor exports, proxy included, in every release from 2023 to 2026.
constexpr std::array<std::string_view, 5> kExports = {"cabi_import_realloc", "clock_time_get", "fd_write",
                                                      "proc_exit", "random_get"};

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
         std::ranges::all_of(kExports, [&](std::string_view name) { return exports_function(module, name); });
}

Result<Needs> examine_preview1(const Module& module, const Anatomy& anatomy) {
  HEAPBUMP_TRY(Needs needs, examine_common("preview1", module, anatomy));
  needs.flavor = starts_main(module) ? "command" : imports_filesystem(module) ? "reactor" : "proxy";
  return needs;
}

}  // namespace heapbump::adapters
