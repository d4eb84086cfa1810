// Walks over value flow: forward from values to what is made of them, backward from a value to what it is
// made of. Every analysis that follows values uses one of these instead of a list of its own. The invariant:
// a walk that was not finished never answers "no". Found::no means that everything was looked at, and
// Found::unknown that the walk met its limit; the request's budget pays for each step, and running out of it
// is an error.
//
//   // Is the value, or a sum that it goes into, the address of an access?
//   HEAPBUMP_TRY(const Reached walk, walk_forward(flow, {value}, budget, {}, [&](NodeId, const User& user) {
//     if (takes_address(flow, user)) return Step::found;
//     if (is_choice(flow, user) || is_sum(flow, user)) return Step::follow;
//     return Step::pass;
//   }));
//   if (walk.found != Found::no) refuse(...);  // "yes" and "unknown" alike
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "flow/flow.h"

namespace heapbump {

/// What a search says. There is no conversion to bool: whoever asks has to say what "unknown" means there.
enum class Found : std::uint8_t {
  no,       ///< everything was looked at, and it was not there
  yes,      ///< it is there
  unknown,  ///< the search stopped before it had looked at everything
};

/// What a walk does about one way on.
enum class Step : std::uint8_t {
  pass,    ///< this way leads nowhere that matters
  follow,  ///< go on there
  found,   ///< this is what was looked for: the walk ends with Found::yes
};

struct WalkLimits {
  std::size_t most_nodes = 4096;     ///< looked at; beyond that the walk stops
  std::uint64_t steps_per_unit = 4;  ///< ways that cost one unit of work
};

struct Reached {
  Found found = Found::no;
  std::vector<NodeId> nodes;  ///< where the walk started, then what it followed, each once, in that order
  [[nodiscard]] bool stopped_early() const { return found == Found::unknown; }
};

/// The items of a walk, each once, in the order in which they were reached: what walk_forward and
/// walk_backward go through, and for walks over something else than the nodes of one flow.
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

/// Whether a user is a phi or select that may come to the value itself: the value goes on unchanged.
[[nodiscard]] inline bool is_choice(const Flow& flow, const User& user) {
  if (user.is_effect) return false;
  const NodeKind kind = flow.nodes[user.index].kind;
  return kind == NodeKind::phi || (kind == NodeKind::select && user.position < 2);
}

/// Goes from the nodes of `start` to their users. `visit(node, user)` says what to do about each user; an
/// effect is never followed. Errors: kWorkLimit once the budget is spent.
template <typename Visit>
[[nodiscard]] Result<Reached> walk_forward(const Flow& flow, std::span<const NodeId> start, Budget& budget,
                                           const WalkLimits& limits, Visit visit) {
  WalkList<NodeId> list(limits.most_nodes, start);
  while (const auto next = list.next()) {
    const NodeId at = *next;
    const std::span<const User> users = flow.users(at);
    HEAPBUMP_CHECK(budget.charge(1 + users.size() / limits.steps_per_unit));
    for (const User& user : users) {
      const Step step = visit(at, user);
      if (step == Step::found) return Reached{Found::yes, list.reached()};
      if (step == Step::follow && !user.is_effect) list.add(user.index);
    }
  }
  return Reached{list.stopped_early() ? Found::unknown : Found::no, list.reached()};
}

/// Goes from the nodes of `start` to their operands. `visit(node, position)` says what to do about each
/// operand: flow.operand(node, position). Errors: kWorkLimit once the budget is spent.
template <typename Visit>
[[nodiscard]] Result<Reached> walk_backward(const Flow& flow, std::span<const NodeId> start, Budget& budget,
                                            const WalkLimits& limits, Visit visit) {
  WalkList<NodeId> list(limits.most_nodes, start);
  while (const auto next = list.next()) {
    const NodeId at = *next;
    const std::uint32_t count = flow.nodes[at].operand_count;
    HEAPBUMP_CHECK(budget.charge(1 + count / limits.steps_per_unit));
    for (std::uint32_t position = 0; position < count; ++position) {
      const Step step = visit(at, position);
      if (step == Step::found) return Reached{Found::yes, list.reached()};
      if (step == Step::follow) list.add(flow.operand(at, position));
    }
  }
  return Reached{list.stopped_early() ? Found::unknown : Found::no, list.reached()};
}

}  // namespace heapbump
