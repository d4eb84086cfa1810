// What a run that failed leaves behind: its report where one was asked for, and no document of an earlier run
// that would be taken for its own.
#pragma once

#include <string>

#include "cli/cli.h"

namespace heapbump::cli {

/// Prints the report of this input (`json`) and writes it to `path`, unless that is empty. A report that
/// cannot be written is an error message beside the one of the failure.
void tell_failure(const Session& session, const std::string& file, Json report, bool json,
                  const std::string& path);

/// Removes the manifest of an earlier run at this path. What is there and is no manifest stays, and a message
/// says so.
void drop_stale_manifest(const Session& session, const std::string& path);

}  // namespace heapbump::cli
