#include "verify/host.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "wasm/code.h"

namespace heapbump::verify {
namespace {

constexpr std::uint32_t kVectorSize = 8;      // a pointer and a length
constexpr std::uint32_t kMostVectors = 1024;  // of one call
constexpr std::size_t kMostParameters = 8;    // of one row in the table

/// A letter for each value that is passed: p pointer, n number, v vectors of buffers, followed by their
/// count.
using Parameter = std::string_view;
constexpr Parameter value32 = "n", value64 = "n", offset = "n", whence = "n", text = "pn", in_out = "pn",
                    filled = "pn", buffer = "pn", filestat = "p", gathered = "vn", scattered = "vn",
                    strings = "pp", subscriptions = "ppn";
constexpr Parameter out(std::uint32_t) {
  return "p";
}

struct HostFunction {
  std::string_view name;
  std::array<Parameter, kMostParameters> parameters;
};

constexpr auto kPreview1 = std::to_array<HostFunction>({
#define HEAPBUMP_CALL(name, ...) {#name, {__VA_ARGS__}},
#include "wasm/preview1.def"
#undef HEAPBUMP_CALL
});
static_assert(std::ranges::is_sorted(kPreview1, {}, &HostFunction::name));

const HostFunction* host_function(const Module& module, std::uint32_t function) {
  const auto import = std::ranges::find_if(module.imports, [&](const Import& one) {
    return one.kind == ExternalKind::function && one.index == function;
  });
  // The first preview0 has the same numbers in the same places.
  if (import == module.imports.end() ||
      (import->module != "wasi_snapshot_preview1" && import->module != "wasi_unstable"))
    return nullptr;
  const auto known = std::ranges::lower_bound(kPreview1, import->name, {}, &HostFunction::name);
  return known != kPreview1.end() && known->name == import->name ? &*known : nullptr;
}

/// The stores of a length into one of the vectors at `place`, and what each of them stores.
template <typename Visit>
void for_each_length(const Flow& flow, const Linear& place, std::uint32_t count, const Visit& visit) {
  for (const Effect& store : flow.effects) {
    if (store.kind != EffectKind::store || (store.opcode != op::i32_store && store.opcode != op::i64_store))
      continue;
    const auto operands = flow.operands_of(store);
    const Linear at = linear_form(flow, operands[0]);
    if (at.base != place.base) continue;
    const std::uint32_t behind = at.offset + static_cast<std::uint32_t>(store.value) - place.offset;
    const bool length = store.opcode == op::i32_store && behind % kVectorSize == kVectorSize / 2;
    if (length && behind / kVectorSize < count) visit(operands[1]);
  }
}

}  // namespace

std::optional<NodeId> different_number(const Module& module, const Flow& flow, const Effect& call,
                                       const std::function<Relation(NodeId)>& relation_of) {
  if (call.kind != EffectKind::call) return std::nullopt;
  const HostFunction* function = host_function(module, static_cast<std::uint32_t>(call.value));
  if (function == nullptr) return std::nullopt;
  std::string letters;
  for (const Parameter& parameter : function->parameters) letters += parameter;
  const auto operands = flow.operands_of(call);
  if (letters.size() != operands.size()) return std::nullopt;
  std::optional<NodeId> found;
  const auto look = [&](NodeId id) {
    if (!found && !same_number(relation_of(id))) found = id;
  };
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (letters[i] == 'n') look(operands[i]);
    if (letters[i] != 'v') continue;
    const auto count = flow.constant(operands[i + 1]);
    const bool few = count && *count >= 0 && *count <= kMostVectors;
    for_each_length(flow, linear_form(flow, operands[i]),
                    few ? static_cast<std::uint32_t>(*count) : kMostVectors, look);
  }
  return found;
}

}  // namespace heapbump::verify
