// The strategy `apart`: a component in which the adapter has a memory of its own, the stand-in's, and the
// program is embedded as it is. It is a component that the stock encoder made of the stand-in and an adapter,
// with four core modules, their instances and a record behind it; nothing in it is changed, since a
// component's sections may stand in any order and may refer to what was defined before.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "component/program.h"

namespace heapbump {

/// Which host calls the stand-in serves: all of preview1, or those that the program takes to run.
enum class StandInScope : std::uint8_t { all, program };
[[nodiscard]] std::string_view to_string(StandInScope value);

/// What is told about a component that was made apart, in it and beside it.
struct ApartRecord {
  std::string program_sha256;  ///< of the module that was given
  std::uint64_t program_size = 0;
  StandInScope scope = StandInScope::all;
  bool command = true;         ///< the component exports `wasi:cli/run`
  std::string adapter_sha256;  ///< of the adapter's file
  std::string encoder;         ///< that made the component of the stand-in, with its version
  EditList edits;              ///< of the program; the offsets are those of the given module

  [[nodiscard]] Json to_json() const;
};
/// Errors: kBadRecord.
[[nodiscard]] Result<ApartRecord> read_apart_record(Bytes json);

/// The five core modules of the form, as they must be for this program.
struct ApartModules {
  std::vector<std::byte> stand_in, shim, program, bridge, fixup;
};
[[nodiscard]] ApartModules make_apart_modules(Bytes program_file, const Program& program,
                                              const ApartRecord& record);

/// The names under which the four instances are given to each other.
struct ApartArgument {
  std::string_view name;
  unsigned instance;  ///< 0 shim, 1 program, 2 bridge, 3 fixup, 4 the stand-in
};
[[nodiscard]] std::vector<std::vector<ApartArgument>> apart_arguments(const Program& program);

/// `encoded`: a component of `modules.stand_in` and an adapter. Errors: those of read_component;
/// kEncoderFailed if the stand-in is not in it, once and instantiated once.
[[nodiscard]] Result<std::vector<std::byte>> append_apart(Bytes encoded, const ApartModules& modules,
                                                          const Program& program, const ApartRecord& record);

}  // namespace heapbump
