#include "analysis/shift.h"

#include <algorithm>
#include <bit>

namespace heapbump {
namespace {

constexpr int kMaxPasses = 12;  // a chain of loops that needs more is given up as unknown

Shift unknown(const Shift& a, const Shift& b) {
  Shift result;
  result.known = false;
  result.top = true;
  result.from_size = a.from_size || b.from_size;
  return result;
}

/// Sum (sign 1) or difference (sign -1).
Shift combine(const Shift& a, const Shift& b, int sign, bool keeps_base) {
  if (!a.top && !b.top) {
    Shift result;
    result.cancelled = a.cancelled || b.cancelled;
    return result;
  }
  if (!a.known || !b.known) return unknown(a, b);
  Shift result;
  result.scale = a.scale + sign * b.scale;
  result.top = true;
  result.from_size = a.from_size || b.from_size;
  result.mixed = a.mixed || b.mixed;
  result.base = keeps_base;
  if (result.scale == 0) {
    if (result.mixed && (a.from_size || b.from_size)) return unknown(a, b);
    return Shift{.cancelled = true};
  }
  return result;
}

/// The start of newly grown memory as an address: a header may be added to it. To a page number nothing may.
bool is_address(const Shift& shift) {
  return shift.base && shift.scale == static_cast<std::int64_t>(kPageSize);
}

class ShiftPass {
 public:
  ShiftPass(const Flow& flow, std::span<const ShiftSeed> seeds, const TiedAt& tied)
      : flow_(flow),
        tied_(tied),
        shifts_(flow.nodes.size()),
        computed_(flow.nodes.size()),
        seeded_(flow.nodes.size()) {
    for (const ShiftSeed& seed : seeds) {
      shifts_[seed.node] = seed.shift;
      computed_[seed.node] = seeded_[seed.node] = true;
    }
  }

  Result<std::vector<Shift>> run(Budget& budget) {
    for (int pass = 0; pass < kMaxPasses; ++pass) {
      HEAPBUMP_CHECK(budget.charge(steps_ + (flow_.nodes.size() + flow_.operands.size()) / 2));
      steps_ = 0;
      bool changed = false;
      for (NodeId node = 0; node < flow_.nodes.size(); ++node) {
        if (seeded_[node]) continue;
        const Shift next = evaluate(node);
        if (computed_[node] && shifts_[node] == next) continue;
        // After a few rounds a value that still changes goes round a loop with a different scale each time.
        shifts_[node] = pass + 4 >= kMaxPasses && next.top ? unknown(next, shifts_[node]) : next;
        computed_[node] = true;
        changed = true;
      }
      if (!changed) return std::move(shifts_);
    }
    HEAPBUMP_CHECK(budget.charge(steps_));
    for (NodeId node = 0; node < flow_.nodes.size(); ++node)
      if (flow_.nodes[node].kind == NodeKind::phi && shifts_[node].top)
        shifts_[node] = unknown(shifts_[node], shifts_[node]);
    return std::move(shifts_);
  }

 private:
  [[nodiscard]] bool small_constant(NodeId node) const {
    const auto value = flow_.constant(node);
    return value && *value > -static_cast<std::int64_t>(kPageSize) &&
           *value < static_cast<std::int64_t>(kPageSize);
  }

  /// `x & mask` with an alignment mask keeps an address an address; with a low mask it leaves only bits that
  /// a move by whole pages does not change. Alignments computed at run time are taken to be powers of two of
  /// at most a page.
  Shift masked(const Shift& value, NodeId mask) {
    if (value.top && (!value.known || value.scale % static_cast<std::int64_t>(kPageSize) != 0))
      return unknown(value, value);
    const auto constant = flow_.constant(mask);
    if (constant) {
      const auto bits = static_cast<std::uint32_t>(*constant);
      if (bits < kPageSize) return Shift{};
      if (std::countr_one(~bits) + std::popcount(bits) == 32 && std::countr_zero(bits) <= 16) return value;
      return value.top ? unknown(value, value) : Shift{};
    }
    const Node& node = flow_.nodes[mask];
    if (node.kind == NodeKind::binary) {
      const auto left = flow_.constant(flow_.operand(mask, 0));
      const auto right = flow_.constant(flow_.operand(mask, 1));
      if (node.opcode == op::i32_sub && left && *left == 0) return value;
      if (node.opcode == op::i32_xor && right && *right == -1)
        return masked_low_complement(value, flow_.operand(mask, 0));
      if (one_less(mask)) return Shift{};
    }
    return value.top ? unknown(value, value) : Shift{.cancelled = value.cancelled};
  }

  /// `x - 1`, the low bits' mask of an alignment x.
  [[nodiscard]] bool one_less(NodeId id) const {
    const Node& node = flow_.nodes[id];
    if (node.kind != NodeKind::binary) return false;
    const auto by = flow_.constant(flow_.operand(id, 1));
    return (node.opcode == op::i32_add && by == -1) || (node.opcode == op::i32_sub && by == 1);
  }

  Shift masked_low_complement(const Shift& value, NodeId low) const {
    if (one_less(low)) return value;
    return value.top ? unknown(value, value) : Shift{};
  }

