// The strategy `apart`: a component in which the adapter has a memory of its own, the stand-in's, and the
// program is embedded as it is. It is a component that the stock encoder made of the stand-in and an adapter,
// with four core modules, their instances and a record behind it; nothing in it is changed, since a
// component's sections may be in any order and may refer to what was defined before.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "component/program.h"
#include "heapbump/check.h"

namespace heapbump {

/// How many adapters live in the stand-in's memory.
[[nodiscard]] std::uint32_t adapter_count(const ApartRecord& record);
[[nodiscard]] Json to_json(const ApartRecord& record);
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
