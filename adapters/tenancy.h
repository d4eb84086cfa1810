// Whether a core module that lives in another module's memory keeps to the region: the question `check` asks
// of each adapter in a finished component. Nothing is taken from names, since a component's modules may have
// lost theirs: what wit-component injected is recognised by its instructions (wasm-tools,
// crates/wit-component/src/gc.rs).
#pragma once

#include <cstdint>
#include <vector>

#include "adapters/anatomy.h"
#include "base/budget.h"
#include "heapbump/check.h"
#include "heapbump/manifest.h"
#include "wasm/module.h"

namespace heapbump::adapters {

/// What the tenant's function imports are bound to, as far as it matters here.
struct Bindings {
  std::vector<std::uint32_t> shim;           ///< its function imports that are the main module's shim
  std::vector<std::uint32_t> other_realloc;  ///< those that are another realloc of the main module
};

/// `manifest`: of the main module whose memory it lives in. Errors: those of read_anatomy.
[[nodiscard]] Result<Tenant> inspect_tenant(const Module& tenant, const Bindings& bindings,
                                            const Manifest& manifest, Budget& budget);

}  // namespace heapbump::adapters
