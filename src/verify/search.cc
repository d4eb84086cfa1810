#include "verify/search.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "wasm/code.h"

namespace heapbump::verify {
namespace {

using Range = std::pair<std::uint64_t, std::uint64_t>;  // the end excluded

/// Ranges of addresses, sorted and joined.
class Ranges {
 public:
  Ranges() = default;
  explicit Ranges(std::vector<Range> ranges) : ranges_(std::move(ranges)) {
    std::ranges::sort(ranges_);
    std::size_t kept = 0;
    for (const Range& range : ranges_) {
      if (kept != 0 && range.first <= ranges_[kept - 1].second)
        ranges_[kept - 1].second = std::max(ranges_[kept - 1].second, range.second);
      else
        ranges_[kept++] = range;
    }
    ranges_.resize(kept);
    if (kept != 0) begin_ = ranges_.front().first, end_ = ranges_.back().second;
  }

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] bool has(std::uint64_t value) const {
    return value >= begin_ && value < end_ && has_between(value);
  }
  /// A constant, as the address it may be or the negative of one.
  [[nodiscard]] bool holds(std::int64_t value) const {
    return has(static_cast<std::uint32_t>(value)) || has(static_cast<std::uint32_t>(negated(value)));
  }

 private:
  [[nodiscard]] bool has_between(std::uint64_t value) const {
    const auto after = std::ranges::upper_bound(ranges_, value, {}, &Range::first);
    return after != ranges_.begin() && value < std::prev(after)->second;
  }

  std::vector<Range> ranges_;
  std::uint64_t begin_ = 0, end_ = 0;  ///< of all: most constants are outside
};

class Search {
 public:
  Search(Context& context, const Wanted& wanted)
      : c_(context),
        wanted_(wanted),
        words_(wanted.words.begin(), wanted.words.end()),
        constants_(wanted.constants) {
    std::vector<Range> words;
    for (const std::uint32_t word : wanted_.words)
      words.emplace_back(word >= kObject ? word - kObject + 1 : 0, std::uint64_t{word} + 1);
    objects_ = Ranges(words);
    words.insert(words.end(), wanted_.constants.begin(), wanted_.constants.end());
    ranges_ = Ranges(std::move(words));
    note_bytes();
  }

  std::vector<std::uint32_t> run() {
    std::vector<std::uint32_t> found;
    PagesPassed passed(&c_.pages);
    for (std::size_t i = 0; i < c_.reserved.bodies.size(); ++i) {
      const FunctionBody& body = c_.reserved.bodies[i];
      passed.at(body.file_offset);
      if (!plausible(c_.reserved.bytes_at(body.file_offset, body.size))) continue;
      if (names(body)) found.push_back(c_.reserved.imported_functions + static_cast<std::uint32_t>(i));
      if (c_.gave_up) return {};
    }
    return found;
  }

 private:
  /// What a byte may be in front of, as far as it is wanted.
  enum class Before : std::uint8_t { nothing, constant, callee, table_call, global, memory, offset };
  static constexpr std::uint32_t kLong = 0x80;  ///< bytes from here on begin an immediate of several bytes

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
    for (std::uint32_t byte = 0; byte < 0x100; ++byte) {
      const auto first = [&](Before what, bool hit) {
        for (std::size_t before = 0; (hit || byte >= kLong) && before < before_.size(); ++before)
          if (before_[before] == what) pairs_[before << 8 | byte] = true;
      };
      first(Before::constant, ranges_.holds(byte < 0x40 ? std::int64_t{byte} : std::int64_t{byte} - 0x80));
      first(Before::callee, wanted_.callees.contains(byte));
      first(Before::table_call, wanted_.table_calls.contains(byte));
      first(Before::global, wanted_.globals.contains(byte));
      first(Before::memory, byte == 0);
      first(Before::offset, ranges_.has(byte));
    }
  }

  /// Whether the bytes may hold what is wanted; an instruction may begin at any of them.
  bool plausible(Bytes code) const {
    std::uint16_t pair = 0;
    for (std::size_t i = 0; i < code.size(); ++i) {
      pair = static_cast<std::uint16_t>(pair << 8 | u8(code[i]));
      if (pairs_[pair] && i != 0 && may_be(before_[pair >> 8], code, i)) return true;
    }
    return false;
  }

