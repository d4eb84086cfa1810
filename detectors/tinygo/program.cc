#include "detectors/tinygo/program.h"

#include <algorithm>
#include <array>
#include <bit>

#include "analysis/walk.h"

namespace heapbump::tinygo {
namespace {

constexpr std::size_t kMaxSources = 256;  // nodes looked at before a value counts as its own source
constexpr std::size_t kMaxTerms = 64;     // of one sum
// None of the published modules tried reaches this.
constexpr std::uint64_t kStepsPerByte = 1024;
constexpr std::uint64_t kLeastSteps = 1'000'000;
constexpr std::uint64_t kMostSteps = 1'000'000'000;
constexpr std::uint64_t kStepsPerUnit =
    4;  // steps that cost as much as a byte decoded; the ceiling for all detectors holds as well
constexpr std::uint64_t kStepsPerSource = 24;  // each question makes lists
constexpr std::uint64_t kStepsPerSum = 24;

}  // namespace

Result<Program> Program::make(WholeProgram& shared) {
  Program program;
  program.shared_ = &shared;
  for (const FunctionBody& body : shared.module().bodies) program.steps_left_ += body.size * kStepsPerByte;
  program.steps_left_ = std::min(program.steps_left_ + kLeastSteps, kMostSteps);
  program.find_asyncify_state();
  HEAPBUMP_TRY(const auto functions, shared.size_functions());
  program.memory_size_.insert(functions.begin(), functions.end());
  return program;
}

Status Program::index() {
  HEAPBUMP_TRY(index_, shared_->index(CodeIndex::kMentions | CodeIndex::kCalls | CodeIndex::kOddConstants));
  memory_grow_.insert(index_->grow_functions().begin(), index_->grow_functions().end());
  return {};
}

/// Binaryen's asyncify keeps 0 (normal), 1 (unwinding) or 2 (rewinding) in a global, and exports the function
/// that sets it to 1 (src/passes/Asyncify.cpp).
void Program::find_asyncify_state() {
  const Module& module = shared_->module();
  const Export* start = module.find_export("asyncify_start_unwind", ExternalKind::function);
  if (start == nullptr || module.body(start->index) == nullptr) return;
  InstructionReader reader(module, *module.body(start->index), shared_->budget());
  Instruction instruction;
  bool one = false;
  while (reader.next(instruction)) {
    if (one && instruction.opcode == op::global_set) {
      asyncify_state_ = static_cast<std::uint32_t>(instruction.value);
      return;
    }
    one = instruction.opcode == op::i32_const && instruction.value == 1;
  }
}

namespace {

/// The outcome of an instruction of two operands, as a condition: any bit makes an `or` true, a zero makes an
/// `and` false.
std::optional<std::int64_t> settled_of(std::uint32_t opcode, std::optional<std::int64_t> left,
                                       std::optional<std::int64_t> right) {
  if (opcode == op::i32_or && (left.value_or(0) != 0 || right.value_or(0) != 0)) return 1;
  if (opcode == op::i32_and && (left == 0 || right == 0)) return 0;
  if (!left || !right) return std::nullopt;
  if (opcode == op::i32_eq) return *left == *right ? 1 : 0;
  if (opcode == op::i32_ne) return *left != *right ? 1 : 0;
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> Program::settled(const Flow& flow, NodeId id, int depth) const {
  constexpr int kMaxDepth = 8;
  if (depth == kMaxDepth) return std::nullopt;
  const Node& node = flow.nodes[id];
  const auto at = [&](std::uint32_t position) {
    return settled(flow, flow.operand(id, position), depth + 1);
  };
  switch (node.kind) {
    case NodeKind::constant:
      return node.value;
    case NodeKind::global:
      if (asyncify_state_ == static_cast<std::uint64_t>(node.value)) return 0;
      return std::nullopt;
    case NodeKind::unary:
      if (node.opcode == op::i32_eqz)
        if (const auto value = at(0)) return *value == 0 ? 1 : 0;
      return std::nullopt;
    case NodeKind::select:
      if (const auto condition = at(2)) return at(*condition != 0 ? 0 : 1);
      return std::nullopt;
    case NodeKind::binary:
      return settled_of(node.opcode, at(0), at(1));
    default:
      return std::nullopt;
  }
}

void Program::mark_live(Entry& entry) const {
  const Flow& flow = *entry.flow;
  entry.live.assign(flow.edges.size(), true);
  if (!asyncify_state_) return;
  std::vector<std::vector<std::size_t>> out(flow.block_count);
  for (std::size_t i = 0; i < flow.edges.size(); ++i) {
    const Edge& edge = flow.edges[i];
    const auto condition = edge.condition == kNoNode ? std::nullopt : settled(flow, edge.condition);
    entry.live[i] = false;
    if (!condition || (*condition != 0) == edge.taken_if_true) out[edge.from].push_back(i);
  }
  std::vector<bool> reached(flow.block_count);
  std::vector<BlockId> pending{0};
  if (flow.block_count != 0) reached[0] = true;
  while (!pending.empty() && flow.block_count != 0) {
    const BlockId block = pending.back();
    pending.pop_back();
    for (const std::size_t i : out[block]) {
      entry.live[i] = true;
      const BlockId to = flow.edges[i].to;
      if (reached[to]) continue;
      reached[to] = true;
      pending.push_back(to);
    }
  }
}

const Flow* Program::flow(std::uint32_t function) {
  if (module().body(function) == nullptr) return nullptr;
  const auto [entry, is_new] = flows_.try_emplace(function);
  if (!is_new) return entry->second.flow.get();
  auto evaluated = shared_->flow(function);
  if (!evaluated) {
    if (!error_) error_ = std::move(evaluated).error();
    return nullptr;
  }
  entry->second.flow = *std::move(evaluated);
  mark_live(entry->second);
  return entry->second.flow.get();
}

void Program::forget_flows() {
  flows_.clear();
  whole_.clear();
}

bool Program::spend(std::uint64_t steps, std::uint64_t more) {
  unpaid_ += steps + more;
  const bool paid = shared_->budget().charge(unpaid_ / kStepsPerUnit).has_value();
  unpaid_ %= kStepsPerUnit;
  if (paid && steps <= steps_left_) {
    steps_left_ -= steps;
    return true;
  }
  steps_left_ = 0;
  if (!error_)
    error_ =
        Error{Code::kWorkLimit, "following the heap through this module takes too many steps", std::nullopt};
  return false;
}

bool Program::hold(std::uint64_t bytes) {
  auto held = shared_->budget().hold(bytes);
  if (!held && !error_) error_ = held.error();
  return held.has_value();
}

bool Program::on_asyncify_stack(const Flow& flow, NodeId address) {
  // load(global) + offset: the global holds the address of a record whose first word is asyncify's stack
  // pointer.
  const Linear outer = linear_form(flow, address);
  if (outer.base == kNoNode || flow.nodes[outer.base].kind != NodeKind::load) return false;
  const Linear inner = linear_form(flow, flow.operand(outer.base, 0));
  return inner.base != kNoNode && flow.nodes[inner.base].kind == NodeKind::global;
}

namespace {

/// Whether a value is one of several; most are not, and need no list.
bool joins(Value value) {
  const NodeKind kind = value.node().kind;
  return kind == NodeKind::select || kind == NodeKind::phi;
}

}  // namespace

std::vector<Value> Program::sources(Value value) {
  const Flow& flow = *value.flow;
  if (!joins(value)) {
    static_cast<void>(spend(1, kStepsPerSource));
    return {value};
  }
  const auto entry = flows_.find(flow.function);
  WalkList<NodeId> pending(kMaxSources, {value.id});
  std::vector<Value> found;
  while (const auto next = pending.next()) {
    if (!spend(1 + pending.size() / 8, kStepsPerSource)) return {value};
    const Value at{&flow, *next};
    const Node& node = at.node();
    if (node.kind == NodeKind::select) {
      bool if_true = true;
      bool if_false = true;
      if (asyncify_state_) {
        if (const auto condition = settled(flow, flow.operand(at.id, 2)))
          (*condition != 0 ? if_false : if_true) = false;
      }
      if (if_true) pending.add(flow.operand(at.id, 0));
      if (if_false) pending.add(flow.operand(at.id, 1));
    } else if (node.kind == NodeKind::phi && node.operand_count != 0) {
      const std::span<const Edge> ways = flow.predecessors(node.block);
      const bool ordered = ways.size() == node.operand_count && entry != flows_.end();
      for (std::uint32_t k = 0; k < node.operand_count; ++k) {
        const auto edge = static_cast<std::size_t>(ways.data() - flow.edges.data()) + k;
        if (!ordered || entry->second.live[edge]) pending.add(flow.operand(at.id, k));
      }
    } else {
      found.push_back(at);
    }
  }
  if (pending.stopped_early()) return {value};
  // A phi that only suspended code reaches has no source but itself.
  return found.empty() ? std::vector{value} : found;
}

Value Program::resolve(Value value) {
  if (!joins(value)) {
    static_cast<void>(spend(1, kStepsPerSource));
    return value;
  }
  const std::vector<Value> found = sources(value);
  return found.size() == 1 ? found.front() : value;
}

Sum Program::sum(Value value) {
  Sum result;
  // Each of the first kMaxTerms terms adds two at most.
  std::array<Term, 2 * kMaxTerms + 1> pending;
  pending[0] = {1, value};
  std::size_t count = 1;
  for (std::size_t i = 0; i < count && spend(0, kStepsPerSum); ++i) {
    const Term term{pending[i].sign, resolve(pending[i].value)};
    const Node& node = term.value.node();
    const bool adds = term.value.is_binary(op::i32_add);
    if (node.kind == NodeKind::constant) {
      const auto amount = static_cast<std::uint32_t>(node.value);
      result.constant += term.sign > 0 ? amount : 0u - amount;
      result.constants.push_back(term);
    } else if ((adds || term.value.is_binary(op::i32_sub)) && !is_kept_whole(term.value) && i < kMaxTerms) {
      pending[count++] = {term.sign, term.value.operand(0)};
      pending[count++] = {adds ? term.sign : -term.sign, term.value.operand(1)};
    } else {
      result.terms.push_back(term);
    }
  }
  return result;
}

std::optional<std::uint32_t> Program::constant(Value value) {
  // Most are a plain number, for which nothing need be kept.
  if (const Node& node = resolve(value).node(); node.kind == NodeKind::constant && spend(0, kStepsPerSum))
    return static_cast<std::uint32_t>(node.value);
  std::optional<std::uint32_t> result;
  for (const Value source : sources(value)) {
    const Sum whole = sum(source);
    if (!whole.terms.empty() || (result && *result != whole.constant)) return std::nullopt;
    result = whole.constant;
  }
  return result;
}

std::optional<std::uint32_t> Program::address(const Flow& flow, const Effect& access) {
  if (access.operand_count == 0) return std::nullopt;
  const auto base = constant({&flow, flow.operands[access.first_operand]});
  if (!base) return std::nullopt;
  return *base + static_cast<std::uint32_t>(access.value);
}

std::optional<std::uint32_t> Program::loaded_word(Value value) {
  const Value source = resolve(value);
  const Node& node = source.node();
  if (node.kind != NodeKind::load || node.opcode != op::i32_load) return std::nullopt;
  return address(*source.flow, source.flow->effects[node.effect]);
}

}  // namespace heapbump::tinygo
