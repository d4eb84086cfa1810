#include "component/empty_call.h"

#include <map>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "component/calls.h"
#include "flow/flow.h"
#include "wasm/code.h"

namespace heapbump {
namespace {

/// A function that takes vectors of buffers, and its parameter that says how many there are.
using Takers = std::map<std::uint32_t, std::uint32_t>;

/// The parameter of a preview1 function that counts its buffers; none if it takes no vectors.
std::optional<std::uint32_t> count_of_buffers(const HostCall& call) {
  HostCall before = call;  // up to the vectors, whose count is the last value of them
  for (std::size_t i = 0; i < call.parameters.size(); ++i) {
    const Passing passing = call.parameters[i].passing;
    if (passing != Passing::gathered && passing != Passing::scattered) continue;
    before.parameters.resize(i + 1);
    return static_cast<std::uint32_t>(before.signature().parameters.size() - 1);
  }
  return std::nullopt;
}

Takers imported_takers(const Module& module) {
  Takers found;
  for (const Import& import : module.imports) {
    if (import.kind != ExternalKind::function || import.module != kPreview1) continue;
    const HostCall* call = find_preview1(import.name);
    if (const auto count = call != nullptr ? count_of_buffers(*call) : std::nullopt)
      found.emplace(import.index, *count);
  }
  return found;
}

/// Whether the bytes may hold a call of one of the functions; an instruction may begin at any of them.
bool may_call(Bytes code, const Takers& functions) {
  for (std::size_t i = 0; i + 1 < code.size(); ++i) {
    if (u8(code[i]) != op::call && u8(code[i]) != op::return_call) continue;
    Cursor cursor(code.subspan(i + 1), 0);
    const auto callee = cursor.read_uleb32("");
    if (callee && functions.contains(callee->value)) return true;
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> find_call_without_buffers(const Module& module, Budget& budget) {
  // C libraries wrap each import in a function of their own: whoever hands its parameter on is looked for as
  // well.
  Takers known;
  for (Takers wanted = imported_takers(module), more; !wanted.empty(); wanted = std::exchange(more, {})) {
    known.insert(wanted.begin(), wanted.end());
    for (std::size_t i = 0; i < module.bodies.size(); ++i) {
      const FunctionBody& body = module.bodies[i];
      if (!budget.charge(body.size / kPassedPerUnit)) return std::nullopt;
      if (!may_call(module.bytes_at(body.file_offset, body.size), wanted)) continue;
      const std::uint32_t function = module.imported_functions + static_cast<std::uint32_t>(i);
      const auto flow = evaluate_flow(module, function, budget);
      if (!flow) continue;
      for (const Effect& effect : flow->effects) {
        const auto taker = wanted.find(static_cast<std::uint32_t>(effect.value));
        if (effect.kind != EffectKind::call || taker == wanted.end()) continue;
        const NodeId count = flow->operands_of(effect)[taker->second];
        if (flow->constant(count) == 0) return effect.offset;
        const Node& node = flow->nodes[count];
        if (node.kind == NodeKind::parameter && !known.contains(function))
          more.emplace(function, static_cast<std::uint32_t>(node.value));
      }
    }
  }
  return std::nullopt;
}

}  // namespace heapbump
