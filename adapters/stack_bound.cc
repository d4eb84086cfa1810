// How deep an adapter's shadow stack can get: the longest path through its calls, each with its frame.
#include <algorithm>
#include <utility>

#include "adapters/anatomy.h"

namespace heapbump::adapters {
namespace {

// Longest path by depth-first search without recursion; a cycle gives nothing.
class Depths {
 public:
  explicit Depths(const Anatomy& anatomy)
      : anatomy_(anatomy),
        state_(anatomy.callees.size(), State::unseen),
        depth_(anatomy.callees.size(), 0),
        calls_main_(anatomy.callees.size(), false) {
    for (const Import& import : anatomy.module->imports) {
      if (import.kind == ExternalKind::function && import.module == kMainModule &&
          !adapters::is_realloc_import(import))
        calls_main_[import.index] = true;
    }
  }

  std::optional<std::uint64_t> of(std::uint32_t root) {
    if (state_[root] == State::done) return depth_[root];
    std::vector<std::pair<std::uint32_t, std::size_t>> stack{{root, 0}};
    state_[root] = State::open;
    while (!stack.empty()) {
      auto& [function, next] = stack.back();
      const auto& callees = anatomy_.callees[function];
      if (next < callees.size()) {
        const std::uint32_t callee = callees[next++];
        if (state_[callee] == State::open) return std::nullopt;
        if (state_[callee] == State::unseen) {
          state_[callee] = State::open;
          stack.emplace_back(callee, 0);
        }
        continue;
      }
      if (anatomy_.odd_stack_use[function] || anatomy_.levels[function] == 0) return std::nullopt;
      std::uint64_t deepest = 0;
      for (const std::uint32_t callee : callees) {
        deepest = std::max(deepest, depth_[callee]);
        if (calls_main_[callee]) calls_main_[function] = true;
      }
      depth_[function] = deepest + std::uint64_t{anatomy_.frames[function]} * anatomy_.levels[function];
      state_[function] = State::done;
      stack.pop_back();
    }
    return depth_[root];
  }
  [[nodiscard]] bool calls_main(std::uint32_t function) const { return calls_main_[function]; }

 private:
  enum class State : std::uint8_t { unseen, open, done };
  const Anatomy& anatomy_;
  std::vector<State> state_;
  std::vector<std::uint64_t> depth_;
  std::vector<bool> calls_main_;  // whether a function can end up in the main module
};

}  // namespace

std::optional<std::uint64_t> stack_bound(const Anatomy& anatomy) {
  Depths depths(anatomy);
  std::uint64_t outer = 0;
  std::uint64_t inner = 0;
  std::uint64_t host = 0;
  for (const Export& item : anatomy.module->exports) {
    if (item.kind != ExternalKind::function || item.index >= anatomy.callees.size()) continue;
    const auto depth = depths.of(item.index);
    if (!depth) return std::nullopt;
    const bool realloc = item.name == "cabi_import_realloc" || item.name == "cabi_export_realloc";
    std::uint64_t& most = realloc ? host : depths.calls_main(item.index) ? outer : inner;
    most = std::max(most, *depth);
  }
  return outer + inner + host;
}

}  // namespace heapbump::adapters
