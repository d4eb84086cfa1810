// The rows of described calls in the record of a component, from which `check` makes the bridge again. The
// record is untrusted: depth and counts are bounded, and an element's pointers must be inside it, in
// order, beside each other.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "heapbump/description.h"

namespace heapbump {

[[nodiscard]] Json to_json(const DescribedCall& call);
/// Errors: kBadRecord.
[[nodiscard]] Result<DescribedCall> read_described_call(const Json& json);

/// Fields of a record; the error names the field.
namespace record_field {
[[nodiscard]] std::unexpected<Error> bad(std::string_view field);
[[nodiscard]] Result<std::string> text_of(const Json& document, std::string_view field);
[[nodiscard]] Result<std::uint64_t> number_of(const Json& document, std::string_view field);
[[nodiscard]] Result<bool> flag_of(const Json& document, std::string_view field);
[[nodiscard]] Result<const Json::Array*> list_of(const Json& document, std::string_view field);
}  // namespace record_field

}  // namespace heapbump
