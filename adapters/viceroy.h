// Fastly's adapters, which Viceroy puts into its components: a fork of the preview1 adapter with Fastly's
// host calls beside it. Source: fastly/Viceroy, wasm_abi/adapter and src/adapt.rs. There are two kinds. The
// `noshift` ones ask the main module for memory as wasmtime's do and can be placed. The others have their
// addresses, the first two pages, compiled in, for modules whose every memory access Viceroy rewrote; a
// module that heapbump reserved must not be used with those.
#pragma once

#include "adapters/registry.h"

namespace heapbump::adapters {

[[nodiscard]] bool recognises_viceroy(const Module& module);
[[nodiscard]] Result<Needs> examine_viceroy(const Module& module, const Anatomy& anatomy);

inline constexpr Family kViceroy = {
    .name = "viceroy",
    .summary = "Fastly's adapters for Viceroy, the noshift ones",
    .recognises = recognises_viceroy,
    .examine = examine_viceroy,
};

}  // namespace heapbump::adapters
