// Modules written as WebAssembly text, so that a test shows what its module holds. The text is parsed by wabt
// and not validated: a test may ask for a body whose stack does not add up. Numbers get their shortest
// encoding; what needs padded immediates or malformed bytes is built by module_builder.h.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace heapbump::test {

/// The binary of a module in text. Throws std::runtime_error with wabt's message if it does not parse.
[[nodiscard]] std::vector<std::byte> wat(std::string_view text);

}  // namespace heapbump::test
