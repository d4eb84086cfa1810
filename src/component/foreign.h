// Imports that are not WASI's: which of them the adapters given for other interfaces serve, and what the
// description says of them. What is in the way is reported before any work is done, all of it at once.
#pragma once

#include <vector>

#include "heapbump/component.h"
#include "wasm/outline.h"

namespace heapbump {

/// The described calls that the module imports; none where there is no description. Errors: kUsage for
/// adapters that cannot be (a name given twice, more than kMostAdapters, WASI's own); those of reading an
/// adapter; kForeignImports naming every import that no adapter exports; kUndescribed where there is a
/// description and it leaves one of the others open.
[[nodiscard]] Result<std::vector<DescribedCall>> described_imports(const Outline& outline,
                                                                   const ComponentRequest& request);

}  // namespace heapbump
