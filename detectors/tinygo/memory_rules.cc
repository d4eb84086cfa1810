#include "detectors/tinygo/memory_rules.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "detectors/tinygo/tables.h"

namespace heapbump::tinygo {
namespace {

constexpr std::uint64_t kEvidenceBytes = 512;  // of a line of evidence here, in the finding and in the report
constexpr int kMaxCalls = 3;                   // that heapEnd is followed through as an argument

/// A use of a number of pages, of memory.grow's result, or of heapEnd. `user` takes `value`.
struct SizeUse {
  Value value;
  User user;

  [[nodiscard]] const Effect* effect() const {
    return user.is_effect ? &value.flow->effects[user.index] : nullptr;
  }
  /// The instruction of two operands that takes the value; nothing if it is none.
  [[nodiscard]] std::optional<Value> binary() const {
    if (user.is_effect || value.flow->nodes[user.index].kind != NodeKind::binary) return std::nullopt;
    return Value{value.flow, user.index};
  }
  [[nodiscard]] Value other() const { return Value{value.flow, user.index}.operand(1 - user.position); }
};

using SizeRule = Rule<std::optional<Verdict>, SizeUse, Shapes>;

std::optional<Verdict> explained(const char* why) {
  return Verdict{Use::unrelated, why, {}};
}

// ---- Pages ----

std::optional<Verdict> in_bytes(const SizeUse& use, Shapes& shapes) {
  const auto node = use.binary();
  if (!node) return std::nullopt;
  const auto by = shapes.program().constant(use.other());
  const bool scales = (node->is_binary(op::i32_shl) && use.user.position == 0 && by == 16u) ||
                      (node->is_binary(op::i32_mul) && by == static_cast<std::uint32_t>(kPageSize));
  return scales ? explained("its bytes are taken as heapEnd") : std::nullopt;
}

std::optional<Verdict> grown_by(const SizeUse& use, Shapes&) {
  const Effect* effect = use.effect();
  if (effect == nullptr || effect->kind != EffectKind::grow) return std::nullopt;
  return explained("memory.grow is asked for as many pages");
}

constexpr auto kPagesRules = std::to_array<SizeRule>({
    {{"tinygo.size-in-bytes", "memory.size is multiplied by the size of a page.",
      "The bytes are followed further as heapEnd, by rules of their own.",
      "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (initHeap: heapEnd)"},
     in_bytes},
    {{"tinygo.size-doubled", "memory.grow is asked for memory.size pages.",
      "growHeap doubles the memory. With the region the memory is larger, so it grows by more; where that "
      "would exceed a declared maximum, the maximum rises.",
      "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (growHeap)"},
     grown_by},
});

// ---- Growth ----

std::optional<Verdict> failure_asked(const SizeUse& use, Shapes& shapes) {
  const auto node = use.binary();
  if (!node || !(node->is_binary(op::i32_eq) || node->is_binary(op::i32_ne)) ||
      shapes.program().constant(use.other()) != UINT32_MAX)
    return std::nullopt;
  return explained("memory.grow's result is only compared with -1");
}

constexpr auto kGrowthRules = std::to_array<SizeRule>({
    {{"tinygo.growth-failed", "memory.grow's result is compared with -1.",
      "The answer is whether it failed, which is the same with the region as long as the maximum rises with "
      "the minimum.",
      "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (growHeap)"},
     failure_asked},
});

// ---- heapEnd ----

std::optional<Verdict> end_stored(const SizeUse& use, Shapes& shapes) {
  const Effect* effect = use.effect();
  if (effect == nullptr || effect->kind != EffectKind::store || effect->opcode != op::i32_store ||
      use.user.position != 1)
    return std::nullopt;
  const auto word = shapes.program().address(*use.value.flow, *effect);
  if (!word || !shapes.runtime().end_words.contains(*word)) return std::nullopt;
  return explained("it is stored in heapEnd");
}

bool is_share(const Value& value) {
  return value.is_binary(op::i32_div_u) || value.is_binary(op::i32_shr_u);
}

/// heapStart, also where it is aligned first.
bool is_start(Shapes& shapes, Value value) {
  const auto word = shapes.runtime().start_word(shapes.program(), value);
  return word && shapes.runtime().start_words.contains(*word);
}

/// heapEnd less the heap's start, or a bound, or a share of the heap: a size, or metadataStart.
std::optional<Verdict> end_measured(const SizeUse& use, Shapes& shapes) {
  const auto node = use.binary();
  if (!node || !(node->is_binary(op::i32_add) || node->is_binary(op::i32_sub))) return std::nullopt;
  Program& program = shapes.program();
  if (program.is_kept_whole(*node)) return explained("metadataStart is computed from it");
  const Sum sum = program.sum(*node);
  int ends = 0;
  bool others = false;
  for (const Term& term : sum.terms) {
    if (shapes.runtime().is_end(program, term.value)) {
      ends += term.sign;
    } else if (shapes.is_bound(term.value) || is_start(shapes, term.value) ||
               is_share(program.resolve(term.value))) {
      others = true;
    } else {
      return std::nullopt;
    }
  }
  const std::uint32_t start = ends > 0 ? 0u - sum.constant : sum.constant;
  const auto distance = static_cast<std::int32_t>(start - shapes.base());
  const bool from_start = distance >= -kNear && distance <= kNear;
  if (!others && ends != 0 && !from_start) return std::nullopt;
  return explained("a size of the heap, or metadataStart, is computed from it");
}

std::optional<Verdict> end_compared(const SizeUse& use, Shapes& shapes) {
  const auto node = use.binary();
  if (!node || !op::compares_two_i32(node->node().opcode)) return std::nullopt;
  Program& program = shapes.program();
  const Value other = use.other();
  bool pointer = shapes.is_bound(other);
  for (const Value source : program.sources(other)) {
    const Sum sum = program.sum(source);
    pointer = pointer ||
              std::ranges::any_of(sum.terms, [&](const Term& term) { return shapes.is_bound(term.value); });
    const auto distance = static_cast<std::int32_t>(sum.constant - shapes.base());
    pointer = pointer || (sum.terms.empty() && distance >= -kNear && distance <= kNear);
  }
  return pointer ? explained("it is compared with a pointer of the allocator") : std::nullopt;
}

std::optional<Verdict> end_suspended(const SizeUse& use, Shapes& shapes) {
  const Effect* effect = use.effect();
  const Flow& flow = *use.value.flow;
  if (effect == nullptr || effect->kind != EffectKind::store || effect->opcode != op::i32_store ||
      use.user.position != 1 || shapes.program().address(flow, *effect) ||
      !Program::on_asyncify_stack(flow, flow.operands_of(*effect)[0]))
    return std::nullopt;
  return explained("it is saved across a suspension");
}

constexpr auto kEndRules = std::to_array<SizeRule>({
    {{"tinygo.end-stored", "heapEnd is stored in the word heapEnd.",
      "The runtime's variable for the end of its heap holds the end of the memory, with the region or "
      "without.",
      "tinygo-org/tinygo src/runtime/arch_tinygowasm.go (heapEnd)"},
     end_stored},
    {{"tinygo.end-measured", "The heap's start, another bound or a share of the heap is taken from heapEnd.",
      "Start and end rise by the region, so the size of the heap is as before, and metadataStart rises with "
      "the end.",
      "tinygo-org/tinygo src/runtime/gc_blocks.go (calculateHeapAddresses, setHeapEnd)"},
     end_measured},
    {{"tinygo.end-compared",
      "heapEnd is compared with the heap's start, another bound or a pointer computed from one.",
      "Both sides rise by the region, so the order is as before.",
      "tinygo-org/tinygo src/runtime/gc_leaking.go (alloc), gc_blocks.go"},
     end_compared},
    {{"tinygo.end-suspended", "heapEnd is put on asyncify's stack.",
      "It comes back into the same local, whose other uses are judged.",
      "WebAssembly/binaryen src/passes/Asyncify.cpp"},
     end_suspended},
});

constexpr auto kMemoryTables = std::to_array<RuleTable>({
    {"What is this memory.size for?", false, kInfosOf<kPagesRules>},
    {"What is this result of memory.grow for?", false, kInfosOf<kGrowthRules>},
    {"What is heapEnd for here?", false, kInfosOf<kEndRules>},
});

/// Follows each root to its uses.
class Walk {
 public:
  explicit Walk(Shapes& shapes) : shapes_(shapes), program_(shapes.program()) {}

