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
  image.order_.reserve(module.data.size());
  for (std::uint32_t i = 0; i < module.data.size(); ++i) {
    const DataSegment& segment = module.data[i];
    if (segment.size == 0) continue;
    if (segment.mode != DataSegment::Mode::active)
      return fail_at(Code::kUnexplained, segment.file_offset,
                     "code places a data segment itself, so what memory holds at the start is not known");
    if (!segment.constant) {
      return fail_at(
          Code::kUnexplained, segment.file_offset,
          "a data segment's address is not a constant, so what memory holds at the start is not known");
    }
    image.order_.push_back(i);
  }
  // Linkers write segments in ascending order.
  const auto address = [&](std::uint32_t segment) { return module.data[segment].start; };
  if (!std::ranges::is_sorted(image.order_, {}, address)) std::ranges::stable_sort(image.order_, {}, address);
  std::uint64_t end = 0;
  for (const Piece piece : image.pieces()) {
    if (piece.address < end) {
      return fail_at(Code::kUnexplained, piece.file_offset,
                     "two data segments overlap, so what memory holds at the start is not certain");
    }
    end = piece.end();
  }
  return image;
}

std::size_t DataImage::begun_at(std::uint64_t address) const {
  const auto start = [&](std::uint32_t segment) { return module_->data[segment].start; };
  return static_cast<std::size_t>(std::ranges::upper_bound(order_, address, {}, start) - order_.begin());
}

std::optional<std::uint64_t> DataImage::file_offset(std::uint64_t address) const {
  const std::size_t begun = begun_at(address);
  if (begun == 0) return std::nullopt;
  const Piece last = piece_of(order_[begun - 1]);
  if (address >= last.end()) return std::nullopt;
  return last.file_offset + (address - last.address);
}

std::uint64_t DataImage::load64(std::uint64_t address) const {
  std::size_t at = begun_at(address);
  if (at != 0) {
    const Piece last = piece_of(order_[--at]);
    if (address < last.end() && last.end() - address >= 8)
      return load_u64(last.bytes.subspan(static_cast<std::size_t>(address - last.address)));
  }
  // Linkers that leave out zeros cut many words, so the pieces of one are walked and not searched byte by
  // byte.
  std::uint64_t value = 0;
  for (const Piece piece : pieces() | std::views::drop(at)) {
    if (piece.address >= address + 8) break;
    for (std::uint64_t i = std::max(address, piece.address); i < std::min(address + 8, piece.end()); ++i)
      value |= std::uint64_t{u8(piece.bytes[static_cast<std::size_t>(i - piece.address)])}
               << (8 * (i - address));
  }
  return value;
}

std::uint64_t DataImage::bytes() const {
  std::uint64_t size = 0;
  for (const Piece piece : pieces()) size += piece.bytes.size();
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
  const std::size_t begun = begun_at(outside.address);
  if (begun == 0) return false;
  const Piece before = piece_of(order_[begun - 1]);
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
