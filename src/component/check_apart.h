// `check` for the form `apart`: the embedded program is the module on record, the four other core modules are
// byte for byte what heapbump generates for it, they are put together as they must be, no other instance is
// given the program's memory, and the adapter lives in the stand-in's.
#pragma once

#include "base/budget.h"
#include "heapbump/check.h"
#include "wasm/component.h"

namespace heapbump {

/// Looks at one component, not at nested ones; adds to `out.apart` if it has a record. Errors: those of
/// reading an adapter's code. `description`: what the described calls on record must be in; may be nullptr.
[[nodiscard]] Status check_apart(const Component& component, Budget& budget, const Description* description,
                                 ComponentCheck& out);

}  // namespace heapbump