  MemoryFindings run() {
    std::set<std::uint32_t> functions = program_.functions_with_memory_size();
    functions.insert(program_.functions_with_memory_grow().begin(),
                     program_.functions_with_memory_grow().end());
    for (const std::uint32_t word : shapes_.runtime().end_words)
      for (const std::uint32_t function : program_.mentions(word)) functions.insert(function);
    for (const std::uint32_t function : functions) {
      const Flow* flow = program_.flow(function);
      if (flow == nullptr || !program_.spend(flow->nodes.size()))
        break;  // program_.error() ends the detection
      for (NodeId id = 0; id < flow->nodes.size(); ++id) root({flow, id});
    }
    return std::move(found_);
  }

 private:
  void root(Value value) {
    const Node& node = value.node();
    if (node.kind == NodeKind::memory_size) {
      pages(value);
    } else if (node.kind == NodeKind::memory_grow) {
      each_use(value, [&](const SizeUse& use) { judge(kGrowthRules, use, "memory.grow's result"); });
    } else if (node.kind == NodeKind::load) {
      const auto word = program_.loaded_word(value);
      if (word && shapes_.runtime().end_words.contains(*word)) end(value, 0);
    }
  }

  void pages(Value value) {
    each_use(value, [&](const SizeUse& use) {
      if (!judge(kPagesRules, use, "memory.size")) return;
      if (const auto bytes = use.binary()) end(*bytes, 0);
    });
  }

