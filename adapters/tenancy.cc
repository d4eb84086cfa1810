#include "adapters/tenancy.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/shown.h"

namespace heapbump::adapters {
namespace {

// The function that gives a stock adapter its stack at the first call of any export (gc.rs,
// allocate_stack_via_realloc): operands marked `capture` are free, but the same global must be used wherever
// the same number is captured.
enum class Operand : std::uint8_t { none, constant, state, stack, realloc };
struct Expected {
  std::uint32_t opcode;
  Operand operand;
  std::int64_t value;
};
constexpr std::array kLazyStack = {
    Expected{op::global_get, Operand::state, 0},
    Expected{op::i32_const, Operand::constant, 0},
    Expected{op::i32_eq, Operand::none, 0},
    Expected{op::if_, Operand::none, 0},
    Expected{op::i32_const, Operand::constant, 1},
    Expected{op::global_set, Operand::state, 0},
    Expected{op::i32_const, Operand::constant, 0},
    Expected{op::i32_const, Operand::constant, 0},
    Expected{op::i32_const, Operand::constant, 8},
    Expected{op::i32_const, Operand::constant, 65536},
    Expected{op::call, Operand::realloc, 0},
    Expected{op::i32_const, Operand::constant, 65536},
    Expected{op::i32_add, Operand::none, 0},
    Expected{op::global_set, Operand::stack, 0},
    Expected{op::i32_const, Operand::constant, kStackAllocated},
    Expected{op::global_set, Operand::state, 0},
    Expected{op::end, Operand::none, 0},
    Expected{op::end, Operand::none, 0},
};

struct LazyStack {
  std::uint32_t stack_global = 0;
  std::uint32_t state_global = 0;
  std::uint32_t realloc = 0;
};

Result<std::optional<LazyStack>> read_lazy_stack(const Module& module, std::uint32_t function,
                                                 Budget& budget) {
  const FunctionBody* body = module.body(function);
  if (body == nullptr || body->size > 128) return std::nullopt;
  LazyStack found;
  bool state_known = false;
  std::size_t at = 0;
  InstructionReader reader(module, *body, budget);
  Instruction instruction;
  while (reader.next(instruction)) {
    if (at == kLazyStack.size()) return std::nullopt;
    const Expected& expected = kLazyStack[at++];
    if (instruction.opcode != expected.opcode) return std::nullopt;
    const auto index = static_cast<std::uint32_t>(instruction.value);
    switch (expected.operand) {
      case Operand::none:
        break;
      case Operand::constant:
        if (instruction.value != expected.value) return std::nullopt;
        break;
      case Operand::state:
        if (state_known && index != found.state_global) return std::nullopt;
        found.state_global = index;
        state_known = true;
        break;
      case Operand::stack:
        found.stack_global = index;
        break;
      case Operand::realloc:
        found.realloc = index;
        break;
    }
  }
  if (reader.error()) return std::unexpected(*reader.error());
  if (at != kLazyStack.size() || reader.locals().total != 0) return std::nullopt;
  return found;
}

/// The function a body calls first of all, before anything else happens.
Result<std::optional<std::uint32_t>> first_call(const Module& module, std::uint32_t function,
                                                Budget& budget) {
  const FunctionBody* body = module.body(function);
  if (body == nullptr) return std::nullopt;
  InstructionReader reader(module, *body, budget);
  Instruction instruction;
  if (!reader.next(instruction)) {
    if (reader.error()) return std::unexpected(*reader.error());
    return std::nullopt;
  }
  if (instruction.opcode != op::call) return std::nullopt;
  return static_cast<std::uint32_t>(instruction.value);
}

class Inspection {
 public:
  Inspection(const Module& module, const Anatomy& anatomy, const Bindings& bindings, const Manifest& manifest,
             Budget& budget)
      : module_(module), anatomy_(anatomy), bindings_(bindings), manifest_(manifest), budget_(budget) {}

  Result<Tenant> run();

 private:
  void fault(std::string message, std::optional<std::uint64_t> offset = std::nullopt) {
    constexpr std::size_t kMostListed = 1000;
    if (out_.faults.size() >= kMostListed) return;
    out_.faults.push_back({Code::kCheckFailed, std::move(message), offset});
  }
  Status inspect_shim_client();
  [[nodiscard]] std::vector<std::uint32_t> called_constants() const;
  void inspect_placed_stack(std::uint32_t stack);
  void inspect_placed_state(std::uint32_t function);
  [[nodiscard]] bool says_stack_allocated(const std::vector<std::uint32_t>& stacks) const;
  void inspect_placed();
  void inspect_requests(std::vector<std::uint32_t> callees);
  void inspect_growing();
  [[nodiscard]] std::optional<std::uint32_t> initial(std::uint32_t global) const;

