#include "detectors/wasm_ld/kept_words.h"

#include <iterator>
#include <set>

#include "detectors/wasm_ld/place.h"

namespace heapbump::wasm_ld {
namespace {

using Kind = Motion::Kind;
constexpr std::int64_t kUpperWord = std::int64_t{1} << 32;
constexpr std::int64_t kMostElements = 64;  // bytes of a table whose elements are stored by themselves
constexpr std::int64_t kMostWritten = 256;  // of an object that a call may write
constexpr std::int64_t kMostBytes = 4096;   // of an object that is passed by its address

/// A place in memory as a function works it out.
struct Word {
  NodeId base = kNoNode;    ///< where its address starts from
  std::int64_t offset = 0;  ///< bytes from there
  bool indexed = false;     ///< and an index that is not a constant
  auto operator<=>(const Word&) const = default;
};

using Words = std::map<Word, Motion>;

/// The stack pointer, also less a number of bytes that is worked out, and aligned.
bool is_frame(const Flow& flow, NodeId base) {
  for (int depth = 0; depth < 4 && base != kNoNode; ++depth) {
    const Node& node = flow.nodes[base];
    if (node.kind == NodeKind::global) return true;
    if (node.kind != NodeKind::binary) return false;
    base = linear_form(flow, flow.operands_of(node)[0]).base;
  }
  return false;
}

/// Of the two parts of a sum, the one that is an address: of the frame or the heap.
NodeId pointer_of(const Flow& flow, std::span<const Motion> motions, const Node& sum) {
  for (const NodeId operand : flow.operands_of(sum)) {
    const Linear part = linear_form(flow, operand);
    if (part.base != kNoNode && (is_frame(flow, part.base) || motions[part.base].address())) return operand;
  }
  return kNoNode;
}

/// Where a pointer starts from that goes round a loop by steps.
NodeId start_of(const Flow& flow, NodeId phi) {
  const auto operands = flow.operands_of(flow.nodes[phi]);
  if (operands.size() != 2) return kNoNode;
  for (std::size_t at = 0; at < 2; ++at)
    if (linear_form(flow, operands[at]).base == phi && operands[1 - at] != phi) return operands[1 - at];
  return kNoNode;
}

}  // namespace

std::int64_t element_bytes(const Flow& flow, const Node& index) {
  constexpr std::int64_t kMostShifted = 31;
  if (index.kind != NodeKind::binary) return 0;
  const std::int64_t by = flow.constant(flow.operands_of(index)[1]).value_or(0);
  if (by <= 0) return 0;
  if (index.opcode == op::i32_mul) return by;
  return index.opcode == op::i32_shl && by <= kMostShifted ? std::int64_t{1} << by : 0;
}

std::optional<Motion> joined(const std::optional<Motion>& low, const std::optional<Motion>& high) {
  if (!low && !high) return std::nullopt;
  Motion motion = low ? *low : *high;
  motion.scale = (low ? low->scale : 0) + (high ? high->scale * kUpperWord : 0);
  return motion;
}

std::vector<std::pair<std::int64_t, Motion>> words_of(const Motion& motion) {
  std::vector<std::pair<std::int64_t, Motion>> words;
  Motion word = motion;
  word.scale = motion.scale % kUpperWord;
  if (word.scale != 0) words.emplace_back(0, word);
  word.scale = motion.scale / kUpperWord;
  if (word.scale != 0) words.emplace_back(4, word);
  return words;
}

bool loads_word(std::uint32_t opcode) {
  return facts_of(opcode).kind == OpcodeClass::load && facts_of(opcode).access_bytes == 4;
}

std::optional<std::uint32_t> static_table(const Flow& flow, NodeId address, std::int64_t offset) {
  constexpr std::uint32_t kLowestStatic = 1024;  // wasm-ld's --global-base
  const Linear sum = linear_form(flow, address);
  if (sum.base == kNoNode || flow.nodes[sum.base].kind == NodeKind::global) return std::nullopt;
  std::uint32_t table = sum.offset + static_cast<std::uint32_t>(offset);
  if (flow.nodes[sum.base].kind == NodeKind::phi)
    if (const NodeId start = start_of(flow, sum.base); start != kNoNode)
      if (const Linear from = linear_form(flow, start); from.base == kNoNode) table += from.offset;
  return table >= kLowestStatic && table <= INT32_MAX ? std::optional(table) : std::nullopt;
}

namespace {

/// The word at an address, `offset` bytes on.
Word word_at(const Flow& flow, std::span<const Motion> motions, NodeId address, std::int64_t offset) {
  const Linear sum = linear_form(flow, address);
  Word word{sum.base, offset + static_cast<std::int32_t>(sum.offset), false};
  if (sum.base == kNoNode) return word;
  const Node& node = flow.nodes[sum.base];
  NodeId pointer = kNoNode;
  if (node.kind == NodeKind::phi)
    pointer = start_of(flow, sum.base);
  else if (node.kind == NodeKind::binary && op::same_on_i32(node.opcode) == op::i32_add)
    pointer = pointer_of(flow, motions, node);
  if (pointer == kNoNode) return word;
  const Linear part = linear_form(flow, pointer);
  if (part.base == kNoNode) return word;
  return {part.base, word.offset + static_cast<std::int32_t>(part.offset), true};
}

/// A value, or those that it is chosen of.
std::vector<NodeId> choices_of(const Flow& flow, NodeId id) {
  const Node& node = flow.nodes[id];
  const auto operands = flow.operands_of(node);
  if (node.kind == NodeKind::select) return {operands[0], operands[1]};
  if (node.kind == NodeKind::phi && start_of(flow, id) == kNoNode) return {operands.begin(), operands.end()};
  return {id};
}

/// What two paths leave: an address where one does and the other stored something else there. What is left
/// over from another variable is so on one path alone. Of elements, whatever either leaves.
void join(Words& words, const Words& other) {
  for (auto at = words.begin(); at != words.end();) {
    const auto also = other.find(at->first);
    if (also != other.end() && !at->second.is(Kind::moved)) at->second = also->second;
    at = also == other.end() && !at->first.indexed ? words.erase(at) : std::next(at);
  }
  for (const auto& [word, motion] : other)
    if (word.indexed) words.emplace(word, motion);
}

class KeptSearch {
 public:
  KeptSearch(const Flow& flow, std::span<const Motion> motions, const Writes& writes)
      : flow_(flow), motions_(motions), writes_(writes) {}
  Result<KeptWords> run(Budget& budget);

