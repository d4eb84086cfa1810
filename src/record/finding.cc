#include <algorithm>
#include <utility>

#include "heapbump/detect.h"

namespace heapbump {

const StrategyVerdict* Finding::verdict(Strategy strategy) const {
  const auto found = std::ranges::find(strategies, strategy, &StrategyVerdict::strategy);
  return found == strategies.end() ? nullptr : &*found;
}

std::string_view to_string(Confidence value) {
  switch (value) {
    case Confidence::weak:
      return "weak";
    case Confidence::strong:
      return "strong";
    case Confidence::proven:
      return "proven";
  }
  std::unreachable();
}

std::string_view to_string(Role value) {
  switch (value) {
    case Role::heap_start:
      return "heap-start";
    case Role::heap_end:
      return "heap-end";
    case Role::stack_top:
      return "stack-top";
    case Role::gc_root_end:
      return "gc-root-end";
    case Role::unrelated:
      return "unrelated";
  }
  std::unreachable();
}

std::string_view to_string(OccurrenceKind value) {
  switch (value) {
    case OccurrenceKind::i32_const:
      return "i32.const";
    case OccurrenceKind::i64_const:
      return "i64.const";
    case OccurrenceKind::memarg_offset:
      return "memarg-offset";
    case OccurrenceKind::data_word32:
      return "data-word32";
    case OccurrenceKind::data_word64:
      return "data-word64";
    case OccurrenceKind::global_init:
      return "global-init";
  }
  std::unreachable();
}

}  // namespace heapbump
