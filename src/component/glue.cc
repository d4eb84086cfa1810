#include "component/glue.h"

#include <map>
#include <utility>

namespace heapbump {

using emit::Body;
using emit::ModuleBuilder;
using emit::Signature;

std::vector<std::byte> make_shim(const Program& program) {
  ModuleBuilder module("heapbump shim");
  module.export_table(kShimTable, module.table(static_cast<std::uint32_t>(program.imports.size())));
  for (std::uint32_t slot = 0; slot < program.imports.size(); ++slot) {
    const Signature signature = program.imports[slot].call.service.call->signature();
    const auto parameters = static_cast<std::uint32_t>(signature.parameters.size());
    Body code(parameters);
    for (std::uint32_t i = 0; i < parameters; ++i) code.get(i);
    code.i32(slot).call_indirect(module.type(signature));
    module.export_function(program.imports[slot].name, module.function(signature, code));
  }
  return module.build();
}

std::vector<std::byte> make_fixup(const Program& program, bool command) {
  static const Signature kNothing{{}, {}};
  ModuleBuilder module("heapbump fixup");
  std::vector<std::uint32_t> calls;
  std::map<std::string_view, std::uint32_t> imported;  // a component's module imports no name twice
  for (const ProgramImport& import : program.imports) {
    const auto [entry, is_new] = imported.try_emplace(import.call.export_name, 0);
    if (is_new)
      entry->second = module.import_function(kFixupFromBridge, import.call.export_name,
                                             import.call.service.call->signature());
    calls.push_back(entry->second);
  }
  const auto of_program = [&](std::string_view name) {
    return module.import_function(kFixupFromProgram, name, kNothing);
  };
  std::optional<std::uint32_t> main, start, initialize;
  if (program.start) start = of_program(kStartExport);
  if (program.kind == ProgramKind::command) main = of_program("_start");
  if (program.kind == ProgramKind::start_alone) main = std::exchange(start, std::nullopt);
  if (!program.initialize.empty()) initialize = of_program(program.initialize);
  const std::uint32_t shim_table =
      module.import_table(kFixupFromShim, kShimTable, static_cast<std::uint32_t>(calls.size()));
  if (!calls.empty()) module.elements(shim_table, calls);
  if (command) {
    const std::uint32_t run_table = module.import_table(kFixupFromStandIn, stand_in::table, 1);
    if (!main) {
      main = module.function(kNothing, Body(0));
      module.name(*main, "heapbump.nothing");
    }
    module.elements(run_table, {*main});
  }
  if (start || initialize) {
    Body code(0);
    if (start) code.call(*start);
    if (initialize) code.call(*initialize);
    const std::uint32_t function = module.function(kNothing, code);
    module.name(function, "heapbump.initialize");
    module.start(function);
  }
  return module.build();
}

std::vector<std::byte> make_initializer(const Program& program) {
  ModuleBuilder module("heapbump initializer");
  module.start(module.import_function(kFixupFromProgram, program.initialize, {{}, {}}));
  return module.build();
}

}  // namespace heapbump