  Shift binary(const Node& node) {
    const NodeId left = flow_.operands_of(node)[0];
    const NodeId right = flow_.operands_of(node)[1];
    const Shift a = shifts_[left];
    const Shift b = shifts_[right];
    const auto amount = flow_.constant(right);
    const bool any = a.top || b.top;
    switch (node.opcode) {
      case op::i32_add:
      case op::i64_add:
        return combine(a, b, 1,
                       (is_address(a) && small_constant(right)) || (is_address(b) && small_constant(left)));
      case op::i32_sub:
      case op::i64_sub:
        return combine(a, b, -1, is_address(a) && small_constant(right));
      case op::i32_shl:
      case op::i64_shl:
        if (any && a.known && !b.top && amount && *amount >= 0 && *amount <= 16) {
          Shift result = a;
          result.scale = a.scale * (std::int64_t{1} << *amount);
          return result;
        }
        break;
      case op::i32_mul:
      case op::i64_mul: {
        const auto other = flow_.constant(left);
        const auto factor = amount ? amount : other;
        const Shift& value = amount ? a : b;
        if (any && value.known && factor && *factor > 0 && *factor <= 65536) {
          Shift result = value;
          result.scale = value.scale * *factor;
          return result;
        }
        break;
      }
      case op::i32_shr_u:
      case op::i32_shr_s:
      case op::i64_shr_u:
        if (any && a.known && !b.top && amount && *amount >= 0 && *amount <= 16 &&
            a.scale % (std::int64_t{1} << *amount) == 0) {
          Shift result = a;
          result.scale = a.scale / (std::int64_t{1} << *amount);
          return result;
        }
        break;
      case op::i32_div_u:
        if (any && a.known && !b.top && amount && *amount > 0 && *amount <= 65536 &&
            std::has_single_bit(static_cast<std::uint32_t>(*amount)) && a.scale % *amount == 0) {
          Shift result = a;
          result.scale = a.scale / *amount;
          return result;
        }
        break;
      case op::i32_and:
        if (a.top && !b.top) return masked(a, right);
        if (b.top && !a.top) return masked(b, left);
        break;
      case op::i32_or:
        if (a.top && amount && *amount >= 0 && *amount < 8) return a;  // flag bits of a header
        break;
      default:
        if (op::is_comparison(node.opcode)) return Shift{};
        break;
    }
    if (!any) return Shift{.cancelled = a.cancelled || b.cancelled};
    return unknown(a, b);
  }

  /// The shift of a phi's operand, taking into account what the way it arrives on says about it.
  Shift arriving(const Node& phi, std::uint32_t position) {
    const NodeId operand = flow_.operands_of(phi)[position];
    Shift shift = shifts_[operand];
    const auto ways = flow_.predecessors(phi.block);
    if (!shift.from_size || ways.size() != phi.operand_count) return shift;
    if (tied_ && tied_(operand, ways[position].from)) {
      shift.from_size = false;
      return shift;
    }
    steps_ += 16;  // for the ways back that are looked at
    equalities_on(flow_, ways[position], [&](NodeId a, NodeId b) {
      const NodeId other = a == operand ? b : b == operand ? a : kNoNode;
      if (other != kNoNode && shifts_[other].top && !shifts_[other].from_size) shift = shifts_[other];
    });
    return shift;
  }

  Shift join(NodeId id) {
    const Node& node = flow_.nodes[id];
    const bool phi = node.kind == NodeKind::phi;
    const std::uint32_t count = phi ? node.operand_count : 2;
    Shift result;
    bool first = true;
    bool plain = false;
    for (std::uint32_t i = 0; i < count; ++i) {
      const NodeId operand = flow_.operands_of(node)[i];
      if (!computed_[operand] || operand == id) continue;
      const Node& source = flow_.nodes[operand];
      // -1 and 0 stand for "failed" and are told apart by comparison before such a value is used as an
      // address.
      if (source.kind == NodeKind::constant && (source.value == -1 || source.value == 0)) continue;
      const Shift shift = phi ? arriving(node, i) : shifts_[operand];
      if (!shift.top) {
        plain = true;
        result.cancelled |= shift.cancelled;
        continue;
      }
      if (first) {
        const bool cancelled = result.cancelled;
        result = shift;
        result.cancelled |= cancelled;
        first = false;
      } else {
        if (!shift.known || !result.known || shift.scale != result.scale) return unknown(result, shift);
        result.from_size |= shift.from_size;
        result.base |= shift.base;
        result.mixed |= shift.mixed;
      }
    }
    if (!first && plain) result.mixed = true;
    return result;
  }

  Shift evaluate(NodeId id) {
    const Node& node = flow_.nodes[id];
    switch (node.kind) {
      case NodeKind::phi:
      case NodeKind::select:
        return join(id);
      case NodeKind::binary:
        return binary(node);
      case NodeKind::unary: {
        if (op::is_comparison(node.opcode)) return Shift{};
        const Shift& value = shifts_[flow_.operands_of(node)[0]];
        const bool converts = op::is_resize(node.opcode);
        return !value.top || converts ? value : unknown(value, value);
      }
      case NodeKind::opaque: {
        for (const NodeId operand : flow_.operands_of(node))
          if (shifts_[operand].top) return unknown(shifts_[operand], shifts_[operand]);
        return Shift{};
      }
      default:
        return Shift{};
    }
  }

  const Flow& flow_;
  const TiedAt& tied_;
  std::vector<Shift> shifts_;
  std::vector<bool> computed_;
  std::vector<bool> seeded_;
  std::uint64_t steps_ = 0;  ///< units of work that are not charged yet
};

}  // namespace

Result<std::vector<Shift>> compute_shifts(const Flow& flow, std::span<const ShiftSeed> seeds, Budget& budget,
                                          const TiedAt& tied) {
  return ShiftPass(flow, seeds, tied).run(budget);
}

}  // namespace heapbump
