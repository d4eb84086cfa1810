#include "detectors/wasm_ld/models.h"

#include <algorithm>
#include <map>
#include <ranges>

#include "detectors/wasm_ld/new_memory.h"
#include "wasm/data_image.h"

namespace heapbump::wasm_ld {
namespace {

constexpr ModelInfo kDlmalloc{
    "wasm-ld.dlmalloc", "dlmalloc.",
    "Its segments need not adjoin: memory that does not continue the last segment becomes one of its own "
    "(sys_alloc, add_segment), and no address is compared with anything but addresses of its segments.",
    "wasi-libc dlmalloc/src/dlmalloc.c and malloc.c; Emscripten system/lib/dlmalloc.c; Doug Lea's malloc "
    "2.8.6"};
constexpr ModelInfo kEmmalloc{
    "wasm-ld.emmalloc", "emmalloc.",
    "Memory that does not continue the last region becomes a root region of its own (claim_more_memory).",
    "wasi-libc emmalloc/emmalloc.c; Emscripten system/lib/emmalloc.c"};

constexpr ModelInfo kBreakWord{"wasm-ld.break-word", "Sbrk over a word of static data.",
                               "The word, what it is compared with and what it is set to all move alike.",
                               "Emscripten system/lib/libc/sbrk.c"};
constexpr ModelInfo kDlmallocRs{"wasm-ld.dlmalloc-rs", "dlmalloc-rs.",
                                "All its memory is what memory.grow gives, and memory that does not continue "
                                "the last segment becomes one of its own.",
                                "dlmalloc-rs src/dlmalloc.rs, src/wasm.rs, 0.1 and 0.2"};
constexpr ModelInfo kZigPages{
    "wasm-ld.zig-pages", "The page allocator of Zig, WasmPageAllocator.",
    "It keeps a bit for each page number from 0 on, in a first table of 2048 and a second one for all "
    "others, which it makes when it is first needed: whichever pages it is given, each has a bit.",
    "Zig lib/std/heap/WasmPageAllocator.zig, 0.9 to 0.14"};

/// Stores to static words by address: what is stored.
std::map<std::uint32_t, std::vector<NodeId>> static_stores(const Flow& flow) {
  std::map<std::uint32_t, std::vector<NodeId>> stores;
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::store || effect.opcode != op::i32_store) continue;
    if (const auto address = static_address(flow, effect))
      stores[*address].push_back(flow.operands_of(effect)[1]);
  }
  return stores;
}

bool same_value(const Flow& flow, NodeId a, NodeId b) {
  if (a == b) return true;
  const auto left = flow.constant(a);
  return left && left == flow.constant(b);
}

/// malloc_state (dlmalloc.c, struct malloc_state on 32 bits): least_addr at 16, release_checks at 32,
/// seg.base at 448 and seg.size at 452. All four are set where the first segment is made, the first and third
/// to the same address.
constexpr std::uint32_t kLeastAddr = 16, kReleaseChecks = 32, kSegBase = 448, kSegSize = 452,
                        kStateSize = 480;

constexpr std::ptrdiff_t kFewestWords = 8;  // of the state that are set where the first segment is made

auto in_state(std::uint32_t state) {
  return [state](const auto& entry) { return entry.first >= state && entry.first < state + kStateSize; };
}

/// Notes where an allocator takes memory that is not seen to be new. A constant is for `base`.
Status note_memory(const Module& module, const Flow& flow, NodeId value, Budget& budget,
                   Allocator& allocator) {
  if (flow.constant(value)) return {};
  HEAPBUMP_TRY(const bool is, is_new_memory(module, flow, value, budget));
  if (!is) allocator.foreign = flow.function;
  return {};
}

