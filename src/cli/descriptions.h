// The files given with --describe, read as one description.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "heapbump/description.h"

namespace heapbump::cli {

/// `blamed`: set to the path of a file that cannot be read; what is wrong in a file names that file itself.
[[nodiscard]] Result<std::shared_ptr<const Description>> read_descriptions(
    const Session& session, const std::vector<std::string>& paths, std::string& blamed);

}  // namespace heapbump::cli
