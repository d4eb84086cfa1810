#include "detectors/wasm_ld/flows.h"

namespace heapbump::wasm_ld {

Result<std::shared_ptr<const Flow>> Flows::get(std::uint32_t function) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{8} << 20;
  const auto known = kept_.find(function);
  if (known != kept_.end()) return known->second;
  HEAPBUMP_TRY(Flow made,
               evaluate_flow(module_, function, budget_, {.frame_slots = true, .shared_slots = true}));
  auto flow = std::make_shared<const Flow>(std::move(made));
  const std::uint64_t bytes = flow->bytes();
  if (bytes > kMostBytes) return flow;
  while (bytes_ + bytes > kMostBytes) {
    const auto oldest = kept_.find(order_.front());
    order_.pop_front();
    bytes_ -= oldest->second->bytes();
    kept_.erase(oldest);
  }
  bytes_ += bytes;
  order_.push_back(function);
  kept_.emplace(function, flow);
  return flow;
}

}  // namespace heapbump::wasm_ld
