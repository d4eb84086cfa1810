// verify for whoever has read and hashed the two files already: one reading of the original and one hash a
// file within one request. The invariant: what is shared is bytes, facts that were read from them and hashes
// of them, never a conclusion of the detectors or the plan.
#pragma once

#include <optional>
#include <string>

#include "heapbump/verify.h"
#include "wasm/module.h"

namespace heapbump {

/// Hashes that the caller has taken of the very bytes that it hands over. Those of the reserved module were
/// taken on the way to its record, with the checkpoints in it.
struct KnownHashes {
  std::string original_sha256;
  std::string reserved_sha256;
};

/// As verify_modules, of an original that was read. `pages`: those of the reserved file, if it is mapped.
[[nodiscard]] Result<Verification> verify_modules(const Module& original, Bytes reserved,
                                                  const KnownHashes& known,
                                                  const std::optional<Manifest>& manifest,
                                                  PagesUsed pages = {});
/// As verify_modules, of files that are mapped.
[[nodiscard]] Result<Verification> verify_modules(Bytes original, Bytes reserved,
                                                  const std::optional<Manifest>& manifest, PagesUsed pages);

}  // namespace heapbump
