// From a core module to a component: the decision between relocating its heap and putting the adapter apart,
// the component, and the proof that it is what it should be. `make_component` gives nothing that `check` does
// not pass.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "component/apart.h"
#include "component/check.h"
#include "component/encoder.h"
#include "reserve/reserve.h"

namespace heapbump {

struct ComponentRequest {
  bool may_relocate = true;            ///< false: apart
  bool may_stand_apart = true;         ///< false: relocated or refused
  std::optional<Strategy> strategy{};  ///< of the relocation; nothing: the first sound one
  Confidence min_confidence = Confidence::strong;
  std::string encoder = "auto";  ///< see find_encoder
  std::string flavor{};          ///< of the shipped adapter; empty: command or reactor, as the module is
  Bytes adapter{};               ///< another adapter's bytes; empty: the shipped one
};

struct MadeComponent {
  std::string strategy;  ///< "apart", or the name of the relocation's; "none" where the module needed nothing
  std::string why;       ///< in words, after "because"
  Encoder encoder;
  std::string adapter_flavor;   ///< of a shipped adapter; empty for another
  std::string adapter_release;  ///< "wasmtime 49.0.3"; empty for another
  std::string adapter_sha256;
  bool is_command = true;  ///< the component exports `wasi:cli/run`
  std::string input_sha256;
  std::uint64_t input_size = 0;
  std::optional<Reservation> reservation;  ///< where it was relocated
  std::optional<ApartRecord> apart;
  std::optional<ComponentCheck> check;  ///< absent where nothing was reserved and nothing is apart
  std::vector<std::byte> module;        ///< the core module that is embedded
  std::vector<std::byte> component;
  std::vector<std::string> warnings;
};

/// Errors: those of read_outline, read_program, reserve and encoding; kCheckFailed where what was made does
/// not pass; kComponent for a component.
[[nodiscard]] Result<MadeComponent> make_component(Bytes file, const ComponentRequest& request);

/// The report, schemas/component.schema.json.
[[nodiscard]] Json to_json(const MadeComponent& made);
/// What an auditor needs beside the component: the manifest of a reserved module, or the record of `apart`.
[[nodiscard]] Json component_manifest(const MadeComponent& made);

}  // namespace heapbump
