#include "detectors/tinygo/runtime.h"

#include <algorithm>

namespace heapbump::tinygo {
namespace {

constexpr unsigned kPageShift = 16;
constexpr int kMaxCallDepth = 3;  // how far a parameter is followed to its callers

/// memory.size * 65536, however it is written, also as an argument that every caller gives.
bool is_memory_bytes(Program& program, Value value, int depth = 0) {
  const std::vector<Value> sources = program.sources(value);
  return std::ranges::all_of(sources, [&](Value source) {
    const Node& node = source.node();
    if (node.kind == NodeKind::binary) {
      const auto scaled = [&](std::uint32_t size_at, std::uint32_t constant_at, std::uint32_t factor) {
        return program.resolve(source.operand(size_at)).node().kind == NodeKind::memory_size &&
               program.constant(source.operand(constant_at)) == factor;
      };
      if (node.opcode == op::i32_shl) return scaled(0, 1, kPageShift);
      if (node.opcode == op::i32_mul) return scaled(0, 1, kPageSize) || scaled(1, 0, kPageSize);
      return false;
    }
    if (node.kind != NodeKind::parameter || depth == kMaxCallDepth || program.escapes(source.flow->function))
      return false;
    bool called = false;
    for (const std::uint32_t caller : program.callers(source.flow->function)) {
      const Flow* flow = program.flow(caller);
      if (flow == nullptr || !program.spend(flow->effects.size())) return false;
      for (const Effect& effect : flow->effects) {
        if (effect.kind != EffectKind::call || effect.value != source.flow->function) continue;
        called = true;
        if (!is_memory_bytes(program, {flow, flow->operands_of(effect)[static_cast<std::size_t>(node.value)]},
                             depth + 1))
          return false;
      }
    }
    return called;
  });
}

/// `x / c` or `x >> s` for the shares that the metadata takes of the heap: 1/65 since 0.18, 1/64 before.
bool takes_a_share(Program& program, Value value) {
  const bool divides = value.is_binary(op::i32_div_u);
  if (!divides && !value.is_binary(op::i32_shr_u)) return false;
  const auto by = program.constant(value.operand(1));
  return by && (divides ? *by >= 16 && *by <= 1024 : *by >= 4 && *by <= 10);
}

}  // namespace

bool Runtime::is_end(Program& program, Value value) const {
  const std::vector<Value> sources = program.sources(value);
  return std::ranges::all_of(sources, [&](Value source) {
    if (is_memory_bytes(program, source)) return true;
    const auto word = program.loaded_word(source);
    return word && end_words.contains(*word);
  });
}

HeapKind Runtime::kind(Program& program, Value value) const {
  HeapKind common = HeapKind::none;
  for (const Value source : program.sources(value)) {
    HeapKind at = HeapKind::none;
    if (metadata_values_.contains(source)) {
      at = HeapKind::metadata;
    } else if (is_end(program, source)) {
      at = HeapKind::end;
    } else if (const auto word = program.loaded_word(source)) {
      if (metadata_words.contains(*word)) at = HeapKind::metadata;
      if (start_words.contains(*word)) at = HeapKind::start;
      if (pointer_words.contains(*word)) at = HeapKind::pointer;
    }
    if (at == HeapKind::none || (common != HeapKind::none && common != at)) return HeapKind::none;
    common = at;
  }
  return common;
}

std::optional<std::uint32_t> Runtime::start_word(Program& program, Value value) const {
  Value at = program.resolve(value);
  if (at.is_binary(op::i32_and)) {
    const Sum sum = program.sum(at.operand(0));
    if (sum.constant != 15 || sum.terms.size() != 1 || sum.terms[0].sign < 0) return std::nullopt;
    at = sum.terms[0].value;
  }
  const auto word = program.loaded_word(at);
  if (!word || end_words.contains(*word) || metadata_words.contains(*word)) return std::nullopt;
  return word;
}

void Runtime::find_end(Program& program) {
  for_each_word_store(program, program.functions_with_memory_size(),
                      [&](const Flow& flow, const Effect& store, std::uint32_t address) {
                        if (is_memory_bytes(program, stored_value(flow, store))) end_words.insert(address);
                      });
  // A word that ever holds anything else is no heapEnd.
  const std::set<std::uint32_t> found = end_words;
  for (const std::uint32_t word : found)
    for_each_word_store(program, program.mentions(word),
                        [&](const Flow& flow, const Effect& store, std::uint32_t address) {
                          if (address == word && !is_memory_bytes(program, stored_value(flow, store)))
                            end_words.erase(word);
                        });
  if (end_words.empty()) return;

  heap_functions = program.functions_with_memory_size();
  for (const std::uint32_t word : end_words)
    for (const std::uint32_t function : program.mentions(word)) heap_functions.insert(function);
  for (const std::uint32_t function : program.functions_with_memory_size()) {
    const Flow* flow = program.flow(function);
    if (flow == nullptr) continue;
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      if (flow->nodes[id].kind != NodeKind::memory_grow) continue;
      const std::vector<Value> pages = program.sources(Value{flow, id}.operand(0));
      grows |= std::ranges::all_of(pages, [](Value v) { return v.node().kind == NodeKind::memory_size; });
    }
  }
}

