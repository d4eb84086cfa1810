// The paths of one command: no two of them may be the same file, or one would destroy what the other needs.
#pragma once

#include <string>
#include <vector>

namespace heapbump::cli {

struct NamedPath {
  std::string option;  ///< as the user knows it: "IN", "--manifest"
  std::string path;    ///< empty: not given
};

/// Whether the verb can replace its first input by its first output, and whether it was asked to.
enum class InPlace { no, offered, wanted };

/// Throws CLI::ValidationError (HB0201) if two outputs, or an input and an output, are the same file, and if
/// two outputs or two inputs are `-`. Inputs may be the same file. Nothing has been written then.
void check_paths(const std::vector<NamedPath>& inputs, const std::vector<NamedPath>& outputs,
                 InPlace in_place = InPlace::no);

}  // namespace heapbump::cli
