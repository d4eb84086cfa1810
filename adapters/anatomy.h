// What an adapter does about memory, read from its bytes and not from its names: which globals are shadow
// stack pointers and how deep the stack can get, which of its imports are asked for memory and with what
// constants, and what it has that no adapter may have. `place` decides by it what to rewrite, `check` whether
// a finished component kept it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/budget.h"
#include "record/manifest.h"
#include "wasm/code.h"
#include "wasm/module.h"

namespace heapbump::adapters {

/// What an adapter aligns its State to, in bytes. A slot's size is heapbump::kSlotSize: wit-component gives
/// an adapter one page of stack (crates/wit-component/src/gc.rs), and the preview1 adapter asserts at compile
/// time that State is one page.
inline constexpr std::uint32_t kStateAlignment = 8;

inline constexpr std::string_view kMainModule = "__main_module__";
inline constexpr std::string_view kStackPointer = "__stack_pointer";
inline constexpr std::string_view kAllocationState = "allocation_state";
inline constexpr std::string_view kStatePointer = "internal_state_ptr";
/// What placing calls them, and the function it appends.
inline constexpr std::string_view kPlacedStackPointer = "heapbump.stack_pointer";
inline constexpr std::string_view kPlacedAllocationState = "heapbump.allocation_state";
inline constexpr std::string_view kPlacedRealloc = "heapbump.state_slot";
/// Value of allocation_state once the stack is there: wasmtime, crates/wasi-preview1-component-adapter,
/// AllocationState.
inline constexpr std::int32_t kStackAllocated = 2;

/// (old pointer, old size, alignment, new size) -> pointer, as an adapter calls it.
struct ReallocCall {
  std::uint32_t caller = 0;       ///< function index
  std::uint32_t callee = 0;       ///< function index
  std::uint64_t file_offset = 0;  ///< of the call instruction
  std::uint64_t immediate_offset = 0;
  unsigned immediate_width = 0;  ///< bytes
  /// The four arguments, where they are constants that are right before the call.
  std::optional<std::array<std::int32_t, 4>> arguments;
  /// One new block of a page at an alignment that a slot has.
  [[nodiscard]] bool asks_for_one_slot() const;
};

struct GlobalUse {
  bool stack_pointer = false;  ///< a constant is subtracted from it to make room
  std::uint32_t reads = 0;
  std::uint32_t writes = 0;
};

struct Anatomy {
  const Module* module = nullptr;
  std::vector<GlobalUse> globals;
  std::vector<ReallocCall> realloc_calls;
  /// Functions that are a realloc by their type and only return a constant: what placing appends.
  std::unordered_map<std::uint32_t, std::int32_t> constant_reallocs;  ///< by function index
  std::vector<std::uint32_t> realloc_imports;                         ///< function indices
  std::vector<std::uint64_t> memory_grows;  ///< file offsets of memory.grow and memory.size
  std::vector<std::uint32_t> growing_functions;
  std::vector<std::uint64_t> indirect_calls;  ///< file offsets of calls through a table or a reference
  std::vector<std::uint64_t>
      odd_realloc_uses;  ///< file offsets where a realloc import is used other than by a call
  /// The callees of each function in the module's own index space, imports included.
  std::vector<std::vector<std::uint32_t>> callees;
  std::vector<std::uint32_t> frames;  ///< bytes of stack each function takes
  /// How often a function can be on the stack by calling itself: 1 but for those that call themselves with a
  /// parameter divided by a constant and return when it is 0, as printing a number does. 0: it calls itself
  /// in another way.
  std::vector<std::uint32_t> levels;
  std::vector<bool> odd_stack_use;  ///< functions that use the stack pointer in a way that is not understood

  [[nodiscard]] bool is_realloc_import(std::uint32_t function) const;
  [[nodiscard]] std::vector<std::uint32_t> stack_pointers() const;  ///< global indices
};

/// Whether a function import is one by which an adapter asks the main module for memory.
[[nodiscard]] bool is_realloc_import(const Import& import);
/// The signature (i32, i32, i32, i32) -> i32.
[[nodiscard]] bool is_realloc_type(const FunctionType& type);

/// Decodes every body once. Errors: those of InstructionReader; kWorkLimit for a module above 16 MiB of code.
[[nodiscard]] Result<Anatomy> read_anatomy(const Module& module, Budget& budget);
/// With a budget of its own.
[[nodiscard]] Result<Anatomy> read_anatomy(const Module& module);

/// The most bytes of shadow stack that can be in use at once: the deepest chain of an export that calls back
/// into the main module, one of any other export on top of it, and one of a realloc that the host may call
/// meanwhile. Nothing where recursion or a stack use that is not understood is in the way.
[[nodiscard]] std::optional<std::uint64_t> stack_bound(const Anatomy& anatomy);

/// What is in the way of living in another module's memory at all: a memory of its own, more than one,
/// one that is shared or 64-bit, data, elements, a start function, memory.grow, indirect calls. Each with its
/// file offset, in file order.
[[nodiscard]] std::vector<Error> tenancy_faults(const Anatomy& anatomy, Code code);

}  // namespace heapbump::adapters