Status find_dlmalloc(const Module& module, const Flow& flow, Budget& budget, std::vector<Allocator>& found) {
  const auto stores = static_stores(flow);
  for (const auto& [address, values] : stores) {
    if (address < kLeastAddr) continue;
    const std::uint32_t state = address - kLeastAddr;
    const auto base = stores.find(state + kSegBase);
    const auto checks = stores.find(state + kReleaseChecks);
    if (base == stores.end() || checks == stores.end() || !stores.contains(state + kSegSize)) continue;
    if (std::ranges::count_if(stores, in_state(state)) < kFewestWords) continue;
    const auto is_checks = [&](NodeId id) {
      const auto v = flow.constant(id);
      return v == -1 || v == 4095;
    };
    if (!std::ranges::any_of(checks->second, is_checks)) continue;
    for (const NodeId value : values) {
      const auto same = [&](NodeId other) { return same_value(flow, value, other); };
      if (!std::ranges::any_of(base->second, same)) continue;
      auto known =
          std::ranges::find_if(found, [&](const Allocator& a) { return a.state && a.state->begin == state; });
      if (known == found.end())
        known = found.insert(found.end(),
                             {&kDlmalloc, StateRange{state, state + kStateSize}, {}, false, {}, {}, {}, {}});
      known->functions.insert(flow.function);
      HEAPBUMP_CHECK(note_memory(module, flow, value, budget, *known));
      const auto start = flow.constant(value);
      if (!start || *start == 0) continue;
      const auto at = static_cast<std::uint64_t>(static_cast<std::uint32_t>(*start));
      known->base_is_ambiguous |= known->base && *known->base != at;
      known->base = at;
    }
  }
  return {};
}

/// A value as its base and what was added to it.
std::pair<NodeId, std::uint32_t> place_of(const Flow& flow, NodeId id, std::int64_t offset) {
  const Linear sum = linear_form(flow, id);
  return {sum.base, sum.offset + static_cast<std::uint32_t>(offset)};
}

/// What a function stores at places that have one base.
struct RsState {
  bool trim = false;
  bool checks = false;
  std::uint32_t at = 0;                            ///< of trim_check, without the base
  std::map<NodeId, std::set<std::uint32_t>> kept;  ///< by value: where it is stored
};

/// By the base of the address; kNoNode: static.
std::map<NodeId, RsState> find_rs_states(const Flow& flow) {
  constexpr std::int64_t kTrimThreshold = 2 << 20, kReleaseChecksRs = 4095;
  std::map<NodeId, RsState> states;
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::store || effect.opcode != op::i32_store) continue;
    const auto [base, offset] = place_of(flow, flow.operands_of(effect)[0], effect.value);
    RsState& state = states[base];
    const NodeId value = flow.operands_of(effect)[1];
    const auto constant = flow.constant(value);
    if (constant == kTrimThreshold) state.at = offset;
    state.trim |= constant == kTrimThreshold;
    state.checks |= constant == kReleaseChecksRs;
    if (!constant) state.kept[value].insert(offset);
  }
  return states;
}

/// dlmalloc-rs keeps the same state in an order of its own: where its first segment is made, trim_check is
/// set to 2 MiB and release_checks to 4095, and least_addr and seg.base to the same address. The state is
/// static or, where that function is not inlined, `self`.
Status find_dlmalloc_rs(const Module& module, const Flow& flow, Budget& budget,
                        std::vector<Allocator>& found) {
  const std::map<NodeId, RsState> states = find_rs_states(flow);
  const auto is_state = [](const auto& entry) {
    const RsState& state = entry.second;
    return state.trim && state.checks &&
           std::ranges::any_of(state.kept, [](const auto& kept) { return kept.second.size() >= 2; });
  };
  if (std::ranges::none_of(states, is_state)) return {};
  auto known = std::ranges::find_if(found, [&](const Allocator& a) { return a.model == &kDlmallocRs; });
  if (known == found.end()) known = found.insert(found.end(), {&kDlmallocRs, {}, {}, false, {}, {}, {}, {}});
  known->functions.insert(flow.function);
  // What is stored twice is the segment's start, or a size.
  bool is_new = false;
  for (const auto& [base, state] : states | std::views::filter(is_state))
    for (const auto& [value, offsets] : state.kept) {
      if (offsets.size() < 2 || is_new) continue;
      HEAPBUMP_TRY(is_new, is_new_memory(module, flow, value, budget));
    }
  if (!is_new) known->foreign = flow.function;
  // Static words that the function uses within the state's size of the one that is known are its own.
  const auto at = states.find(kNoNode);
  if (at == states.end() || !at->second.trim) return {};
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::load && effect.kind != EffectKind::store) continue;
    const auto address = static_address(flow, effect);
    if (!address) continue;
    if (std::max(*address, at->second.at) - std::min(*address, at->second.at) < kStateSize)
      known->words.insert(*address);
  }
  return {};
}

