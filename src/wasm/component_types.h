// The names, types and options in a component that nothing here depends on: each is read to its end and
// passed over, and a form that is not known is an error (WebAssembly/component-model, design/mvp/Binary.md).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace heapbump {

/// Error: kComponentFeature.
[[nodiscard]] std::unexpected<Error> later_proposal(std::uint64_t offset, std::string_view what,
                                                    std::uint8_t byte);

[[nodiscard]] Status skip_extern_name(Cursor& section);
/// The type of an import or export of that component-level sort.
[[nodiscard]] Status skip_extern_type(Cursor& section, std::uint8_t sort);
[[nodiscard]] Status skip_value_type(Cursor& section);
[[nodiscard]] Status skip_canon_options(Cursor& section);

}  // namespace heapbump
