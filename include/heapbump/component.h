// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What goes into a component beside the reserved module. `place_adapter`: a released adapter and a manifest
// in, the adapter that lives in the manifest's slots out. The manifest is as untrusted as the adapter. What
// comes out was read again and compared with what was meant before it is returned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heapbump/check.h"
#include "heapbump/description.h"
#include "heapbump/detect.h"
#include "heapbump/error.h"
#include "heapbump/input.h"
#include "heapbump/manifest.h"
#include "heapbump/reserve.h"

namespace heapbump {

/// What makes a component of a core module and an adapter: a part of this library, or a stock tool that is
/// run.
enum class EncoderKind : std::uint8_t { builtin, wasm_tools, jco };

struct Encoder {
  EncoderKind kind = EncoderKind::builtin;
  std::string path;     ///< of the program; empty for the built-in one
  std::string version;  ///< as it says itself, "wasm-tools 1.262.0"
};

/// An adapter for the imports of one module name.
struct NamedAdapter {
  std::string serves;
  std::span<const std::byte> bytes;
};

struct ComponentRequest {
  bool may_relocate = true;            ///< false: apart
  bool may_stand_apart = true;         ///< false: relocated or refused
  std::optional<Strategy> strategy{};  ///< of the relocation; nothing: the first sound one
  Confidence min_confidence = Confidence::strong;
  std::string encoder =
      "auto";  ///< auto (wasm-tools if it is on PATH, else builtin), builtin, wasm-tools, jco, or a path
  std::string flavor{};  ///< of the shipped adapter; empty: command or reactor, as the module is
  std::span<const std::byte> adapter{};  ///< another preview1 adapter's bytes; empty: the shipped one
  std::vector<NamedAdapter> adapters{};  ///< for imports of other interfaces
  /// Of those interfaces: needed where the module is not relocated.
  std::shared_ptr<const Description> description{};
};

struct MadeComponent {
  std::string strategy;  ///< "apart", or the name of the relocation's; "none" where the module needed nothing
  std::string why;       ///< in words, after "because"
  Encoder encoder;
  std::string adapter_flavor;   ///< of a shipped adapter; empty for another
  std::string adapter_release;  ///< "wasmtime 49.0.3"; empty for another
  std::string adapter_sha256;
  std::vector<NamedAdapterRecord> adapters;  ///< besides that of preview1
  bool is_command = true;                    ///< the component exports `wasi:cli/run`
  std::string input_sha256;
  std::uint64_t input_size = 0;
  std::optional<Reservation> reservation;  ///< where it was relocated
  std::optional<ApartRecord> apart;
  /// Where it is apart although it might have been relocated: what spoke against that, and what was found.
  std::optional<Error> not_relocated;
  std::optional<Finding> finding;
  std::optional<ComponentCheck> check;  ///< absent where nothing was reserved and nothing is apart
  std::vector<std::byte> module;        ///< the core module that is embedded
  std::vector<std::byte> component;
  std::vector<std::string> warnings;
};

/// Errors: those of read_outline, read_program, reserve and encoding; kCheckFailed where what was made does
/// not pass; kComponent for a component; kForeignImports and kUndescribed where an import is served by
/// nothing that was given.
[[nodiscard]] Result<MadeComponent> make_component(std::span<const std::byte> file,
                                                   const ComponentRequest& request);

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
[[nodiscard]] Result<PlacedAdapter> place_adapter(std::span<const std::byte> adapter,
                                                  const Manifest& manifest, std::uint32_t slot);

}  // namespace heapbump
