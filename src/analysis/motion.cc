#include "analysis/motion.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "analysis/motion_lattice.h"
#include "analysis/walk.h"

namespace heapbump {
namespace {

using Kind = Motion::Kind;
constexpr int kMaxPasses = 24;         // what still changes then goes round a loop
constexpr int kCalmPasses = 12;        // from here on a change is a loss
constexpr unsigned kAddressBits = 16;  // of a page
constexpr std::int64_t kPage = std::int64_t{1} << kAddressBits;
constexpr std::int64_t kUpperHalf = std::int64_t{1} << 32;
constexpr std::int64_t kLargestScale = std::int64_t{1} << 49;  // an address in the upper half, and something

/// `x - 1`, the low bits' mask of an alignment x.
bool one_less(const Flow& flow, NodeId id) {
  const Node& node = flow.nodes[id];
  if (node.kind != NodeKind::binary) return false;
  const auto by = flow.constant(flow.operand(id, 1));
  const std::uint32_t opcode = op::same_on_i32(node.opcode);
  return (opcode == op::i32_add && by == -1) || (opcode == op::i32_sub && by == 1);
}

class MotionPass {
 public:
  MotionPass(const Flow& flow, std::span<const std::pair<NodeId, Motion>> seeds, MotionView view)
      : flow_(flow), view_(view), motions_(flow.nodes.size()), seeded_(flow.nodes.size()) {
    if (view == MotionView::handed_out) live_ = needed_nodes(flow, false);
    for (const auto& [node, motion] : seeds) {
      motions_[node] = motion;
      seeded_[node] = true;
    }
  }

  Result<std::vector<Motion>> run(Budget& budget) {
    for (int pass = 0; pass < kMaxPasses; ++pass) {
      HEAPBUMP_CHECK(budget.charge((flow_.nodes.size() + flow_.operands.size()) / 2));
      bool changed = false;
      for (NodeId node = 0; node < flow_.nodes.size(); ++node) {
        if (seeded_[node]) continue;
        Motion next = evaluate(node);
        if (next == motions_[node]) continue;
        if (pass >= kCalmPasses && !motions_[node].is(Kind::unreached)) next = Motion::unknown(0);
        changed |= next != motions_[node];
        motions_[node] = next;
      }
      if (!changed) return std::move(motions_);
    }
    for (NodeId node = 0; node < flow_.nodes.size(); ++node)
      if (!seeded_[node] && !motions_[node].is(Kind::fixed)) motions_[node] = Motion::unknown(0);
    return std::move(motions_);
  }

 private:
  [[nodiscard]] const Motion& of(const Node& node, std::uint32_t position) const {
    return motions_[flow_.operands_of(node)[position]];
  }

  /// An address on one path and something that stays on another: whoever hands out addresses does not know
  /// which, and so loses the value; who looks for addresses that are looked into has found one.
  [[nodiscard]] Motion join_on_paths(const Motion& a, const Motion& b) const {
    const bool differ = (a.is(Kind::moved) && b.is(Kind::fixed)) || (a.is(Kind::fixed) && b.is(Kind::moved));
    if (view_ != MotionView::handed_out || !differ) return join(a, b);
    Motion result = a.is(Kind::moved) ? a : b;
    result.kept = true;
    result.partly = true;
    return result;
  }

  Motion merge(const Node& node, std::uint32_t count) {
    Motion result;
    bool any = false;
    bool failure = false;
    for (std::uint32_t i = 0; i < count; ++i) {
      const NodeId operand = flow_.operands_of(node)[i];
      any |= !motions_[operand].is(Kind::unreached);
      if (is_failure_value(flow_, operand)) {
        failure = true;
        continue;
      }
      result = join_on_paths(result, motions_[operand]);
    }
    // "No memory" beside an address is distinguished before it is used; a size of zero is a number.
    const bool address = view_ == MotionView::handed_out || (!result.size && result.address());
    if (failure && result.is(Kind::moved) && !address) return Motion::unknown(0);
    result.partly |= failure && view_ == MotionView::handed_out && result.is(Kind::moved);
    if (any && result.is(Kind::unreached)) return Motion::fixed();
    return result;
  }

