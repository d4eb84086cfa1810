#include "detectors/registry.h"

#include <array>

#include "detectors/go/rules.h"
#include "detectors/tinygo/rules.h"
#include "detectors/wasm_ld/rules.h"

namespace heapbump {
namespace {

constexpr auto kDetectors = std::to_array<Detector>({
    {"go", "Big Go 1.11 to 1.27, GOOS=js and wasip1: the `end` word of runtime.firstmoduledata", detect_go,
     go::rule_tables},
    {"tinygo", "TinyGo since 0.17, gc=leaking, conservative and precise: the runtime's own heap arithmetic",
     detect_tinygo, tinygo::rule_tables},
    // Last: it judges any module by how its code uses the memory, and is asked only if no detector before it
    // is certain.
    {"wasm-ld",
     "C, C++, Rust, Zig, Emscripten and others: how the code sizes and grows the heap above the static data",
     detect_wasm_ld, wasm_ld::rule_tables, true},
});

}  // namespace

std::span<const Detector> all_detectors() {
  return kDetectors;
}

std::vector<ListedRule> all_rules() {
  std::vector<ListedRule> rules;
  for (const Detector& detector : kDetectors) {
    if (detector.rule_tables == nullptr) continue;
    for (const RuleTable& table : detector.rule_tables())
      for (const RuleInfo& info : table.rules) rules.push_back({&detector, &table, &info});
  }
  return rules;
}

}  // namespace heapbump
