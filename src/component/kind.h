// What kind of file this is, for those who gave a file to the wrong verb. Each answer names the verb that
// takes such a file. What is not known to be of another kind passes: its own reader says what is wrong.
#pragma once

#include "base/bytes.h"
#include "heapbump/error.h"
#include "wasm/module.h"

namespace heapbump {

/// Refuses what is no main module, as `detect`, `reserve`, `component`, `map`, `verify` and `undo` take it:
/// kComponent, kObjectFile, kSharedLibrary, kAdapterGiven, kNotWasm for text.
[[nodiscard]] Status expect_main_module(Bytes file);
/// A file of that kind, read. Errors: those of expect_main_module and read_module.
[[nodiscard]] Result<Module> read_main_module(Bytes file);
/// The same for `place`, which takes an adapter: kComponent, kObjectFile, kSharedLibrary, kNotWasm for text.
[[nodiscard]] Status expect_adapter(Bytes file);
/// The same for `check`, which takes a component: kNotComponent, kNotWasm for text.
[[nodiscard]] Status expect_component(Bytes file);

}  // namespace heapbump
