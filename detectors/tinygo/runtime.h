// TinyGo's runtime variables, recognised by what code does with them: heapEnd (memory.size in bytes is stored
// there), metadataStart (heapEnd less a share of the heap), heapStart and the leaking collector's heapptr.
// From their arithmetic follows the heap base, never from the look of a number. TinyGo's
// src/runtime/arch_tinygowasm.go, gc_blocks.go (before 0.27 gc_conservative.go) and gc_leaking.go are what is
// looked for; see docs/toolchains/tinygo.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "detectors/tinygo/program.h"
#include "wasm/data_image.h"

namespace heapbump::tinygo {

/// What a value has to do with the heap's bounds.
enum class HeapKind { none, end, metadata, start, pointer };

class Runtime {
 public:
  /// Nothing if no word holds memory.size in bytes and bounds a heap the way TinyGo's runtime does it.
  [[nodiscard]] static std::optional<Runtime> find(Program& program, const DataImage& image);
  /// Whether find() can succeed at all, without an index: some function stores memory.size in bytes to a
  /// fixed word.
  [[nodiscard]] static bool is_possible(Program& program);

  [[nodiscard]] HeapKind kind(Program& program, Value value) const;
  /// memory.size times 65536, or the heapEnd word.
  [[nodiscard]] bool is_end(Program& program, Value value) const;

  /// The word behind heapStart, or behind `(heapStart + 15) & -16`; of heapEnd and metadataStart nothing.
  [[nodiscard]] std::optional<std::uint32_t> start_word(Program& program, Value value) const;

  std::set<std::uint32_t> end_words;       ///< addresses of heapEnd
  std::set<std::uint32_t> metadata_words;  ///< addresses of metadataStart
  std::set<std::uint32_t> start_words;     ///< addresses of heapStart, where it survived as a variable
  std::set<std::uint32_t> pointer_words;   ///< addresses of heapptr (gc=leaking)
  std::set<std::uint32_t>
      heap_functions;  ///< functions whose flow mentions one of these words or memory.size
  /// heap_functions, what only they call, and who shares a function of theirs with nobody else: the only code
  /// that may compute with the heap's start.
  std::set<std::uint32_t> own_functions;
  std::vector<Term> folded;  ///< constants in the metadata's size; sign as in `heapEnd - x`
  bool grows = false;        ///< memory.grow by memory.size
  /// Heap bases that the arithmetic gives, each with how. More than one is a contradiction.
  std::map<std::uint32_t, std::set<std::string>> candidates;

 private:
  void find_end(Program& program);
  void find_metadata(Program& program);
  void find_blocks(Program& program);
  void find_pointer(Program& program);
  void read_pointer(Program& program, const DataImage& image);
  void read_start(Program& program, const DataImage& image);
  void find_own(Program& program);

  std::set<Value> metadata_values_;
};

/// Calls `visit(flow, effect, address)` for every whole-word store to a constant address in the functions.
template <typename Functions, typename Visit>
void for_each_word_store(Program& program, const Functions& functions, Visit visit) {
  for (const std::uint32_t function : functions) {
    const Flow* flow = program.flow(function);
    if (flow == nullptr) continue;
    if (!program.spend(0, flow->effects.size())) return;
    for (const Effect& effect : flow->effects) {
      if (effect.kind != EffectKind::store || effect.opcode != op::i32_store) continue;
      if (const auto address = program.address(*flow, effect)) visit(*flow, effect, *address);
    }
  }
}

/// The value operand of a store.
[[nodiscard]] inline Value stored_value(const Flow& flow, const Effect& store) {
  return {&flow, flow.operands_of(store)[1]};
}

}  // namespace heapbump::tinygo
