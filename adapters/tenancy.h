// Whether a core module that lives in another module's memory keeps to the region: the question `check` asks
// of each adapter in a finished component. Nothing is taken from names, since a component's modules may have
// lost theirs: what wit-component injected is recognised by its instructions (wasm-tools,
// crates/wit-component/src/gc.rs).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/anatomy.h"
#include "record/manifest.h"
#include "wasm/module.h"

namespace heapbump::adapters {

/// shim: it asks the main module's `cabi_realloc_adapter`. placed: its addresses are constants. nothing: it
/// uses none.
enum class Tenure { nothing, shim, placed };

[[nodiscard]] std::string_view to_string(Tenure value);

struct Tenant {
  Tenure tenure = Tenure::nothing;
  std::uint32_t requests = 0;                ///< places in its code that ask the shim for a slot
  std::optional<std::uint32_t> slot;         ///< the manifest's adapter number, when placed
  std::optional<std::uint32_t> stack_top;    ///< linear-memory address, when placed
  std::optional<std::uint32_t> state_base;   ///< linear-memory address, when placed
  std::optional<std::uint64_t> stack_bound;  ///< most bytes of stack in use at once, where it can be computed
  std::vector<Error> faults;  ///< why it does not keep to the region; offsets are in the tenant's bytes
};

/// What the tenant's function imports are bound to, as far as it matters here.
struct Bindings {
  std::vector<std::uint32_t> shim;           ///< its function imports that are the main module's shim
  std::vector<std::uint32_t> other_realloc;  ///< those that are another realloc of the main module
};

/// `manifest`: of the main module whose memory it lives in. Errors: those of read_anatomy.
[[nodiscard]] Result<Tenant> inspect_tenant(const Module& tenant, const Bindings& bindings,
                                            const Manifest& manifest);

}  // namespace heapbump::adapters
