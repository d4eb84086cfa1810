#include "analysis/roots.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "flow/known_operands.h"

namespace heapbump {
namespace {

constexpr std::size_t kMaxHits = 1'000'000;  // 40 MB of records; real modules have hundreds
constexpr std::size_t kHeldAtOnce = 1024;    // hits that are held together
constexpr std::size_t kMaxPlaces = 4096;     // of one kind; more say nothing new

void find_wide(const Module& module, const Instruction& instruction, const RootRange& range,
               std::uint32_t function, std::vector<RootPlace>& found) {
  const auto note = [&](std::uint64_t value) {
    if (range.numbers.contains(value) && found.size() < kMaxPlaces)
      found.push_back({function, instruction.immediate_offset, value});
  };
  const auto number = [&](double value) {
    if (value >= 0 && value < 4294967296.0 && value == static_cast<double>(static_cast<std::uint64_t>(value)))
      note(static_cast<std::uint64_t>(value));
  };
  if (instruction.opcode == op::f32_const)
    number(static_cast<double>(
        std::bit_cast<float>(load_u32(module.bytes_at(instruction.immediate_offset, 4)))));
  else if (instruction.opcode == op::f64_const)
    number(std::bit_cast<double>(load_u64(module.bytes_at(instruction.immediate_offset, 8))));
  else if (instruction.opcode == op::v128_const)
    for (std::uint64_t lane = 0; lane < 16; lane += 4)
      note(load_u32(module.bytes_at(instruction.immediate_offset + lane, 4)));
}

/// One pass over one body.
class RootPass {
 public:
  RootPass(const Module& module, const RootRange& range, Budget& budget, RootScan& scan)
      : module_(module), range_(range), budget_(budget), scan_(scan) {}

  Status read(std::uint32_t body) {
    function_ = module_.imported_functions + body;
    noted_ = sees_known_ = false;
    knows_ = range_.known_in != nullptr && range_.known_in->contains(function_);
    named_.clear();
    KnownOperands operands;
    InstructionReader reader(module_, module_.bodies[body], budget_);
    Instruction instruction;
    while (reader.next(instruction)) {
      operands.step(instruction, [&](std::uint64_t address) { note_access(instruction, address); });
      HEAPBUMP_CHECK(note_number(instruction));
      find_wide(module_, instruction, range_, function_, scan_.wide);
    }
    if (reader.error()) return std::unexpected(*reader.error());
    return {};
  }

 private:
  void note_access(const Instruction& instruction, std::uint64_t address) {
    if (noted_ || !range_.accesses.contains(address) || scan_.accesses.size() >= kMaxPlaces) return;
    const auto offset = static_cast<std::uint64_t>(instruction.value);
    if (named_.contains(address - offset) || range_.judged.contains(offset)) return;
    if (sees_known_ && range_.known.contains(address) && !range_.known.contains(offset)) return;
    noted_ = true;
    scan_.accesses.push_back({function_, instruction.offset, address});
  }

  Status note_number(const Instruction& instruction) {
    const bool memarg =
        instruction.immediate == Immediate::memarg || instruction.immediate == Immediate::memarg_lane;
    if (!is_constant(instruction) && !memarg) return {};
    const std::int64_t value = instruction.value;
    if (instruction.immediate == Immediate::i64 && scan_.integers.size() < kMaxPlaces &&
        range_.numbers.contains(static_cast<std::uint64_t>(value)))
      scan_.integers.push_back({function_, instruction.immediate_offset, static_cast<std::uint64_t>(value)});
    // An i32 address of 2 GiB or more reads as negative; it is looked at both ways.
    const std::uint64_t address = as_address(instruction, value);
    sees_known_ |= instruction.immediate == Immediate::i32 && knows_ && range_.known.contains(address);
    const bool inside = range_.judged.contains(address);
    const bool negated_inside =
        !memarg && value < 0 && range_.judged.contains(static_cast<std::uint64_t>(negated(value)));
    if (!inside && !negated_inside) return {};
    if (instruction.immediate == Immediate::i32) named_.insert(address);
    scan_.judged.push_back({occurrence_of(instruction, function_), negated_inside});
    // As much again for a list that grows by being copied.
    if (scan_.judged.size() % kHeldAtOnce == 0)
      HEAPBUMP_CHECK(budget_.hold(2 * kHeldAtOnce * sizeof(RangeHit)));
    if (scan_.judged.size() > kMaxHits)
      return fail_at(Code::kWorkLimit, instruction.offset,
                     "more constants lie in the heap's range than can be followed");
    return {};
  }

  const Module& module_;
  const RootRange& range_;
  Budget& budget_;
  RootScan& scan_;
  std::uint32_t function_ = 0;
  bool noted_ = false;             ///< an access of this function
  bool knows_ = false;             ///< this function is one of range_.known_in
  bool sees_known_ = false;        ///< and has an i32.const in range_.known
  std::set<std::uint64_t> named_;  ///< judged i32.const of this function
};

/// Whether the index lists all numbers of the range, and their negatives.
bool is_listed(const AddressSpan& span) {
  return span.begin >= span.end || (span.begin >= CodeIndex::kLeastMentioned &&
                                    span.end <= std::uint64_t{UINT32_MAX} + 1 - CodeIndex::kLeastMentioned);
}

/// Functions that have a number or an access in the range, and perhaps others, ascending; nothing where the
/// index cannot tell.
std::optional<std::set<std::uint32_t>> may_hold_roots(const CodeIndex& index, const RootRange& range) {
  if (!is_listed(range.judged) || !is_listed(range.numbers) ||
      range.accesses.begin < CodeIndex::kLeastMentioned)
    return std::nullopt;
  std::set<std::uint32_t> found;
  const auto take = [&](const std::vector<std::uint32_t>& functions) {
    found.insert(functions.begin(), functions.end());
  };
  const auto take_numbers = [&](std::uint32_t first, std::uint32_t last) {
    take(index.numbers(first, last));
    take(index.wide_numbers(first, last));
  };
  for (const AddressSpan& span : {range.judged, range.numbers}) {
    if (span.begin >= span.end) continue;
    const auto first = static_cast<std::uint32_t>(span.begin),
               last = static_cast<std::uint32_t>(span.end - 1);
    take_numbers(first, last);
    take_numbers(0 - last, 0 - first);  // negated, of 32 bits
  }
  const auto clamped = [](std::uint64_t address) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(address, UINT32_MAX));
  };
  if (range.accesses.begin < range.accesses.end)
    take(index.accesses(clamped(range.accesses.begin), clamped(range.accesses.end - 1)));
  return found;
}

}  // namespace

std::string describe_place(const NameSection& names, std::uint32_t function, std::uint64_t offset) {
  return describe_function(names, function) + " at file offset " + hex(offset);
}

Result<RootScan> scan_roots(const Module& module, const CodeIndex& index, const RootRange& range,
                            Budget& budget) {
  RootScan scan;
  RootPass pass(module, range, budget, scan);
  if (const auto functions = may_hold_roots(index, range)) {
    for (const std::uint32_t function : *functions)
      HEAPBUMP_CHECK(pass.read(function - module.imported_functions));
  } else {
    for (std::uint32_t i = 0; i < module.bodies.size(); ++i) HEAPBUMP_CHECK(pass.read(i));
  }
  HEAPBUMP_CHECK(
      budget.hold((scan.accesses.size() + scan.wide.size() + scan.integers.size()) * sizeof(RootPlace)));
  return scan;
}

}  // namespace heapbump
