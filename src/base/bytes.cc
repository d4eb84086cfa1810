#include "base/bytes.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <string>
#include <type_traits>

namespace heapbump {
namespace {

// A copy where the machine is little-endian too, as nearly all are.
template <typename T>
T load_little_endian(Bytes bytes) {
  assert(bytes.size() >= sizeof(T));
  T value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = std::byteswap(value);
  return value;
}

std::string ends_early(std::string_view what) {
  return "the file ends inside " + std::string(what);
}

// One row of Unicode's table 3-7, "Well-Formed UTF-8 Byte Sequences": the lead bytes, how many bytes follow,
// and the range of the first of them. Any further ones are 80 to BF.
struct Utf8Row {
  unsigned char first_lead, last_lead;
  std::size_t following;
  unsigned char low, high;
};
constexpr std::array<Utf8Row, 9> kUtf8Rows = {{{0x00, 0x7f, 0, 0x80, 0xbf},
                                               {0xc2, 0xdf, 1, 0x80, 0xbf},
                                               {0xe0, 0xe0, 2, 0xa0, 0xbf},
                                               {0xe1, 0xec, 2, 0x80, 0xbf},
                                               {0xed, 0xed, 2, 0x80, 0x9f},
                                               {0xee, 0xef, 2, 0x80, 0xbf},
                                               {0xf0, 0xf0, 3, 0x90, 0xbf},
                                               {0xf1, 0xf3, 3, 0x80, 0xbf},
                                               {0xf4, 0xf4, 3, 0x80, 0x8f}}};

// Length of the UTF-8 sequence at the front of `s`, which is not empty; 0 if it is not well formed.
std::size_t utf8_sequence(std::string_view s) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  for (const Utf8Row& row : kUtf8Rows) {
    if (at(0) < row.first_lead || at(0) > row.last_lead) continue;
    if (s.size() <= row.following) return 0;
    if (row.following > 0 && (at(1) < row.low || at(1) > row.high)) return 0;
    for (std::size_t i = 2; i <= row.following; ++i) {
      if ((at(i) & 0xc0) != 0x80) return 0;
    }
    return row.following + 1;
  }
  return 0;
}

}  // namespace

template <typename T>
Result<Leb<T>> Cursor::read_leb(std::string_view what, unsigned bits) {
  constexpr bool kSigned = std::is_signed_v<T>;
  const unsigned max_width = (bits + 6) / 7;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < max_width; ++i) {
    if (i >= data_.size()) return fail_at(Code::kTruncated, offset_ + i, ends_early(what));
    const std::uint8_t byte = u8(data_[i]);
    const unsigned shift = 7 * i;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) != 0) continue;
    const unsigned used = bits - shift;  // bits of the type that this byte may carry
    if (used < 7) {
      // The bits beyond the type's width must repeat the sign (or be 0 when unsigned).
      const unsigned extra = (byte & 0x7fu) >> (kSigned ? used - 1 : used);
      const unsigned all_ones = 0x7fu >> (used - 1);
      if (extra != 0 && !(kSigned && extra == all_ones))
        return fail_at(Code::kBadLeb, offset_, std::string(what) + " has bits beyond its type's width");
    }
    if constexpr (kSigned) {
      const unsigned filled = shift + 7;
      if (filled < 64 && (byte & 0x40) != 0) value |= ~std::uint64_t{0} << filled;
    }
    data_ = data_.subspan(i + 1);
    offset_ += i + 1;
    return Leb<T>{static_cast<T>(value), static_cast<std::uint8_t>(i + 1)};
  }
  return fail_at(Code::kBadLeb, offset_, std::string(what) + " is longer than its type allows");
}

Result<std::uint8_t> Cursor::read_u8(std::string_view what) {
  if (data_.empty()) return fail_at(Code::kTruncated, offset_, ends_early(what));
  const std::uint8_t value = u8(data_.front());
  data_ = data_.subspan(1);
  ++offset_;
  return value;
}

Result<std::uint32_t> Cursor::read_u32_le(std::string_view what) {
  HEAPBUMP_TRY(const Bytes word, read_bytes(4, what));
  return load_u32(word);
}

Result<Leb<std::uint32_t>> Cursor::read_uleb32(std::string_view what) {
  return read_leb<std::uint32_t>(what, 32);
}
Result<Leb<std::uint64_t>> Cursor::read_uleb64(std::string_view what) {
  return read_leb<std::uint64_t>(what, 64);
}
Result<Leb<std::int32_t>> Cursor::read_sleb32(std::string_view what) {
  return read_leb<std::int32_t>(what, 32);
}
Result<Leb<std::int64_t>> Cursor::read_sleb33(std::string_view what) {
  return read_leb<std::int64_t>(what, 33);
}
Result<Leb<std::int64_t>> Cursor::read_sleb64(std::string_view what) {
  return read_leb<std::int64_t>(what, 64);
}

