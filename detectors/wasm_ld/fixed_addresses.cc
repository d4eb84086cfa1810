#include "detectors/wasm_ld/fixed_addresses.h"

#include <algorithm>
#include <optional>

#include "detectors/wasm_ld/heap_end.h"
#include "detectors/wasm_ld/kept_words.h"
#include "flow/flow.h"

namespace heapbump::wasm_ld {
namespace {

/// The address operands of an access or a bulk operation.
std::span<const NodeId> addresses_of(const Flow& flow, const Effect& effect) {
  const auto operands = flow.operands_of(effect);
  switch (effect.kind) {
    case EffectKind::load:
    case EffectKind::store:
    case EffectKind::atomic:
      return operands.first(1);
    case EffectKind::bulk:
      return operands.first(effect.opcode == op::memory_copy ? 2 : 1);
    default:
      return {};
  }
}

/// A constant, also as a sum or difference that the compiler left to the machine.
std::optional<std::uint64_t> constant_of(const Flow& flow, NodeId id) {
  const Linear sum = linear_form(flow, id);
  return sum.base == kNoNode ? std::optional<std::uint64_t>(sum.offset) : std::nullopt;
}

/// Whether a function returns its first parameter alone, as memset and memcpy do.
Result<bool> returns_first(const Facts& facts, std::uint32_t function) {
  if (facts.module.body(function) == nullptr) return false;
  HEAPBUMP_TRY(const auto kept, facts.flows.get(function));
  const Flow& flow = *kept;
  bool returns = false;
  for (const Effect& effect : flow.effects) {
    if (effect.kind != EffectKind::returns || effect.operand_count == 0) continue;
    const Node& value = flow.nodes[flow.operands_of(effect)[0]];
    if (value.kind != NodeKind::parameter || value.value != 0) return false;
    returns = true;
  }
  return returns;
}

/// Whether static data is filled or copied beyond its end.
Result<bool> runs_into(const Facts& facts, const Flow& flow, const Effect& effect, std::uint64_t base) {
  constexpr std::size_t kArguments = 3;  // address, address or value, bytes
  const auto operands = flow.operands_of(effect);
  if ((effect.kind != EffectKind::bulk && effect.kind != EffectKind::call) || operands.size() != kArguments)
    return false;
  const auto length = constant_of(flow, operands[2]);
  if (!length) return false;
  const auto crosses = [&](NodeId at) {
    constexpr std::uint64_t kLowestStatic = 1024;  // wasm-ld's --global-base
    const auto begin = constant_of(flow, at);
    return begin && *begin >= kLowestStatic && *begin < base && *begin + *length > base;
  };
  if (!crosses(operands[0]) && !crosses(operands[1])) return false;
  if (effect.kind == EffectKind::bulk) return true;
  return returns_first(facts, static_cast<std::uint32_t>(effect.value));
}

/// Whether a function says where the declared memory ends.
bool returns_end(const Flow& flow, const Effect& effect, std::uint64_t end) {
  return effect.kind == EffectKind::returns && effect.operand_count == 1 &&
         constant_of(flow, flow.operands_of(effect)[0]) == end;
}

bool is_in_frame(const Flow& flow, const Linear& sum) {
  return flow.nodes[sum.base].kind == NodeKind::global;
}

/// How code may come to a static word.
struct Access {
  bool loads = false;    ///< it is loaded by its address, perhaps with others
  bool stores = false;   ///< it is stored by its address, as a variable that stands alone
  bool reaches = false;  ///< from an address just below: by an index, or through a pointer
};

constexpr std::uint32_t kObjectReach = 256;  // bytes of an object whose address is passed or kept

/// Whether a word stands beside one that is above all memory: in a table of words they are numbers.
bool is_among_numbers(const Facts& facts, std::uint32_t word) {
  const auto above = [&](std::uint32_t address) {
    return facts.image->file_offset(address) && facts.image->load32(address) > facts.module.memory_bytes();
  };
  return above(word - 4) || above(word + 4);
}

constexpr bool is_below(std::uint64_t from, std::uint32_t word) {
  return from <= word && word - from < kObjectReach;
}

/// What a load, store or atomic does with a word.
void note_access(const Flow& flow, const Effect& effect, std::uint32_t word, bool among_numbers,
                 Access& access) {
  const Linear sum = linear_form(flow, flow.operands_of(effect)[0]);
  const std::uint64_t from =
      static_cast<std::uint32_t>(sum.offset) + static_cast<std::uint64_t>(effect.value);
  const bool store = effect.kind == EffectKind::store;
  if (sum.base == kNoNode) {
    const bool covers = from < std::uint64_t{word} + 4 && from + facts_of(effect.opcode).access_bytes > word;
    (store ? access.stores : access.loads) |= covers;
    return;
  }
  const bool whole =
      loads_word(effect.opcode) || effect.opcode == op::i64_load || effect.kind == EffectKind::atomic;
  const bool numbers = among_numbers && element_bytes(flow, flow.nodes[sum.base]) == 4;
  access.reaches |= whole && !numbers && is_below(from, word);
}

/// Whether an effect takes the address of a word, or one just below, elsewhere.
bool takes_elsewhere(const Flow& flow, const Effect& effect, std::uint32_t word) {
  if (effect.kind == EffectKind::load) return false;
  const auto operands = flow.operands_of(effect);
  const bool address_first = effect.kind == EffectKind::store || effect.kind == EffectKind::bulk;
  return std::ranges::any_of(operands.subspan(std::min<std::size_t>(address_first, operands.size())),
                             [&](NodeId id) {
                               const auto constant = constant_of(flow, id);
                               return constant && is_below(*constant, word);
                             });
}

/// Whether code reads a static word, or may where it takes an address just below elsewhere. What is stored by
/// its own address is a variable of its own, which no index comes to.
Result<bool> is_read(const Facts& facts, std::uint32_t word) {
  Access access;
  const bool among_numbers = is_among_numbers(facts, word);
  for (const std::uint32_t function : users_of(facts.index, {false, word + 3}, kObjectReach + 3)) {
    HEAPBUMP_TRY(const auto kept, facts.flows.get(function));
    HEAPBUMP_CHECK(facts.budget.charge(kept->effects.size()));
    for (const Effect& effect : kept->effects) {
      if (effect.kind == EffectKind::load || effect.kind == EffectKind::atomic ||
          effect.kind == EffectKind::store)
        note_access(*kept, effect, word, among_numbers, access);
      access.reaches |= takes_elsewhere(*kept, effect, word);
    }
  }
  return access.loads || (access.reaches && !access.stores);
}

}  // namespace

Status refuse_fixed_addresses(const Facts& facts, std::uint64_t base,
                              const std::function<bool(const Flow&)>& owns, Judgement& judgement) {
  const auto least =
      static_cast<std::uint32_t>(base / 2);  // where something runs into the heap, its start or its length
  const std::uint64_t end = facts.module.memory_bytes();
  for (const std::uint32_t function :
       facts.index.numbers(least, static_cast<std::uint32_t>(std::min<std::uint64_t>(end, UINT32_MAX)))) {
    HEAPBUMP_TRY(const auto kept, facts.flows.get(function));
    const Flow& flow = *kept;
    if (owns(flow)) continue;
    for (const Effect& effect : flow.effects) {
      HEAPBUMP_TRY(bool fixed, runs_into(facts, flow, effect, base));
      fixed |= returns_end(flow, effect, end);
      for (const NodeId address : addresses_of(flow, effect)) {
        const Linear sum = linear_form(flow, address);
        if (sum.base != kNoNode && is_in_frame(flow, sum)) continue;
        const std::int64_t offset = effect.kind == EffectKind::bulk ? 0 : effect.value;
        const std::uint32_t at = sum.offset + static_cast<std::uint32_t>(offset);
        fixed |= at > base && at <= end;
      }
      if (!fixed) continue;
      judgement.refuse("wasm-ld.fixed-address", Code::kUnexplained,
                       "memory at a fixed address in the heap is used, in " +
                           describe_place(facts.names, function, effect.offset),
                       effect.offset);
      return {};
    }
  }
  return {};
}

Status refuse_words_in_heap(const Facts& facts, const DataImage& image, std::uint64_t base,
                            std::optional<std::uint32_t> own, Judgement& judgement) {
  constexpr std::size_t kMostWords = 4096;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> others;
  image.for_each_word32([&](std::uint64_t address, std::uint32_t value) {
    if (value < base || value > facts.module.memory_bytes() || address == own) return;
    if (value > base + kHeader) {
      if (others.size() < kMostWords)
        others.emplace_back(static_cast<std::uint32_t>(address), value);
      else
        judgement.refuse("wasm-ld.address-in-data", Code::kUnexplained,
                         "more words of data lie in the heap's initial memory than are looked at",
                         image.file_offset(address));
      return;
    }
    judgement.refuse("wasm-ld.start-in-data", Code::kUnexplained,
                     "the data word at " + hex(address) + " is " + hex(value) +
                         ", at the heap's start; whether it is an address cannot be told",
                     image.file_offset(address));
  });
  for (const auto& [address, value] : others) {
    HEAPBUMP_TRY(const bool read, is_read(facts, address));
    if (read)
      judgement.refuse(
          "wasm-ld.address-in-data", Code::kUnexplained,
          "the data word at " + hex(address) + " is " + hex(value) +
              ", in the heap's initial memory, and is read; it may be where other memory begins or ends",
          image.file_offset(address));
  }
  return {};
}

}  // namespace heapbump::wasm_ld