/// emmalloc ends each root region with a used region of 16 bytes, whose size is in its first and last
/// word (create_used_region at endPtr - 16).
bool makes_sentinel(const Flow& flow) {
  std::set<std::pair<NodeId, std::uint32_t>> sizes;
  for (const Effect& effect : flow.effects) {
    const auto operands = flow.operands_of(effect);
    if (operands.size() < 2 || flow.constant(operands[1]) != 16) continue;
    const bool store = effect.kind == EffectKind::store && effect.opcode == op::i32_store;
    if (!store && effect.kind != EffectKind::call) continue;
    const auto at = place_of(flow, operands[0], store ? effect.value : 0);
    if (at.first == kNoNode) continue;
    if (!store && at.second == 0 - std::uint32_t{16}) return true;
    if (store) sizes.insert(at);
  }
  return std::ranges::any_of(sizes,
                             [&](const auto& at) { return sizes.contains({at.first, at.second + 12}); });
}

/// ... and keeps the root regions in a list: the newest is stored in a static word, the one before it at 4
/// and its end at 8 (RootRegion). The addresses of those that are made, by the word that names the newest.
std::map<std::uint32_t, NodeId> linked_root_regions(const Flow& flow) {
  std::set<std::pair<NodeId, std::uint32_t>> stored;
  for (const Effect& effect : flow.effects)
    if (effect.kind == EffectKind::store && effect.opcode == op::i32_store)
      stored.insert(place_of(flow, flow.operands_of(effect)[0], effect.value));
  std::map<std::uint32_t, NodeId> regions;
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::store || effect.opcode != op::i32_store) continue;
    const auto word = static_address(flow, effect);
    if (!word) continue;
    const NodeId value = flow.operands_of(effect)[1];
    const auto region = place_of(flow, value, 0);
    if (region.first != kNoNode && stored.contains({region.first, region.second + 4}) &&
        stored.contains({region.first, region.second + 8}))
      regions[*word] = value;
  }
  return regions;
}

constexpr std::uint64_t kLowestStatic = 1024;  // wasm-ld's --global-base

/// What `x - C` takes from the memory's size or from the declared end: the base of emmalloc's first region.
std::set<std::uint64_t> measured_from(const Flow& flow, std::uint64_t data_end, std::uint64_t memory) {
  std::set<std::uint64_t> bases;
  for (const Node& node : flow.nodes) {
    if (node.kind != NodeKind::binary || (node.opcode != op::i32_sub && node.opcode != op::i32_add)) continue;
    const auto taken = flow.constant(flow.operands_of(node)[1]);
    if (!taken) continue;
    const auto base = static_cast<std::uint32_t>(node.opcode == op::i32_sub ? *taken : negated(*taken));
    if (base >= std::max(data_end, kLowestStatic) && base < memory) bases.insert(base);
  }
  return bases;
}

