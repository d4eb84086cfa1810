#include "detectors/wasm_ld/opaque.h"

#include <algorithm>
#include <utility>

#include "analysis/walk.h"
#include "detectors/wasm_ld/address_flow.h"
#include "detectors/wasm_ld/limits.h"

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;

/// wasm-ld makes it the first global that changes.
std::int64_t find_stack_pointer(const Module& module) {
  const auto first = std::ranges::find_if(module.globals, &Global::is_mutable);
  return first - module.globals.begin();
}

/// Judges what one function does with addresses.
class OpaqueJudge {
 public:
  OpaqueJudge(const Facts& facts, const Reasoning& reasoning, std::uint64_t line)
      : facts_(facts),
        reasoning_(reasoning),
        line_(line),
        stack_pointer_(find_stack_pointer(facts.module)),
        addresses_(facts, reasoning),
        limits_(facts, reasoning, addresses_) {}

  Result<SeenAddresses> run() {
    HEAPBUMP_CHECK(addresses_.run());
    if (addresses_.clash())
      object("wasm-ld.opaque-unknown", addresses_.clash()->first, addresses_.clash()->second);
    for (const std::uint32_t function : addresses_.functions()) {
      if (seen_addresses_.objection) break;
      HEAPBUMP_TRY(const auto kept, facts_.flows.get(function));
      const Flow& flow = *kept;
      HEAPBUMP_CHECK(look_at(flow));
    }
    if (!facts_.allocators.empty() && !seen_ && !seen_addresses_.objection)
      object("wasm-ld.opaque-way",
             facts_.allocators.front().functions.empty() ? 0 : *facts_.allocators.front().functions.begin(),
             0);
    return std::move(seen_addresses_);
  }

 private:
  Status look_at(const Flow& flow) {
    HEAPBUMP_TRY(AddressFlow::Followed followed, addresses_.follow(flow));
    motions_ = std::move(followed.motions);
    seen_ |= !reasoning_.is_own(flow, false);
    const std::vector<bool> live = needed_nodes(flow, false);
    for (NodeId id = 0; id < flow.nodes.size() && !seen_addresses_.objection; ++id)
      if (live[id] && (!motions_[id].is(Kind::unknown) || !only_low_bits(flow, id, live)))
        HEAPBUMP_CHECK(operate(flow, id));
    for (NodeId id = 0; id < flow.nodes.size() && !seen_addresses_.objection; ++id)
      if (live[id]) HEAPBUMP_CHECK(measure(flow, id));
    look_for_parts(flow, followed.kept);
    for (const Effect& effect : flow.effects)
      if (effect.kind != EffectKind::call || !reasoning_.is_explained(effect.value))
        HEAPBUMP_CHECK(use(flow, effect));
    return {};
  }

  /// An access that takes a static word that keeps an address otherwise than whole and by itself, or as one
  /// of two.
  [[nodiscard]] bool takes_apart(const Flow& flow, const Effect& effect) const {
    const bool load = effect.kind == EffectKind::load;
    const bool copy = effect.kind == EffectKind::bulk && effect.opcode == op::memory_copy;
    if (!load && !copy && effect.kind != EffectKind::atomic) return false;
    const auto operands = flow.operands_of(effect);
    const Linear sum = linear_form(flow, operands[copy ? 1 : 0]);
    if (sum.base != kNoNode) return false;
    constexpr std::uint32_t kMostCopied = 4096;  // of a number of bytes that is worked out
    const std::uint32_t begin = sum.offset + (copy ? 0 : static_cast<std::uint32_t>(effect.value));
    const std::uint32_t bytes =
        copy ? static_cast<std::uint32_t>(flow.constant(operands[2]).value_or(kMostCopied))
             : facts_of(effect.opcode).access_bytes;
    for (auto place = addresses_.places().lower_bound({false, begin - std::min<std::uint32_t>(begin, 3)});
         place != addresses_.places().end() && !place->first.is_global && place->first.index < begin + bytes;
         ++place)
      if (!load || bytes > 8 || place->first.index < begin || place->first.index + 4 > begin + bytes)
        return true;
    return false;
  }

  /// Whether a byte is of a static word that keeps an address and is not the allocator's.
  [[nodiscard]] bool is_programs_place(std::uint32_t address) const {
    const auto place = addresses_.places().lower_bound({false, address - std::min(address, 3U)});
    return place != addresses_.places().end() && !place->first.is_global && place->first.index <= address &&
           !reasoning_.is_own_word(place->first.index);
  }

  /// Whether one of the words from an address on keeps an address and is not the allocator's.
  [[nodiscard]] bool is_programs_table(std::uint32_t address) const {
    constexpr std::uint32_t kMostBytes = 256;
    const auto place = addresses_.places().lower_bound({false, address - std::min(address, 3U)});
    return place != addresses_.places().end() && !place->first.is_global &&
           place->first.index < address + kMostBytes && !reasoning_.is_own_word(place->first.index);
  }

