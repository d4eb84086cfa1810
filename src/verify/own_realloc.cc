#include "verify/own_realloc.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "flow/flow.h"
#include "record/manifest.h"

namespace heapbump::verify {
namespace {

constexpr std::size_t kMostFunctions = 1000;  // an allocator is some dozens

const Export* exported_realloc(const Module& module) {
  static const FunctionType type{std::vector(4, ValueType::i32), {ValueType::i32}};
  // The order in which wit-component looks for them.
  for (const std::string_view name : {kShimExport, std::string_view("cabi_realloc")}) {
    const Export* found = module.find_export(name, ExternalKind::function);
    if (found != nullptr && module.function_type(found->index) == type) return found;
  }
  return nullptr;
}

bool is_call(const Effect& effect) {
  return effect.kind == EffectKind::call;
}

/// Constructors before and destructors behind every call from outside: what wasm-ld puts around a command's
/// exports. Their second run, in the middle of a host call, sets the program's state anew.
bool is_command_wrapper(const Module& module, const Flow& flow) {
  const auto only_calls = [](const Effect& effect) {
    return is_call(effect) || effect.kind == EffectKind::returns;
  };
  const auto takes_and_gives_nothing = [&](const Effect& effect) {
    return is_call(effect) &&
           module.function_type(static_cast<std::uint32_t>(effect.value)) == FunctionType{};
  };
  return std::ranges::all_of(flow.effects, only_calls) &&
         std::ranges::any_of(flow.effects, takes_and_gives_nothing);
}

/// Why the function may not run while the program waits for the host, from its own effects; empty if it may.
std::string hinders(const Module& module, const Flow& flow, bool entry) {
  for (const Effect& effect : flow.effects) {
    if (effect.kind == EffectKind::call_indirect)
      return "calls through a table, so it may enter the program's runtime";
    if (effect.kind == EffectKind::throws || effect.kind == EffectKind::other)
      return "throws, or calls through a reference";
  }
  if (!entry) return "";
  const auto returns = [](const Effect& effect) { return effect.kind == EffectKind::returns; };
  if (std::ranges::none_of(flow.effects, returns)) return "never returns";
  return is_command_wrapper(module, flow) ? "runs constructors or destructors at each call" : "";
}

}  // namespace

std::string needs_region(const Module& module, Budget& budget) {
  const Export* own = exported_realloc(module);
  if (own == nullptr) return "the module exports no realloc of the type that adapters call";
  const std::string name = "`" + std::string(own->name) + "` ";
  std::vector<std::uint32_t> reached{own->index};
  std::set<std::uint32_t> seen{own->index};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const std::uint32_t function = reached[i];
    if (module.body(function) == nullptr) return name + "calls the host, which the program waits for";
    const auto flow = evaluate_flow(module, function, budget);
    if (!flow || reached.size() > kMostFunctions) return name + "cannot be followed";
    const std::string why = hinders(module, *flow, i == 0);
    if (!why.empty()) return name + why;
    for (const Effect& effect : flow->effects)
      if (is_call(effect) && seen.insert(static_cast<std::uint32_t>(effect.value)).second)
        reached.push_back(static_cast<std::uint32_t>(effect.value));
  }
  return "";
}

}  // namespace heapbump::verify
