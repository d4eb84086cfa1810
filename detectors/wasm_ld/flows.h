// The flows of a module's functions with every word of the frame followed, since an address may be in any.
// The invariant: what is kept is at most a few megabytes, and the oldest goes first.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "flow/flow.h"

namespace heapbump::wasm_ld {

class Flows {
 public:
  /// Both must outlive it.
  Flows(const Module& module, Budget& budget) : module_(module), budget_(budget) {}

  /// The flow of a function that has a body. Errors: those of evaluate_flow.
  Result<std::shared_ptr<const Flow>> get(std::uint32_t function);

 private:
  const Module& module_;
  Budget& budget_;
  std::map<std::uint32_t, std::shared_ptr<const Flow>> kept_;
  std::deque<std::uint32_t> order_;
  std::uint64_t bytes_ = 0;
};

}  // namespace heapbump::wasm_ld