  /// As `pairs_`, for immediates of any length.
  bool may_be(Before what, Bytes code, std::size_t at) const {
    if (what == Before::offset && at < 2) return false;
    if (u8(code[at]) < kLong) return true;
    const auto index = [&] { return static_cast<std::uint32_t>(leb(code, at, false)); };
    switch (what) {
      case Before::nothing:
        return false;
      case Before::constant:
        return ranges_.holds(leb(code, at, true));
      case Before::callee:
        return wanted_.callees.contains(index());
      case Before::table_call:
        return wanted_.table_calls.contains(index());
      case Before::global:
        return wanted_.globals.contains(index());
      case Before::memory:
        return index() == 0;
      case Before::offset:
        return ranges_.has(static_cast<std::uint64_t>(leb(code, at, false)));
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

  bool names(const FunctionBody& body) {
    InstructionReader reader(c_.reserved, body, c_.budget);
    const bool words = !words_.empty();
    bases_.clear();
    if (words) offsets_.fill(0);
    offsets_[0] = 1;  // of a constant that is passed on
    if (is_word(0)) bases_.push_back(0);
    bool named = false;
    reader.each([&](const BriefInstruction& i) {
      if (i.immediate == Immediate::none || i.opcode == op::local_get) return true;  // as most are
      if (i.opcode == op::memory_size || i.opcode == op::memory_grow) {
        named = named || wanted_.memory_size;
      } else if (i.opcode == op::call || i.opcode == op::return_call) {
        named = named || wanted_.callees.contains(static_cast<std::uint32_t>(i.value));
      } else if (i.opcode == op::call_indirect || i.opcode == op::return_call_indirect) {
        named = named || wanted_.table_calls.contains(static_cast<std::uint32_t>(i.value));
      } else if (i.opcode == op::global_get || i.opcode == op::global_set) {
        named = named || wanted_.globals.contains(static_cast<std::uint32_t>(i.value));
      } else if (i.immediate == Immediate::i32 || i.immediate == Immediate::i64) {
        named = named || constants_.holds(i.value);
        const auto base = static_cast<std::uint32_t>(i.value);
        if (objects_.has(base) && (bases_.empty() || bases_.back() != base)) bases_.push_back(base);
      } else if (i.immediate == Immediate::memarg || i.immediate == Immediate::memarg_lane) {
        const auto offset = static_cast<std::uint64_t>(i.value);
        named = named || constants_.has(offset);
        if (words) named = named || is_word(offset);
        if (offset < kObject)
          offsets_[static_cast<std::size_t>(offset / kBits)] |= std::uint64_t{1} << offset % kBits;
      }
      return !named;
    });
    if (reader.error())
      c_.mismatch(reader.error()->offset.value_or(body.file_offset), reader.error()->message);
    return named || std::ranges::any_of(bases_, [&](std::uint32_t base) { return names_word(base); });
  }

  /// Whether an access with that offset may be one of a wanted word by its address alone.
  [[nodiscard]] bool is_word(std::uint64_t offset) const {
    return !words_.empty() && offset >= words_.front() && std::ranges::binary_search(words_, offset);
  }

  [[nodiscard]] bool names_word(std::uint32_t base) const {
    auto word = std::ranges::lower_bound(words_, base);
    for (; word != words_.end() && *word - base < kObject; ++word) {
      const std::uint32_t offset = *word - base;
      if ((offsets_[offset / kBits] >> offset % kBits & 1) != 0) return true;
    }
    return false;
  }

  static constexpr std::size_t kBits = 64;

  Context& c_;
  const Wanted& wanted_;
  const std::vector<std::uint32_t> words_;  ///< the wanted ones, ascending
  Ranges constants_;
  Ranges objects_;  ///< addresses from which a field may be a wanted word
  Ranges ranges_;   ///< both
  std::array<Before, 256> before_{};
  /// Whether a byte and the one behind it may be what is wanted: the second one is the immediate, or begins
  /// it.
  std::bitset<0x10000> pairs_;
  // Of the body that is decoded: constants in `objects_`, and offsets of accesses below kObject.
  std::vector<std::uint32_t> bases_;
  std::array<std::uint64_t, kObject / kBits> offsets_{};
};

}  // namespace

std::vector<std::uint32_t> search(Context& context, const Wanted& wanted) {
  const Section* section = context.reserved.section(SectionId::code);
  if (section == nullptr || wanted.empty()) return {};
  if (!context.spend((section->end() - section->content_offset) / kPassedPerUnit)) return {};
  return Search(context, wanted).run();
}

}  // namespace heapbump::verify
