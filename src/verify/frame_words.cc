#include "verify/frame_words.h"

#include <algorithm>
#include <utility>

#include "wasm/code.h"

namespace heapbump::verify {
namespace {

struct Word {
  unsigned size = 0;  ///< of the largest store
  bool whole = true;  ///< all stores are of all its bytes, as one number
  std::vector<NodeId> values;
  StoredValues shared;  ///< the same, once a load was found
};
using Place = std::pair<NodeId, std::int32_t>;  ///< a read of the stack pointer, and bytes from there

Place place_of(const Flow& flow, NodeId address, std::int64_t offset) {
  const Linear at = linear_form(flow, address);
  return {at.base, static_cast<std::int32_t>(at.offset + static_cast<std::uint32_t>(offset))};
}

class Frame {
 public:
  Frame(const Flow& flow, std::uint32_t stack) : flow_(flow), stack_(stack) {
    for (const Effect& effect : flow.effects)
      if (effect.kind == EffectKind::store) store(effect);
  }

  std::map<NodeId, StoredValues> loads() {
    std::map<NodeId, StoredValues> found;
    std::size_t pairs = 0;
    for (NodeId id = 0; id < flow_.nodes.size(); ++id) {
      const Node& node = flow_.nodes[id];
      if (node.kind != NodeKind::load) continue;
      if (node.opcode != op::i32_load && node.opcode != op::i64_load) continue;
      const auto word = words_.find(place_of(flow_, flow_.operand(id, 0), node.value));
      if (word == words_.end() || word->second.size != facts_of(node.opcode).access_bytes) continue;
      Word& content = word->second;
      if (!content.whole || meets_another(word)) continue;
      pairs += content.values.size();
      if (pairs > kMostKeptPairs) break;
      if (content.shared == nullptr)
        content.shared = std::make_shared<const std::vector<NodeId>>(content.values);
      found.emplace(id, content.shared);
    }
    return found;
  }

 private:
  void store(const Effect& effect) {
    const auto operands = flow_.operands_of(effect);
    const Place place = place_of(flow_, operands[0], effect.value);
    if (place.first == kNoNode) return;
    const Node& base = flow_.nodes[place.first];
    if (base.kind != NodeKind::global || base.value != stack_) return;
    const unsigned size = facts_of(effect.opcode).access_bytes;
    const bool number = effect.opcode == op::i32_store || effect.opcode == op::i64_store;
    Word& word = words_[place];
    word.whole = word.whole && number && (word.values.empty() || word.size == size);
    word.size = std::max(word.size, size);
    word.values.push_back(operands[1]);
  }

  /// Whether the stores of another word reach into this one.
  bool meets_another(std::map<Place, Word>::const_iterator word) const {
    const auto end_of = [](const auto& of) { return of.first.second + std::int64_t{of.second.size}; };
    const auto same_base = [&](const auto& of) { return of.first.first == word->first.first; };
    const auto next = std::next(word);
    if (next != words_.end() && same_base(*next) && next->first.second < end_of(*word)) return true;
    for (auto before = word; before != words_.begin();) {
      --before;
      if (!same_base(*before) || before->first.second + kLargest <= word->first.second) break;
      if (end_of(*before) > word->first.second) return true;
    }
    return false;
  }

  static constexpr std::int64_t kLargest = 16;  ///< bytes of one store
  const Flow& flow_;
  const std::int64_t stack_;
  std::map<Place, Word> words_;
};

}  // namespace

std::map<NodeId, StoredValues> stored_in_frame(const Flow& flow, std::uint32_t stack) {
  return Frame(flow, stack).loads();
}

}  // namespace heapbump::verify
