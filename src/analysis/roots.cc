#include "analysis/roots.h"

#include <algorithm>
#include <bit>

#include "analysis/motion.h"
#include "flow/known_operands.h"

namespace heapbump {
namespace {

constexpr unsigned kPageBits = 16;
constexpr std::size_t kMaxPlaces = 4096;  // of one kind; more say nothing new

bool inside(const RootRange& range, std::uint64_t value) {
  return value >= range.begin && value < range.end;
}

/// A power of two above a page, or a mask that rounds down to one, or the bits below one.
bool is_coarse(std::int64_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  const auto above = [](std::uint32_t power) {
    return std::has_single_bit(power) && static_cast<unsigned>(std::countr_zero(power)) > kPageBits;
  };
  return above(bits) || above(0 - bits) || above(bits + 1);
}

void find_wide(const Module& module, const Instruction& instruction, const RootRange& range,
               std::uint32_t function, std::vector<RootPlace>& found) {
  const auto note = [&](std::uint64_t value) {
    if (inside(range, value) && found.size() < kMaxPlaces)
      found.push_back({function, instruction.immediate_offset, value});
  };
  const auto number = [&](double value) {
    if (value >= 0 && value < 4294967296.0 && value == static_cast<double>(static_cast<std::uint64_t>(value)))
      note(static_cast<std::uint64_t>(value));
  };
  if (instruction.opcode == op::f32_const)
    number(static_cast<double>(
        std::bit_cast<float>(load_u32(module.bytes_at(instruction.immediate_offset, 4)))));
  else if (instruction.opcode == op::f64_const)
    number(std::bit_cast<double>(load_u64(module.bytes_at(instruction.immediate_offset, 8))));
  else if (instruction.opcode == op::v128_const)
    for (std::uint64_t lane = 0; lane < 16; lane += 4)
      note(load_u32(module.bytes_at(instruction.immediate_offset + lane, 4)));
}

/// A value's address uses, and where it leaves the function.
bool is_address_beyond(const Flow& flow, NodeId node) {
  const auto carries = [](const Node& at, std::uint32_t) {
    return at.kind == NodeKind::binary && (at.opcode == op::i32_add || at.opcode == op::i32_sub);
  };
  for (const NodeId at : reach(flow, std::span(&node, 1), carries))
    for (const User& user : flow.users(at)) {
      if (takes_address(flow, user)) return true;
      if (!user.is_effect) continue;
      const EffectKind kind = flow.effects[user.index].kind;
      if (kind != EffectKind::branch && kind != EffectKind::drop) return true;
    }
  return false;
}

}  // namespace

Result<RootScan> scan_roots(const Module& module, const RootRange& range, Budget& budget) {
  RootScan scan;
  Instruction instruction;
  for (std::size_t i = 0; i < module.bodies.size(); ++i) {
    const auto function = static_cast<std::uint32_t>(module.imported_functions + i);
    InstructionReader reader(module, module.bodies[i], budget);
    KnownOperands operands;
    bool noted = false;
    while (reader.next(instruction)) {
      operands.step(instruction, [&](std::uint64_t address) {
        if (address < range.line || noted || scan.accesses.size() >= kMaxPlaces) return;
        noted = true;
        scan.accesses.push_back({function, instruction.offset, address});
      });
      if (instruction.immediate == Immediate::i32 && is_coarse(instruction.value))
        scan.coarse.insert(function);
      if (instruction.immediate == Immediate::i64 && scan.integers.size() < kMaxPlaces &&
          inside(range, static_cast<std::uint64_t>(instruction.value)))
        scan.integers.push_back(
            {function, instruction.immediate_offset, static_cast<std::uint64_t>(instruction.value)});
      find_wide(module, instruction, range, function, scan.wide);
    }
    if (reader.error()) return std::unexpected(*reader.error());
  }
  HEAPBUMP_CHECK(
      budget.hold((scan.accesses.size() + scan.wide.size() + scan.integers.size()) * sizeof(RootPlace)));
  return scan;
}

namespace {

/// `x - (x & mask)` or `x - x % size`, given what is subtracted.
bool is_taken_from_its_operand(const Flow& flow, NodeId rest) {
  return std::ranges::any_of(flow.users(rest), [&](const User& user) {
    return !user.is_effect && op::same_on_i32(flow.nodes[user.index].opcode) == op::i32_sub &&
           user.position == 1 && flow.operand(user.index, 0) == flow.operand(rest, 0);
  });
}

/// Whether a node clears or flips bits at or above the size of a page: rounding, or the partner of a buddy.
bool is_coarse_step(const Flow& flow, NodeId id) {
  const Node& node = flow.nodes[id];
  if (node.kind != NodeKind::binary) return false;
  const auto constant = flow.constant(flow.operand(id, 1));
  if (!constant) return false;
  switch (op::same_on_i32(node.opcode)) {
    case op::i32_and:
      return is_coarse(*constant) && (*constant < 0 || is_taken_from_its_operand(flow, id));
    case op::i32_xor:
      return is_coarse(*constant) && *constant > 0 &&
             std::has_single_bit(static_cast<std::uint32_t>(*constant));
    case op::i32_shl:
      return *constant > kPageBits && *constant < 32 &&
             op::same_on_i32(flow.nodes[flow.operand(id, 0)].opcode) == op::i32_shr_u;
    case op::i32_rem_u:
      return is_coarse(*constant) && is_taken_from_its_operand(flow, id);
    default:
      return false;
  }
}

}  // namespace

Result<std::optional<std::uint64_t>> rounds_coarsely(const Flow& flow, Budget& budget) {
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    if (!is_coarse_step(flow, id)) continue;
    HEAPBUMP_CHECK(budget.charge(flow.nodes.size() / kPassedPerUnit + 1));
    if (is_address_beyond(flow, id)) return std::optional(flow.nodes[id].offset);
  }
  return std::optional<std::uint64_t>();
}

Result<bool> is_handed_on(const Flow& flow, NodeId constant, Budget& budget) {
  HEAPBUMP_CHECK(budget.charge(flow.nodes.size() / kPassedPerUnit + 1));
  for (const NodeId at :
       reach(flow, std::span(&constant, 1), [](const Node&, std::uint32_t) { return false; }))
    for (const User& user : flow.users(at)) {
      if (!user.is_effect) continue;
      const Effect& effect = flow.effects[user.index];
      const bool value = effect.kind == EffectKind::store && user.position == 1;
      if (value || effect.kind == EffectKind::call || effect.kind == EffectKind::call_indirect ||
          effect.kind == EffectKind::global_set || effect.kind == EffectKind::returns ||
          effect.kind == EffectKind::atomic)
        return true;
    }
  return false;
}

}  // namespace heapbump
