#include "verify/roles.h"

#include <algorithm>
#include <utility>

#include "wasm/code.h"

namespace heapbump::verify {
namespace {

class Reader {
 public:
  Reader(Context& context, const Flow& flow, const Landmarks& landmarks)
      : c_(context), flow_(flow), marks_(landmarks) {}

  Reading read(std::uint64_t immediate_offset) {
    for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
      const Node& node = flow_.nodes[id];
      if (node.width == 0 || node.immediate_offset != immediate_offset) continue;
      if (node.kind != NodeKind::constant) {  // a load's memarg offset
        settle(Use::access, node.offset, access_address(node));
        return reading_;
      }
      follow(id);
      return reading_;
    }
    for (const Effect& effect : flow_.effects) {
      if (effect.width == 0 || effect.immediate_offset != immediate_offset) continue;
      const auto base =
          flow_.operands_of(effect).empty() ? std::nullopt : flow_.constant(flow_.operands_of(effect)[0]);
      settle(base ? Use::access : Use::unknown, effect.offset,
             static_cast<std::uint32_t>(base.value_or(0) + effect.value));
      return reading_;
    }
    return reading_;  // on no path: it is never executed
  }

 private:
  std::uint64_t access_address(const Node& node) const {
    const Linear base = linear_form(flow_, flow_.operand(static_cast<NodeId>(&node - flow_.nodes.data()), 0));
    return base.base == kNoNode ? std::uint64_t{base.offset} + static_cast<std::uint64_t>(node.value) : 0;
  }

  /// access beats unknown beats the explained uses beat number.
  void settle(Use use, std::uint64_t offset, std::uint64_t address = 0) {
    static constexpr auto rank = [](Use u) {
      return u == Use::access ? 3 : u == Use::unknown ? 2 : u == Use::number ? 0 : 1;
    };
    if (rank(use) <= rank(reading_.use)) return;
    reading_ = {use, address, offset};
  }

  void follow(NodeId root) {
    std::vector<NodeId> reached{root};
    std::vector<bool> seen(flow_.nodes.size());
    seen[root] = true;
    for (std::size_t i = 0; i < reached.size(); ++i) {
      for (const User& user : flow_.users(reached[i])) {
        if (user.is_effect) {
          effect(reached[i], flow_.effects[user.index], user.position);
        } else if (carries(reached[i], user.index, user.position) && !seen[user.index]) {
          seen[user.index] = true;
          reached.push_back(user.index);
        }
      }
    }
  }

  /// Whether the value lives on in that node; if not, the use is settled.
  bool carries(NodeId from, NodeId to, std::uint32_t position) {
    const Node& node = flow_.nodes[to];
    switch (node.kind) {
      case NodeKind::phi:
        return true;
      case NodeKind::select:
        return position < 2;
      case NodeKind::load:
        return false;  // comes again as an effect
      case NodeKind::unary:
        return !op::is_integer_comparison(node.opcode);
      case NodeKind::binary:
        break;
      default:
        return false;
    }
    if (op::is_sum(node.opcode)) {
      const NodeId other = flow_.operand(to, 1 - position);
      if (is_stack_length(to)) {
        settle(Use::stack, node.offset);
        return false;
      }
      if (flow_.constant(other)) return true;  // folded by hand: still an address near the constant
      settle(Use::unknown, node.offset);       // base plus index, or distance from the constant
      return false;
    }
    if (op::is_integer_comparison(node.opcode)) compared(flow_.operand(to, 1 - position), node.offset);
    static_cast<void>(from);
    return false;  // multiplied, divided, shifted, masked: a number
  }

  void compared(NodeId other, std::uint64_t offset) {
    const Node& node = flow_.nodes[other];
    if (node.kind == NodeKind::global && is_stack_pointer(node.value)) return settle(Use::stack, offset);
    if (starts_at_data(other)) return settle(Use::root_end, offset);
    settle(is_plainly_number(other) ? Use::number : Use::unknown, offset);
  }

  /// Whether a global is the stack pointer of a stack that ends where the heap starts: by its initial value,
  /// or because the program lowers it (Go sets it when it starts).
  bool is_stack_pointer(std::int64_t global) {
    if (!marks_.stack_global || global != *marks_.stack_global || marks_.stack_moved) return false;
    return marks_.stack_top == marks_.data_end || habits_of_code(c_).lowered[*marks_.stack_global];
  }

  /// What no address is made by. Rounding one down leaves an address.
  bool is_plainly_number(NodeId id) const {
    constexpr int kMostRoundings = 8;
    for (int i = 0; i < kMostRoundings; ++i) {
      const Node& node = flow_.nodes[id];
      const bool masks = node.kind == NodeKind::binary && op::is_mask(node.opcode);
      const bool by_right = masks && rounds_down(flow_, flow_.operand(id, 1));
      if (by_right || (masks && rounds_down(flow_, flow_.operand(id, 0)))) {
        id = linear_form(flow_, flow_.operand(id, by_right ? 0 : 1)).base;
        if (id == kNoNode) return true;
        continue;
      }
      if (node.kind == NodeKind::binary)
        return !op::is_sum(node.opcode) && !op::is_integer_comparison(node.opcode);
      return (node.kind == NodeKind::load && op::is_narrow_load(node.opcode)) ||
             node.kind == NodeKind::memory_size || node.kind == NodeKind::constant;
    }
    return false;
  }

