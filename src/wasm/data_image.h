// Linear memory as the active data segments leave it at instantiation: what a runtime's own structures look
// like before any code runs. Reads bytes by address, says where in the file they are, and plans the
// rewriting of words that lie partly in no segment (linkers leave runs of zeros out).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ranges>
#include <vector>

#include "wasm/edit.h"
#include "wasm/module.h"

namespace heapbump {

class DataImage {
 public:
  struct Piece {
    std::uint64_t address = 0;  ///< linear-memory address of the first byte
    Bytes bytes;
    std::uint64_t file_offset = 0;
    std::size_t segment = 0;  ///< index into Module::data
    [[nodiscard]] std::uint64_t end() const { return address + bytes.size(); }
  };

  /// Errors: kUnexplained if a segment's address is no constant or two segments overlap, since then the image
  /// is not certain.
  [[nodiscard]] static Result<DataImage> make(const Module& module);

  /// Ascending by address; empty segments are left out.
  [[nodiscard]] auto pieces() const {
    return order_ | std::views::transform([this](std::uint32_t segment) { return piece_of(segment); });
  }
  /// File offset of the byte at an address; nothing in a gap.
  [[nodiscard]] std::optional<std::uint64_t> file_offset(std::uint64_t address) const;
  /// Little-endian words; bytes outside any segment are zero.
  [[nodiscard]] std::uint32_t load32(std::uint64_t address) const;
  [[nodiscard]] std::uint64_t load64(std::uint64_t address) const;
  /// How many bytes segments fill.
  [[nodiscard]] std::uint64_t bytes() const;
  /// One past the last byte that any segment fills.
  [[nodiscard]] std::uint64_t end() const { return order_.empty() ? 0 : piece_of(order_.back()).end(); }

  /// Calls visit(address, value) for every 8-aligned little-endian word of which at least one byte is in a
  /// segment, in ascending order; bytes in no segment count as zero.
  template <typename Visit>
  void for_each_word64(Visit visit) const {
    for_each_word<8>(visit, load_u64, [this](std::uint64_t address) { return load64(address); });
  }
  /// The same for 4-aligned words of 32 bits.
  template <typename Visit>
  void for_each_word32(Visit visit) const {
    for_each_word<4>(visit, load_u32, [this](std::uint64_t address) { return load32(address); });
  }

  /// Adds the edits that make the little-endian word of `size` bytes (4 or 8) at `address` hold `value`.
  /// Bytes in no segment that must become non-zero are added by lengthening the segment before them or by a
  /// segment of their own. Errors: kSegmentLimit beyond 100,000 segments.
  [[nodiscard]] Status edit_word(EditBuilder& builder, std::uint64_t address, unsigned size,
                                 std::uint64_t value, const std::string& reason) const;

 private:
  template <std::uint64_t Size, typename Visit, typename Inside, typename Across>
  void for_each_word(Visit visit, Inside inside, Across across) const {
    std::uint64_t next = 0;  // words below were visited: a word may begin in one piece and end in another
    for (const Piece piece : pieces()) {
      std::uint64_t address = std::max(next, piece.address & ~(Size - 1));
      for (; address < piece.end(); address += Size) {
        const bool whole = address >= piece.address && piece.end() - address >= Size;
        visit(address, whole ? inside(piece.bytes.subspan(static_cast<std::size_t>(address - piece.address)))
                             : across(address));
      }
      next = address;
    }
  }

  /// Bytes of a word that no segment holds.
  struct OutsideBytes {
    std::uint64_t address = 0;
    std::vector<std::byte> bytes;
  };
  OutsideBytes edit_inside(EditBuilder& builder, std::uint64_t address, unsigned size, std::uint64_t value,
                           const std::string& reason) const;
  bool extend_segment(EditBuilder& builder, const OutsideBytes& outside, bool full,
                      const std::string& reason) const;
  Status add_segment(EditBuilder& builder, const OutsideBytes& outside, const std::string& reason) const;

  [[nodiscard]] Piece piece_of(std::uint32_t segment) const {
    const DataSegment& at = module_->data[segment];
    return {at.start, module_->bytes_at(at.data_offset, at.size), at.data_offset, segment};
  }
  /// How many pieces begin at the address or below it.
  [[nodiscard]] std::size_t begun_at(std::uint64_t address) const;

  const Module* module_ = nullptr;
  std::vector<std::uint32_t> order_;  ///< the segments, by address: there may be a hundred thousand
};

/// What engines accept (web embedding limits, "implementation limitations").
inline constexpr std::size_t kMaxDataSegments = 100000;

}  // namespace heapbump
