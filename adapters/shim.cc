#include "adapters/shim.h"

#include <algorithm>

#include "wasm/code.h"

namespace heapbump {
namespace {

constexpr std::uint8_t kEmptyBlock = 0x40;
constexpr std::uint8_t kI32 = 0x7f;
constexpr std::uint8_t kFunctionTypeForm = 0x60;
constexpr std::uint8_t kMutable = 0x01;

std::uint8_t byte_of(std::uint32_t opcode) {
  return static_cast<std::uint8_t>(opcode);
}

}  // namespace

const FunctionType& realloc_type() {
  static const FunctionType type{{ValueType::i32, ValueType::i32, ValueType::i32, ValueType::i32},
                                 {ValueType::i32}};
  return type;
}

const Export* adapter_realloc(const Module& module) {
  for (const std::string_view name : {kShimExport, std::string_view("cabi_realloc")}) {
    const Export* found = module.find_export(name, ExternalKind::function);
    if (found != nullptr && module.function_type(found->index) == realloc_type()) return found;
  }
  return nullptr;
}

std::vector<std::byte> shim_body(const Region& region, std::uint32_t adapters, std::uint32_t global_index) {
  Writer body;
  const auto get_local = [&](std::uint32_t i) { body.u8(byte_of(op::local_get)).uleb(i); };
  const auto i32_const = [&](std::uint64_t v) {
    body.u8(byte_of(op::i32_const)).sleb(static_cast<std::int32_t>(static_cast<std::uint32_t>(v)));
  };
  const auto get_count = [&] { body.u8(byte_of(op::global_get)).uleb(global_index); };
  const auto instruction = [&](std::uint32_t opcode) { body.u8(byte_of(opcode)); };

  body.u8(0);  // no locals
  // if (old_ptr | old_size | (new_size ^ 65536) | (align > 8) | (count >= 2 * adapters)) unreachable
  get_local(0);
  get_local(1);
  instruction(op::i32_or);
  get_local(3);
  i32_const(kSlotSize);
  instruction(op::i32_xor);
  instruction(op::i32_or);
  get_local(2);
  i32_const(8);
  instruction(op::i32_gt_u);
  instruction(op::i32_or);
  get_count();
  i32_const(std::uint64_t{adapters} * 2);
  instruction(op::i32_ge_u);
  instruction(op::i32_or);
  instruction(op::if_);
  body.u8(kEmptyBlock);
  instruction(op::unreachable);
  instruction(op::end);
  // result = ((count ^ 1) << 16) + base: request 0 gets the high page of the first pair, request 1 the low
  // one
  get_count();
  i32_const(1);
  instruction(op::i32_xor);
  i32_const(16);
  instruction(op::i32_shl);
  i32_const(region.base);
  instruction(op::i32_add);
  // count = count + 1
  get_count();
  i32_const(1);
  instruction(op::i32_add);
  body.u8(byte_of(op::global_set)).uleb(global_index);
  instruction(op::end);

  Writer sized;
  sized.uleb(body.size()).bytes(body.view());
  return sized.take();
}

Result<Shim> add_shim(EditBuilder& builder, const Module& module, const Region& region,
                      std::uint32_t adapters) {
  if (const Export* taken = module.find_export(kShimExport)) {
    return fail_at(Code::kExportTaken, taken->file_offset,
                   "the module already exports `cabi_realloc_adapter`; use --placement adapter or none");
  }
  Shim shim{static_cast<std::uint32_t>(module.functions.size()),
            static_cast<std::uint32_t>(module.globals.size())};

  const auto found = std::ranges::find(module.types, realloc_type());
  const auto type_index = static_cast<std::uint32_t>(found - module.types.begin());
  if (found == module.types.end()) {
    Writer type;
    type.u8(kFunctionTypeForm).uleb(4).u8(kI32).u8(kI32).u8(kI32).u8(kI32).uleb(1).u8(kI32);
    builder.append_entry(SectionId::type, type.take(), "type of cabi_realloc_adapter");
  }
  builder.append_entry(SectionId::function, Writer().uleb(type_index).take(),
                       "declaration of cabi_realloc_adapter");
  builder.append_entry(
      SectionId::global,
      Writer().u8(kI32).u8(kMutable).u8(byte_of(op::i32_const)).sleb(0).u8(byte_of(op::end)).take(),
      "counter of the slots that cabi_realloc_adapter has given out");
  builder.append_entry(SectionId::exports, Writer().name(kShimExport).u8(0).uleb(shim.function_index).take(),
                       "export of cabi_realloc_adapter");
  builder.append_entry(SectionId::code, shim_body(region, adapters, shim.global_index),
                       "body of cabi_realloc_adapter");
  return shim;
}

}  // namespace heapbump
