#include "verify/page_pool.h"

#include <algorithm>
#include <string_view>

#include "wasm/code.h"

namespace heapbump::verify {
namespace {

constexpr std::int64_t kFirstTable = 2048;    // bits, in static data
constexpr std::int64_t kWordsOfTable = 4096;  // of 128 bits: as many as fit into the page that holds them
static_assert(kWordsOfTable * 128 >= 65'536, "a bit for every page");

bool is_parameter(const Flow& flow, NodeId id, std::int64_t index) {
  return flow.nodes[id].kind == NodeKind::parameter && flow.nodes[id].value == index;
}

bool is_split_at_first_table(const Flow& flow, std::int64_t parameter) {
  return std::ranges::any_of(flow.nodes, [&](const Node& node) {
    if (node.kind != NodeKind::binary || !op::is_integer_comparison(node.opcode)) return false;
    const auto operands = flow.operands_of(node);
    const auto limit = flow.constant(operands[1]);
    return limit && *limit >= kFirstTable - 1 && *limit <= kFirstTable + 1 &&
           is_parameter(flow, operands[0], parameter);
  });
}

/// `(end - 1) << 16`: the last page that is given back, which holds the second table.
bool is_last_page(const Flow& flow, NodeId value) {
  const Node& node = flow.nodes[value];
  if (node.kind != NodeKind::binary || node.opcode != op::i32_shl ||
      flow.constant(flow.operand(value, 1)) != 16)
    return false;
  const Linear page = linear_form(flow, flow.operand(value, 0));
  return page.base != kNoNode && is_parameter(flow, page.base, 1) && page.offset == UINT32_MAX;
}

bool makes_second_table(const Flow& flow) {
  const auto address = [&](const Effect& store) {
    const Linear at = linear_form(flow, flow.operands_of(store)[0]);
    return std::pair{at.base, at.offset + static_cast<std::uint32_t>(store.value)};
  };
  const auto stores = [&](const auto& wanted) {
    return std::ranges::any_of(flow.effects, [&](const Effect& effect) {
      return effect.kind == EffectKind::store && effect.opcode == op::i32_store && wanted(effect);
    });
  };
  return stores([&](const Effect& table) {
    if (!is_last_page(flow, flow.operands_of(table)[1])) return false;
    const auto at = address(table);
    return stores([&](const Effect& length) {
      return flow.constant(flow.operands_of(length)[1]) == kWordsOfTable &&
             address(length) == std::pair{at.first, at.second + 4};
    });
  });
}

}  // namespace

bool may_give_back_pages(const Module& module, std::uint32_t function) {
  const FunctionType& type = module.function_type(function);
  const FunctionBody* body = module.body(function);
  if (body == nullptr || !type.results.empty() || type.params.size() != 2 ||
      type.params[0] != ValueType::i32 || type.params[1] != ValueType::i32)
    return false;
  // The second table's length, in however many bytes.
  static_assert(kWordsOfTable == 4096);
  const std::string_view bytes = as_text(module.bytes_at(body->file_offset, body->size));
  return bytes.contains("\x80\x20") || bytes.contains("\x80\xa0");
}

bool gives_back_pages(const Module& module, const Flow& flow) {
  if (!may_give_back_pages(module, flow.function)) return false;
  const bool stays_inside = std::ranges::none_of(flow.effects, [](const Effect& effect) {
    return effect.kind == EffectKind::grow || effect.kind == EffectKind::call_indirect ||
           effect.kind == EffectKind::throws || effect.kind == EffectKind::other;
  });
  return stays_inside && is_split_at_first_table(flow, 0) && is_split_at_first_table(flow, 1) &&
         makes_second_table(flow);
}

}  // namespace heapbump::verify
