// `heapbump place`: a released adapter and a manifest in, the adapter that lives in the manifest's slots out.
// The manifest is as untrusted as the adapter. What comes out was read anew and compared with what was meant
// before it is handed back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "record/manifest.h"
#include "wasm/edit.h"

namespace heapbump {

struct PlacedAdapter {
  std::string family;
  std::string flavor;
  std::uint32_t slot = 0;                    ///< the manifest's adapter number
  std::uint32_t stack_top = 0;               ///< linear-memory address where the stack begins; it grows down
  std::uint32_t state_base = 0;              ///< linear-memory address
  std::uint64_t state_needed = 0;            ///< bytes of State that the adapter asks for, 0 if none
  std::optional<std::uint64_t> stack_bound;  ///< most bytes of stack in use at once, where it can be computed
  std::string input_sha256;
  std::uint64_t input_size = 0;  ///< bytes
  std::string output_sha256;
  std::string module_sha256;  ///< the reserved module it goes with; empty if the manifest does not say
  EditList edits;
  std::vector<std::byte> bytes;
};

/// Errors: kAdapterExpected, kAdapterUnnamed, kAdapterPlaced, kForeignAdapter, kComponent, kSlots, and those
/// of reading.
[[nodiscard]] Result<PlacedAdapter> place_adapter(Bytes adapter, const Manifest& manifest,
                                                  std::uint32_t slot);

/// The report of one placing, or of why there is none.
[[nodiscard]] Json to_json(const PlacedAdapter& placed);

}  // namespace heapbump
