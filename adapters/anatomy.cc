#include "adapters/anatomy.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace heapbump::adapters {
namespace {

constexpr std::size_t kMaxReallocImports = 8;
constexpr std::size_t kMaxFacts = 500'000;                   // of one module; adapters have some thousands
constexpr std::uint64_t kMaxCode = std::uint64_t{16} << 20;  // bytes; the largest adapter known has 0.3 MB

// The last five instructions, newest last, for the short sequences that compilers use around a call or a
// stack pointer.
class Window {
 public:
  void push(const Instruction& instruction) {
    if (recent_.size() == 5) recent_.pop_front();
    recent_.push_back({instruction.opcode, instruction.value, instruction.offset});
  }
  void clear() { recent_.clear(); }

  struct Item {
    std::uint32_t opcode;
    std::int64_t value;
    std::uint64_t offset;
  };
  /// The instruction `back` places before the newest, 0 being the newest.
  [[nodiscard]] const Item* at(std::size_t back) const {
    return back < recent_.size() ? &recent_[recent_.size() - 1 - back] : nullptr;
  }

 private:
  std::deque<Item> recent_;
};

bool is(const Window::Item* item, std::uint32_t opcode) {
  return item != nullptr && item->opcode == opcode;
}

std::optional<std::array<std::int32_t, 4>> constants_before(const Window& window) {
  std::array<std::int32_t, 4> arguments{};
  for (std::size_t i = 0; i < 4; ++i) {
    const Window::Item* item = window.at(3 - i);
    if (!is(item, op::i32_const)) return std::nullopt;
    arguments[i] = static_cast<std::int32_t>(item->value);
  }
  return arguments;
}

// How a stack pointer is used, once it is known to be one: every read must make room, every write must be of
// the value just made or of one to which a constant was added back.
struct StackUse {
  std::uint32_t function;
  std::uint32_t global;
  bool understood;
  std::uint32_t frame;
};

class BodyReader {
 public:
  BodyReader(const Module& module, Budget& budget, Anatomy& out, std::vector<StackUse>& stack_uses)
      : module_(module), budget_(budget), out_(out), stack_uses_(stack_uses) {}

  Status read(std::uint32_t function) {
    function_ = function;
    window_.clear();
    guard_.reset();
    self_calls_.clear();
    written_locals_.clear();
    InstructionReader reader(module_, *module_.body(function), budget_);
    Instruction instruction;
    while (reader.next(instruction)) {
      if (facts() > kMaxFacts)
        return fail_at(Code::kWorkLimit, instruction.offset,
                       "the module has more calls and uses of globals than any adapter");
      if (guard_ && reader.depth() < guard_->depth) guard_.reset();
      visit(instruction, reader.depth());
      window_.push(instruction);
    }
    if (reader.error()) return std::unexpected(*reader.error());
    out_.levels[function] = levels();
    auto& callees = out_.callees[function];
    std::ranges::sort(callees);
    callees.erase(std::ranges::unique(callees).begin(), callees.end());
    kept_callees_ += callees.size();
    return {};
  }

 private:
  /// How much is kept so far.
  [[nodiscard]] std::size_t facts() const {
    return stack_uses_.size() + out_.realloc_calls.size() + out_.odd_realloc_uses.size() +
           out_.indirect_calls.size() + out_.memory_grows.size() + self_calls_.size() +
           written_locals_.size() + kept_callees_ + out_.callees[function_].size();
  }

  // block; local.get P; i32.eqz; br_if 0: what follows in that block runs only while parameter P is not 0.
  struct Guard {
    std::uint32_t parameter;
    std::uint32_t depth;
  };
  struct SelfCall {
    std::optional<std::uint32_t>
        parameter;  // P, if it is called with P divided by a constant, under P's guard
    std::uint32_t divisor;
  };