  /// Whether it is only asked whether a value is zero, as of an address that should be aligned.
  [[nodiscard]] bool only_tested(NodeId id, int depth = 0) const {
    constexpr int kDeepest = 8;
    return depth < kDeepest &&
           std::ranges::all_of(
               flow_.users(id),
               [&](const User& user) {
                 if (user.is_effect) {
                   const Effect& effect = flow_.effects[user.index];
                   return effect.kind == EffectKind::drop ||
                          (effect.kind == EffectKind::branch && effect.opcode != op::br_table);
                 }
                 if (!live_[user.index]) return true;
                 const Node& by = flow_.nodes[user.index];
                 const std::uint32_t opcode = op::same_on_i32(by.opcode);
                 if (by.kind == NodeKind::select) return user.position == 2;
                 if (by.kind == NodeKind::unary) return opcode == op::i32_eqz;
                 if (by.kind != NodeKind::binary) return false;
                 if (opcode == op::i32_or) return only_tested(user.index, depth + 1);
                 return op::is_i32_equality(opcode) && flow_.constant(flow_.operand(user.index, 1)) == 0;
               });
  }

  /// `x & mask`: bits below the grain alone do not move; rounding down to at most the grain moves as x does.
  /// An alignment that is worked out at run time is taken to be a power of two that the allocator would
  /// respect at any start.
  /// A mask that is a constant, or one turned over: `~(0x40000 - 1)`, also of a variable that holds it.
  [[nodiscard]] std::optional<std::int64_t> constant_mask(NodeId mask) const {
    if (const auto constant = flow_.constant(mask)) return constant;
    if (!is_negation(flow_, mask)) return std::nullopt;
    const Node& node = flow_.nodes[mask];
    const bool turned = node.opcode == op::i32_xor;
    const Linear sum = linear_form(flow_, flow_.operand(mask, turned ? 0 : 1));
    if (sum.base != kNoNode) return std::nullopt;
    return static_cast<std::int32_t>(turned ? ~sum.offset : 0 - sum.offset);
  }

  /// Whether what is turned over is a choice of which one is a constant that rounds to more than a page.
  [[nodiscard]] bool may_be_coarse(NodeId mask) const {
    const Node& node = flow_.nodes[mask];
    const Linear sum = linear_form(flow_, flow_.operand(mask, node.opcode == op::i32_xor ? 0 : 1));
    if (view_ != MotionView::handed_out || sum.base == kNoNode) return false;
    constexpr std::size_t kMostChoices = 32;
    WalkList<std::pair<NodeId, std::uint32_t>> choices(kMostChoices, {std::pair(sum.base, sum.offset)});
    while (const auto at = choices.next()) {
      const Linear one = linear_form(flow_, at->first);
      const std::uint32_t unit = one.offset + at->second;
      if (one.base == kNoNode && unit >= kPageSize) return true;
      if (one.base == kNoNode) continue;
      const Node& base = flow_.nodes[one.base];
      if (base.kind != NodeKind::phi && base.kind != NodeKind::select) continue;
      for (const NodeId operand : flow_.operands_of(base)) choices.add({operand, unit});
    }
    return choices.stopped_early();
  }

  [[nodiscard]] Motion masked(NodeId result, const Motion& value, NodeId mask) const {
    const unsigned grain = grain_of(value);
    const Motion& by = motions_[mask];
    if (const auto constant = constant_mask(mask)) {
      const auto bits = static_cast<std::uint64_t>(*constant);
      const auto width = static_cast<unsigned>(std::bit_width(bits));
      if (width <= grain) return Motion::fixed();
      const bool rounds = *constant < 0 && std::has_single_bit(std::uint64_t{0} - bits);
      if (rounds && static_cast<unsigned>(std::countr_zero(bits)) <= grain) return value;
      return Motion::unknown(grain);
    }
    if (by.is(Kind::moved) || by.is(Kind::unknown)) return lost(value, by);
    if (is_negation(flow_, mask)) return may_be_coarse(mask) ? Motion::unknown(0) : value;
    if (view_ == MotionView::handed_out && !only_tested(result)) return Motion::unknown(0);
    if (one_less(flow_, mask) && grain >= kAddressBits) return Motion::fixed();
    return Motion::unknown(0);
  }

