#include "cli/paths.h"

#include <CLI/CLI.hpp>

#include "base/io.h"

namespace heapbump::cli {
namespace {

[[noreturn]] void refuse(const NamedPath& a, const NamedPath& b, const std::string& more) {
  throw CLI::ValidationError(a.option + " and " + b.option + " are the same file; nothing was written" +
                             more);
}

void check_streams(const std::vector<NamedPath>& paths, const char* stream) {
  const NamedPath* first = nullptr;
  for (const NamedPath& each : paths) {
    if (each.path != "-") continue;
    if (first != nullptr)
      throw CLI::ValidationError(first->option + " and " + each.option + " cannot both use standard " +
                                 stream);
    first = &each;
  }
}

}  // namespace

void check_paths(const std::vector<NamedPath>& inputs, const std::vector<NamedPath>& outputs,
                 InPlace in_place) {
  check_streams(inputs, "input");
  check_streams(outputs, "output");
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const NamedPath& output = outputs[i];
    if (output.path.empty()) continue;
    for (std::size_t j = 0; j < inputs.size(); ++j) {
      if (inputs[j].path.empty() || !same_file(inputs[j].path, output.path)) continue;
      const InPlace here = i == 0 && j == 0 ? in_place : InPlace::no;
      if (here == InPlace::wanted) continue;
      refuse(inputs[j], output, here == InPlace::offered ? " (--in-place replaces the input)" : "");
    }
    for (std::size_t j = 0; j < i; ++j)
      if (!outputs[j].path.empty() && same_file(outputs[j].path, output.path)) refuse(outputs[j], output, "");
  }
}

}  // namespace heapbump::cli
