#include "reserve/own_realloc.h"

#include <algorithm>
#include <set>
#include <vector>

#include "adapters/shim.h"
#include "wasm/code.h"

namespace heapbump {
namespace {

constexpr std::size_t kMaxFunctions = 1000;

/// What one body may do.
struct Behaviour {
  bool returns = false;   ///< its last instruction, or a return, can be reached as far as a look at it shows
  bool indirect = false;  ///< calls through a table or a reference, or throws
  bool wraps = false;     ///< does nothing but call, among others a function without parameters and results
  std::vector<std::uint32_t> callees;
};

Result<Behaviour> look_at(const Module& module, const FunctionBody& body, Budget& budget) {
  Behaviour found;
  InstructionReader reader(module, body, budget);
  Instruction instruction;
  bool only_calls = true;
  bool nullary = false;
  bool ends = false;  // the code after an unreachable in the body's own block
  const FunctionType nothing{};
  while (reader.next(instruction)) {
    const std::uint32_t opcode = instruction.opcode;
    const bool call = opcode == op::call || opcode == op::return_call;
    if (opcode == op::unreachable && reader.depth() == 1) ends = true;
    found.returns |= opcode == op::return_ && !ends;
    found.indirect |= opcode == op::call_indirect || opcode == op::return_call_indirect ||
                      opcode == op::call_ref || opcode == op::return_call_ref || opcode == op::throw_ ||
                      opcode == op::throw_ref;
    only_calls &= call || opcode == op::local_get || opcode == op::end || opcode == op::return_;
    if (!call) continue;
    const auto callee = static_cast<std::uint32_t>(instruction.value);
    found.callees.push_back(callee);
    nullary |= callee < module.functions.size() && module.function_type(callee) == nothing;
  }
  if (reader.error()) return std::unexpected(*reader.error());
  found.returns |= !ends;
  found.wraps = only_calls && nullary;
  return found;
}

Result<bool> can_run(const Module& module, std::uint32_t function, Budget& budget) {
  std::set<std::uint32_t> seen{function};
  std::vector<std::uint32_t> pending{function};
  while (!pending.empty()) {
    const std::uint32_t at = pending.back();
    pending.pop_back();
    const FunctionBody* const body = module.body(at);
    if (body == nullptr || seen.size() > kMaxFunctions) return false;
    HEAPBUMP_TRY(const Behaviour found, look_at(module, *body, budget));
    if (found.indirect || (at == function && (found.wraps || !found.returns))) return false;
    for (const std::uint32_t callee : found.callees)
      if (seen.insert(callee).second) pending.push_back(callee);
  }
  return true;
}

}  // namespace

Result<const Export*> own_realloc(const Module& module, Budget& budget) {
  const Export* const own = adapter_realloc(module);
  if (own == nullptr) return own;
  HEAPBUMP_TRY(const bool runs, can_run(module, own->index, budget));
  return runs ? own : nullptr;
}

}  // namespace heapbump
