#include "verify/constants.h"

#include <bitset>

namespace heapbump::verify {
namespace {

/// Whether the bytes at `at` read as an immediate in [low, high) and what stands before them fits one.
bool plausible(Bytes code, std::size_t at, std::uint64_t low, std::uint64_t high) {
  const auto in_range = [&](std::uint64_t address) { return address >= low && address < high; };
  const std::uint8_t before = u8(code[at - 1]);
  const bool constant = before == op::i32_const || before == op::i64_const;
  if (!constant && before > 4) return false;  // the alignment of a memarg
  std::int64_t value = 0;
  unsigned shift = 0;
  std::uint8_t byte = 0;
  for (std::size_t i = at; i < code.size() && shift < 35; ++i, shift += 7) {
    byte = u8(code[i]);
    value |= std::int64_t{byte & 0x7f} << shift;
    if ((byte & 0x80) == 0) break;
  }
  if (in_range(static_cast<std::uint64_t>(value))) return true;
  if (!constant) return false;
  if ((byte & 0x40) != 0 && shift < 35) value -= std::int64_t{1} << (shift + 7);
  return in_range(static_cast<std::uint32_t>(value)) || in_range(static_cast<std::uint32_t>(-value));
}

}  // namespace

// A LEB128 of a value of 2^14 or more has at least three bytes, the third of which holds bits 14 to 20; few
// values of that byte are possible for a range of some pages.
std::vector<std::uint32_t> functions_that_may_hold(Context& context, std::uint64_t low, std::uint64_t high) {
  std::vector<std::uint32_t> functions;
  const Section* section = context.reserved.section(SectionId::code);
  if (section == nullptr) return functions;
  const Bytes code = context.reserved.content(*section);
  if (!context.spend(code.size() / kPassedPerUnit)) return functions;
  if (low < (1U << 14U)) {
    for (std::size_t i = 0; i < context.reserved.bodies.size(); ++i)
      functions.push_back(context.reserved.imported_functions + static_cast<std::uint32_t>(i));
    return functions;
  }
  std::bitset<256> third;
  for (std::uint64_t top = low >> 14U; top <= high >> 14U; ++top) {
    for (const std::uint64_t byte : {top & 0x7f, (~top) & 0x7f, (~top + 1) & 0x7f})
      third[byte] = third[byte | 0x80] = true;
  }
  for (std::size_t i = 1; i + 2 < code.size(); ++i) {
    if ((u8(code[i]) & 0x80) == 0 || (u8(code[i + 1]) & 0x80) == 0 || !third[u8(code[i + 2])]) continue;
    if (!plausible(code, i, low, high)) continue;
    const auto function = context.reserved.function_at(section->content_offset + i);
    if (function && (functions.empty() || functions.back() != *function)) functions.push_back(*function);
  }
  return functions;
}

}  // namespace heapbump::verify
