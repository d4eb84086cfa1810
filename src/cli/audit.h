// The verbs below `audit`.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/cli.h"

namespace heapbump::cli {

void add_audit_convert(CLI::App& audit, Session& session);
void add_audit_merge(CLI::App& audit, Session& session);

}  // namespace heapbump::cli
