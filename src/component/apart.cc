#include "component/apart.h"

#include <algorithm>

#include "component/append.h"
#include "component/glue.h"
#include "wasm/component.h"

namespace heapbump {
namespace {

std::vector<std::byte> copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

/// Where the stand-in is instantiated.
Result<std::uint32_t> stand_in_instance(const Component& component, Bytes stand_in) {
  std::optional<std::uint32_t> found;
  for (std::uint32_t i = 0; i < component.instances.size(); ++i) {
    const CoreInstance& instance = component.instances[i];
    if (!instance.module) continue;
    const EmbeddedModule& module = component.modules[*instance.module];
    if (!module.embedded || !std::ranges::equal(module.bytes, stand_in)) continue;
    if (found) return fail(Code::kEncoderFailed, "the encoder's component instantiates the stand-in twice");
    found = i;
  }
  if (!found)
    return fail(Code::kEncoderFailed,
                "the encoder's component does not hold the stand-in as it was given; use another encoder");
  return *found;
}

}  // namespace

std::uint32_t adapter_count(const ApartRecord& record) {
  return 1 + static_cast<std::uint32_t>(record.adapters.size());
}

ApartModules make_apart_modules(Bytes program_file, const Program& program, const ApartRecord& record) {
  ApartModules modules;
  const std::vector<Service> services =
      record.scope == StandInScope::all ? all_services() : program.services();
  modules.stand_in = make_stand_in(services, record.command, adapter_count(record));
  modules.shim = make_shim(program);
  modules.program =
      program.edits.empty() ? copy(program_file) : join(apply_edits(program_file, program.edits));
  std::vector<BridgeCall> calls;
  for (const ProgramImport& import : program.imports) {
    if (import.name == import.call.export_name) calls.push_back(import.call);
  }
  modules.bridge = make_bridge(calls, program.memory, adapter_count(record));
  modules.fixup = make_fixup(program, record.command);
  return modules;
}

std::vector<std::vector<ApartArgument>> apart_arguments(const Program& program) {
  constexpr unsigned kShim = 0, kProgram = 1, kBridge = 2, kStandIn = 4;
  std::vector<std::vector<ApartArgument>> list(4);
  for (const std::string_view module : program.modules) list[1].push_back({module, kShim});
  list[2] = {{kBridgeFromProgram, kProgram}, {kBridgeFromStandIn, kStandIn}};
  list[3] = {{kFixupFromShim, kShim},
             {kFixupFromStandIn, kStandIn},
             {kFixupFromProgram, kProgram},
             {kFixupFromBridge, kBridge}};
  return list;
}

Result<std::vector<std::byte>> append_apart(Bytes encoded, const ApartModules& modules,
                                            const Program& program, const ApartRecord& record) {
  HEAPBUMP_TRY(const Component component, read_component(encoded));
  HEAPBUMP_TRY(const std::uint32_t stand_in, stand_in_instance(component, modules.stand_in));
  const auto first_module = static_cast<std::uint32_t>(component.modules.size());
  const auto first_instance = static_cast<std::uint32_t>(component.instances.size());
  Writer out;
  out.bytes(encoded);
  for (const auto* module : {&modules.shim, &modules.program, &modules.bridge, &modules.fixup})
    append_core_module(out, *module);
  std::vector<AppendedInstance> instances;
  const auto arguments = apart_arguments(program);
  for (std::uint32_t i = 0; i < arguments.size(); ++i) {
    AppendedInstance& instance = instances.emplace_back(first_module + i);
    for (const ApartArgument& argument : arguments[i]) {
      const bool own = argument.instance < arguments.size();
      instance.arguments.push_back({argument.name, own ? first_instance + argument.instance : stand_in});
    }
  }
  append_core_instances(out, instances);
  append_custom_section(out, kComponentRecord, as_bytes(to_json(record).dump(-1)));
  return out.take();
}

}  // namespace heapbump
