// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The answers as JSON text, the same that the command line prints: keys sorted, no clock, no path and no
// machine in it, so that the same input gives the same text everywhere. The schemas are in
// share/heapbump/schemas.
#pragma once

#include <string>
#include <string_view>

#include "heapbump/check.h"
#include "heapbump/component.h"
#include "heapbump/detect.h"
#include "heapbump/error.h"
#include "heapbump/input.h"
#include "heapbump/manifest.h"
#include "heapbump/reserve.h"
#include "heapbump/verify.h"

namespace heapbump {

/// The library's version, "0.2.0".
[[nodiscard]] std::string_view version();

/// layout.json
[[nodiscard]] std::string json_text(const Manifest& manifest);
/// What `detect` answered, a refusal or an error included.
[[nodiscard]] std::string json_text(const Input& input, const Result<Finding>& finding);
/// The report of a reservation. `request` is the one it was made for.
[[nodiscard]] std::string json_text(const Input& input, const Reservation& reservation,
                                    const Request& request);
[[nodiscard]] std::string json_text(const Verification& verification);
[[nodiscard]] std::string json_text(const ComponentCheck& check);
[[nodiscard]] std::string json_text(const MadeComponent& made);
[[nodiscard]] std::string json_text(const PlacedAdapter& placed);

}  // namespace heapbump