Status find_emmalloc(const Module& module, const Flow& flow, Budget& budget, std::vector<Allocator>& found) {
  if (!makes_sentinel(flow)) return {};
  const std::map<std::uint32_t, NodeId> regions = linked_root_regions(flow);
  if (regions.empty()) return {};
  auto known = std::ranges::find_if(found, [&](const Allocator& a) { return a.model == &kEmmalloc; });
  if (known == found.end()) known = found.insert(found.end(), {&kEmmalloc, {}, {}, false, {}, {}, {}, {}});
  known->functions.insert(flow.function);
  for (const auto& [word, region] : regions) {
    known->words.insert(word);
    HEAPBUMP_CHECK(note_memory(module, flow, region, budget, *known));
  }
  for (const std::uint64_t base : measured_from(flow, module.data_end(), module.memory_bytes())) {
    known->base_is_ambiguous |= known->base && *known->base != base;
    known->base = base;
  }
  return {};
}

/// sbrk over a break that a static word holds: it starts at the heap's start, is compared with the memory's
/// size, and what it was is returned. Only an allocator that is known itself may call it.
void find_break_word(const Module& module, const DataImage& image, const Flow& flow,
                     std::vector<Allocator>& found) {
  std::set<std::uint32_t> loaded;
  for (const Effect& effect : flow.effects)
    if (effect.kind == EffectKind::load && effect.opcode == op::i32_load)
      if (const auto address = static_address(flow, effect)) loaded.insert(*address);
  for (const auto& [address, values] : static_stores(flow)) {
    const std::uint64_t start = image.load32(address);
    if (!loaded.contains(address) || start < image.end() || start == 0 || start >= module.memory_bytes())
      continue;
    found.push_back({&kBreakWord, {}, start, false, {}, address, {flow.function}, {}});
  }
}

Status find_break_words(const Module& module, Budget& budget, const CodeIndex& index,
                        const Result<DataImage>& image, std::vector<Allocator>& found) {
  if (!image) return {};
  std::set<std::uint32_t> known;
  for (const Allocator& allocator : found)
    known.insert(allocator.functions.begin(), allocator.functions.end());
  for (const std::uint32_t function : index.size_functions()) {
    const auto callers = index.callers(function);
    const auto is_known = [&](std::uint32_t caller) { return known.contains(caller); };
    if (callers.empty() || known.contains(function) || !std::ranges::all_of(callers, is_known)) continue;
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget, {.frame_slots = true}));
    find_break_word(module, *image, flow, found);
  }
  return {};
}

/// recycle(start, end): pages below 2048 go to the first table, others to the second, whose bits are kept in
/// the last page that is given back: `(end - 1) << 16` and 4096 are stored side by side.
bool is_zig_recycle(const Flow& flow) {
  constexpr std::int64_t kFirstTable = 2048, kSecondTable = 4096;
  const auto is_parameter = [&](NodeId id, std::int64_t index) {
    return flow.nodes[id].kind == NodeKind::parameter && flow.nodes[id].value == index;
  };
  const auto compared = [&](std::int64_t parameter) {
    return std::ranges::any_of(flow.nodes, [&](const Node& node) {
      if (node.kind != NodeKind::binary || !op::is_integer_comparison(node.opcode)) return false;
      const auto limit = flow.constant(flow.operands_of(node)[1]);
      return limit && std::abs(*limit - kFirstTable) <= 1 &&
             is_parameter(flow.operands_of(node)[0], parameter);
    });
  };
  if (!compared(0) || !compared(1)) return false;
  const auto stores = static_stores(flow);
  return std::ranges::any_of(stores, [&](const auto& entry) {
    const auto length = stores.find(entry.first + 4);
    if (length == stores.end() || flow.constant(length->second.front()) != kSecondTable) return false;
    const Node& address = flow.nodes[entry.second.front()];
    if (address.kind != NodeKind::binary || address.opcode != op::i32_shl) return false;
    const Linear page = linear_form(flow, flow.operands_of(address)[0]);
    return page.base != kNoNode && is_parameter(page.base, 1) && page.offset == UINT32_MAX;
  });
}

