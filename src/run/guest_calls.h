// What crosses the module's face in a run beside preview1: exports that are invoked with numbers, and imports
// that a stub answers. Both are read from the text of the command line against the module's own types, once,
// so that both engines get the same bits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace heapbump::run {

/// A call of an export. Types have one letter a value: i (i32), I (i64), f (f32), F (f64).
struct GuestCall {
  std::string name;
  std::string types;                ///< of the arguments
  std::vector<std::uint64_t> bits;  ///< of each argument, as many as there are types
};

/// An import that is answered without being known: always the same result, no effect.
struct Stub {
  std::string module;
  std::string name;
  std::string params;
  std::string results;     ///< at most one letter
  std::uint64_t bits = 0;  ///< of the result
  std::string value;       ///< the same as it was written: "0"
};

/// "malloc", "malloc 100", "scale 2 0.5", "f -1 0x10": the words after the name that are numbers are its
/// arguments. Errors: kUsage where the module exports no such function, or one of other parameters.
[[nodiscard]] Result<GuestCall> read_guest_call(Bytes module, const std::string& text);

/// The stubs that a module's imports get: those named in `stubs` ("env.f=0"), and with `all` a zero for every
/// other that no preview1 host answers. Errors: kUsage for a stub that is no import, is one that the host
/// answers itself, or whose value does not fit its result.
[[nodiscard]] Result<std::vector<Stub>> read_stubs(Bytes module, const std::vector<std::string>& stubs,
                                                   bool all);

/// Whether a text is a number as an argument is written.
[[nodiscard]] bool is_number(std::string_view text);

}  // namespace heapbump::run
