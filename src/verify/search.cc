#include "verify/search.h"

#include <algorithm>
#include <array>

#include "wasm/code.h"

namespace heapbump::verify {
namespace {

class Search {
 public:
  Search(Context& context, Wanted wanted) : c_(context), wanted_(std::move(wanted)) {
    std::ranges::sort(wanted_.constants);
    for (const std::uint32_t word : wanted_.words)
      ranges_.emplace_back(word >= kObject ? word - kObject + 1 : 0, std::uint64_t{word} + 1);
    ranges_.insert(ranges_.end(), wanted_.constants.begin(), wanted_.constants.end());
    std::ranges::sort(ranges_);
    std::size_t kept = 0;
    for (const auto& range : ranges_) {
      if (kept != 0 && range.first <= ranges_[kept - 1].second)
        ranges_[kept - 1].second = std::max(ranges_[kept - 1].second, range.second);
      else
        ranges_[kept++] = range;
    }
    ranges_.resize(kept);
    note_bytes();
  }

  std::vector<Found> run() {
    std::vector<Found> found;
    for (std::size_t i = 0; i < c_.reserved.bodies.size(); ++i) {
      const FunctionBody& body = c_.reserved.bodies[i];
      if (!plausible(c_.reserved.bytes_at(body.file_offset, body.size))) continue;
      Found function{c_.reserved.imported_functions + static_cast<std::uint32_t>(i), {}};
      if (names(body, function)) found.push_back(std::move(function));
      if (c_.gave_up) return {};
    }
    return found;
  }

 private:
  static bool within(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges,
                     std::uint64_t value) {
    const auto after =
        std::ranges::upper_bound(ranges, value, {}, &std::pair<std::uint64_t, std::uint64_t>::first);
    return after != ranges.begin() && value < std::prev(after)->second;
  }
  static std::uint64_t as_32(std::int64_t value) { return static_cast<std::uint32_t>(value); }
  /// A constant, as the address it may be or the negative of one.
  static bool holds(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges, std::int64_t value) {
    return within(ranges, as_32(value)) || within(ranges, as_32(negated(value)));
  }

  /// What a byte may be in front of, as far as it is wanted.
  enum class Before : std::uint8_t { nothing, constant, callee, table_call, global, memory, offset };

  void note_bytes() {
    const auto note = [&](bool wanted, Before what, auto... bytes) {
      if (wanted) ((before_[static_cast<std::uint8_t>(bytes)] = what), ...);
    };
    note(!ranges_.empty(), Before::offset, 0, 1, 2, 3, 4);  // behind the alignment of a memarg
    note(!ranges_.empty(), Before::constant, op::i32_const, op::i64_const);
    note(!wanted_.callees.empty(), Before::callee, op::call, op::return_call);
    note(!wanted_.table_calls.empty(), Before::table_call, op::call_indirect, op::return_call_indirect);
    note(!wanted_.globals.empty(), Before::global, op::global_get, op::global_set);
    note(wanted_.memory_size, Before::memory, op::memory_size, op::memory_grow);
    for (std::uint32_t byte = 0; byte < 0x80; ++byte) {
      short_constant_[byte] = holds(ranges_, byte < 0x40 ? std::int64_t{byte} : std::int64_t{byte} - 0x80);
      short_offset_[byte] = within(ranges_, byte);
    }
  }

  /// Whether the bytes may hold what is wanted; an instruction may begin at any of them.
  bool plausible(Bytes code) const {
    for (std::size_t i = 1; i < code.size(); ++i) {
      const Before what = before_[u8(code[i - 1])];
      if (what != Before::nothing && may_be(what, code, i)) return true;
    }
    return false;
  }

