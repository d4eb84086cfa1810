#include <algorithm>

#include "base/names.h"
#include "heapbump/detect.h"

namespace heapbump {

const StrategyVerdict* Finding::verdict(Strategy strategy) const {
  const auto found = std::ranges::find(strategies, strategy, &StrategyVerdict::strategy);
  return found == strategies.end() ? nullptr : &*found;
}

std::string_view to_string(Confidence value) {
  return name_of<Confidence::proven>(value, {"weak", "strong", "proven"});
}

std::string_view to_string(Role value) {
  return name_of<Role::unrelated>(value, {"heap-start", "heap-end", "stack-top", "gc-root-end", "unrelated"});
}

std::string_view to_string(OccurrenceKind value) {
  return name_of<OccurrenceKind::global_init>(
      value, {"i32.const", "i64.const", "memarg-offset", "data-word32", "data-word64", "global-init"});
}

}  // namespace heapbump