/// Where a function's accesses to static data begin, an index aside, and the static addresses that it passes.
std::set<std::uint32_t> static_words(const Flow& flow) {
  std::set<std::uint32_t> words;
  const auto add = [&](NodeId address, std::int64_t offset) {
    const std::uint32_t word = linear_form(flow, address).offset + static_cast<std::uint32_t>(offset);
    if (word >= kLowestStatic && word <= INT32_MAX) words.insert(word);
  };
  for (const Effect& effect : flow.effects) {
    if (effect.kind == EffectKind::load || effect.kind == EffectKind::store)
      add(flow.operands_of(effect)[0], effect.value);
    if (effect.kind == EffectKind::call)
      for (const NodeId argument : flow.operands_of(effect))
        if (flow.constant(argument)) add(argument, 0);
  }
  return words;
}

/// Functions that get memory for the page allocator: they look for free pages in its tables first, or give
/// what they do not need back to them.
Status find_zig_growth(const Module& module, Budget& budget, const CodeIndex& index, const Flow& recycle,
                       std::set<std::uint32_t>& growing) {
  const std::set<std::uint32_t> tables = static_words(recycle);
  const std::vector<std::uint32_t> callers = index.callers(recycle.function);
  for (const std::uint32_t function : index.grow_functions()) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget, {.frame_slots = true}));
    const std::set<std::uint32_t> words = static_words(flow);
    if (std::ranges::binary_search(callers, function) ||
        std::ranges::any_of(words, [&](std::uint32_t word) { return tables.contains(word); }))
      growing.insert(function);
  }
  return {};
}

Status find_zig_pages(const Module& module, Budget& budget, const CodeIndex& index,
                      std::vector<Allocator>& found) {
  constexpr std::uint32_t kFirstTable = 2048;
  const FunctionType wanted{{ValueType::i32, ValueType::i32}, {}};
  for (const std::uint32_t function : index.numbers(kFirstTable, kFirstTable)) {
    if (!(module.function_type(function) == wanted)) continue;
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget, {.frame_slots = true}));
    if (!is_zig_recycle(flow)) continue;
    auto known = std::ranges::find_if(found, [&](const Allocator& a) { return a.model == &kZigPages; });
    if (known == found.end()) {
      found.push_back({&kZigPages, {}, {}, false, {}, {}, {}, {}});
      known = std::prev(found.end());
    }
    known->explained.insert(function);
    HEAPBUMP_CHECK(find_zig_growth(module, budget, index, flow, known->growing));
  }
  return {};
}

}  // namespace

std::span<const RuleInfo> model_infos() {
  static constexpr RuleInfo models[] = {kDlmalloc, kEmmalloc, kDlmallocRs, kBreakWord, kZigPages};
  return models;
}

const ModelInfo* zig_pages() {
  return &kZigPages;
}

std::optional<std::uint32_t> first_set_word(const DataImage& image, const Allocator& allocator) {
  if (allocator.state)
    for (std::uint32_t address = allocator.state->begin; address < allocator.state->end; address += 4)
      if (image.load32(address) != 0) return address;
  for (const std::uint32_t address : allocator.words)
    if (image.load32(address) != 0) return address;
  return std::nullopt;
}

Result<std::vector<Allocator>> find_allocators(const Module& module, Budget& budget, const CodeIndex& index,
                                               const Result<DataImage>& image) {
  std::set<std::uint32_t> candidates(index.size_functions().begin(), index.size_functions().end());
  candidates.insert(index.grow_functions().begin(), index.grow_functions().end());
  for (const std::uint32_t function : std::set(candidates))
    for (const std::uint32_t caller : index.callers(function)) candidates.insert(caller);
  std::vector<Allocator> found;
  for (const std::uint32_t function : candidates) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function, budget, {.frame_slots = true}));
    HEAPBUMP_CHECK(find_dlmalloc(module, flow, budget, found));
    HEAPBUMP_CHECK(find_dlmalloc_rs(module, flow, budget, found));
    HEAPBUMP_CHECK(find_emmalloc(module, flow, budget, found));
  }
  HEAPBUMP_CHECK(find_break_words(module, budget, index, image, found));
  HEAPBUMP_CHECK(find_zig_pages(module, budget, index, found));
  return found;
}

}  // namespace heapbump::wasm_ld
