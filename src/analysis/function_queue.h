// Functions that are still to be looked at, in the order in which they were asked for. One that waits is not
// asked for twice; one that was looked at may be asked for again, as its callees become known.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>

namespace heapbump {

class FunctionQueue {
 public:
  void add(std::uint32_t function) {
    if (waiting_.insert(function).second) queue_.push_back(function);
  }
  template <typename Functions>
  void add_all(const Functions& functions) {
    for (const std::uint32_t function : functions) add(function);
  }
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  /// The next function; there is one.
  [[nodiscard]] std::uint32_t take() {
    const std::uint32_t function = queue_.front();
    queue_.pop_front();
    waiting_.erase(function);
    ++rounds_[function];
    return function;
  }
  /// Whether a function was taken more often than kMaxRounds.
  [[nodiscard]] bool too_often(std::uint32_t function) const { return rounds_.at(function) > kMaxRounds; }

 private:
  static constexpr int kMaxRounds = 6;

  std::deque<std::uint32_t> queue_;
  std::set<std::uint32_t> waiting_;
  std::map<std::uint32_t, int> rounds_;
};

}  // namespace heapbump