  [[nodiscard]] Motion scaled(const Motion& value, std::int64_t factor) const {
    if (!value.is(Kind::moved) || factor <= 0 || factor > (std::int64_t{1} << 32)) return Motion::unknown(0);
    Motion result = value;
    result.scale *= factor;
    return std::abs(result.scale) > kLargestScale ? Motion::unknown(0) : result;
  }
  [[nodiscard]] Motion divided(const Motion& value, std::int64_t by, bool wide) const {
    if (!value.is(Kind::moved) || by <= 0) return Motion::unknown(0);
    // The lower half of a pair does not carry into the upper one.
    const bool upper = by == kUpperHalf && value.pair();
    if (!upper && value.scale % by != 0) return Motion::unknown(0);
    // An address that was multiplied in 32 bits may have lost its upper bits.
    if (!wide && std::abs(value.scale) > kPage) return Motion::unknown(0);
    Motion result = value;
    result.scale /= by;
    return result;
  }

  /// Two words in 64 bits, as Rust's std::io::Error and Zig's error unions keep an address beside a tag.
  [[nodiscard]] bool is_upper_half(NodeId id) const {
    const Node& node = flow_.nodes[id];
    return node.kind == NodeKind::binary && node.opcode == op::i64_shl &&
           flow_.constant(flow_.operand(id, 1)) == 32;
  }
  [[nodiscard]] bool is_lower_half(NodeId id) const {
    const Node& node = flow_.nodes[id];
    if (const auto number = flow_.constant(id)) return *number >= 0 && *number < kUpperHalf;
    return node.kind == NodeKind::unary && node.opcode == op::i64_extend_i32_u;
  }
  [[nodiscard]] static Motion pair_of(const Motion& upper, const Motion& lower) {
    if (upper.is(Kind::unknown) || lower.is(Kind::unknown)) return lost(upper, lower);
    Motion result = upper.is(Kind::moved) ? upper : lower;
    if (upper.is(Kind::moved) && lower.is(Kind::moved)) result.scale += lower.scale;
    return result;
  }

  /// `a | b`.
  [[nodiscard]] Motion combined(NodeId left, NodeId right) const {
    const Motion& a = motions_[left];
    const Motion& b = motions_[right];
    if (is_upper_half(left) && is_lower_half(right)) return pair_of(a, b);
    if (is_lower_half(left) && is_upper_half(right)) return pair_of(b, a);
    return lost(a, b);
  }

  [[nodiscard]] Motion arithmetic(NodeId id, const Motion& a, const Motion& b) const {
    const Node& node = flow_.nodes[id];
    const NodeId left = flow_.operands_of(node)[0];
    const NodeId right = flow_.operands_of(node)[1];
    const auto amount = flow_.constant(right);
    const bool wide = op::same_on_i32(node.opcode) != node.opcode;
    const auto small = [&](std::int64_t limit) { return amount && *amount >= 0 && *amount <= limit; };
    switch (op::same_on_i32(node.opcode)) {
      case op::i32_and:
        return a.is(Kind::moved) || a.is(Kind::unknown) ? masked(id, a, right) : masked(id, b, left);
      case op::i32_or:
        if (a.is(Kind::moved) && small(15)) return a;  // flags of a header
        return combined(left, right);
      case op::i32_shl:
        if (small(32)) return scaled(a, std::int64_t{1} << *amount);
        break;
      case op::i32_mul:
        if (amount) return scaled(a, *amount);
        if (const auto other = flow_.constant(left)) return scaled(b, *other);
        break;
      case op::i32_shr_u:
      case op::i32_shr_s:
        if (small(32)) return divided(a, std::int64_t{1} << *amount, wide);
        break;
      case op::i32_div_u:
        if (amount && *amount > 0 && std::has_single_bit(static_cast<std::uint64_t>(*amount)))
          return divided(a, *amount, wide);
        break;
      case op::i32_rem_u:
        if (amount && *amount > 0 && std::has_single_bit(static_cast<std::uint64_t>(*amount)) &&
            static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(*amount))) <= grain_of(a))
          return Motion::fixed();
        break;
      default:
        break;
    }
    return lost(a, b);
  }

