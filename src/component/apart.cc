#include "component/apart.h"

#include <algorithm>

#include "base/sha256.h"
#include "component/glue.h"
#include "record/tool.h"
#include "wasm/component.h"

namespace heapbump {
namespace {

constexpr std::uint8_t kCustomSection = 0, kCoreModuleSection = 1, kCoreInstanceSection = 2;
constexpr std::uint8_t kInstantiate = 0, kInstanceSort = 0x12;
constexpr int kApartVersion = 1;

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

void write_section(Writer& out, std::uint8_t id, Bytes content) {
  out.u8(id).uleb(content.size()).bytes(content);
}

}  // namespace

std::string_view to_string(StandInScope value) {
  return value == StandInScope::all ? "all" : "program";
}

Json to_json(const ApartRecord& record) {
  Json list = Json::array();
  for (const Edit& edit : record.edits) {
    list.push_back(Json::object({{"file_offset", edit.offset},
                                 {"old_hex", to_hex(edit.old_bytes)},
                                 {"new_hex", to_hex(edit.new_bytes)},
                                 {"reason", edit.reason}}));
  }
  return Json::object(
      {{"schema_version", kApartVersion},
       {"strategy", "apart"},
       {"module", Json::object({{"sha256", record.program_sha256}, {"size", record.program_size}})},
       {"stand_in", to_string(record.scope)},
       {"command", record.command},
       {"adapter_sha256", record.adapter_sha256},
       {"encoder", record.encoder},
       {"edits", list},
       {"tool", tool_json()}});
}

namespace {

std::unexpected<Error> bad(std::string_view field) {
  return fail(Code::kBadRecord, "the component's heapbump section has no valid `" + std::string(field) + "`");
}

Result<std::string> text_of(const Json& document, std::string_view field) {
  const Json* value = document.find(field);
  if (value == nullptr || value->as_string() == nullptr) return bad(field);
  return *value->as_string();
}

Result<std::uint64_t> number_of(const Json& document, std::string_view field) {
  const Json* value = document.find(field);
  if (value == nullptr || value->as_integer() == nullptr || *value->as_integer() < 0) return bad(field);
  return static_cast<std::uint64_t>(*value->as_integer());
}

Result<std::vector<std::byte>> bytes_of(const Json& document, std::string_view field) {
  HEAPBUMP_TRY(const std::string text, text_of(document, field));
  auto bytes = from_hex(text);
  if (!bytes) return bad(field);
  return *std::move(bytes);
}

Result<EditList> edits_of(const Json& document) {
  const Json* list = document.find("edits");
  if (list == nullptr || list->as_array() == nullptr) return bad("edits");
  EditList edits;
  for (const Json& item : *list->as_array()) {
    Edit edit;
    HEAPBUMP_TRY(edit.offset, number_of(item, "file_offset"));
    HEAPBUMP_TRY(edit.old_bytes, bytes_of(item, "old_hex"));
    HEAPBUMP_TRY(edit.new_bytes, bytes_of(item, "new_hex"));
    HEAPBUMP_TRY(edit.reason, text_of(item, "reason"));
    edits.push_back(std::move(edit));
  }
  return edits;
}

}  // namespace

Result<ApartRecord> read_apart_record(Bytes json) {
  HEAPBUMP_TRY(const Json document, parse_json(as_text(json)));
  ApartRecord record;
  HEAPBUMP_TRY(const auto version, number_of(document, "schema_version"));
  if (version != kApartVersion) return bad("schema_version");
  HEAPBUMP_TRY(const auto strategy, text_of(document, "strategy"));
  if (strategy != "apart") return bad("strategy");
  const Json* module = document.find("module");
  if (module == nullptr) return bad("module");
  HEAPBUMP_TRY(record.program_sha256, text_of(*module, "sha256"));
  HEAPBUMP_TRY(record.program_size, number_of(*module, "size"));
  HEAPBUMP_TRY(const auto scope, text_of(document, "stand_in"));
  if (scope != "all" && scope != "program") return bad("stand_in");
  record.scope = scope == "all" ? StandInScope::all : StandInScope::program;
  const Json* command = document.find("command");
  if (command == nullptr || command->as_bool() == nullptr) return bad("command");
  record.command = *command->as_bool();
  HEAPBUMP_TRY(record.adapter_sha256, text_of(document, "adapter_sha256"));
  HEAPBUMP_TRY(record.encoder, text_of(document, "encoder"));
  HEAPBUMP_TRY(record.edits, edits_of(document));
  return record;
}

ApartModules make_apart_modules(Bytes program_file, const Program& program, const ApartRecord& record) {
  ApartModules modules;
  const std::vector<Service> services =
      record.scope == StandInScope::all ? all_services() : program.services();
  modules.stand_in = make_stand_in(services, record.command);
  modules.shim = make_shim(program);
  modules.program =
      program.edits.empty() ? copy(program_file) : join(apply_edits(program_file, program.edits));
  std::vector<BridgeCall> calls;
  for (const ProgramImport& import : program.imports) {
    if (import.name == import.call.export_name) calls.push_back(import.call);
  }
  modules.bridge = make_bridge(calls, program.memory);
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
    write_section(out, kCoreModuleSection, *module);
  Writer instances;
  const auto arguments = apart_arguments(program);
  instances.uleb(arguments.size());
  for (std::uint32_t i = 0; i < arguments.size(); ++i) {
    instances.u8(kInstantiate).uleb(first_module + i).uleb(arguments[i].size());
    for (const ApartArgument& argument : arguments[i]) {
      const bool own = argument.instance < arguments.size();
      instances.name(argument.name)
          .u8(kInstanceSort)
          .uleb(own ? first_instance + argument.instance : stand_in);
    }
  }
  write_section(out, kCoreInstanceSection, instances.view());
  Writer custom;
  custom.name(kComponentRecord).bytes(as_bytes(to_json(record).dump(-1)));
  write_section(out, kCustomSection, custom.view());
  return out.take();
}

}  // namespace heapbump
