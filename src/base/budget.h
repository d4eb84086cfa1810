// How much analysis one module may cost. Every room that looks at code or keeps what it found charges the
// module's meter first, so that the ceiling holds for all detectors together, whatever they do, and does not
// depend on a clock:
//   work  at most 6 * size + 64 Mi units; a unit is about a byte of code decoded (some nanoseconds)
//   held  at most 2 * size + 48 MiB of facts and values kept at once, beside the file's own bytes
// Beyond either the answer is kWorkLimit (HB0411). docs/limits.md states what follows for a file of a given
// size.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/error.h"

namespace heapbump {

/// Bytes, nodes or words that are only passed over, in a unit of work.
inline constexpr std::uint64_t kPassedPerUnit = 8;

class WorkMeter {
 public:
  explicit WorkMeter(std::uint64_t file_size)
      : work_limit_(6 * file_size + (std::uint64_t{64} << 20)),
        held_limit_(2 * file_size + (std::uint64_t{48} << 20)) {}

  [[nodiscard]] Status charge(std::uint64_t units) {
    if (work_.fetch_add(units, std::memory_order_relaxed) + units <= work_limit_) return {};
    return fail(Code::kWorkLimit,
                "looking through this module's code takes more work than a module of its size may cost");
  }
  [[nodiscard]] Status hold(std::uint64_t bytes) {
    if (held_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= held_limit_) return {};
    release(bytes);
    return fail(Code::kWorkLimit,
                "what this module declares takes more memory than a module of its size may cost");
  }
  /// What was held before and is kept no longer. See Held.
  void release(std::uint64_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t work() const { return work_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t held() const { return held_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t work_left() const { return work() < work_limit_ ? work_limit_ - work() : 0; }

 private:
  std::uint64_t work_limit_;
  std::uint64_t held_limit_;
  std::atomic<std::uint64_t> work_ = 0;
  std::atomic<std::uint64_t> held_ = 0;
};

/// Memory held against a meter for as long as this lives.
class Held {
 public:
  Held() = default;
  [[nodiscard]] static Result<Held> take(std::shared_ptr<WorkMeter> meter, std::uint64_t bytes) {
    HEAPBUMP_CHECK(meter->hold(bytes));
    Held held;
    held.meter_ = std::move(meter);
    held.bytes_ = bytes;
    return held;
  }
  Held(Held&& other) noexcept : meter_(std::move(other.meter_)), bytes_(std::exchange(other.bytes_, 0)) {}
  Held& operator=(Held&& other) noexcept {
    std::swap(meter_, other.meter_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (meter_) meter_->release(bytes_);
  }

 private:
  std::shared_ptr<WorkMeter> meter_;
  std::uint64_t bytes_ = 0;
};

}  // namespace heapbump