/// metadataStart = heapEnd - (heapEnd - heapStart + 64) / 65
void Runtime::find_metadata(Program& program) {
  for (const std::uint32_t function : std::set(heap_functions)) {
    const Flow* flow = program.flow(function);
    if (flow == nullptr) continue;
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      const Value difference{flow, id};
      if (!difference.is_binary(op::i32_sub) || !is_end(program, difference.operand(0))) continue;
      const Value share = program.resolve(difference.operand(1));
      if (!takes_a_share(program, share)) continue;
      const Sum size = program.sum(share.operand(0));
      const auto ends = std::ranges::count_if(
          size.terms, [&](const Term& term) { return term.sign > 0 && is_end(program, term.value); });
      const bool others_subtract = std::ranges::all_of(
          size.terms, [&](const Term& term) { return term.sign < 0 || is_end(program, term.value); });
      if (ends != 1 || size.terms.size() > 2 || !others_subtract) continue;
      metadata_values_.insert(difference);
      program.keep_whole(difference);
      folded.insert(folded.end(), size.constants.begin(), size.constants.end());
    }
  }
  for_each_word_store(program, heap_functions,
                      [&](const Flow& flow, const Effect& store, std::uint32_t address) {
                        if (metadata_values_.contains(program.resolve(stored_value(flow, store))))
                          metadata_words.insert(address);
                      });
  const std::set<std::uint32_t> found = metadata_words;
  for (const std::uint32_t word : found) {
    for (const std::uint32_t function : program.mentions(word)) heap_functions.insert(function);
    for_each_word_store(
        program, program.mentions(word), [&](const Flow& flow, const Effect& store, std::uint32_t address) {
          if (address == word && !metadata_values_.contains(program.resolve(stored_value(flow, store))))
            metadata_words.erase(word);
        });
  }
}

/// endBlock = (metadataStart - heapStart) / 16
void Runtime::find_blocks(Program& program) {
  for (const std::uint32_t function : heap_functions) {
    const Flow* flow = program.flow(function);
    if (flow == nullptr) continue;
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      const Value share{flow, id};
      if (!(share.is_binary(op::i32_shr_u) && program.constant(share.operand(1)) == 4u) &&
          !(share.is_binary(op::i32_div_u) && program.constant(share.operand(1)) == 16u))
        continue;
      const Sum blocks = program.sum(share.operand(0));
      if (blocks.terms.empty() || blocks.terms.size() > 2 || blocks.terms[0].sign < 0 ||
          kind(program, blocks.terms[0].value) != HeapKind::metadata)
        continue;
      if (blocks.terms.size() == 1) {
        candidates[0u - blocks.constant].insert("metadataStart - heap start, in blocks of 16 bytes");
      } else if (blocks.terms[1].sign < 0 && blocks.constant == 0) {
        if (const auto word = start_word(program, blocks.terms[1].value)) start_words.insert(*word);
      }
    }
  }
}

/// gc=leaking: heapptr is loaded, advanced, compared with heapEnd and stored back.
void Runtime::find_pointer(Program& program) {
  std::set<std::uint32_t> compared;
  for (const std::uint32_t function : heap_functions) {
    const Flow* flow = program.flow(function);
    if (flow == nullptr) continue;
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      const Value comparison{flow, id};
      if (comparison.node().kind != NodeKind::binary || !op::is_i32_unsigned_order(comparison.node().opcode))
        continue;
      for (const std::uint32_t side : {0u, 1u}) {
        if (!is_end(program, comparison.operand(side))) continue;
        for (const Value source : program.sources(comparison.operand(1 - side)))
          for (const Term& term : program.sum(source).terms) {
            const auto word = term.sign > 0 ? program.loaded_word(term.value) : std::nullopt;
            if (word && !end_words.contains(*word)) compared.insert(*word);
          }
      }
    }
  }
  for (const std::uint32_t word : compared) {
    bool advances = false;
    for_each_word_store(program, program.mentions(word),
                        [&](const Flow& flow, const Effect& store, std::uint32_t address) {
                          if (address != word) return;
                          const Sum sum = program.sum(stored_value(flow, store));
                          advances |= sum.terms.size() + (sum.constant != 0 ? 1 : 0) > 1 &&
                                      std::ranges::any_of(sum.terms, [&](const Term& term) {
                                        return term.sign > 0 && program.loaded_word(term.value) == word;
                                      });
                        });
    if (advances) pointer_words.insert(word);
  }
}

