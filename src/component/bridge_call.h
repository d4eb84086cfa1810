// The body of one function of the bridge, from the row of its host call. See bridge.h for what it keeps.
#pragma once

#include "component/bridge.h"
#include "component/bridge_helpers.h"

namespace heapbump {

[[nodiscard]] emit::Body bridge_code(const BridgeCall& call, const BridgeFunctions& functions);

}  // namespace heapbump