  void note_self_call() {
    const std::size_t skip = is(window_.at(0), op::local_tee) ? 1 : 0;
    const bool divides = is(window_.at(skip), op::i32_div_u) && is(window_.at(skip + 1), op::i32_const) &&
                         is(window_.at(skip + 2), op::local_get) && window_.at(skip + 1)->value >= 2;
    const bool one_parameter = module_.function_type(function_).params == std::vector{ValueType::i32};
    if (!divides || !one_parameter || !guard_ || window_.at(skip + 2)->value != guard_->parameter ||
        guard_->parameter != 0) {
      self_calls_.push_back({std::nullopt, 0});
      return;
    }
    self_calls_.push_back({guard_->parameter, static_cast<std::uint32_t>(window_.at(skip + 1)->value)});
  }

  [[nodiscard]] std::uint32_t levels() const {
    if (self_calls_.empty()) return 1;
    if (self_calls_.size() > 1 || !self_calls_.front().parameter) return 0;
    if (std::ranges::find(written_locals_, *self_calls_.front().parameter) != written_locals_.end()) return 0;
    std::uint32_t count = 1;  // the call that finds 0
    for (std::uint32_t rest = UINT32_MAX; rest != 0; rest /= self_calls_.front().divisor) ++count;
    return count;
  }

  void visit(const Instruction& instruction, std::uint32_t depth) {
    if (instruction.opcode == op::br_if && instruction.value == 0 && is(window_.at(0), op::i32_eqz) &&
        is(window_.at(1), op::local_get) && is(window_.at(2), op::block) && !guard_)
      guard_ = Guard{static_cast<std::uint32_t>(window_.at(1)->value), depth};
    if (instruction.opcode == op::local_set || instruction.opcode == op::local_tee)
      written_locals_.push_back(index_of(instruction));
    if (instruction.opcode == op::call && index_of(instruction) == function_) note_self_call();
    // global.get G; i32.const N; i32.sub
    if (instruction.opcode == op::i32_sub && is(window_.at(0), op::i32_const) &&
        is(window_.at(1), op::global_get)) {
      const auto global = static_cast<std::uint32_t>(window_.at(1)->value);
      if (global < out_.globals.size()) {
        out_.globals[global].stack_pointer = true;
        // The newest use is that global.get: a constant uses no global.
        stack_uses_.back().understood = window_.at(0)->value >= 0;
        stack_uses_.back().frame = static_cast<std::uint32_t>(window_.at(0)->value);
      }
    }
    switch (instruction.opcode) {
      case op::call:
        visit_call(instruction);
        break;
      case op::return_call:
      case op::ref_func:
        if (out_.is_realloc_import(index_of(instruction)))
          out_.odd_realloc_uses.push_back(instruction.offset);
        if (index_of(instruction) == function_) self_calls_.push_back({std::nullopt, 0});
        note_callee(index_of(instruction));
        break;
      case op::call_indirect:
      case op::return_call_indirect:
      case op::call_ref:
      case op::return_call_ref:
        out_.indirect_calls.push_back(instruction.offset);
        break;
      case op::memory_grow:
      case op::memory_size:
        out_.memory_grows.push_back(instruction.offset);
        out_.growing_functions.push_back(function_);
        break;
      case op::global_get:
        visit_global_get(instruction);
        break;
      case op::global_set:
        visit_global_set(instruction);
        break;
      default:
        break;
    }
  }

  static std::uint32_t index_of(const Instruction& instruction) {
    return static_cast<std::uint32_t>(instruction.value);
  }

  void note_callee(std::uint32_t callee) {
    if (callee < out_.callees.size() && callee != function_) out_.callees[function_].push_back(callee);
  }

  void visit_call(const Instruction& instruction) {
    const std::uint32_t callee = index_of(instruction);
    note_callee(callee);
    if (!out_.is_realloc_import(callee) && !out_.constant_reallocs.contains(callee)) return;
    if (!is_realloc_type(module_.function_type(callee))) {
      out_.odd_realloc_uses.push_back(instruction.offset);
      return;
    }
    out_.realloc_calls.push_back({.caller = function_,
                                  .callee = callee,
                                  .file_offset = instruction.offset,
                                  .immediate_offset = instruction.immediate_offset,
                                  .immediate_width = instruction.immediate_width,
                                  .arguments = constants_before(window_)});
  }

