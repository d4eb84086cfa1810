#include "analysis/mentions.h"

#include <algorithm>

namespace heapbump {
namespace {

void squeeze(std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
  std::ranges::sort(pairs);
  const auto repeated = std::ranges::unique(pairs);
  pairs.erase(repeated.begin(), repeated.end());
}

}  // namespace

Result<Mentions> Mentions::make(const Module& module, Budget& budget) {
  constexpr std::size_t kSqueezeAt = 65536;  // pairs that are new since repeats were last removed
  Mentions mentions;
  std::uint64_t held_bytes = 0;
  HEAPBUMP_TRY(Held held, Held::take(budget, 0));
  std::size_t full = kSqueezeAt;
  Instruction instruction;
  for (std::size_t i = 0; i < module.bodies.size(); ++i) {
    const auto function = static_cast<std::uint32_t>(module.imported_functions + i);
    InstructionReader reader(module, module.bodies[i], budget);
    while (reader.next(instruction)) {
      if (instruction.immediate == Immediate::i32 || instruction.immediate == Immediate::memarg ||
          instruction.immediate == Immediate::memarg_lane)
        mentions.numbers_.emplace_back(static_cast<std::uint32_t>(instruction.value), function);
      else if (instruction.opcode == op::global_get || instruction.opcode == op::global_set)
        mentions.globals_.emplace_back(static_cast<std::uint32_t>(instruction.value), function);
      if (mentions.numbers_.size() + mentions.globals_.size() < full) continue;
      squeeze(mentions.numbers_);
      squeeze(mentions.globals_);
      full = mentions.numbers_.size() + mentions.globals_.size() + kSqueezeAt;
      const std::uint64_t now = 2 * full * sizeof(Pair);
      if (now > held_bytes) HEAPBUMP_CHECK(held.grow(now - held_bytes));
      held_bytes = std::max(held_bytes, now);
    }
    if (reader.error()) return std::unexpected(*reader.error());
  }
  squeeze(mentions.numbers_);
  squeeze(mentions.globals_);
  HEAPBUMP_TRY(
      mentions.held_,
      Held::take(budget, (mentions.numbers_.capacity() + mentions.globals_.capacity()) * sizeof(Pair)));
  return mentions;
}

std::set<std::uint32_t> Mentions::of_numbers(std::uint32_t first, std::uint32_t last) const {
  std::set<std::uint32_t> found;
  for (auto at = std::ranges::lower_bound(numbers_, Pair{first, 0});
       at != numbers_.end() && at->first <= last; ++at)
    found.insert(at->second);
  return found;
}

std::set<std::uint32_t> Mentions::of_global(std::uint32_t global) const {
  std::set<std::uint32_t> found;
  for (auto at = std::ranges::lower_bound(globals_, Pair{global, 0});
       at != globals_.end() && at->first == global; ++at)
    found.insert(at->second);
  return found;
}

}  // namespace heapbump
