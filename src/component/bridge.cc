#include "component/bridge.h"

#include <algorithm>

#include "component/bridge_call.h"
#include "component/bridge_described.h"
#include "component/bridge_helpers.h"

namespace heapbump {
namespace {

using emit::Signature;
using emit::Type;

void import_accessors(emit::ModuleBuilder& module, BridgeFunctions& functions) {
  const auto import = [&](std::string_view name, const Signature& type) {
    return module.import_function(kBridgeFromStandIn, name, type);
  };
  functions.load8 = import(stand_in::load8, {{Type::i32}, {Type::i32}});
  functions.load64 = import(stand_in::load64, {{Type::i32}, {Type::i64}});
  functions.store8 = import(stand_in::store8, {{Type::i32, Type::i32}, {}});
  functions.store64 = import(stand_in::store64, {{Type::i32, Type::i64}, {}});
  functions.reserve = import(stand_in::reserve, {{Type::i32}, {Type::i32}});
}

void import_service(emit::ModuleBuilder& module, BridgeFunctions& functions, const Service& service) {
  const std::string name = stand_in::name_of(service);
  if (functions.services.contains(name)) return;
  functions.services[name] = module.import_function(kBridgeFromStandIn, name, service.call->signature());
}

}  // namespace

std::vector<std::byte> make_bridge(std::span<const BridgeCall> calls,
                                   const std::optional<ProgramMemory>& memory, std::uint32_t adapters) {
  emit::ModuleBuilder module("heapbump bridge");
  constexpr unsigned kPageSizeLog2 = 16;
  BridgeFunctions functions;
  functions.scratch = stand_in_scratch(adapters);
  if (memory) module.import_memory(kBridgeFromProgram, memory->name, memory->type);
  import_accessors(module, functions);
  for (const BridgeCall& call : calls) {
    import_service(module, functions, call.service);
    if (!call.service.call->sizes_from.empty())
      import_service(module, functions, {call.service.module, find_preview1(call.service.call->sizes_from)});
  }
  if (memory) add_bridge_helpers(module, functions);
  const auto is_described = [](const BridgeCall& call) { return call.service.call->described.has_value(); };
  if (memory && std::ranges::any_of(calls, is_described))
    add_described_helpers(module, functions, memory->type.page_size_log2.value_or(kPageSizeLog2));
  for (const BridgeCall& call : calls) {
    const emit::Body code =
        is_described(call) ? described_code(module, call, functions) : bridge_code(call, functions);
    module.export_function(call.export_name, module.function(call.service.call->signature(), code));
  }
  return module.build();
}

}  // namespace heapbump
