// What `verify --run` calls from outside and what answers in the place of hosts that are not there, with
// every number already in the type that the module wants. It is resolved once, from the original module, so
// both engines and both modules get the same values. C++17: the seam to wabt includes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heapbump::run {

/// A number as a module sees it. `type` is i (32-bit), I (64-bit), f (float) or F (double); `bits` are its
/// bits, zero-extended.
struct Number {
  char type = 'i';
  std::uint64_t bits = 0;
};

/// One call of an export.
struct Invocation {
  std::string name;
  std::string label;              ///< "malloc(100)", or the name where there is no argument
  std::vector<Number> arguments;  ///< one for each parameter
  std::string results;            ///< a type letter for each result
};

/// An import that answers the same numbers whenever it is called, and does nothing else.
struct Stub {
  std::string module;
  std::string name;
  std::string parameters;  ///< a type letter for each
  std::vector<Number> results;
};

/// As a user writes it: "-1", "2.5".
[[nodiscard]] std::string to_string(const Number& number);
/// Numbers as a trace holds them: bits in decimal, each with a blank behind it. All NaNs are one: engines may
/// choose their payload.
[[nodiscard]] std::string shown(const std::vector<Number>& numbers);

}  // namespace heapbump::run
