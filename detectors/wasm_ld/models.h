// Known allocators, recognised by what they store where, never by names: also inlined, and after wasm-opt. A
// model says what one allocator does with the heap's base, end and size, and why moving the heap is right for
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "analysis/program.h"
#include "analysis/rule.h"
#include "detectors/wasm_ld/reasoning.h"
#include "wasm/data_image.h"
#include "wasm/module.h"

namespace heapbump::wasm_ld {

/// A model is listed as a rule is; `summary` names the allocator.
using ModelInfo = RuleInfo;
[[nodiscard]] std::span<const RuleInfo> model_infos();

/// Zig's WasmPageAllocator, whose growth is explained by its table of pages alone.
[[nodiscard]] const ModelInfo* zig_pages();

/// One allocator of a module.
struct Allocator {
  const ModelInfo* model = nullptr;
  std::optional<StateRange> state;    ///< its static state
  std::optional<std::uint64_t> base;  ///< where its first memory begins, if that is a constant
  bool base_is_ambiguous = false;
  std::optional<std::uint32_t> foreign;  ///< a function where its first memory is not seen to be new
  std::optional<std::uint32_t> word;     ///< the static word that starts as `base`
  std::set<std::uint32_t> functions;     ///< that set it up or give it memory
  std::set<std::uint32_t> explained;     ///< that work on page numbers, which the model explains
  std::set<std::uint32_t> growing = {};  ///< that get memory for it and are no others' (Zig)
  std::set<std::uint32_t> words = {};    ///< static words that `functions` use, where `state` is not known
};

/// The first word of its static state that does not start as 0, as in a module that was saved in use.
[[nodiscard]] std::optional<std::uint32_t> first_set_word(const DataImage& image, const Allocator& allocator);

/// Errors: those of evaluate_flow.
[[nodiscard]] Result<std::vector<Allocator>> find_allocators(const Module& module, Budget& budget,
                                                             const CodeIndex& index,
                                                             const Result<DataImage>& image);

}  // namespace heapbump::wasm_ld