  void visit_global_get(const Instruction& instruction) {
    const std::uint32_t global = index_of(instruction);
    if (global >= out_.globals.size()) return;
    ++out_.globals[global].reads;
    stack_uses_.push_back({function_, global, false, 0});
  }

  void visit_global_set(const Instruction& instruction) {
    const std::uint32_t global = index_of(instruction);
    if (global >= out_.globals.size()) return;
    ++out_.globals[global].writes;
    const bool made_room = is(window_.at(0), op::local_tee) && is(window_.at(1), op::i32_sub);
    const bool gave_back = is(window_.at(0), op::i32_add) && is(window_.at(1), op::i32_const) &&
                           is(window_.at(2), op::local_get);
    // wit-component's own function: the slot that a realloc gave out, and its size.
    const bool given = is(window_.at(0), op::i32_add) && is(window_.at(1), op::i32_const) &&
                       is(window_.at(2), op::call) &&
                       out_.is_realloc_import(static_cast<std::uint32_t>(window_.at(2)->value));
    stack_uses_.push_back({function_, global, made_room || gave_back || given, 0});
  }

  const Module& module_;
  Budget& budget_;
  Anatomy& out_;
  std::vector<StackUse>& stack_uses_;
  Window window_;
  std::optional<Guard> guard_;
  std::vector<SelfCall> self_calls_;
  std::vector<std::uint32_t> written_locals_;
  std::uint32_t function_ = 0;
  std::size_t kept_callees_ = 0;
};

// i32.const X; end, in a function of realloc's type.
Result<std::optional<std::int32_t>> constant_body(const Module& module, std::uint32_t function,
                                                  Budget& budget) {
  const FunctionBody& body = *module.body(function);
  if (body.size > 16 || !is_realloc_type(module.function_type(function))) return std::nullopt;
  InstructionReader reader(module, body, budget);
  Instruction instruction;
  std::vector<std::pair<std::uint32_t, std::int64_t>> seen;
  while (reader.next(instruction)) seen.emplace_back(instruction.opcode, instruction.value);
  if (reader.error()) return std::unexpected(*reader.error());
  if (reader.locals().total != 0 || seen.size() != 2 || seen[0].first != op::i32_const) return std::nullopt;
  return static_cast<std::int32_t>(seen[0].second);
}

}  // namespace

bool ReallocCall::asks_for_one_slot() const {
  if (!arguments) return false;
  const auto& [old_pointer, old_size, alignment, size] = *arguments;
  return old_pointer == 0 && old_size == 0 && size == static_cast<std::int32_t>(kSlotSize) &&
         alignment >= 1 && alignment <= static_cast<std::int32_t>(kStateAlignment) &&
         (alignment & (alignment - 1)) == 0;
}

bool is_realloc_import(const Import& import) {
  // The names wit-component binds to the main module's realloc (gc.rs), and the one it renames them to.
  return import.kind == ExternalKind::function && import.module == kMainModule &&
         (import.name == "cabi_realloc" || import.name == "canonical_abi_realloc" ||
          import.name == "cabi_realloc_adapter");
}

bool is_realloc_type(const FunctionType& type) {
  return type.params == std::vector<ValueType>(4, ValueType::i32) &&
         type.results == std::vector<ValueType>{ValueType::i32};
}

bool Anatomy::is_realloc_import(std::uint32_t function) const {
  return std::ranges::find(realloc_imports, function) != realloc_imports.end();
}

std::vector<std::uint32_t> Anatomy::stack_pointers() const {
  std::vector<std::uint32_t> result;
  for (std::uint32_t i = 0; i < globals.size(); ++i) {
    if (globals[i].stack_pointer) result.push_back(i);
  }
  return result;
}

