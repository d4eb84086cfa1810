#include "analysis/roots.h"

#include <bit>
#include <set>

#include "flow/known_operands.h"

namespace heapbump {
namespace {

constexpr std::size_t kMaxPlaces = 4096;  // of one kind; more say nothing new

void find_wide(const Module& module, const Instruction& instruction, const RootRange& range,
               std::uint32_t function, std::vector<RootPlace>& found) {
  const auto note = [&](std::uint64_t value) {
    if (range.numbers.contains(value) && found.size() < kMaxPlaces)
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

}  // namespace

Result<RootScan> scan_roots(const Module& module, const RootRange& range, Budget& budget) {
  RootScan scan;
  Instruction instruction;
  for (std::size_t i = 0; i < module.bodies.size(); ++i) {
    const auto function = static_cast<std::uint32_t>(module.imported_functions + i);
    InstructionReader reader(module, module.bodies[i], budget);
    KnownOperands operands;
    bool noted = false;
    std::set<std::uint64_t> named;
    while (reader.next(instruction)) {
      operands.step(instruction, [&](std::uint64_t address) {
        if (noted || !range.accesses.contains(address) || scan.accesses.size() >= kMaxPlaces) return;
        const auto offset = static_cast<std::uint64_t>(instruction.value);
        if (named.contains(address - offset) || range.judged.contains(offset)) return;
        noted = true;
        scan.accesses.push_back({function, instruction.offset, address});
      });
      const auto number = static_cast<std::uint64_t>(instruction.value);
      if (instruction.immediate == Immediate::i32 &&
          range.judged.contains(static_cast<std::uint32_t>(number)))
        named.insert(static_cast<std::uint32_t>(number));
      if (instruction.immediate == Immediate::i64 && scan.integers.size() < kMaxPlaces &&
          range.numbers.contains(number))
        scan.integers.push_back({function, instruction.immediate_offset, number});
      find_wide(module, instruction, range, function, scan.wide);
    }
    if (reader.error()) return std::unexpected(*reader.error());
  }
  HEAPBUMP_CHECK(
      budget.hold((scan.accesses.size() + scan.wide.size() + scan.integers.size()) * sizeof(RootPlace)));
  return scan;
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
