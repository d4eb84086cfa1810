// What one request may cost: a ceiling on work and one on memory, counted and not timed, so that the same
// input gives the same answer on every machine. Whoever answers a request (detect, reserve, verify, check)
// takes a Budget and gives it to whatever decodes, follows or keeps things for it. The invariant: a budget
// belongs to one request, a Module to none, so an answer never depends on what was asked before.
//   work  at most 6 * size + 64 Mi units; a unit is about a byte of code decoded (some nanoseconds)
//   held  at most 2 * size + 48 MiB of facts and values kept at once, beside the file's own bytes
// Beyond either the answer is kWorkLimit (HB0411). docs/limits.md says what follows for a file of a given
// size.
//   Budget budget(file.size());
//   HEAPBUMP_CHECK(budget.charge(body.size));                       // work, before it is done
//   HEAPBUMP_TRY(const Held held, Held::take(budget, list_bytes));  // memory, given back with `held`
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "base/error.h"

namespace heapbump {

/// Bytes, nodes or words that are only passed over, in a unit of work.
inline constexpr std::uint64_t kPassedPerUnit = 8;

/// Units of work, and bytes held at once.
struct BudgetLimits {
  std::uint64_t work = 0;
  std::uint64_t held = 0;
  [[nodiscard]] static constexpr BudgetLimits of_file(std::uint64_t size) {
    return {6 * size + (std::uint64_t{64} << 20), 2 * size + (std::uint64_t{48} << 20)};
  }
  [[nodiscard]] constexpr BudgetLimits operator+(const BudgetLimits& other) const {
    return {work + other.work, held + other.held};
  }
};

class Budget {
 public:
  explicit Budget(std::uint64_t file_size) : Budget(BudgetLimits::of_file(file_size)) {}
  explicit Budget(const BudgetLimits& limits) : counts_(std::make_shared<Counts>(limits)) {}
  // It is passed by reference: a copy would be a second way to spend the same budget.
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// Pays for work that is about to be done. Errors: kWorkLimit.
  [[nodiscard]] Status charge(std::uint64_t units) {
    if (counts_->work.fetch_add(units, std::memory_order_relaxed) + units <= counts_->limits.work) return {};
    counts_->work.fetch_sub(units, std::memory_order_relaxed);  // it is not done
    return fail(Code::kWorkLimit,
                "looking through this module's code takes more work than a module of its size may cost");
  }
  /// Pays for memory that is kept to the request's end; Held is for what is given back earlier. Errors:
  /// kWorkLimit.
  [[nodiscard]] Status hold(std::uint64_t bytes) { return counts_->hold(bytes); }
  /// What to call when memory is short, before a hold fails: it gives back what is only kept in case it is
  /// asked for again, and says whether there was any. One at a time; nullptr for none.
  void set_reclaim(std::function<bool()> reclaim) { counts_->reclaim = std::move(reclaim); }
  [[nodiscard]] std::uint64_t work() const { return counts_->work.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t held() const { return counts_->held.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t work_left() const {
    return work() < counts_->limits.work ? counts_->limits.work - work() : 0;
  }

 private:
  friend class Held;
  struct Counts {
    explicit Counts(const BudgetLimits& given) : limits(given) {}
    [[nodiscard]] bool fits(std::uint64_t bytes) {
      if (held.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limits.held) return true;
      release(bytes);
      return false;
    }
    [[nodiscard]] Status hold(std::uint64_t bytes) {
      if (fits(bytes) || (reclaim && reclaim() && fits(bytes))) return {};
      return fail(Code::kWorkLimit,
                  "what this module declares takes more memory than a module of its size may cost");
    }
    void release(std::uint64_t bytes) { held.fetch_sub(bytes, std::memory_order_relaxed); }

    BudgetLimits limits;
    std::function<bool()> reclaim;
    std::atomic<std::uint64_t> work = 0;
    std::atomic<std::uint64_t> held = 0;
  };
  std::shared_ptr<Counts> counts_;  ///< shared with each Held, which may outlive the budget
};

/// Memory that counts against a budget for as long as this lives.
class Held {
 public:
  Held() = default;
  [[nodiscard]] static Result<Held> take(Budget& budget, std::uint64_t bytes) {
    HEAPBUMP_CHECK(budget.hold(bytes));
    Held held;
    held.counts_ = budget.counts_;
    held.bytes_ = bytes;
    return held;
  }
  /// Adds to it. Errors: kWorkLimit.
  [[nodiscard]] Status grow(std::uint64_t bytes) {
    HEAPBUMP_CHECK(counts_->hold(bytes));
    bytes_ += bytes;
    return {};
  }
  Held(Held&& other) noexcept : counts_(std::move(other.counts_)), bytes_(std::exchange(other.bytes_, 0)) {}
  Held& operator=(Held&& other) noexcept {
    std::swap(counts_, other.counts_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (counts_) counts_->release(bytes_);
  }

 private:
  std::shared_ptr<Budget::Counts> counts_;
  std::uint64_t bytes_ = 0;
};

}  // namespace heapbump
