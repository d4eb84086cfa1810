// What the program does with the memory's size: every memory.size, every memory.grow and every value of
// heapEnd, in every function, is followed to its uses, and each use is explained by a rule. The invariant: a
// use that no rule explains is a refusal that names the place, so a program that counts its pages, dumps or
// hashes its memory, or has a budget in bytes, is not relocated.
#pragma once

#include <vector>

#include "detectors/tinygo/rules.h"
#include "detectors/tinygo/shapes.h"

namespace heapbump::tinygo {

struct MemoryFindings {
  std::vector<Evidence> evidence;  ///< one line for each use that a rule explained
  std::vector<Error> refusals;
};

/// program().error() says whether all of it was looked at.
[[nodiscard]] MemoryFindings judge_memory_uses(Shapes& shapes);

[[nodiscard]] std::span<const RuleTable> memory_rule_tables();

}  // namespace heapbump::tinygo