 private:
  void find_addresses();
  void step(std::size_t index, Words& words) const;
  void store(const Effect& effect, Words& words) const;
  void pass(std::size_t index, Words& words) const;
  void note(std::size_t index, const Words& words, const Words& here);
  [[nodiscard]] std::optional<Motion> loaded(const Effect& load, const Words& words) const;
  void note_passed(std::pair<std::size_t, std::size_t> argument, NodeId address, const Words& words);
  [[nodiscard]] bool takes_part(const Effect& load, const Words& words) const;

  const Flow& flow_;
  std::span<const Motion> motions_;
  const Writes& writes_;
  std::set<Word> addresses_;
  std::vector<NodeId> load_nodes_;  ///< by effect
  KeptWords found_;
};

/// The words in which an address is stored somewhere: no others are of interest.
void KeptSearch::find_addresses() {
  for (const Effect& effect : flow_.effects) {
    if (effect.kind != EffectKind::store || !motions_[flow_.operands_of(effect)[1]].is(Kind::moved)) continue;
    const Word word = word_at(flow_, motions_, flow_.operands_of(effect)[0], effect.value);
    if (word.base == kNoNode) continue;
    addresses_.insert(word);
    addresses_.insert({word.base, word.offset + 4, word.indexed});
  }
}

/// What an index leads to may be any element: its store does not end what was kept.
void KeptSearch::store(const Effect& effect, Words& words) const {
  const auto operands = flow_.operands_of(effect);
  const Word word = word_at(flow_, motions_, operands[0], effect.value);
  if (word.base == kNoNode) return;
  if (!word.indexed) {
    Word first = word;
    first.offset -= 3;
    const std::int64_t end = word.offset + facts_of(effect.opcode).access_bytes;
    for (auto at = words.lower_bound(first);
         at != words.end() && at->first.base == word.base && at->first.offset < end;)
      at = at->first.indexed ? std::next(at) : words.erase(at);
  }
  const Motion& motion = motions_[operands[1]];
  if (!is_word_access(effect.opcode) && effect.opcode != op::i64_store) return;
  // What is an address on some paths alone may be left over from another variable on the others.
  if (motion.is(Kind::moved) && !motion.kept)
    for (const auto& [offset, kept] : words_of(motion))
      words.insert_or_assign({word.base, word.offset + offset, word.indexed}, kept);
  else if (!word.indexed && is_word_access(effect.opcode) && addresses_.contains(word))
    words.insert_or_assign(word, Motion::foreign());
}

void KeptSearch::pass(std::size_t index, Words& words) const {
  const Effect& effect = flow_.effects[index];
  const auto operands = flow_.operands_of(effect);
  for (std::uint32_t position = 0; position < operands.size(); ++position) {
    const Word start = word_at(flow_, motions_, operands[position], 0);
    if (start.base == kNoNode || words.empty() || !writes_(effect, position)) continue;
    for (auto at = words.lower_bound(start);
         at != words.end() && at->first.base == start.base && at->first.offset < start.offset + kMostWritten;)
      at = words.erase(at);
  }
}

void KeptSearch::step(std::size_t index, Words& words) const {
  const Effect& effect = flow_.effects[index];
  if (effect.kind == EffectKind::store) store(effect, words);
  const bool bulk = effect.kind == EffectKind::bulk;
  if (effect.kind == EffectKind::call || effect.kind == EffectKind::call_indirect || bulk) pass(index, words);
}

bool KeptSearch::takes_part(const Effect& load, const Words& words) const {
  const std::int64_t bytes = facts_of(load.opcode).access_bytes;
  const Word word = word_at(flow_, motions_, flow_.operands_of(load)[0], load.value);
  const bool as_float = load.opcode == op::f64_load;
  Word first = word;
  first.offset -= 3;
  first.indexed = false;
  for (auto at = words.lower_bound(first);
       at != words.end() && at->first.base == word.base && at->first.offset < word.offset + bytes; ++at)
    if (at->first.indexed == word.indexed && at->second.is(Kind::moved) &&
        (at->first.offset < word.offset || at->first.offset + 4 > word.offset + bytes || as_float))
      return true;
  return false;
}

/// Of two words in 64 bits, either may be one.
std::optional<Motion> KeptSearch::loaded(const Effect& load, const Words& words) const {
  const Word low = word_at(flow_, motions_, flow_.operands_of(load)[0], load.value);
  const auto motion_at = [&](Word word) -> std::optional<Motion> {
    if (const auto kept = words.find(word); kept != words.end() && kept->second.is(Kind::moved))
      return kept->second;
    if (!word.indexed) return std::nullopt;
    // An element that was stored by itself.
    word.indexed = false;
    for (auto at = words.lower_bound(word);
         at != words.end() && at->first.base == word.base && at->first.offset < word.offset + kMostElements;
         ++at)
      if (!at->first.indexed && at->second.is(Kind::moved) && (at->first.offset - word.offset) % 4 == 0)
        return at->second;
    return std::nullopt;
  };
  if (loads_word(load.opcode)) return motion_at(low);
  if (load.opcode != op::i64_load) return std::nullopt;
  return joined(motion_at(low), motion_at({low.base, low.offset + 4, low.indexed}));
}

void KeptSearch::note(std::size_t index, const Words& words, const Words& here) {
  const Effect& effect = flow_.effects[index];
  const auto operands = flow_.operands_of(effect);
  if (effect.kind == EffectKind::load) {
    if (const auto motion = loaded(effect, words); motion && load_nodes_[index] != kNoNode)
      found_.loads.emplace_back(load_nodes_[index], *motion);
    // Bytes that an index goes through are of the word where it starts.
    const Word word = word_at(flow_, motions_, operands[0], effect.value);
    const auto whole = words.find({word.base, word.offset, false});
    const bool bytes = word.indexed && facts_of(effect.opcode).access_bytes < 4 && whole != words.end() &&
                       whole->second.is(Kind::moved);
    if (!found_.part && (bytes || takes_part(effect, here))) found_.part = index;
  }
  if (effect.kind != EffectKind::call && effect.kind != EffectKind::call_indirect) return;
  for (std::size_t position = 0; position < operands.size(); ++position)
    for (const NodeId choice : choices_of(flow_, operands[position]))
      note_passed({index, position}, choice, words);
}

void KeptSearch::note_passed(std::pair<std::size_t, std::size_t> argument, NodeId address,
                             const Words& words) {
  const Word start = word_at(flow_, motions_, address, 0);
  if (start.base == kNoNode || start.indexed) return;
  for (auto at = words.lower_bound(start);
       at != words.end() && at->first.base == start.base && at->first.offset < start.offset + kMostBytes;
       ++at)
    if (!at->first.indexed) found_.passed[argument].emplace(at->first.offset - start.offset, at->second);
}

Result<KeptWords> KeptSearch::run(Budget& budget) {
  const Flow& flow = flow_;
  find_addresses();
  if (addresses_.empty()) return std::move(found_);
  load_nodes_.assign(flow.effects.size(), kNoNode);
  for (NodeId id = 0; id < flow.nodes.size(); ++id)
    if (flow.nodes[id].kind == NodeKind::load) load_nodes_[flow.nodes[id].effect] = id;
  // What each block leaves, until no block leaves more.
  std::vector<std::pair<std::size_t, std::size_t>> ranges(flow.block_count);
  for (std::size_t i = 0; i < flow.effects.size(); ++i) {
    auto& [begin, end] = ranges[flow.effects[i].block];
    if (end == 0) begin = i;
    end = i + 1;
  }
  std::vector<std::optional<Words>> left(flow.block_count);
  const auto entering = [&](BlockId block) {
    std::optional<Words> words;
    for (const Edge& edge : flow.predecessors(block))
      if (const auto& before = left[edge.from]) {
        if (words)
          join(*words, *before);
        else
          words = before;
      }
    return words.value_or(Words{});
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (BlockId block = 0; block < flow.block_count; ++block) {
      Words words = entering(block);
      HEAPBUMP_CHECK(budget.charge(1 + words.size() + ranges[block].second - ranges[block].first));
      for (std::size_t i = ranges[block].first; i < ranges[block].second; ++i)
        if (flow.effects[i].block == block) step(i, words);
      if (words == left[block]) continue;
      changed = true;
      left[block] = std::move(words);
    }
  }
  for (BlockId block = 0; block < flow.block_count; ++block) {
    Words words = entering(block);
    Words here;
    for (std::size_t i = ranges[block].first; i < ranges[block].second; ++i) {
      if (flow.effects[i].block != block) continue;
      note(i, words, here);
      step(i, words);
      step(i, here);
    }
  }
  return std::move(found_);
}

}  // namespace

Result<KeptWords> find_kept_words(const Flow& flow, std::span<const Motion> motions, const Writes& writes,
                                  Budget& budget) {
  return KeptSearch(flow, motions, writes).run(budget);
}

}  // namespace heapbump::wasm_ld
