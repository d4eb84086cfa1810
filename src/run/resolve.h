// Makes calls and stubs of what a user wrote. The types come from the module, so `100` is an i32, an i64 or a
// float, as the function wants it.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "run/calls.h"

namespace heapbump::run {

/// `--invoke malloc 100`
struct InvokeText {
  std::string name;
  std::vector<std::string> arguments;
};

/// What the user asked for beside the program's entry.
struct CallTexts {
  std::vector<InvokeText> invoke;
  std::vector<std::string> stubs;  ///< "env.f=0", "env.f=1,2.5" for several results, "env.f" for none
  bool stub_imports = false;       ///< every function that the host does not have answers zeros
};

struct Calls {
  std::vector<Invocation> invoke;
  std::vector<Stub> stubs;
};

/// Errors: kUsage for an export or import that is not there, a wrong count, a text that is no number of the
/// type, and a type that no number has; those of read_outline where anything was asked for.
[[nodiscard]] Result<Calls> resolve_calls(Bytes module, const CallTexts& texts);

/// Whether a word is a number in any of the ways that an argument may be written.
[[nodiscard]] bool is_number(std::string_view word);

}  // namespace heapbump::run
