// Breaks a correct reserved module in the ways that a wrong detector or a careless post-processor could. A
// wrong detector writes down what it did, so those ways go through the edit list and make a record that fits;
// a post-processor knows nothing of the record and leaves it as it was.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace heapbump::test {

struct Way {
  std::string_view name;
  std::string_view what;
};

/// Every way, in the order of the table in docs/verify.md.
[[nodiscard]] std::span<const Way> sabotage_ways();

/// The broken module. `number` picks one of several places where the way can be done (a site, a bit); nothing
/// if there is no such place in this module. Errors: the pair cannot be read or the module carries no record.
[[nodiscard]] Result<std::optional<std::vector<std::byte>>> sabotage(std::string_view way, Bytes original,
                                                                     Bytes reserved, std::size_t number);

}  // namespace heapbump::test