  /// Whether a value is made of a number of at least `least`, as an address in static data is.
  [[nodiscard]] bool starts_from(NodeId id, std::int64_t least) const {
    constexpr std::size_t kMostValues = 32;
    WalkList<NodeId> values(kMostValues, {id});
    while (const auto at = values.next()) {
      const Linear form = linear_form(flow_, *at);
      if (form.offset >= least && form.offset < INT32_MAX) return true;
      if (form.base == kNoNode) continue;
      const Node& node = flow_.nodes[form.base];
      const bool sum = node.kind == NodeKind::binary && op::is_sum(node.opcode);
      if (node.kind != NodeKind::phi && node.kind != NodeKind::select && !sum) continue;
      for (const NodeId operand : flow_.operands_of(node)) values.add(operand);
    }
    return values.stopped_early();
  }

  /// Whether what is summed is an index that starts at `from` or above.
  [[nodiscard]] bool adds_from(NodeId sum, std::int64_t from) const {
    return std::ranges::any_of(flow_.operands_of(flow_.nodes[sum]), [&](NodeId operand) {
      return motions_[operand].is(Kind::fixed) && starts_from(operand, from);
    });
  }

  /// Whether `value + sign * by` is how far a moved value lies above static data or the stack: a distance
  /// that changes.
  [[nodiscard]] bool measures(NodeId whole, NodeId by, int sign) const {
    const Motion& value = motions_[whole];
    constexpr std::int64_t kLowestStatic = 1024;  // wasm-ld's --global-base
    const bool foreign = value.is(Kind::foreign) && view_ == MotionView::handed_out;
    if ((!value.is(Kind::moved) && !foreign) || !motions_[by].is(Kind::fixed)) return false;
    if (const auto constant = flow_.constant(by)) {
      if (*constant * -sign < kLowestStatic || *constant * -sign >= INT32_MAX) return false;
      if (view_ != MotionView::handed_out) return true;
      if (foreign) return false;
      // An index that does not start at 0, as of a loop, is taken from what it is added to.
      const NodeId from = linear_form(flow_, whole).base;
      return from != kNoNode && !(op::is_sum(flow_.nodes[from].opcode) && adds_from(from, *constant * -sign));
    }
    if (sign > 0) return false;
    if (view_ == MotionView::handed_out && starts_from(by, kLowestStatic)) return true;
    const NodeId base = linear_form(flow_, by).base;
    return base != kNoNode && flow_.nodes[base].kind == NodeKind::global;
  }

  /// Whether the low bits of the result depend on the low bits of the operands alone.
  [[nodiscard]] static bool keeps_low_bits(std::uint32_t opcode) {
    const OpcodeClass kind = op::class_of(opcode);
    return kind == OpcodeClass::mask || kind == OpcodeClass::bits || kind == OpcodeClass::sum ||
           kind == OpcodeClass::product;
  }

  /// What neither sum nor difference explains.
  [[nodiscard]] Motion otherwise(NodeId id, const Motion& a, const Motion& b) const {
    const Node& node = flow_.nodes[id];
    if (!op::is_integer_arithmetic(node.opcode)) return Motion::unknown(0);
    // ~x is -1 - x.
    if (node.opcode == op::i32_xor && a.is(Kind::moved) && flow_.constant(flow_.operand(id, 1)) == -1)
      return sum(Motion::fixed(), a, -1, view_);
    const Motion result = arithmetic(id, a, b);
    return result.is(Kind::unknown) && !keeps_low_bits(node.opcode) ? Motion::unknown(0) : result;
  }

