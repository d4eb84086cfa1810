// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// `heapbump check`: does a finished component use the region that was reserved in its main module, and
// nothing else? It finds each embedded core module with a heapbump section, proves that it is what reserving
// wrote, finds every other core module that is given its memory, and asks each of those where its own memory
// comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heapbump/description.h"
#include "heapbump/error.h"
#include "heapbump/input.h"
#include "heapbump/manifest.h"

namespace heapbump {

/// How a core module uses the memory of another. shim: it asks the main module's `cabi_realloc_adapter`.
/// placed: its addresses are constants. nothing: it uses none.
enum class Tenure { nothing, shim, placed };

[[nodiscard]] std::string_view to_string(Tenure value);

struct Tenant {
  Tenure tenure = Tenure::nothing;
  std::uint32_t requests = 0;                ///< places in its code that ask the shim for a slot
  std::optional<std::uint32_t> slot;         ///< the manifest's adapter number, when placed
  std::optional<std::uint32_t> stack_top;    ///< linear-memory address, when placed
  std::optional<std::uint32_t> state_base;   ///< linear-memory address, when placed
  std::optional<std::uint64_t> stack_bound;  ///< most bytes of stack in use at once, where it can be computed
  std::vector<Error> faults;  ///< why it does not keep to the region; offsets are in the tenant's bytes
};

/// A core module that lives in a reserved module's memory. Fault offsets are offsets in the component file.
struct CheckedTenant {
  std::uint64_t file_offset = 0;  ///< of the module in the component
  std::uint32_t module_index = 0;
  std::uint32_t instance_index = 0;
  std::string name;  ///< as its name section has it; may be empty
  Tenant facts;
};

/// How it was shown that the embedded module is what reserving wrote. unchanged: it is those bytes.
/// rewritten: it is once wit-component's renaming of imports and its new section sizes are undone.
/// kept_content: its custom sections were written anew as well, and all others are what the record has the
/// hash of.
enum class ModuleOrigin { unchanged, rewritten, kept_content };

[[nodiscard]] std::string_view to_string(ModuleOrigin value);

/// One instance of a reserved module.
struct CheckedModule {
  std::uint64_t file_offset = 0;
  std::uint64_t size = 0;
  std::uint32_t instance_index = 0;
  std::string
      sha256;  ///< of the reserved module it was made from; of the embedded bytes if that cannot be had
  ModuleOrigin origin = ModuleOrigin::unchanged;
  Manifest manifest;
  std::vector<CheckedTenant> tenants;
  std::vector<Error> faults;
  [[nodiscard]] bool passed() const;
};

/// Which host calls the stand-in serves: all of preview1, or those that the program takes to run.
enum class StandInScope : std::uint8_t { all, program };
[[nodiscard]] std::string_view to_string(StandInScope value);

/// An adapter besides that of preview1.
struct NamedAdapterRecord {
  std::string serves;  ///< the module name of the imports that it answers
  std::string sha256;  ///< of its file
};

/// What is reported about a component that was made apart, in it and beside it.
struct ApartRecord {
  std::string program_sha256;  ///< of the module that was given
  std::uint64_t program_size = 0;
  StandInScope scope = StandInScope::all;
  bool command = true;                       ///< the component exports `wasi:cli/run`
  std::string adapter_sha256;                ///< of the adapter's file
  std::string encoder;                       ///< that made the component of the stand-in, with its version
  std::vector<NamedAdapterRecord> adapters;  ///< besides that of preview1
  std::string description_sha256;            ///< of the description; empty without one
  std::vector<DescribedCall> described;      ///< those of its calls that the program imports
  EditList edits;                            ///< of the program; the offsets are those of the given module
};

/// One component whose adapter lives apart. Offsets are offsets in the component file.
struct CheckedApart {
  std::uint64_t file_offset = 0;  ///< of the embedded program; 0 where it was not found
  std::uint64_t size = 0;         ///< bytes of the embedded program
  ApartRecord record;
  std::vector<CheckedTenant> tenants;  ///< adapters in the stand-in's memory
  std::vector<Error> faults;
  [[nodiscard]] bool passed() const;
};

struct ComponentCheck {
  std::string input_sha256;
  std::uint64_t input_size = 0;
  std::vector<CheckedModule> modules;
  std::vector<CheckedApart> apart;
  [[nodiscard]] bool passed() const;
  /// The first fault in file order; only if not passed.
  [[nodiscard]] const Error* first_fault() const;
};

/// `expected`: the manifest that the component's reserved module must belong to, if one is given.
/// `description`: what the calls that are on record as described must be in it, if one is given. Errors:
/// those of read_component and of reading its core modules; kNotReserved if no module in it was reserved.
[[nodiscard]] Result<ComponentCheck> check_component(std::span<const std::byte> file,
                                                     const Manifest* expected,
                                                     const Description* description = nullptr);
/// The same where a later tool may have taken the record from the reserved module: `record` is the member
/// `record` of its manifest's file, as JSON text. The module is then known by the manifest's memory, and has
/// to be what reserving wrote all the same.
[[nodiscard]] Result<ComponentCheck> check_component(std::span<const std::byte> file,
                                                     const Manifest& expected, std::string_view record,
                                                     const Description* description = nullptr);

}  // namespace heapbump
