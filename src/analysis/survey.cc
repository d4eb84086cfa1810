#include "analysis/survey.h"

#include <algorithm>

namespace heapbump {
namespace {

constexpr std::size_t kMaxHits = 1'000'000;  // 40 MB of records; real modules have hundreds
constexpr std::size_t kHeldAtOnce = 1024;    // hits that are held together

bool inside(AddressRange range, std::int64_t value) {
  return value >= 0 && static_cast<std::uint64_t>(value) >= range.begin &&
         static_cast<std::uint64_t>(value) < range.end;
}

}  // namespace

std::vector<std::uint32_t> Survey::callers(std::uint32_t callee) const {
  std::vector<std::uint32_t> result;
  auto at = std::ranges::lower_bound(calls, std::pair{callee, std::uint32_t{0}});
  for (; at != calls.end() && at->first == callee; ++at) result.push_back(at->second);
  return result;
}

Result<Survey> survey_code(const Module& module, AddressRange range, Budget& budget) {
  Survey survey;
  Instruction instruction;
  // A function's calls are kept free of repeats as they come, or one that does nothing but call would take
  // many times its size.
  constexpr std::size_t kRepeats = 4096;
  const auto squeeze = [&](std::ptrdiff_t from) {
    const auto mine = std::ranges::subrange(survey.calls.begin() + from, survey.calls.end());
    std::ranges::sort(mine);
    const auto repeated = std::ranges::unique(mine);
    survey.calls.erase(repeated.begin(), repeated.end());
    return survey.calls.size() + std::max(kRepeats, survey.calls.size() - static_cast<std::size_t>(from));
  };
  for (std::size_t i = 0; i < module.bodies.size(); ++i) {
    const auto function = static_cast<std::uint32_t>(module.imported_functions + i);
    InstructionReader reader(module, module.bodies[i], budget);
    const auto first_call = static_cast<std::ptrdiff_t>(survey.calls.size());
    std::size_t full = survey.calls.size() + kRepeats;
    bool sizes = false;
    bool grows = false;
    bool indirect = false;
    bool only_calls = true;
    std::uint64_t short_calls = 0;
    while (reader.next(instruction)) {
      only_calls &= instruction.opcode == op::call || instruction.opcode == op::local_get ||
                    instruction.opcode == op::end || instruction.opcode == op::return_;
      switch (instruction.immediate) {
        case Immediate::i32:
        case Immediate::i64:
        case Immediate::memarg:
        case Immediate::memarg_lane: {
          const bool constant =
              instruction.immediate == Immediate::i32 || instruction.immediate == Immediate::i64;
          const std::int64_t value = instruction.value;
          // An i32 address of 2 GiB or more reads as negative; it is looked at both ways.
          const std::int64_t address = instruction.immediate == Immediate::i32
                                           ? static_cast<std::int64_t>(static_cast<std::uint32_t>(value))
                                           : value;
          const bool negative = constant && value < 0 && inside(range, negated(value));
          if (!negative && !inside(range, address)) break;
          survey.hits.push_back({occurrence_of(instruction, function), negative});
          // As much again for a list that grows by being copied.
          if (survey.hits.size() % kHeldAtOnce == 0)
            HEAPBUMP_CHECK(budget.hold(2 * kHeldAtOnce * sizeof(RangeHit)));
          if (survey.hits.size() > kMaxHits)
            return fail_at(Code::kWorkLimit, instruction.offset,
                           "more constants lie in the heap's range than can be followed");
          break;
        }
        case Immediate::index:
          if (instruction.opcode == op::call || instruction.opcode == op::return_call) {
            ++(instruction.immediate_width == 5 ? survey.padded_calls : short_calls);
            survey.calls.emplace_back(static_cast<std::uint32_t>(instruction.value), function);
            if (survey.calls.size() >= full) full = squeeze(first_call);
          }
          sizes |= instruction.opcode == op::memory_size;
          grows |= instruction.opcode == op::memory_grow;
          break;
        case Immediate::index_pair:
          indirect |=
              instruction.opcode == op::call_indirect || instruction.opcode == op::return_call_indirect;
          break;
        default:
          break;
      }
    }
    if (reader.error()) return std::unexpected(*reader.error());
    if (!only_calls) survey.short_calls += short_calls;
    squeeze(first_call);
    if (sizes) survey.size_functions.push_back(function);
    if (grows) survey.grow_functions.push_back(function);
    if (indirect) survey.indirect_callers.push_back(function);
  }
  std::ranges::sort(survey.calls);
  return survey;
}

std::string describe_place(const NameSection& names, std::uint32_t function, std::uint64_t offset) {
  return describe_function(names, function) + " at file offset " + hex(offset);
}

}  // namespace heapbump