  /// Whether an address may lie in a static word that keeps one, by an index that the code works out.
  [[nodiscard]] bool may_index_place(const Flow& flow, NodeId id, std::int64_t offset) const {
    constexpr std::size_t kMostNodes = 64;
    WalkList<NodeId> list(kMostNodes, {id});
    while (const auto at = list.next()) {
      const Linear sum = linear_form(flow, *at);
      if (sum.base == kNoNode) {
        if (is_programs_place(sum.offset + static_cast<std::uint32_t>(offset))) return true;
        continue;
      }
      const Node& node = flow.nodes[sum.base];
      const std::int64_t bytes = element_bytes(flow, node);
      if (bytes > 0 && bytes % 4 == 0 && is_programs_table(sum.offset + static_cast<std::uint32_t>(offset)))
        return true;
      if (node.kind != NodeKind::phi && (node.kind != NodeKind::binary || !op::is_sum(node.opcode))) continue;
      // `base + index`, where the whole offset stands beside them.
      if (is_programs_place(sum.offset + static_cast<std::uint32_t>(offset))) return true;
      for (const NodeId operand : flow.operands_of(node)) list.add(operand);
    }
    return list.stopped_early();
  }

  /// A part of a word that keeps an address is loaded: of a static word or, as of a union in the frame, of
  /// one that this function stores.
  void look_for_parts(const Flow& flow, const KeptWords& kept) {
    for (std::size_t i = 0; i < flow.effects.size(); ++i) {
      const Effect& effect = flow.effects[i];
      const bool narrow = effect.kind == EffectKind::load && facts_of(effect.opcode).access_bytes < 4;
      const bool given = effect.kind == EffectKind::load && addresses_.takes_part_of_input(flow, effect);
      if (takes_apart(flow, effect) || given || kept.part == i ||
          (narrow && may_index_place(flow, flow.operands_of(effect)[0], effect.value))) {
        object("wasm-ld.opaque-number", flow.function, effect.offset);
        break;
      }
    }
  }

  /// Whether a value is what is left of an address beside an alignment that only the run knows.
  [[nodiscard]] static bool is_misalignment(const Flow& flow, NodeId id) {
    const Node& node = flow.nodes[id];
    const std::uint32_t opcode = op::same_on_i32(node.opcode);
    return node.kind == NodeKind::binary && (opcode == op::i32_rem_u || opcode == op::i32_and) &&
           !flow.constant(flow.operand(id, 0)) && !flow.constant(flow.operand(id, 1));
  }

  /// Whether a value is only used for its low bits, which do not move, as where two alignments are compared.
  [[nodiscard]] bool only_low_bits(const Flow& flow, NodeId id, const std::vector<bool>& live) const {
    return std::ranges::all_of(flow.users(id), [&](const User& user) {
      if (user.is_effect) return false;
      if (!live[user.index]) return true;
      const Node& by = flow.nodes[user.index];
      if (by.kind == NodeKind::select && user.position == 2) return is_misalignment(flow, id);
      if (!op::is_integer_comparison(by.opcode)) return motions_[user.index].is(Kind::fixed);
      const bool zero = by.kind == NodeKind::unary || flow.constant(flow.operand(user.index, 1)) == 0;
      return zero && (by.kind == NodeKind::unary || op::is_equality(by.opcode)) && is_misalignment(flow, id);
    });
  }

  /// How far an address lies below a number.
  Status measure(const Flow& flow, NodeId id) {
    const Node& node = flow.nodes[id];
    if (node.kind != NodeKind::binary || !op::is_sum(node.opcode) ||
        op::same_on_i32(node.opcode) == op::i32_add || !motions_[id].is(Kind::foreign))
      return {};
    const NodeId from = flow.operand(id, 0);
    const auto cancels = [&](const User& user) {
      return !user.is_effect && motions_[user.index].scale == 0 && op::is_sum(flow.nodes[user.index].opcode);
    };
    if (!motions_[flow.operand(id, 1)].address() || std::ranges::all_of(flow.users(id), cancels)) return {};
    HEAPBUMP_TRY(const bool number, limits_.may_be_number(flow, motions_, from));
    if (number) object("wasm-ld.opaque-distance", flow.function, node.offset);
    return {};
  }

  /// Comparisons, and operations of which nothing is known any more.
  Status operate(const Flow& flow, NodeId id) {
    const Node& node = flow.nodes[id];
    const bool computes = node.kind == NodeKind::binary || node.kind == NodeKind::unary;
    const bool compares = computes && op::is_integer_comparison(node.opcode);
    if (!compares && !motions_[id].is(Kind::unknown)) return {};
    for (std::uint32_t position = 0; position < node.operand_count; ++position) {
      Use use;
      use.compare = id;
      use.value = flow.operand(id, position);
      if (node.operand_count == 2) use.other = flow.operand(id, 1 - position);
      HEAPBUMP_CHECK(judge(flow, use, node.offset));
    }
    return {};
  }

