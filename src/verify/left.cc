// Globals that were left as they were: none that cannot change still is the old heap start, and no stack
// begins inside the region. What was left in code and data is in_step.h's question.
#include <algorithm>

#include "verify/context.h"

namespace heapbump::verify {
namespace {

/// A global that cannot change is a number for the host, or for code that asks for the heap's start by name.
void check_constant_globals(Context& c) {
  std::vector<const Export*> exported(c.original.globals.size());  // the first export of each
  for (const Export& e : c.reserved.exports)
    if (e.kind == ExternalKind::global && e.index < exported.size() && exported[e.index] == nullptr)
      exported[e.index] = &e;
  for (std::size_t i = 0; i < c.original.globals.size(); ++i) {
    const Global& global = c.reserved.globals[i];
    if (global.imported || global.is_mutable || global.type != ValueType::i32 || !global.init.value) continue;
    const auto value = static_cast<std::uint32_t>(*global.init.value);
    const bool other_symbol = exported[i] != nullptr && exported[i]->name != "__heap_base";
    if (value == c.heap_symbol && !other_symbol)
      c.mismatch(global.init.immediate_offset,
                 "global " + std::to_string(i) + " still holds the old heap start", hex(value + c.moved_by()),
                 hex(value));
  }
}

/// Linkers make the stack pointer the first mutable i32 global; the stack grows down from what it begins
/// with.
void check_stack(Context& c) {
  const Region& region = c.manifest().region;
  for (std::size_t i = 0; i < c.original.globals.size(); ++i) {
    const Global& global = c.reserved.globals[i];
    if (global.imported || !global.is_mutable || global.type != ValueType::i32 || !global.init.value)
      continue;
    const auto value = static_cast<std::uint32_t>(*global.init.value);
    if (value > region.base && value <= region.end())
      c.mismatch(global.init.immediate_offset, "the stack pointer begins inside the region",
                 "at most " + hex(region.base), hex(value));
    return;
  }
}

}  // namespace

void check_left_values(Context& context) {
  if (context.moved_by() != 0) check_constant_globals(context);
  check_stack(context);
}

}  // namespace heapbump::verify
