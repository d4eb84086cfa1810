#include "adapters/placing.h"
#include "adapters/registry.h"
#include "base/sha256.h"
#include "heapbump/component.h"
#include "record/manifest.h"
#include "wasm/component.h"

namespace heapbump {
namespace {

Result<adapters::Place> place_in(const Manifest& manifest, std::uint32_t slot) {
  if (manifest.placement == Placement::shim) {
    return fail(Code::kSlots,
                "the manifest's module has a shim that hands the same slots to a stock adapter; reserve it "
                "with --placement adapter to use a placed one");
  }
  if (manifest.slots.empty()) {
    return fail(Code::kSlots,
                "the manifest sets no slots aside, since its module was reserved with --placement none; "
                "reserve it with --placement adapter");
  }
  const Slot* stack = manifest.slot(slot, SlotName::stack);
  const Slot* state = manifest.slot(slot, SlotName::state);
  if (stack == nullptr || state == nullptr) {
    return fail(Code::kSlots, "the manifest has no slots for adapter " + std::to_string(slot) +
                                  "; reserve with a larger --adapters, or give another --slot");
  }
  return adapters::Place{.stack_base = static_cast<std::uint32_t>(stack->base),
                         .stack_size = static_cast<std::uint32_t>(stack->size),
                         .state_base = static_cast<std::uint32_t>(state->base),
                         .state_size = static_cast<std::uint32_t>(state->size)};
}

}  // namespace

Result<PlacedAdapter> place_adapter(Bytes adapter, const Manifest& manifest, std::uint32_t slot) {
  if (is_component(adapter)) {
    return fail_at(Code::kComponent, 4,
                   "this is a component; `heapbump place` takes the core module of an adapter, for example "
                   "wasi_snapshot_preview1.command.wasm");
  }
  HEAPBUMP_TRY(const Module module, read_module(adapter));
  HEAPBUMP_TRY(const adapters::Anatomy anatomy, adapters::read_anatomy(module));
  HEAPBUMP_TRY(const adapters::Needs needs, adapters::examine(module, anatomy));
  HEAPBUMP_TRY(const adapters::Place place, place_in(manifest, slot));
  PlacedAdapter placed;
  HEAPBUMP_TRY(placed.edits, adapters::plan_placing(module, anatomy, needs, place));
  placed.bytes = join(apply_edits(adapter, placed.edits));
  HEAPBUMP_CHECK(adapters::verify_placing(module, needs, place, placed.bytes));
  placed.family = needs.family;
  placed.flavor = needs.flavor;
  placed.slot = slot;
  placed.stack_top = static_cast<std::uint32_t>(place.stack_top());
  placed.state_base = place.state_base;
  placed.state_needed = needs.state_size;
  placed.stack_bound = needs.stack_bound;
  placed.input_sha256 = sha256_hex(adapter);
  placed.input_size = adapter.size();
  placed.output_sha256 = sha256_hex(placed.bytes);
  placed.module_sha256 = manifest.output_sha256;
  return placed;
}

}  // namespace heapbump
