// Finds the allocator that owns the memory from the heap's start up, and with it every constant that has to
// move when the start moves (`bump`). Two shapes are known: one that measures its first heap as memory.size
// minus the start (wasi-libc's dlmalloc and emmalloc of 2020 to 2022, and whatever is written like them), and
// one that keeps a break, a word or global that starts at the heap's start and is compared with memory.size
// before it rises (Emscripten's sbrk, AssemblyScript's stub runtime, hand-written bump allocators).
//
// The argument for leaving other constants alone: a module that works has one owner of the memory above its
// static data. A constant there which nobody uses as an address, and which is not handed on as it is, cannot
// be a second owner.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/survey.h"
#include "detectors/wasm_ld/growth.h"
#include "heapbump/detect.h"
#include "wasm/module.h"

namespace heapbump {

struct HeapOwner {
  bool sound = false;
  std::string why;
  Confidence confidence = Confidence::weak;
  std::optional<std::uint64_t> heap_base;
  std::vector<Site> sites;
  std::vector<Evidence> evidence;
  std::optional<Code> refusal;          ///< why not, where not sound
  std::optional<std::uint64_t> offset;  ///< and where in the file
};

/// Errors: those of survey_code and evaluate_flow.
[[nodiscard]] Result<HeapOwner> find_heap_owner(const Module& module, Budget& budget, const Survey& survey,
                                                const GrowthReport& growth, const NameSection& names);

}  // namespace heapbump