Result<Anatomy> read_anatomy(const Module& module, Budget& budget) {
  if (const Section* code = module.section(SectionId::code);
      code != nullptr && code->payload_size > kMaxCode) {
    return fail_at(Code::kWorkLimit, code->offset,
                   "the code section is larger than any adapter's: 16 MiB is the limit");
  }
  Anatomy anatomy;
  anatomy.module = &module;
  anatomy.globals.resize(module.globals.size());
  anatomy.callees.resize(module.functions.size());
  anatomy.frames.resize(module.functions.size());
  anatomy.levels.resize(module.functions.size(), 1);
  anatomy.odd_stack_use.resize(module.functions.size());
  for (const Import& import : module.imports) {
    if (!is_realloc_import(import)) continue;
    anatomy.realloc_imports.push_back(import.index);
    if (anatomy.realloc_imports.size() > kMaxReallocImports) {
      return fail(Code::kWorkLimit, "the module imports more reallocs than any adapter: " +
                                        std::to_string(kMaxReallocImports) + " is the limit");
    }
  }
  const auto count = static_cast<std::uint32_t>(module.imported_functions + module.bodies.size());
  for (std::uint32_t function = module.imported_functions; function < count; ++function) {
    HEAPBUMP_TRY(const auto constant, constant_body(module, function, budget));
    if (constant) anatomy.constant_reallocs.emplace(function, *constant);
  }
  std::vector<StackUse> stack_uses;
  BodyReader reader(module, budget, anatomy, stack_uses);
  for (std::uint32_t function = module.imported_functions; function < count; ++function) {
    HEAPBUMP_CHECK(reader.read(function));
  }
  for (const StackUse& use : stack_uses) {
    if (!anatomy.globals[use.global].stack_pointer) continue;
    if (!use.understood) anatomy.odd_stack_use[use.function] = true;
    // Frames add up where a body makes room more than once.
    const std::uint64_t frame = std::uint64_t{anatomy.frames[use.function]} + use.frame;
    if (frame > UINT32_MAX) anatomy.odd_stack_use[use.function] = true;
    anatomy.frames[use.function] = static_cast<std::uint32_t>(std::min<std::uint64_t>(frame, UINT32_MAX));
  }
  for (const Export& item : module.exports) {
    if (item.kind == ExternalKind::function && anatomy.is_realloc_import(item.index))
      anatomy.odd_realloc_uses.push_back(item.file_offset);
  }
  return anatomy;
}

Result<Anatomy> read_anatomy(const Module& module) {
  Budget budget(module.file.size());
  return read_anatomy(module, budget);
}

std::vector<Error> tenancy_faults(const Anatomy& anatomy, Code code) {
  const Module& module = *anatomy.module;
  std::vector<Error> faults;
  const auto at = [&](SectionId id) {
    const Section* section = module.section(id);
    return section == nullptr ? std::optional<std::uint64_t>{} : section->offset;
  };
  const auto add = [&](std::optional<std::uint64_t> offset, std::string message) {
    faults.push_back({code, std::move(message), offset});
  };
  if (module.memories.size() != 1 || !module.memories.front().imported) {
    add(at(SectionId::memory), "it must import exactly one memory and have none of its own; it has " +
                                   std::to_string(module.memories.size()));
  } else if (const Memory& memory = module.memories.front();
             memory.shared || memory.is64 || memory.page_size_log2) {
    add(at(SectionId::import), "the memory it imports is shared, 64-bit or has pages of another size");
  }
  if (at(SectionId::data)) add(at(SectionId::data), "it has data segments, for which no room is reserved");
  if (at(SectionId::element)) add(at(SectionId::element), "it has element segments");
  if (module.start) add(at(SectionId::start), "it has a start function of its own");
  if (!anatomy.memory_grows.empty())
    add(anatomy.memory_grows.front(), "it grows or measures the memory itself, in function " +
                                          std::to_string(anatomy.growing_functions.front()));
  if (!anatomy.indirect_calls.empty())
    add(anatomy.indirect_calls.front(),
        "it calls through a table, so its calls for memory cannot be counted");
  return faults;
}

}  // namespace heapbump::adapters