  const Module& module_;
  const Anatomy& anatomy_;
  const Bindings& bindings_;
  const Manifest& manifest_;
  Budget& budget_;
  Tenant out_;
};

std::optional<std::uint32_t> Inspection::initial(std::uint32_t global) const {
  const Global& g = module_.globals[global];
  if (g.imported || !g.init.value) return std::nullopt;
  return static_cast<std::uint32_t>(*g.init.value);
}

void Inspection::inspect_growing() {
  // wit-component's stand-in for a realloc is a function of realloc's type that grows the memory.
  for (std::size_t i = 0; i < anatomy_.memory_grows.size(); ++i) {
    const std::uint32_t function = anatomy_.growing_functions[i];
    const bool stand_in = is_realloc_type(module_.function_type(function));
    fault(stand_in ? "it takes its memory by memory.grow, not from the region: function " +
                         std::to_string(function) +
                         " is the realloc_via_memory_grow that `component new` adds when the main module's "
                         "cabi_realloc_adapter is missing or --realloc-via-memory-grow is given"
                   : "it grows or measures the memory itself, in function " + std::to_string(function),
          anatomy_.memory_grows[i]);
    return;
  }
}

void Inspection::inspect_requests(std::vector<std::uint32_t> callees) {
  std::ranges::sort(callees);
  for (const ReallocCall& call : anatomy_.realloc_calls) {
    if (!std::ranges::binary_search(callees, call.callee)) continue;
    ++out_.requests;
    if (!call.asks_for_one_slot())
      fault("it asks for something other than one new slot of 65536 bytes", call.file_offset);
  }
}

Status Inspection::inspect_shim_client() {
  out_.tenure = Tenure::shim;
  inspect_requests(bindings_.shim);
  const std::vector<std::uint32_t> stacks = anatomy_.stack_pointers();
  std::optional<std::uint32_t> allocator;
  for (const Export& item : module_.exports) {
    if (item.kind != ExternalKind::function || module_.body(item.index) == nullptr) continue;
    HEAPBUMP_TRY(const auto first, first_call(module_, item.index, budget_));
    if (!allocator) {
      if (first) {
        HEAPBUMP_TRY(const auto lazy, read_lazy_stack(module_, *first, budget_));
        if (lazy) allocator = first;
      }
      if (!allocator) {
        if (stacks.empty()) continue;
        fault("its export `" + std::string(shown(item.name)) +
                  "` does not first see to it that there is a stack",
              module_.body(item.index)->file_offset);
        return {};
      }
    } else if (first != allocator && !stacks.empty()) {
      fault(
          "its export `" + std::string(shown(item.name)) + "` does not first see to it that there is a stack",
          module_.body(item.index)->file_offset);
      return {};
    }
  }
  if (!allocator) return {};
  HEAPBUMP_TRY(const auto lazy, read_lazy_stack(module_, *allocator, budget_));
  if (std::ranges::find(bindings_.shim, lazy->realloc) == bindings_.shim.end())
    fault("its stack does not come from the main module's cabi_realloc_adapter",
          module_.body(*allocator)->file_offset);
  for (const std::uint32_t stack : stacks) {
    if (stack != lazy->stack_global)
      fault("global " + std::to_string(stack) + " is used as a stack pointer but never set to a slot",
            module_.globals[stack].init.file_offset);
  }
  const bool in_range =
      lazy->state_global < module_.globals.size() && lazy->stack_global < module_.globals.size();
  if (!in_range || initial(lazy->state_global) != 0u)
    fault("the global that says whether there is a stack does not start as 0");
  return {};
}

std::vector<std::uint32_t> Inspection::called_constants() const {
  std::vector<std::uint32_t> constants;
  std::vector<std::uint32_t> called;
  for (const ReallocCall& call : anatomy_.realloc_calls) called.push_back(call.callee);
  std::ranges::sort(called);
  for (const auto& [function, value] : anatomy_.constant_reallocs) {
    if (std::ranges::binary_search(called, function)) constants.push_back(function);
  }
  return constants;
}

void Inspection::inspect_placed_stack(std::uint32_t stack) {
  out_.stack_top = initial(stack);
  const auto found = std::ranges::find_if(manifest_.slots, [&](const Slot& slot) {
    return slot.name == SlotName::stack && slot.base + slot.size == out_.stack_top;
  });
  if (found == manifest_.slots.end()) {
    fault("its stack begins at " + (out_.stack_top ? hex(*out_.stack_top) : std::string("no constant")) +
              ", which is not the top of a stack slot of the region",
          module_.globals[stack].init.file_offset);
  } else {
    out_.slot = found->adapter;
  }
}

void Inspection::inspect_placed_state(std::uint32_t function) {
  out_.state_base = static_cast<std::uint32_t>(anatomy_.constant_reallocs.at(function));
  const auto found = std::ranges::find_if(manifest_.slots, [&](const Slot& slot) {
    return slot.name == SlotName::state && slot.base == *out_.state_base;
  });
  const std::uint64_t at = module_.body(function)->file_offset;
  if (found == manifest_.slots.end()) {
    fault("its State is at " + hex(*out_.state_base) + ", which is not a State slot of the region", at);
  } else if (out_.slot && *out_.slot != found->adapter) {
    fault("its stack is in the slots of adapter " + std::to_string(*out_.slot) +
              " and its State in those of adapter " + std::to_string(found->adapter),
          at);
  } else {
    out_.slot = found->adapter;
  }
}

bool Inspection::says_stack_allocated(const std::vector<std::uint32_t>& stacks) const {
  for (std::uint32_t i = 0; i < module_.globals.size(); ++i) {
    if (!std::ranges::binary_search(stacks, i) && module_.globals[i].is_mutable &&
        initial(i) == static_cast<std::uint32_t>(kStackAllocated))
      return true;
  }
  return false;
}

void Inspection::inspect_placed() {
  const std::vector<std::uint32_t> stacks = anatomy_.stack_pointers();
  const std::vector<std::uint32_t> constants = called_constants();
  if (stacks.empty() && constants.empty()) return;
  out_.tenure = Tenure::placed;
  if (stacks.size() > 1) fault("it has more than one stack pointer");
  if (constants.size() > 1) fault("it has more than one function that returns an address for its State");
  if (!stacks.empty()) inspect_placed_stack(stacks.front());
  if (constants.empty()) return;
  inspect_requests(constants);
  inspect_placed_state(constants.front());
  // Without it the adapter believes that it has no stack yet, and drops what it is asked to write.
  if (!says_stack_allocated(stacks))
    fault("no global says from the beginning that the stack is there (allocation_state is not 2)");
}

Result<Tenant> Inspection::run() {
  out_.stack_bound = stack_bound(anatomy_);
  inspect_growing();
  for (Error& error : tenancy_faults(anatomy_, Code::kCheckFailed)) {
    // Growing is reported above, and the start function that wit-component injects then is a consequence of
    // it.
    const bool known =
        !anatomy_.memory_grows.empty() && (error.offset == anatomy_.memory_grows.front() || module_.start);
    if (!known) out_.faults.push_back(std::move(error));
  }
  if (!bindings_.other_realloc.empty()) {
    fault(
        "it is bound to another realloc of the main module than cabi_realloc_adapter, so it lives in the "
        "module's heap");
  }
  for (const std::uint64_t offset : anatomy_.odd_realloc_uses)
    fault("the imported realloc is used other than by calling it", offset);
  if (!bindings_.shim.empty()) {
    HEAPBUMP_CHECK(inspect_shim_client());
  } else if (bindings_.other_realloc.empty() && anatomy_.memory_grows.empty()) {
    inspect_placed();
  }
  if (out_.stack_bound && *out_.stack_bound > kSlotSize)
    fault("it can need " + std::to_string(*out_.stack_bound) + " bytes of stack, more than a slot has");
  return std::move(out_);
}

}  // namespace

Result<Tenant> inspect_tenant(const Module& tenant, const Bindings& bindings, const Manifest& manifest,
                              Budget& budget) {
  HEAPBUMP_TRY(const Anatomy anatomy, read_anatomy(tenant, budget));
  return Inspection(tenant, anatomy, bindings, manifest, budget).run();
}

}  // namespace heapbump::adapters
