#include "component/stand_in.h"

#include "adapters/shim.h"

namespace heapbump {
namespace {

using emit::Body;
using emit::ModuleBuilder;
using emit::Op;
using emit::Signature;
using emit::Type;

const Signature kLoad8{{Type::i32}, {Type::i32}}, kLoad64{{Type::i32}, {Type::i64}},
    kStore8{{Type::i32, Type::i32}, {}}, kStore64{{Type::i32, Type::i64}, {}};

void add_accessors(ModuleBuilder& module) {
  module.export_function(stand_in::load8, module.function(kLoad8, Body(1).get(0).load(Op::i32_load8_u)));
  module.export_function(stand_in::load64, module.function(kLoad64, Body(1).get(0).load(Op::i64_load)));
  module.export_function(stand_in::store8,
                         module.function(kStore8, Body(2).get(0).get(1).store(Op::i32_store8)));
  module.export_function(stand_in::store64,
                         module.function(kStore64, Body(2).get(0).get(1).store(Op::i64_store)));
}

// (end) -> 1 if the memory reaches up to that address, or could be made to, else 0.
void add_reserve(ModuleBuilder& module) {
  Body code(1);
  const std::uint32_t missing = code.local(Type::i32);  // pages
  constexpr std::uint32_t kPageMask = 0xffff, kPageBits = 16, kGrowFailed = 0xffffffff;
  code.get(0).i32(kPageBits).op(Op::i32_shr_u);
  code.get(0).i32(kPageMask).op(Op::i32_and).i32(0).op(Op::i32_ne).op(Op::i32_add).set(missing);
  code.get(missing).memory_size().op(Op::i32_le_u);
  code.if_([&] { code.i32(1).op(Op::return_); });
  code.get(missing).memory_size().op(Op::i32_sub).memory_grow().i32(kGrowFailed).op(Op::i32_ne);
  module.export_function(stand_in::reserve, module.function({{Type::i32}, {Type::i32}}, code));
}

// The same function as in a reserved module, with the same guards.
void add_realloc(ModuleBuilder& module, std::uint32_t adapters) {
  const Signature type{{Type::i32, Type::i32, Type::i32, Type::i32}, {Type::i32}};
  const std::uint32_t function = module.declare(type);
  module.define(function, shim_body(stand_in_region(adapters), adapters, module.mutable_i32()));
  module.export_function(kShimExport, function);
}

void add_start(ModuleBuilder& module) {
  const Signature type{{}, {}};
  module.export_table(stand_in::table, module.table(1));
  Body code(0);
  code.i32(0).call_indirect(module.type(type));
  module.export_function("_start", module.function(type, code));
}

}  // namespace

Region stand_in_region(std::uint32_t adapters) {
  return {
      .base = 0x10000, .size = std::uint64_t{2} * kSlotSize * adapters, .pages = std::uint64_t{2} * adapters};
}

std::uint64_t stand_in_memory(std::uint32_t adapters) {
  constexpr std::uint64_t kScratchPages = 2;
  return stand_in_region(adapters).end() + kScratchPages * kPageSize;
}

Scratch stand_in_scratch(std::uint32_t adapters) {
  const auto begin = static_cast<std::uint32_t>(stand_in_region(adapters).end());
  return {.pair = begin, .out = begin + 0x40, .room = begin + 0x400};
}

std::string stand_in::name_of(const Service& service) {
  return service.module + "." + service.call->name;
}

std::vector<Service> all_services() {
  std::vector<Service> services;
  for (const HostCall& call : preview1_calls()) services.push_back({std::string(kPreview1), &call});
  return services;
}

std::vector<std::byte> make_stand_in(std::span<const Service> services, bool command,
                                     std::uint32_t adapters) {
  ModuleBuilder module{std::string(kStandInName)};
  std::vector<std::uint32_t> functions;
  for (const Service& service : services)
    functions.push_back(
        module.import_function(service.module, service.call->name, service.call->signature()));
  module.memory({.minimum = stand_in_memory(adapters) / kPageSize});
  module.export_memory("memory");
  add_realloc(module, adapters);
  add_accessors(module);
  add_reserve(module);
  if (command) add_start(module);
  for (std::size_t i = 0; i < services.size(); ++i)
    module.export_function(stand_in::name_of(services[i]), functions[i]);
  return module.build();
}

}  // namespace heapbump
