#include "wasm/data_image.h"

#include <algorithm>

#include "wasm/opcodes.h"

namespace heapbump {
namespace {

// A segment of its own costs about this many bytes, so a shorter gap is filled with zeros instead.
constexpr std::uint64_t kSegmentCost = 8;

}  // namespace

Result<DataImage> DataImage::make(const Module& module) {
  DataImage image;
  image.module_ = &module;
  image.pieces_.reserve(module.data.size());
  for (std::size_t i = 0; i < module.data.size(); ++i) {
    const DataSegment& segment = module.data[i];
    if (segment.mode != DataSegment::Mode::active || segment.size == 0) continue;
    const auto address = segment.address();
    if (!address) {
      return fail_at(
          Code::kUnexplained, segment.file_offset,
          "a data segment's address is not a constant, so what memory holds at the start is not known");
    }
    image.pieces_.push_back(
        {*address, module.bytes_at(segment.data_offset, segment.size), segment.data_offset, i});
  }
  // Linkers write segments in ascending order.
  if (!std::ranges::is_sorted(image.pieces_, {}, &Piece::address))
    std::ranges::stable_sort(image.pieces_, {}, &Piece::address);
  for (std::size_t i = 1; i < image.pieces_.size(); ++i) {
    if (image.pieces_[i].address < image.pieces_[i - 1].end()) {
      return fail_at(Code::kUnexplained, image.pieces_[i].file_offset,
                     "two data segments overlap, so what memory holds at the start is not certain");
    }
  }
  return image;
}

const DataImage::Piece* DataImage::piece_at(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(pieces_, address, {}, &Piece::address);
  if (after == pieces_.begin()) return nullptr;
  const Piece& piece = *std::prev(after);
  return address < piece.end() ? &piece : nullptr;
}

std::optional<std::uint64_t> DataImage::file_offset(std::uint64_t address) const {
  const Piece* piece = piece_at(address);
  if (piece == nullptr) return std::nullopt;
  return piece->file_offset + (address - piece->address);
}

std::uint64_t DataImage::load64(std::uint64_t address) const {
  auto piece = std::ranges::upper_bound(pieces_, address, {}, &Piece::address);
  if (piece != pieces_.begin()) {
    --piece;
    if (address < piece->end() && piece->end() - address >= 8)
      return load_u64(piece->bytes.subspan(static_cast<std::size_t>(address - piece->address)));
  }
  // Linkers that leave out zeros cut many words, so the pieces of one are walked and not searched byte by
  // byte.
  std::uint64_t value = 0;
  for (; piece != pieces_.end() && piece->address < address + 8; ++piece) {
    for (std::uint64_t at = std::max(address, piece->address); at < std::min(address + 8, piece->end()); ++at)
      value |= std::uint64_t{u8(piece->bytes[static_cast<std::size_t>(at - piece->address)])}
               << (8 * (at - address));
  }
  return value;
}

std::uint64_t DataImage::bytes() const {
  std::uint64_t size = 0;
  for (const Piece& piece : pieces_) size += piece.bytes.size();
  return size;
}

std::uint32_t DataImage::load32(std::uint64_t address) const {
  return static_cast<std::uint32_t>(load64(address));
}

// One replacement for each run of bytes in one segment. Gives the non-zero bytes that no segment holds, from
// the first to the last.
DataImage::OutsideBytes DataImage::edit_inside(EditBuilder& builder, std::uint64_t address, unsigned size,
                                               std::uint64_t value, const std::string& reason) const {
  OutsideBytes outside;
  std::vector<std::byte> run;
  std::uint64_t run_offset = 0;
  const auto flush = [&] {
    if (!run.empty()) {
      const std::size_t old_size = run.size();
      builder.replace(run_offset, old_size, std::move(run), reason);
    }
    run = {};
  };
  for (unsigned i = 0; i < size; ++i) {
    const auto byte = static_cast<std::byte>(value >> (8 * i));
    if (const auto at = file_offset(address + i)) {
      if (!run.empty() && *at != run_offset + run.size()) flush();
      if (run.empty()) run_offset = *at;
      run.push_back(byte);
    } else {
      flush();
      if (byte == std::byte{0}) continue;
      if (outside.bytes.empty()) outside.address = address + i;
      outside.bytes.resize(static_cast<std::size_t>(address + i - outside.address));
      outside.bytes.push_back(byte);
    }
  }
  flush();
  return outside;
}

// Lengthens the segment before the bytes by them, if it ends near enough. `full`: there can be no further
// segment.
bool DataImage::extend_segment(EditBuilder& builder, const OutsideBytes& outside, bool full,
                               const std::string& reason) const {
  const auto after = std::ranges::upper_bound(pieces_, outside.address, {}, &Piece::address);
  if (after == pieces_.begin()) return false;
  const Piece& before = *std::prev(after);
  const std::uint64_t distance = outside.address - before.end();
  if (distance > kSegmentCost && !(full && distance <= kPageSize)) return false;
  const DataSegment& segment = module_->data[before.segment];
  std::vector<std::byte> tail(static_cast<std::size_t>(distance));
  tail.insert(tail.end(), outside.bytes.begin(), outside.bytes.end());
  builder.replace_uleb(segment.size_offset(), segment.size_width, segment.size + tail.size(),
                       "length of the data segment that takes in the word's bytes");
  builder.insert(before.file_offset + before.bytes.size(), std::move(tail), reason);
  return true;
}

Status DataImage::add_segment(EditBuilder& builder, const OutsideBytes& outside,
                              const std::string& reason) const {
  Writer segment;
  segment.u8(0x00)
      .u8(op::i32_const)
      .sleb(static_cast<std::int32_t>(static_cast<std::uint32_t>(outside.address)))
      .u8(op::end);
  segment.uleb(outside.bytes.size()).bytes(outside.bytes);
  builder.append_entry(SectionId::data, segment.take(), reason);
  if (const Section* count = module_->section(SectionId::data_count)) {
    Cursor cursor(module_->content(*count), count->content_offset);
    HEAPBUMP_TRY(const auto value_before, cursor.read_uleb32("data count"));
    builder.replace_uleb(count->content_offset, value_before.width, std::uint64_t{value_before.value} + 1,
                         "data count");
  }
  return {};
}

Status DataImage::edit_word(EditBuilder& builder, std::uint64_t address, unsigned size, std::uint64_t value,
                            const std::string& reason) const {
  const OutsideBytes outside = edit_inside(builder, address, size, value, reason);
  if (outside.bytes.empty()) return {};
  // No byte between the first and the last missing one is in a segment unless the word straddles two gaps,
  // which a word of eight bytes and a linker that only skips runs of eight zeros cannot do.
  for (std::size_t i = 0; i < outside.bytes.size(); ++i) {
    if (file_offset(outside.address + i))
      return fail_at(Code::kInternal, *file_offset(outside.address + i),
                     "a word lies in more than one gap between segments");
  }
  const bool full = module_->data.size() + 1 > kMaxDataSegments;
  if (extend_segment(builder, outside, full, reason)) return {};
  if (full) {
    return fail(Code::kSegmentLimit,
                "the word at " + hex(address) +
                    " needs a data segment of its own, and the module has the 100,000 that engines allow");
  }
  return add_segment(builder, outside, reason);
}

}  // namespace heapbump
