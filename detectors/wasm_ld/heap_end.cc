#include "detectors/wasm_ld/heap_end.h"

#include <algorithm>

namespace heapbump::wasm_ld {
namespace {

constexpr std::uint64_t kFooter = 64;   // dlmalloc ends its memory with 40 bytes, emmalloc with 16
constexpr std::size_t kMostSteps = 32;  // from a number to an address that is made of it

/// What a number in the allocator is used as.
class NumberUses {
 public:
  /// `is_end`: the number is the memory's end itself.
  NumberUses(const Flow& flow, const Allocator& allocator, std::uint64_t base, bool is_end)
      : flow_(flow), allocator_(allocator), base_(base), is_end_(is_end) {}

  void look_at(NodeId id) {
    if (!seen_.insert(id).second) return;
    for (const User& user : flow_.users(id))
      user.is_effect ? used_by(flow_.effects[user.index], user.position) : used_by(user);
  }
  [[nodiscard]] bool as_address() const { return address_; }
  [[nodiscard]] bool as_number() const { return number_; }

 private:
  /// The heap's start, or something counted from there on some path.
  [[nodiscard]] bool is_of_heap(NodeId id) const {
    std::vector<NodeId> pending{id};
    std::set<NodeId> seen{id};
    while (!pending.empty() && seen.size() < kMostSteps) {
      const Node& node = flow_.nodes[pending.back()];
      pending.pop_back();
      if (node.kind == NodeKind::constant && node.width != 0) {
        const auto value = static_cast<std::uint64_t>(static_cast<std::uint32_t>(node.value));
        if (value >= base_ && value <= base_ + kHeader) return true;
      }
      const bool counts = node.kind == NodeKind::binary && op::is_sum(node.opcode);
      if (!counts && node.kind != NodeKind::phi && node.kind != NodeKind::select) continue;
      // What is taken away is no address, and what a select asks is no value.
      const bool first = node.kind == NodeKind::binary && node.opcode != op::i32_add;
      const std::size_t values = first ? 1 : node.kind == NodeKind::select ? 2 : node.operand_count;
      for (const NodeId operand : flow_.operands_of(node).first(values))
        if (seen.insert(operand).second) pending.push_back(operand);
    }
    return false;
  }

  /// Whether an address is 8 above the heap's start, or above what is read from a static word that this
  /// function also sets to the heap's start: endPtr of a RootRegion, the first one or the newest.
  [[nodiscard]] bool is_end_of_region(const Effect& store) const {
    constexpr std::uint32_t kEndPtr = 8;
    const NodeId address = flow_.operands_of(store)[0];
    const Linear place = linear_form(flow_, address);
    const std::uint32_t offset = place.offset + static_cast<std::uint32_t>(store.value);
    if (place.base == kNoNode) return offset == static_cast<std::uint32_t>(base_) + kEndPtr;
    if (offset != kEndPtr) return false;
    const Node& base = flow_.nodes[place.base];
    if (base.kind != NodeKind::load || base.opcode != op::i32_load) return is_of_heap(place.base);
    const auto word = static_address(flow_, flow_.effects[base.effect]);
    return word && std::ranges::any_of(flow_.effects, [&](const Effect& effect) {
             return effect.kind == EffectKind::store && static_address(flow_, effect) == word &&
                    is_of_heap(flow_.operands_of(effect)[1]);
           });
  }

  void used_by(const Effect& effect, std::uint32_t position) {
    const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store ||
                        effect.kind == EffectKind::atomic;
    if (effect.kind == EffectKind::drop || effect.kind == EffectKind::branch) return;
    // emmalloc keeps the end of each root region in it.
    const bool kept = effect.kind == EffectKind::store && position == 1 && !allocator_.state && is_end_ &&
                      is_end_of_region(effect);
    const bool address = (access && position == 0) || kept;
    (address ? address_ : number_) = true;
  }

  void used_by(const User& user) {
    const Node& node = flow_.nodes[user.index];
    constexpr std::uint32_t kCondition = 2;
    if (node.kind == NodeKind::select && user.position == kCondition) return;
    if (node.kind == NodeKind::phi || node.kind == NodeKind::select) return look_at(user.index);
    if (node.kind == NodeKind::unary && node.opcode == op::i32_eqz) return;
    if (node.kind != NodeKind::binary) {
      number_ = true;
      return;
    }
    const NodeId other = flow_.operand(user.index, 1 - user.position);
    const bool compares = op::is_integer_comparison(node.opcode);
    if (compares && flow_.constant(other) == 0) return;
    if (op::is_sum(node.opcode) && flow_.constant(other) && !is_of_heap(other)) return look_at(user.index);
    const bool address = (compares || node.opcode == op::i32_sub) && is_of_heap(other);
    (address ? address_ : number_) = true;
  }

  const Flow& flow_;
  const Allocator& allocator_;
  const std::uint64_t base_;
  const bool is_end_;
  std::set<NodeId> seen_;
  bool address_ = false;
  bool number_ = false;
};

}  // namespace

AddressSpan heap_end_numbers(const Module& module, std::uint64_t base) {
  const std::uint64_t end = module.memory_bytes();
  return {std::max(end - std::min(end, kFooter), base + kHeader + 1), end + 1};
}

Result<HeapEnd> find_heap_end(const Facts& facts, const Allocator& allocator, std::uint64_t base) {
  const AddressSpan wanted = heap_end_numbers(facts.module, base);
  HeapEnd found;
  for (const std::uint32_t function : allocator.functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(facts.module, function, facts.budget, {.frame_slots = true}));
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::constant || node.width == 0 || node.opcode != op::i32_const) continue;
      const std::uint64_t value = static_cast<std::uint32_t>(node.value);
      if (!wanted.contains(value)) continue;
      NumberUses uses(flow, allocator, base, value == facts.module.memory_bytes());
      uses.look_at(id);
      if (!uses.as_address()) continue;
      if (uses.as_number()) {
        if (!found.unclear) found.unclear = RootPlace{function, node.immediate_offset, value};
        continue;
      }
      found.addresses.push_back(flow.occurrence(node));
    }
  }
  return found;
}

}  // namespace heapbump::wasm_ld
