// What a walk along values, functions or anything else has reached and has still to look at. The invariant: a
// walk that was not finished never answers "no"; stopped_early() says whether everything was looked at.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace heapbump {

/// The items of a walk, each once, in the order in which they were reached.
///   WalkList<std::uint32_t> functions(kMost, {start});
///   while (const auto at = functions.next())
///     for (const std::uint32_t caller : index.callers(*at)) functions.add(caller);
///   if (functions.stopped_early()) ...  // not all were looked at
template <typename Item>
class WalkList {
 public:
  /// `most`: how many items are looked at.
  WalkList(std::size_t most, std::span<const Item> start) : most_(most) {
    for (const Item& item : start) add(item);
  }
  WalkList(std::size_t most, std::initializer_list<Item> start)
      : WalkList(most, std::span(start.begin(), start.size())) {}

  /// Whether the item was new.
  bool add(const Item& item) {
    if (reached_.size() < kFew) {
      if (std::ranges::find(reached_, item) != reached_.end()) return false;
    } else {
      if (known_.empty()) known_.insert(reached_.begin(), reached_.end());
      if (!known_.insert(item).second) return false;
    }
    reached_.push_back(item);
    return true;
  }
  /// The next item; nothing at the end, and where the walk has to stop.
  [[nodiscard]] std::optional<Item> next() {
    if (taken_ == reached_.size()) return std::nullopt;
    if (taken_ == most_) {
      stopped_ = true;
      return std::nullopt;
    }
    return reached_[taken_++];
  }
  [[nodiscard]] bool stopped_early() const { return stopped_; }
  [[nodiscard]] std::size_t size() const { return reached_.size(); }
  [[nodiscard]] const std::vector<Item>& reached() const { return reached_; }

 private:
  static constexpr std::size_t kFew = 64;  // so many are compared one by one
  std::size_t most_;
  std::size_t taken_ = 0;
  bool stopped_ = false;
  std::vector<Item> reached_;
  std::set<Item> known_;  ///< the same, once there are many
};

}  // namespace heapbump
