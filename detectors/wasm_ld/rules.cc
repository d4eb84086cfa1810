#include "detectors/wasm_ld/rules.h"

#include <array>

#include "analysis/walk.h"
#include "detectors/wasm_ld/models.h"
#include "detectors/wasm_ld/rule_parts.h"

namespace heapbump::wasm_ld {

bool is_bulk_address(const Use& use) {
  if (use.effect->kind != EffectKind::bulk) return false;
  return use.position == 0 || (use.position == 1 && use.effect->opcode == op::memory_copy);
}

bool is_widened(const Flow& flow, NodeId id) {
  constexpr std::size_t kMostNodes = 32;
  constexpr std::int64_t kUpper = std::int64_t{1} << 32;
  WalkList<NodeId> values(kMostNodes, {id});
  while (const auto at = values.next()) {
    const Node& node = flow.nodes[*at];
    const auto operands = flow.operands_of(node);
    if (node.opcode == op::i64_extend_i32_u || node.opcode == op::i64_extend_i32_s) return true;
    const auto added = node.kind == NodeKind::binary ? flow.constant(operands[1]) : std::nullopt;
    const bool low = added && *added > -kUpper && *added < kUpper;
    if (low && (node.opcode == op::i64_add || node.opcode == op::i64_sub || node.opcode == op::i64_or))
      values.add(operands[0]);
    if (node.kind == NodeKind::phi)
      for (const NodeId operand : operands) values.add(operand);
    if (node.kind == NodeKind::select)
      for (const NodeId operand : operands.first(2)) values.add(operand);
  }
  return values.stopped_early();
}

bool stores_whole(const Use& use) {
  const std::uint32_t opcode = use.effect->opcode;
  return opcode != op::i32_store8 && opcode != op::i32_store16 && opcode != op::i64_store8 &&
         opcode != op::i64_store16;
}

bool is_plain_address(const Use& use) {
  if (use.motion.scale != kPage && use.motion.scale != 1) return false;
  if (const auto value = use.flow->constant(use.value))
    return *value != 0 && use.motion.is(Motion::Kind::moved);
  return !use.motion.size && use.motion.is(Motion::Kind::moved) &&
         linear_form(*use.flow, use.value).offset == 0;
}

const UseRule& decide(std::span<const UseRule> rules, const Use& use, Verdict& verdict) {
  for (const UseRule& rule : rules) {
    verdict = rule.applies(use);
    if (verdict != Verdict::undecided) return rule;
  }
  verdict = Verdict::refuse;
  return rules.back();
}

std::span<const RuleTable> rule_tables() {
  static const auto tables = std::to_array<RuleTable>({
      {"May an address of the heap or the memory's size be compared so?", false, comparison_infos()},
      {"May an address of the heap or the memory's size be used so?", false, effect_infos()},
      {"Does the program look into an address that its allocator returned?", false, opaque_infos()},
      {"Is everything explained that could stand for the heap?", true, structure_infos()},
      {"Which allocators are known?", false, model_infos()},
  });
  return tables;
}

}  // namespace heapbump::wasm_ld