  void end(Value value, int calls) {
    if (!seen_.insert(value).second) return;
    each_use(value, [&](const SizeUse& use) {
      const Effect* effect = use.effect();
      const bool called = effect != nullptr && effect->kind == EffectKind::call && calls < kMaxCalls;
      const Flow* inside = called ? program_.flow(static_cast<std::uint32_t>(effect->value)) : nullptr;
      if (inside != nullptr)
        end({inside, use.user.position}, calls + 1);
      else
        judge(kEndRules, use, "the end of the memory");
    });
  }

  /// Visits the uses of a value and of what it becomes through phis and selects.
  template <typename Visit>
  void each_use(Value value, Visit visit) {
    const std::vector<Value> values = shapes_.spread(value);
    if (values.empty()) refuse(value.node().offset, "too much uses it to be followed", "the memory's size");
    for (const Value at : values) {
      if (!arrives(value, at)) continue;
      for (const User& user : at.users()) {
        if (user.is_effect && at.flow->effects[user.index].kind == EffectKind::drop) continue;
        if (!user.is_effect) {
          const NodeKind kind = at.flow->nodes[user.index].kind;
          const bool carries = kind == NodeKind::phi || (kind == NodeKind::select && user.position < 2);
          if (carries || kind == NodeKind::load || kind == NodeKind::call || kind == NodeKind::memory_grow)
            continue;  // the effect is judged
        }
        visit(SizeUse{at, user});
      }
    }
  }

  /// Whether a value comes to a phi while nothing is suspended. Asyncify skips code, after which a local that
  /// is used again may hold its old value on a path that is not taken.
  bool arrives(Value value, Value at) {
    if (at == value) return true;
    const std::vector<Value> sources = program_.sources(at);
    if (sources.size() == 1 && sources.front() == at) return true;  // not known
    return std::ranges::find(sources, value) != sources.end();
  }

  template <std::size_t N>
  bool judge(const std::array<SizeRule, N>& table, const SizeUse& use, const char* what) {
    const std::uint64_t offset =
        use.effect() != nullptr ? use.effect()->offset : use.value.flow->nodes[use.user.index].offset;
    const auto verdict = ask(table, use, shapes_);
    if (!verdict) {
      refuse(offset, "its use here is not the runtime's", what);
      return false;
    }
    if (program_.hold(kEvidenceBytes))  // program_.error() ends the detection
      found_.evidence.push_back({"memory-size",
                                 std::string(what) + ": " + verdict->why + ", at file offset " + hex(offset),
                                 verdict->rule});
    return true;
  }

  void refuse(std::uint64_t offset, const char* why, const char* what) {
    if (found_.refusals.empty())
      found_.refusals.push_back(
          {Code::kUnexplained, std::string(what) + " is not explained: " + why, offset, {}});
  }

  Shapes& shapes_;
  Program& program_;
  MemoryFindings found_;
  std::set<Value> seen_;
};

}  // namespace

MemoryFindings judge_memory_uses(Shapes& shapes) {
  return Walk(shapes).run();
}

std::span<const RuleTable> memory_rule_tables() {
  return kMemoryTables;
}

}  // namespace heapbump::tinygo
