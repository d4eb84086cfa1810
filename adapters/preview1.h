// wasmtime's wasi_snapshot_preview1 adapters: command, reactor and proxy, and what is made from the same
// crate. Source: bytecodealliance/wasmtime, crates/wasi-preview1-component-adapter.
#pragma once

#include <array>
#include <string_view>

#include "adapters/registry.h"

namespace heapbump::adapters {

/// Calls that every flavor exports, proxy included, in every release from 2023 to 2026.
inline constexpr std::array<std::string_view, 5> kPreview1Exports = {"cabi_import_realloc", "clock_time_get",
                                                                     "fd_write", "proc_exit", "random_get"};

[[nodiscard]] bool recognises_preview1(const Module& module);
[[nodiscard]] Result<Needs> examine_preview1(const Module& module, const Anatomy& anatomy);

inline constexpr Family kPreview1 = {
    .name = "preview1",
    .summary = "wasmtime's wasi_snapshot_preview1 adapters: command, reactor, proxy",
    .recognises = recognises_preview1,
    .examine = examine_preview1,
};

}  // namespace heapbump::adapters