  Status use(const Flow& flow, const Effect& effect) {
    const auto operands = flow.operands_of(effect);
    for (std::uint32_t position = 0; position < operands.size(); ++position) {
      Use use;
      use.value = operands[position];
      use.effect = &effect;
      use.position = position;
      HEAPBUMP_CHECK(judge(flow, use, effect.offset));
    }
    return {};
  }

  /// Judges an address or what is made of one; of how far one is from a value of memory, whether it is stored
  /// in fewer bits.
  Status judge(const Flow& flow, Use use, std::uint64_t offset) {
    const Motion& motion = motions_[use.value];
    const bool distance = motion.is(Kind::foreign) && motion.scale != 0 && use.effect != nullptr &&
                          use.effect->kind == EffectKind::store && use.position == 1;
    if (seen_addresses_.objection || (!motion.is(Kind::moved) && !distance)) return {};
    use.flow = &flow;
    use.motions = motions_;
    use.motion = motion;
    use.line = line_;
    use.stack_pointer = stack_pointer_;
    if (use.effect == nullptr && use.other != kNoNode && motions_[use.other].is(Kind::foreign)) {
      HEAPBUMP_TRY(use.limit_is_fixed, limits_.may_be_number(flow, motions_, use.other));
    }
    use.is_number = gives_number(flow, use);
    use.two_words = use.effect != nullptr && stores_two_words(*use.effect);
    Verdict verdict = Verdict::undecided;
    const UseRule& rule = decide(opaque_rules(), use, verdict);
    if (verdict == Verdict::accept && !distance) ++seen_addresses_.accepted;
    if (verdict == Verdict::refuse) object(rule.info.id, flow.function, offset);
    return {};
  }

  /// It is passed or returned in 64 bits without a second word, given to the host so, or as what the program
  /// ends with; or it is the index of a table.
  [[nodiscard]] bool gives_number(const Flow& flow, const Use& use) const {
    if (use.effect == nullptr) return false;
    const Effect& effect = *use.effect;
    const bool widened = motions_[use.value].address() && is_widened(flow, use.value);
    if (effect.kind == EffectKind::returns) return widened;
    if (effect.kind == EffectKind::call_indirect) return widened || use.position + 1 == effect.operand_count;
    if (effect.kind != EffectKind::call) return false;
    const auto callee = static_cast<std::uint32_t>(effect.value);
    if (callee >= facts_.module.imported_functions) return widened;
    return facts_.module.function_type(callee).params[use.position] == ValueType::i64 || ends_program(callee);
  }

  /// Compilers join the stores of two words, also of an address and 0, with the alignment of one.
  [[nodiscard]] bool stores_two_words(const Effect& effect) const {
    constexpr auto kOfEightBytes = std::byte{3};  // the alignment's exponent, after the opcode
    return effect.kind == EffectKind::store && effect.opcode == op::i64_store &&
           facts_.module.bytes_at(effect.offset + 1, 1)[0] < kOfEightBytes;
  }

  [[nodiscard]] bool ends_program(std::uint32_t import) const {
    return std::ranges::any_of(facts_.module.imports, [&](const Import& at) {
      return at.kind == ExternalKind::function && at.index == import && at.name == "proc_exit";
    });
  }

  void object(std::string_view rule, std::uint32_t function, std::uint64_t offset) {
    const auto named = std::ranges::find(opaque_rules(), rule, [](const UseRule& at) { return at.info.id; });
    seen_addresses_.objection = Objection{rule, clause_of(named->info.summary), function, offset};
  }

  const Facts& facts_;
  const Reasoning& reasoning_;
  const std::uint64_t line_;
  const std::int64_t stack_pointer_;
  AddressFlow addresses_;
  Limits limits_;
  std::vector<Motion> motions_;
  SeenAddresses seen_addresses_;
  bool seen_ = false;  ///< an address outside the allocator
};

}  // namespace

Result<SeenAddresses> find_seen_addresses(const Facts& facts, const Reasoning& reasoning,
                                          std::uint64_t line) {
  return OpaqueJudge(facts, reasoning, line).run();
}

void record(const SeenAddresses& seen, const Facts& facts, Judgement& judgement) {
  if (seen.objection)
    judgement.refuse(seen.objection->rule, Code::kUnexplained, describe(facts, *seen.objection),
                     seen.objection->offset);
  else if (seen.accepted > 0)
    judgement.evidence.push_back({"use",
                                  std::to_string(seen.accepted) + (seen.accepted == 1 ? " use" : " uses"),
                                  opaque_rules().end()[-2].info.id});
}

}  // namespace heapbump::wasm_ld