  [[nodiscard]] Motion binary(NodeId id) const {
    const Node& node = flow_.nodes[id];
    const Motion& a = of(node, 0);
    const Motion& b = of(node, 1);
    const NodeId right = flow_.operands_of(node)[1];
    if (a.is(Kind::unreached) || b.is(Kind::unreached)) return {};
    if (is_comparison_opcode(node.opcode)) return Motion::fixed();  // whether it may be asked, a rule decides
    const std::uint32_t opcode = op::same_on_i32(node.opcode);
    const bool unknown = a.is(Kind::unknown) || b.is(Kind::unknown);
    if (!unknown && (opcode == op::i32_add || opcode == op::i32_sub)) {
      const int sign = opcode == op::i32_add ? 1 : -1;
      const bool distance = measures(flow_.operands_of(node)[0], right, sign);
      Motion result = sum(a, b, sign, view_);
      result.measured |= distance;
      // For who looks at addresses it moves as the address does.
      if (!distance || view_ == MotionView::handed_out) return result;
    }
    if (unknown || a.is(Kind::moved) || b.is(Kind::moved)) return otherwise(id, a, b);
    if (!a.is(Kind::foreign) && !b.is(Kind::foreign)) return Motion::fixed();
    Motion result = Motion::foreign();
    // How far an address is from something in memory stays that, in other units.
    if (view_ == MotionView::handed_out) result.scale = a.is(Kind::foreign) ? a.scale : 0;
    return result;
  }

  [[nodiscard]] Motion unary(const Node& node) const {
    const Motion& a = of(node, 0);
    if (is_comparison_opcode(node.opcode)) return a.is(Kind::unreached) ? Motion{} : Motion::fixed();
    if (!a.is(Kind::moved) && !a.is(Kind::unknown)) return a;
    const bool converts = node.opcode == op::i32_wrap_i64 || node.opcode == op::i64_extend_i32_s ||
                          node.opcode == op::i64_extend_i32_u;
    if (!converts || !a.is(Kind::moved) || node.opcode != op::i32_wrap_i64)
      return converts ? a : Motion::unknown(0);
    Motion low = a;
    low.scale %= kUpperHalf;
    return low.scale == 0 ? Motion::foreign() : low;
  }

  [[nodiscard]] Motion evaluate(NodeId id) {
    const Node& node = flow_.nodes[id];
    switch (node.kind) {
      case NodeKind::constant:
        return Motion::fixed();
      case NodeKind::phi:
        return merge(node, node.operand_count);
      case NodeKind::select:
        return merge(node, 2);
      case NodeKind::binary:
        return binary(id);
      case NodeKind::unary:
        return unary(node);
      case NodeKind::opaque: {
        for (const NodeId operand : flow_.operands_of(node))
          if (motions_[operand].is(Kind::moved) || motions_[operand].is(Kind::unknown))
            return Motion::unknown(0);
        return Motion::foreign();
      }
      default:
        return Motion::foreign();
    }
  }

  const Flow& flow_;
  const MotionView view_;
  std::vector<Motion> motions_;
  std::vector<bool> seeded_;
  std::vector<bool> live_;  ///< for handed_out
};

}  // namespace

bool is_failure_value(const Flow& flow, NodeId node) {
  const auto value = flow.constant(node);
  return value && (*value == 0 || *value == -1);
}

Result<std::vector<Motion>> compute_motions(const Flow& flow,
                                            std::span<const std::pair<NodeId, Motion>> seeds, Budget& budget,
                                            MotionView view) {
  return MotionPass(flow, seeds, view).run(budget);
}

}  // namespace heapbump
