// Where moved values enter a function: its part of function_reasoning.h.
#include <algorithm>

#include "analysis/walk.h"
#include "detectors/wasm_ld/function_reasoning.h"

namespace heapbump::wasm_ld {

namespace {
constexpr auto kPageBytes = static_cast<std::int64_t>(kPageSize);
}

/// What is asked for each reading of the size, by binary search.
void FunctionReasoning::index() {
  for (const Effect& effect : flow_.effects)
    if (effect.kind == EffectKind::grow || effect.kind == EffectKind::call ||
        effect.kind == EffectKind::call_indirect)
      growing_.push_back({effect.block, effect.offset, effect.kind == EffectKind::grow});
  std::ranges::sort(growing_);
}

void FunctionReasoning::seed_call(NodeId id, const Node& node) {
  const Effect& call = flow_.effects[node.effect];
  if (call.kind != EffectKind::call || node.value != 0) return;
  const auto raw = whole_.raw_.find(static_cast<std::uint32_t>(call.value));
  if (raw == whole_.raw_.end()) return;
  Motion motion = raw->second.motion;
  const bool nothing = std::ranges::any_of(flow_.operands_of(call),
                                           [&](NodeId argument) { return flow_.constant(argument) == 0; });
  motion.size = raw->second.size && (!raw->second.growth || nothing);
  seeds_.emplace_back(id, motion);
}

/// Whether memory grows right after its size is read, with nothing between: then the size is where the new
/// memory begins.
bool FunctionReasoning::grows_next(const Node& size) const {
  const auto next = std::ranges::lower_bound(growing_, Growing{size.block, size.offset, false});
  return next != growing_.end() && next->block == size.block && next->grows;
}

/// Where moved values enter the function: the memory's size, growth, numbers that move, words that hold such
/// values, parameters, and calls of functions that return them.
void FunctionReasoning::seed() {
  const Premises& premises = whole_.premises_;
  for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
    const Node& node = flow_.nodes[id];
    Motion motion = Motion::moved(1);
    switch (node.kind) {
      case NodeKind::memory_size:
        motion.size = !grows_next(node);
        seeds_.emplace_back(id, motion);
        break;
      case NodeKind::memory_grow:
        motion.size = flow_.constant(flow_.operand(id, 0)) == 0;
        seeds_.emplace_back(id, motion);
        break;
      case NodeKind::constant:
        if (node.width == 0) break;
        if (const auto moves = premises.moving.find(node.immediate_offset); moves != premises.moving.end())
          seeds_.emplace_back(id, Motion::moved(moves->second * kPageBytes));
        break;
      case NodeKind::parameter:
        if (static_cast<std::size_t>(node.value) < context_.parameters.size())
          seeds_.emplace_back(id, context_.parameters[static_cast<std::size_t>(node.value)]);
        break;
      case NodeKind::global:
      case NodeKind::load: {
        std::optional<Place> place;
        if (node.kind == NodeKind::global)
          place = Place{true, static_cast<std::uint32_t>(node.value)};
        else if (const auto address = static_address(flow_, flow_.effects[node.effect]))
          place = Place{false, *address};
        if (!place) break;
        if (const auto kept = whole_.places_.find(*place); kept != whole_.places_.end()) {
          Motion held = kept->second;
          held.kept = true;
          const bool whole = place->is_global || is_word_access(node.opcode);
          seeds_.emplace_back(id, whole ? held : Motion::unknown(0));
        } else if (place->is_global) {
          seeds_.emplace_back(id, Motion::fixed());
        }
        break;
      }
      case NodeKind::call:
        seed_call(id, node);
        break;
      default:
        break;
    }
  }
}

}  // namespace heapbump::wasm_ld
