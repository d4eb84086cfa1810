// The cursor every reader of untrusted bytes uses: a view that shrinks from the front and knows the file
// offset of its next byte. Sizes are compared as `size <= remaining`, so no arithmetic on a length from the
// file can overflow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace heapbump {

using Bytes = std::span<const std::byte>;

[[nodiscard]] inline std::uint8_t u8(std::byte b) {
  return std::to_integer<std::uint8_t>(b);
}
[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// A decoded LEB128 integer and how many bytes it took in the file (1..10).
template <typename T>
struct Leb {
  T value{};
  std::uint8_t width = 0;
};

/// Reads from the front of a byte view. Errors carry the file offset and the name of what was being read.
/// LEB128 integers follow the specification: at most ceil(N/7) bytes, no bits beyond the type's width.
class Cursor {
 public:
  Cursor() = default;
  Cursor(Bytes data, std::uint64_t file_offset) : data_(data), offset_(file_offset) {}

  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return data_.size(); }
  [[nodiscard]] bool empty() const { return data_.empty(); }
  [[nodiscard]] Bytes rest() const { return data_; }

  [[nodiscard]] Result<std::uint8_t> read_u8(std::string_view what);
  [[nodiscard]] Result<std::uint32_t> read_u32_le(std::string_view what);
  [[nodiscard]] Result<Leb<std::uint32_t>> read_uleb32(std::string_view what);
  [[nodiscard]] Result<Leb<std::uint64_t>> read_uleb64(std::string_view what);
  [[nodiscard]] Result<Leb<std::int32_t>> read_sleb32(std::string_view what);
  [[nodiscard]] Result<Leb<std::int64_t>> read_sleb33(std::string_view what);  ///< block types
  [[nodiscard]] Result<Leb<std::int64_t>> read_sleb64(std::string_view what);
  [[nodiscard]] Result<Bytes> read_bytes(std::uint64_t count, std::string_view what);
  /// A vector's count, refused unless at least `min_element_size` bytes remain for each element, so that
  /// whatever is allocated for it is bounded by the file's own size.
  [[nodiscard]] Result<std::uint32_t> read_count(std::string_view what, std::size_t min_element_size = 1);
  /// A length-prefixed UTF-8 name, as a view into the input.
  [[nodiscard]] Result<std::string_view> read_name(std::string_view what);
  /// The next `count` bytes as a cursor of their own.
  [[nodiscard]] Result<Cursor> read_window(std::uint64_t count, std::string_view what);

 private:
  template <typename T>
  Result<Leb<T>> read_leb(std::string_view what, unsigned bits);

  Bytes data_;
  std::uint64_t offset_ = 0;
};

[[nodiscard]] bool is_valid_utf8(Bytes text);

/// Little-endian loads from a view that is long enough (asserted).
[[nodiscard]] std::uint32_t load_u32(Bytes bytes);
[[nodiscard]] std::uint64_t load_u64(Bytes bytes);

/// LEB128 of exactly `width` bytes (padded if need be); empty if the value does not fit that width or type.
/// `bits` is the width of the type, 32 or 64.
[[nodiscard]] std::vector<std::byte> encode_uleb(std::uint64_t value, unsigned width, unsigned bits = 32);
[[nodiscard]] std::vector<std::byte> encode_sleb(std::int64_t value, unsigned width, unsigned bits = 32);
/// The shortest encoding's length in bytes.
[[nodiscard]] unsigned uleb_width(std::uint64_t value);
[[nodiscard]] unsigned sleb_width(std::int64_t value);

/// A growing byte string for the few things heapbump encodes itself.
class Writer {
 public:
  Writer& u8(std::uint8_t value);
  Writer& u32_le(std::uint32_t value);
  Writer& uleb(std::uint64_t value);
  Writer& sleb(std::int64_t value);
  Writer& bytes(Bytes value);
  Writer& name(std::string_view value);  ///< length-prefixed
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] const std::vector<std::byte>& view() const { return out_; }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(out_); }

 private:
  std::vector<std::byte> out_;
};

[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Tells the system that much memory is about to be filled, so that it gives it in large pieces. Where it
/// cannot, nothing happens.
void use_large_pages(std::span<std::byte> memory);

inline constexpr std::uint64_t kPageSize = 65536;  ///< bytes in a WebAssembly page

}  // namespace heapbump