Result<Bytes> Cursor::read_bytes(std::uint64_t count, std::string_view what) {
  if (count > data_.size()) {
    return fail_at(Code::kTruncated, offset_,
                   std::string(what) + " needs " + std::to_string(count) + " bytes, " +
                       std::to_string(data_.size()) + " remain");
  }
  const Bytes taken = data_.first(static_cast<std::size_t>(count));
  data_ = data_.subspan(taken.size());
  offset_ += count;
  return taken;
}

Result<std::uint32_t> Cursor::read_count(std::string_view what, std::size_t min_element_size) {
  const std::uint64_t at = offset_;
  HEAPBUMP_TRY(const auto count, read_uleb32(what));
  if (count.value > data_.size() / min_element_size) {
    return fail_at(Code::kTruncated, at,
                   std::string(what) + " is " + std::to_string(count.value) + ", more than the " +
                       std::to_string(data_.size()) + " bytes that remain can hold");
  }
  return count.value;
}

Result<std::string_view> Cursor::read_name(std::string_view what) {
  HEAPBUMP_TRY(const auto length, read_uleb32(what));
  const std::uint64_t at = offset_;
  HEAPBUMP_TRY(const Bytes text, read_bytes(length.value, what));
  if (!is_valid_utf8(text)) return fail_at(Code::kBadUtf8, at, std::string(what) + " is not valid UTF-8");
  return as_text(text);
}

Result<Cursor> Cursor::read_window(std::uint64_t count, std::string_view what) {
  const std::uint64_t at = offset_;
  HEAPBUMP_TRY(const Bytes window, read_bytes(count, what));
  return Cursor(window, at);
}

bool is_valid_utf8(Bytes text) {
  std::string_view rest = as_text(text);
  while (!rest.empty()) {
    const std::size_t length = utf8_sequence(rest);
    if (length == 0) return false;
    rest.remove_prefix(length);
  }
  return true;
}

std::uint32_t load_u32(Bytes bytes) {
  return load_little_endian<std::uint32_t>(bytes);
}

std::uint64_t load_u64(Bytes bytes) {
  return load_little_endian<std::uint64_t>(bytes);
}

unsigned uleb_width(std::uint64_t value) {
  unsigned width = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++width;
  }
  return width;
}

unsigned sleb_width(std::int64_t value) {
  unsigned width = 1;
  while (value < -64 || value > 63) {
    value >>= 7;
    ++width;
  }
  return width;
}

std::vector<std::byte> encode_uleb(std::uint64_t value, unsigned width, unsigned bits) {
  if (bits < 64 && (value >> bits) != 0) return {};
  if (width < uleb_width(value) || width > (bits + 6) / 7) return {};
  std::vector<std::byte> out(width);
  for (unsigned i = 0; i < width; ++i) {
    out[i] = static_cast<std::byte>((value & 0x7f) | (i + 1 < width ? 0x80 : 0));
    value >>= 7;
  }
  return out;
}

std::vector<std::byte> encode_sleb(std::int64_t value, unsigned width, unsigned bits) {
  if (bits < 64 && (value >> (bits - 1)) != 0 && (value >> (bits - 1)) != -1) return {};
  if (width < sleb_width(value) || width > (bits + 6) / 7) return {};
  std::vector<std::byte> out(width);
  for (unsigned i = 0; i < width; ++i) {
    out[i] = static_cast<std::byte>((static_cast<std::uint64_t>(value) & 0x7f) | (i + 1 < width ? 0x80 : 0));
    value >>= 7;
  }
  return out;
}

void use_large_pages([[maybe_unused]] std::span<std::byte> memory) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t kSmallPage = 4096, kLargePage = std::uintptr_t{2} << 20;
  if (memory.size() < 2 * kLargePage) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::uintptr_t first = (begin + kSmallPage - 1) & ~(kSmallPage - 1);
  const std::uintptr_t end = (begin + memory.size()) & ~(kSmallPage - 1);
  (void)::madvise(memory.data() + (first - begin), end - first, MADV_HUGEPAGE);
#endif
}

Writer& Writer::u8(std::uint8_t value) {
  out_.push_back(static_cast<std::byte>(value));
  return *this;
}

Writer& Writer::u32_le(std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) u8(static_cast<std::uint8_t>(value >> (8 * i)));
  return *this;
}

Writer& Writer::uleb(std::uint64_t value) {
  return bytes(encode_uleb(value, uleb_width(value), 64));
}
Writer& Writer::sleb(std::int64_t value) {
  return bytes(encode_sleb(value, sleb_width(value), 64));
}

Writer& Writer::bytes(Bytes value) {
  out_.insert(out_.end(), value.begin(), value.end());
  return *this;
}

Writer& Writer::name(std::string_view value) {
  return uleb(value.size()).bytes(as_bytes(value));
}

}  // namespace heapbump