void Runtime::read_pointer(Program& program, const DataImage& image) {
  for (const std::uint32_t pointer : pointer_words) {
    for_each_word_store(program, program.mentions(pointer),
                        [&](const Flow& flow, const Effect& store, std::uint32_t address) {
                          if (address != pointer) return;
                          const Value value = stored_value(flow, store);
                          if (const auto constant = program.constant(value)) {
                            candidates[*constant].insert("heapptr is set to it");
                          } else if (const auto word = start_word(program, value); word && *word != pointer) {
                            start_words.insert(*word);
                          }
                        });
    if (const std::uint32_t initial = image.load32(pointer); initial != 0)
      candidates[initial].insert("heapptr begins with it");
  }
}

void Runtime::read_start(Program& program, const DataImage& image) {
  for (const std::uint32_t word : start_words) {
    for (const std::uint32_t function : program.mentions(word)) heap_functions.insert(function);
    for_each_word_store(program, program.mentions(word),
                        [&](const Flow& flow, const Effect& store, std::uint32_t address) {
                          if (address != word) return;
                          const Value value = stored_value(flow, store);
                          if (start_word(program, value) == word) return;  // aligned in place
                          // A store of something else than a constant gives 0, which no module's layout
                          // agrees with.
                          candidates[program.constant(value).value_or(0)].insert("heapStart is set to it");
                        });
    if (const std::uint32_t initial = image.load32(word); initial != 0)
      candidates[initial].insert("heapStart begins with it");
  }
}

void Runtime::find_own(Program& program) {
  constexpr int kMostRounds = 8;
  const Module& module = program.module();
  const auto count = static_cast<std::uint32_t>(module.functions.size());
  own_functions = heap_functions;
  const auto is_own = [&](std::uint32_t function) { return own_functions.contains(function); };
  bool changed = true;
  for (int round = 0; changed && round < kMostRounds; ++round) {
    changed = false;
    for (std::uint32_t function = module.imported_functions; function < count; ++function) {
      if (!program.spend(1)) return;
      const std::vector<std::uint32_t> callers = program.callers(function);
      const bool called_by_own = !callers.empty() && !program.escapes(function) &&
                                 std::ranges::all_of(callers, [&](std::uint32_t caller) {
                                   return caller == function || is_own(caller);
                                 });
      if (called_by_own) changed |= own_functions.insert(function).second;
    }
  }
  // realloc asks which block an address is in, as the collector does, and is called by the program.
  for (const std::uint32_t function : std::set(own_functions)) {
    std::vector<std::uint32_t> others = program.callers(function);
    std::erase_if(others, is_own);
    if (others.size() == 1 && !program.escapes(function)) own_functions.insert(others.front());
  }
}

bool Runtime::is_possible(Program& program) {
  // One function at a time: most programs are not TinyGo's, and nothing of theirs need be kept.
  for (const std::uint32_t function : program.functions_with_memory_size()) {
    bool found = false;
    for_each_word_store(program, std::set{function},
                        [&](const Flow& flow, const Effect& store, std::uint32_t) {
                          found = found || is_memory_bytes(program, stored_value(flow, store));
                        });
    program.forget_flows();
    if (found) return true;
  }
  return false;
}

std::optional<Runtime> Runtime::find(Program& program, const DataImage& image) {
  Runtime runtime;
  runtime.find_end(program);
  if (runtime.end_words.empty()) return std::nullopt;
  runtime.find_metadata(program);
  if (!runtime.metadata_words.empty()) {
    runtime.find_blocks(program);
  } else {
    runtime.find_pointer(program);
    runtime.read_pointer(program, image);
  }
  runtime.read_start(program, image);
  if (runtime.candidates.empty()) return std::nullopt;
  runtime.find_own(program);
  return runtime;
}

}  // namespace heapbump::tinygo