  bool may_be(Before what, Bytes code, std::size_t at) const {
    const std::uint8_t byte = u8(code[at]);
    const auto index = [&] { return static_cast<std::uint32_t>(leb(code, at, false)); };
    switch (what) {
      case Before::nothing:
        return false;
      case Before::constant:
        return byte < 0x80 ? short_constant_[byte] : holds(ranges_, leb(code, at, true));
      case Before::callee:
        return wanted_.callees.contains(index());
      case Before::table_call:
        return wanted_.table_calls.contains(index());
      case Before::global:
        return wanted_.globals.contains(index());
      case Before::memory:
        return index() == 0;
      case Before::offset:
        if (byte < 0x80) return at >= 2 && short_offset_[byte];
        return at >= 2 && within(ranges_, static_cast<std::uint64_t>(leb(code, at, false)));
    }
    return false;
  }

  static std::int64_t leb(Bytes code, std::size_t at, bool is_signed) {
    std::int64_t value = 0;
    unsigned shift = 0;
    for (; at < code.size() && shift < 35; ++at, shift += 7) {
      const std::uint8_t byte = u8(code[at]);
      value |= std::int64_t{byte & 0x7f} << shift;
      if ((byte & 0x80) != 0) continue;
      if (is_signed && (byte & 0x40) != 0) value -= std::int64_t{1} << (shift + 7);
      break;
    }
    return value;
  }

  bool names(const FunctionBody& body, Found& function) {
    InstructionReader reader(c_.reserved, body, c_.budget);
    std::vector<std::uint64_t> bases{0};
    std::vector<std::uint64_t> offsets{0};
    bool named = false;
    Instruction i;
    while (reader.next(i)) {
      if (i.opcode == op::memory_size || i.opcode == op::memory_grow) {
        named = named || wanted_.memory_size;
      } else if (i.opcode == op::call || i.opcode == op::return_call) {
        const auto callee = static_cast<std::uint32_t>(i.value);
        if (wanted_.callees.contains(callee)) function.calls.push_back(callee);
      } else if (i.opcode == op::call_indirect || i.opcode == op::return_call_indirect) {
        named = named || wanted_.table_calls.contains(static_cast<std::uint32_t>(i.value));
      } else if (i.opcode == op::global_get || i.opcode == op::global_set) {
        named = named || wanted_.globals.contains(static_cast<std::uint32_t>(i.value));
      } else if (i.immediate == Immediate::i32 || i.immediate == Immediate::i64) {
        named = named || holds(wanted_.constants, i.value);
        if (!wanted_.words.empty()) bases.push_back(as_32(i.value));
      } else if (i.immediate == Immediate::memarg || i.immediate == Immediate::memarg_lane) {
        named = named || within(wanted_.constants, static_cast<std::uint64_t>(i.value));
        if (!wanted_.words.empty()) offsets.push_back(static_cast<std::uint64_t>(i.value));
      }
    }
    if (reader.error())
      c_.mismatch(reader.error()->offset.value_or(body.file_offset), reader.error()->message);
    return named || !function.calls.empty() || names_word(bases, offsets);
  }

  static void sort_once(std::vector<std::uint64_t>& values) {
    std::ranges::sort(values);
    const auto repeated = std::ranges::unique(values);
    values.erase(repeated.begin(), repeated.end());
  }

  bool names_word(std::vector<std::uint64_t>& bases, std::vector<std::uint64_t>& offsets) const {
    if (wanted_.words.empty()) return false;
    sort_once(bases);
    sort_once(offsets);
    for (const std::uint64_t base : bases) {
      if (base > UINT32_MAX) continue;
      auto word = wanted_.words.lower_bound(static_cast<std::uint32_t>(base));
      for (; word != wanted_.words.end() && (base == 0 || *word - base < kObject); ++word)
        if (std::ranges::binary_search(offsets, *word - base)) return true;
    }
    return false;
  }

  Context& c_;
  Wanted wanted_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
  std::array<Before, 256> before_{};
  /// For immediates of one byte, which most are: whether it holds what is wanted.
  std::array<bool, 0x80> short_constant_{}, short_offset_{};
};

}  // namespace

std::vector<Found> search(Context& context, const Wanted& wanted) {
  const Section* section = context.reserved.section(SectionId::code);
  if (section == nullptr || wanted.empty()) return {};
  if (!context.spend((section->end() - section->content_offset) / kPassedPerUnit)) return {};
  return Search(context, wanted).run();
}

}  // namespace heapbump::verify