  /// The start of static data, or a loop's variable that begins at a constant address in static data: it runs
  /// up to the end.
  bool starts_at_data(NodeId id) {
    if (is_data_start(id)) return true;
    // Suspendable code joins its variables once more on every way around a call, so phis are looked through.
    constexpr std::size_t kMostPhis = 64;
    std::vector<NodeId> pending{id};
    for (std::size_t i = 0; i < pending.size(); ++i) {
      const Linear form = linear_form(flow_, pending[i]);
      if (form.base == kNoNode || flow_.nodes[form.base].kind != NodeKind::phi) continue;
      const auto operands = flow_.operands_of(flow_.nodes[form.base]);
      if (!c_.spend(operands.size())) return false;
      for (const NodeId operand : operands) {
        const auto value = flow_.constant(operand);
        if (value && static_cast<std::uint32_t>(*value) >= marks_.data_start &&
            static_cast<std::uint32_t>(*value) < marks_.data_end)
          return true;
        if (!value && pending.size() < kMostPhis && std::ranges::find(pending, operand) == pending.end())
          pending.push_back(operand);
      }
    }
    return false;
  }

  bool is_data_start(NodeId id) const {
    const auto value = flow_.constant(id);
    if (!value) return false;
    const auto address = static_cast<std::uint32_t>(*value);
    return address != 0 &&
           (address == marks_.data_start || (marks_.stack_top && address == *marks_.stack_top));
  }

  void effect(NodeId from, const Effect& effect, std::uint32_t position) {
    const auto operands = flow_.operands_of(effect);
    const auto access = [&] {
      const Linear address = linear_form(flow_, from);
      if (address.base == kNoNode)
        return settle(Use::access, effect.offset,
                      std::uint64_t{address.offset} + static_cast<std::uint64_t>(effect.value));
      settle(Use::unknown, effect.offset);
    };
    switch (effect.kind) {
      case EffectKind::load:
      case EffectKind::atomic:
        return position == 0 ? access() : settle(Use::unknown, effect.offset);
      case EffectKind::store:
        if (position == 0) return access();
        if (is_suspended_stack(operands[0]))
          return;  // comes back into the same variable, whose other uses tell
        if (describes_stack(effect)) return settle(Use::stack, effect.offset);
        return settle(Use::unknown, effect.offset);
      case EffectKind::bulk:
        if (position == 0 || (position == 1 && effect.opcode == op::memory_copy)) return bulk(from, effect);
        return;
      case EffectKind::grow:
      case EffectKind::drop:
      case EffectKind::branch:
        return;
      case EffectKind::global_set:
        return settle(is_stack_pointer(effect.value) ? Use::stack : Use::unknown, effect.offset);
      case EffectKind::call:
      case EffectKind::call_indirect:
        return settle(position > 0 && is_data_start(operands[position - 1]) ? Use::root_end : Use::unknown,
                      effect.offset);
      default:
        return settle(Use::unknown, effect.offset);
    }
  }

  /// Where Binaryen's asyncify keeps variables while a program is suspended: the first word of a record whose
  /// address is in a global, and up from there.
  bool is_suspended_stack(NodeId address) const {
    const Linear top = linear_form(flow_, address);
    if (top.base == kNoNode || flow_.nodes[top.base].kind != NodeKind::load) return false;
    const Linear record = linear_form(flow_, flow_.operand(top.base, 0));
    if (record.base == kNoNode || flow_.nodes[record.base].kind != NodeKind::global) return false;
    return !marks_.stack_global || flow_.nodes[record.base].value != *marks_.stack_global;
  }

  /// Half of a pair of neighbouring words: where the stack starts from (its top), and `top - low`, how long
  /// it is. Threads' descriptions in C libraries hold both. A heap that began at that address would not be as
  /// long as the stack below it.
  bool describes_stack(const Effect& store) const {
    if (!marks_.stack_top || store.opcode != op::i32_store) return false;
    const auto half = [&](const Effect& at) {
      const NodeId value = flow_.operands_of(at)[1];
      if (flow_.nodes[value].kind == NodeKind::constant) return is_stack_top(value) ? Half::top : Half::none;
      const Node& node = flow_.nodes[value];
      if (node.kind != NodeKind::binary || node.opcode != op::i32_sub ||
          !is_stack_top(flow_.operand(value, 0)))
        return Half::none;
      const auto low = flow_.constant(flow_.operand(value, 1));
      return low && *low > 0 && static_cast<std::uint32_t>(*low) < *marks_.stack_top ? Half::length
                                                                                     : Half::none;
    };
    const auto address = [&](const Effect& at) -> std::optional<std::uint32_t> {
      const auto base = flow_.constant(flow_.operands_of(at)[0]);
      return base ? std::optional(static_cast<std::uint32_t>(*base + at.value)) : std::nullopt;
    };
    const Half mine = half(store);
    const auto here = address(store);
    if (mine == Half::none || !here) return false;
    if (!halves_) {
      halves_.emplace();
      for (const Effect& other : flow_.effects) {
        if (other.kind != EffectKind::store || other.opcode != op::i32_store) continue;
        const Half which = half(other);
        const auto there = which == Half::none ? std::nullopt : address(other);
        if (there) halves_->emplace_back(*there, which);
      }
      std::ranges::sort(*halves_);
    }
    const Half wanted = mine == Half::top ? Half::length : Half::top;
    return std::ranges::binary_search(*halves_, std::pair{*here + 4, wanted}) ||
           std::ranges::binary_search(*halves_, std::pair{*here - 4, wanted});
  }

