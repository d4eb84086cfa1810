// How a reader of a mapped file keeps few of its pages at once: it counts what it looks at, and every few
// megabytes the system takes the pages back, which it reads again when they are asked for. The invariant: no
// answer depends on it, and without a mapping nothing is ever taken back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

namespace heapbump {

class PagesUsed {
 public:
  /// Of memory that stays.
  PagesUsed() = default;
  /// `give_back`: lets the system take all pages of the mapping.
  explicit PagesUsed(std::function<void()> give_back) : give_back_(std::move(give_back)) {}

  /// Bytes in a row that were just looked at, or are about to be.
  void add(std::uint64_t bytes) {
    used_ += std::max(bytes, kLeast);
    if (used_ < kMost) return;
    used_ = 0;
    if (give_back_) give_back_();
  }

  static constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;  ///< for what is passed in blocks

 private:
  static constexpr std::uint64_t kLeast = std::uint64_t{1} << 16;  // what systems map around one access
  static constexpr std::uint64_t kMost = std::uint64_t{4} << 20;
  std::function<void()> give_back_;
  std::uint64_t used_ = 0;
};

/// The same for a pass from a file's front to its end.
class PagesPassed {
 public:
  explicit PagesPassed(PagesUsed* used) : used_(used) {}
  void at(std::uint64_t offset) {
    if (used_ == nullptr || offset < last_ + PagesUsed::kBlock) return;
    used_->add(offset - last_);
    last_ = offset;
  }

 private:
  PagesUsed* used_;
  std::uint64_t last_ = 0;
};

}  // namespace heapbump
