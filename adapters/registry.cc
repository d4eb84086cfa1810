#include "adapters/registry.h"

#include <algorithm>
#include <array>

#include "adapters/preview1.h"
#include "adapters/viceroy.h"

namespace heapbump::adapters {
namespace {

// The first family that recognises a module examines it, so the more particular ones come first.
constexpr std::array kFamilies = {
    kViceroy,
    kPreview1,
};

// Globals that adapters have besides the three: wasmtime before PR 6877 kept the handle of stderr in one.
constexpr std::string_view kHandles[] = {"stderr_stream"};

std::string quoted(std::string_view name) {
  return "`" + std::string(name) + "`";
}

/// The global of that name, which must be a mutable i32 that starts as 0, unless `absent_is_fine`.
Result<std::optional<std::uint32_t>> named_global(const Module& module, const NameSection& names,
                                                  std::string_view name) {
  std::optional<std::uint32_t> found;
  for (std::uint32_t i = 0; i < module.globals.size(); ++i) {
    const auto entry = names.globals.find(i);
    if (entry == names.globals.end() || entry->second != name) continue;
    if (found) return fail(Code::kForeignAdapter, "two globals are named " + quoted(name));
    found = i;
  }
  if (!found) return std::nullopt;
  const Global& global = module.globals[*found];
  if (global.imported || global.type != ValueType::i32 || !global.is_mutable || !global.init.value) {
    return fail(Code::kForeignAdapter,
                "the global " + quoted(name) + " is not a mutable i32 with a constant value");
  }
  if (*global.init.value != 0) {
    return fail_at(Code::kAdapterPlaced, global.init.immediate_offset,
                   "the global " + quoted(name) + " already starts as " +
                       hex(static_cast<std::uint32_t>(*global.init.value)) +
                       ": the adapter was given a fixed place by something else; take the released one");
  }
  return found;
}

Result<std::uint32_t> state_request(const Anatomy& anatomy) {
  if (!anatomy.odd_realloc_uses.empty()) {
    return fail_at(
        Code::kForeignAdapter, anatomy.odd_realloc_uses.front(),
        "the imported cabi_realloc is used other than by calling it, so its calls cannot be redirected");
  }
  std::uint32_t size = 0;
  for (const ReallocCall& call : anatomy.realloc_calls) {
    if (!anatomy.is_realloc_import(call.callee)) continue;
    if (!call.arguments) {
      return fail_at(Code::kForeignAdapter, call.file_offset,
                     "it asks the main module for memory of a size that it computes, so no slot can be set "
                     "aside for it");
    }
    if (!call.asks_for_one_slot()) {
      const auto& [old_pointer, old_size, alignment, wanted] = *call.arguments;
      return fail_at(Code::kSlots, call.file_offset,
                     "it asks for cabi_realloc(" + std::to_string(old_pointer) + ", " +
                         std::to_string(old_size) + ", " + std::to_string(alignment) + ", " +
                         std::to_string(wanted) + "); a slot is one new block of " +
                         std::to_string(kSlotSize) + " bytes, aligned to " + std::to_string(kStateAlignment));
    }
    if (size != 0) {
      return fail_at(Code::kSlots, call.file_offset,
                     "it asks for memory in a second place; a placed adapter has one slot for its State");
    }
    size = static_cast<std::uint32_t>(kSlotSize);
  }
  return size;
}

Status check_other_globals(const Module& module, const NameSection& names, const Needs& needs) {
  for (std::uint32_t i = 0; i < module.globals.size(); ++i) {
    const Global& global = module.globals[i];
    if (i == needs.stack_pointer || i == needs.allocation_state || i == needs.state_pointer ||
        !global.is_mutable)
      continue;
    const auto entry = names.globals.find(i);
    const std::string_view name = entry == names.globals.end() ? std::string_view{} : entry->second;
    if (std::ranges::find(kHandles, name) != std::end(kHandles)) continue;
    return fail_at(Code::kForeignAdapter, global.init.file_offset,
                   "the mutable global " + std::to_string(i) + (name.empty() ? "" : " " + quoted(name)) +
                       " is not one that is known, so it could point into memory that is not reserved");
  }
  return {};
}

bool looks_like_main_module(const Module& module) {
  return module.imports_preview1() || (!module.memories.empty() && !module.memories.front().imported);
}

}  // namespace

std::span<const Family> families() {
  return kFamilies;
}

Result<Needs> examine(const Module& module, const Anatomy& anatomy) {
  for (const Family& family : kFamilies) {
    if (family.recognises(module)) return family.examine(module, anatomy);
  }
  if (looks_like_main_module(module)) {
    return fail(
        Code::kAdapterExpected,
        "this is a main module, not an adapter: it has a memory of its own or imports "
        "wasi_snapshot_preview1. Reserve it with `heapbump reserve`; `heapbump place` takes the adapter");
  }
  return fail(Code::kForeignAdapter, "it has not the imports and exports of an adapter of a known family");
}

Result<Needs> examine_common(std::string_view family, const Module& module, const Anatomy& anatomy) {
  Needs needs;
  needs.family = family;
  if (auto faults = tenancy_faults(anatomy, Code::kForeignAdapter); !faults.empty())
    return std::unexpected(std::move(faults.front()));
  const NameSection names = read_names(module);
  for (const auto& [index, name] : names.globals) {
    if (name != kPlacedStackPointer) continue;
    const std::string top = index < module.globals.size() && module.globals[index].init.value
                                ? hex(static_cast<std::uint32_t>(*module.globals[index].init.value))
                                : "an unknown address";
    return fail(Code::kAdapterPlaced, "heapbump already placed this adapter, with its stack below " + top +
                                          "; place the released one again");
  }
  HEAPBUMP_TRY(const auto stack_pointer, named_global(module, names, kStackPointer));
  HEAPBUMP_TRY(needs.allocation_state, named_global(module, names, kAllocationState));
  HEAPBUMP_TRY(needs.state_pointer, named_global(module, names, kStatePointer));
  if (!stack_pointer) {
    return fail(Code::kAdapterUnnamed,
                "no global is named `__stack_pointer` in its name section. Without names wit-component would "
                "give it no stack either; take the released adapter, not a stripped one");
  }
  needs.stack_pointer = *stack_pointer;
  for (const std::uint32_t global : anatomy.stack_pointers()) {
    if (global == needs.stack_pointer) continue;
    return fail(Code::kForeignAdapter,
                "global " + std::to_string(global) + " is used as a second stack pointer");
  }
  HEAPBUMP_CHECK(check_other_globals(module, names, needs));
  HEAPBUMP_TRY(needs.state_size, state_request(anatomy));
  needs.stack_bound = stack_bound(anatomy);
  if (needs.stack_bound && *needs.stack_bound > kSlotSize) {
    return fail(Code::kSlots, "it can need " + std::to_string(*needs.stack_bound) +
                                  " bytes of stack, more than the " + std::to_string(kSlotSize) +
                                  " of a slot");
  }
  return needs;
}

}  // namespace heapbump::adapters