  /// `top - low` where that is stored as the stack's length.
  bool is_stack_length(NodeId id) const {
    return std::ranges::any_of(flow_.users(id), [&](const User& user) {
      return user.is_effect && flow_.effects[user.index].kind == EffectKind::store && user.position == 1 &&
             describes_stack(flow_.effects[user.index]);
    });
  }

  bool is_stack_top(NodeId id) const {
    const auto value = flow_.constant(id);
    return value && static_cast<std::uint32_t>(*value) == *marks_.stack_top;
  }

  void bulk(NodeId from, const Effect& effect) {
    const Linear address = linear_form(flow_, from);
    if (address.base == kNoNode) return settle(Use::access, effect.offset, address.offset);
    settle(Use::unknown, effect.offset);
  }

  Context& c_;
  const Flow& flow_;
  const Landmarks& marks_;
  enum class Half : std::uint8_t { none, top, length };
  Reading reading_;
  mutable std::optional<std::vector<std::pair<std::uint32_t, Half>>>
      halves_;  ///< of a stack's description, by address
};

}  // namespace

Landmarks find_landmarks(const Context& context, const Module& module) {
  Landmarks marks;
  marks.data_end = context.manifest().heap_base_before.value_or(0);
  std::optional<std::uint64_t> lowest;
  for (const DataSegment& segment : module.data) {
    const auto address = segment.address();
    if (address && segment.size.value != 0 && (!lowest || *address < *lowest)) lowest = address;
  }
  marks.data_start = lowest.value_or(0);
  // Linkers make the stack pointer the first mutable i32 global. A module may keep a break there, which moves
  // with the heap or is set to the heap's start at the first call.
  for (std::uint32_t i = 0; i < module.globals.size(); ++i) {
    const Global& global = module.globals[i];
    if (global.imported || !global.is_mutable || global.type != ValueType::i32 || !global.init.value)
      continue;
    marks.stack_global = i;
    marks.stack_top = static_cast<std::uint32_t>(*global.init.value);
    marks.stack_moved = std::ranges::find(context.changed_globals, i) != context.changed_globals.end();
    break;
  }
  return marks;
}

const CodeHabits& habits_of_code(Context& context) {
  if (context.habits) return *context.habits;
  CodeHabits& habits = context.habits.emplace();
  habits.lowered.resize(context.original.globals.size());
  constexpr std::uint64_t kEnoughCalls = 4;
  std::uint64_t padded = 0;
  std::uint64_t others = 0;
  for (const FunctionBody& body : context.original.bodies) {
    InstructionReader reader(context.original, body, context.budget);
    Instruction instruction;
    // global.get, a constant, i32.sub (or i32.add of a negative one), perhaps local.tee, global.set
    unsigned step = 0;
    std::int64_t index = -1;  // the global that was read last
    std::int64_t amount = 0;
    std::uint64_t short_calls = 0;
    bool only_calls = true;  // as in what the linker makes itself, without padding
    while (reader.next(instruction)) {
      const std::uint32_t opcode = instruction.opcode;
      const bool of_global = instruction.value == index;
      if (opcode == op::global_get)
        step = 1, index = instruction.value;
      else if (step == 1 && opcode == op::i32_const)
        step = 2, amount = instruction.value;
      else if (step == 2 && opcode == (amount > 0 ? op::i32_sub : op::i32_add))
        step = 3;
      else if (step == 3 && opcode == op::local_tee)
        step = 3;
      else if (step == 3 && opcode == op::global_set && of_global &&
               static_cast<std::size_t>(index) < habits.lowered.size())
        habits.lowered[static_cast<std::size_t>(index)] = true, step = 0;
      else
        step = 0;
      const bool calls = opcode == op::call || opcode == op::return_call;
      if (calls) ++(instruction.immediate_width == 5 ? padded : short_calls);
      only_calls = only_calls && (calls || opcode == op::local_get || opcode == op::end);
    }
    if (!only_calls) others += short_calls;
    if (reader.error())
      context.mismatch(reader.error()->offset.value_or(body.file_offset), reader.error()->message);
    if (context.gave_up) break;
  }
  habits.padded = padded >= kEnoughCalls && others == 0;
  return habits;
}

Reading read_use(Context& context, const Flow& flow, std::uint64_t immediate_offset,
                 const Landmarks& landmarks) {
  return Reader(context, flow, landmarks).read(immediate_offset);
}

}  // namespace heapbump::verify
