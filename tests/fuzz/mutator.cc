#include "mutator.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "base/bytes.h"

namespace heapbump::fuzz {
namespace {

using ByteList = std::vector<std::byte>;

struct Part {
  std::uint8_t id = 0;
  ByteList payload;
};

constexpr std::size_t kPreamble = 8;

// Numbers at which something changes: pages, LEB128 widths, signs, what the detectors look for.
constexpr std::int64_t kNumbers[] = {
    0,       1,       2,       7,          8,          63,         64,         127,        128,
    1024,    8191,    8192,    16383,      16384,      65535,      65536,      65537,      66560,
    67984,   131072,  1 << 20, 1 << 21,    -1,         -64,        -65,        -8192,      -65536,
    1 << 27, 1 << 28, 1 << 30, 0x7fffffff, 0x80000000, 0xffff0000, 0xffffffff, 0x10000000, 0x100000000};

class Mutation {
 public:
  Mutation(unsigned seed, BlindMutator blind) : random_(seed), blind_(blind) {}

  std::size_t run(std::uint8_t* data, std::size_t size, std::size_t max_size) {
    if (!split(std::as_bytes(std::span(data, size)))) return blind_(data, size, max_size);
    for (unsigned i = 0, times = 1 + pick(3); i < times; ++i) step();
    Writer out;
    out.bytes(std::as_bytes(std::span(data, kPreamble)));
    for (const Part& part : parts_) out.u8(part.id).uleb(part.payload.size()).bytes(part.payload);
    out.bytes(rest_);
    if (out.size() > max_size) return blind_(data, size, max_size);
    std::memcpy(data, out.view().data(), out.size());
    return out.size();
  }

 private:
  unsigned pick(std::size_t below) { return below == 0 ? 0 : static_cast<unsigned>(random_() % below); }

  // Components nest modules in sections of the same frame, so one splitting does for both.
  bool split(Bytes file) {
    if (file.size() < kPreamble) return false;
    Cursor cursor(file.subspan(kPreamble), kPreamble);
    while (!cursor.empty()) {
      const Bytes before = cursor.rest();
      const auto id = cursor.read_u8("id");
      const auto size = cursor.read_uleb32("size");
      if (!id || !size) {
        rest_.assign(before.begin(), before.end());
        break;
      }
      const auto payload = cursor.read_bytes(size->value, "payload");
      if (!payload) {
        rest_.assign(before.begin(), before.end());
        break;
      }
      parts_.push_back({*id, ByteList(payload->begin(), payload->end())});
    }
    return !parts_.empty();
  }

  void step() {
    if (parts_.empty()) return;
    Part& part = parts_[pick(parts_.size())];
    switch (pick(8)) {
      case 0: {  // a section goes, comes twice, or changes its place
        const auto at = static_cast<std::ptrdiff_t>(pick(parts_.size()));
        const unsigned what = pick(3);
        if (what == 0) parts_.erase(parts_.begin() + at);
        if (what == 1) parts_.push_back(parts_[static_cast<std::size_t>(at)]);
        if (what == 2) std::swap(parts_[static_cast<std::size_t>(at)], parts_[pick(parts_.size())]);
        return;
      }
      case 1:
        change_limits();
        return;
      case 2:
        change_word();
        return;
      case 3: {  // blind, within one section
        std::vector<std::uint8_t> room(part.payload.size() + 16);
        if (!part.payload.empty()) std::memcpy(room.data(), part.payload.data(), part.payload.size());
        room.resize(blind_(room.data(), part.payload.size(), room.size()));
        const auto bytes = std::as_bytes(std::span(room));
        part.payload.assign(bytes.begin(), bytes.end());
        return;
      }
      case 4: {  // a piece of one section into another
        const Part& from = parts_[pick(parts_.size())];
        if (from.payload.empty()) return;
        const std::size_t begin = pick(from.payload.size());
        const std::size_t length = 1 + pick(std::min<std::size_t>(from.payload.size() - begin, 64));
        const ByteList piece(
            from.payload.begin() + static_cast<std::ptrdiff_t>(begin),
            from.payload.begin() +
                static_cast<std::ptrdiff_t>(begin + std::min(length, from.payload.size() - begin)));
        part.payload.insert(part.payload.begin() + static_cast<std::ptrdiff_t>(pick(part.payload.size() + 1)),
                            piece.begin(), piece.end());
        return;
      }
      default:
        change_leb(part);
        return;
    }
  }

  std::int64_t number() {
    const std::int64_t value = kNumbers[pick(std::size(kNumbers))];
    return pick(3) == 0 ? value + static_cast<std::int64_t>(pick(17)) - 8 : value;
  }

  // Any place may begin a LEB128; half of the time one behind a const or a memory access is taken.
  void change_leb(Part& part) {
    ByteList& bytes = part.payload;
    if (bytes.empty()) return;
    std::size_t at = pick(bytes.size());
    if (pick(2) == 0) {
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t j = (at + i) % bytes.size();
        const auto opcode = u8(bytes[j]);
        if ((opcode == 0x41 || opcode == 0x42 || opcode == 0x23 || opcode == 0x28 || opcode == 0x36) &&
            j + 1 < bytes.size()) {
          at = j + 1;
          break;
        }
      }
    }
    std::size_t width = 1;
    while (at + width < bytes.size() && width < 10 && (u8(bytes[at + width - 1]) & 0x80) != 0) ++width;
    const std::int64_t value = number();
    const bool is_signed = pick(2) == 0;
    const auto wide = static_cast<unsigned>(pick(2) == 0 ? width : 1 + pick(11));
    ByteList leb = is_signed ? encode_sleb(value, std::max(wide, sleb_width(value)), 64)
                             : encode_uleb(static_cast<std::uint64_t>(value),
                                           std::max(wide, uleb_width(static_cast<std::uint64_t>(value))), 64);
    bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + width, bytes.size())));
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), leb.begin(), leb.end());
  }

  // A little-endian word, taken from a number, another word, or a word's neighbour.
  void change_word() {
    const auto data = std::ranges::find(parts_, std::uint8_t{11}, &Part::id);
    if (data == parts_.end() || data->payload.size() < 8) return;
    ByteList& bytes = data->payload;
    const std::size_t width = pick(2) == 0 ? 4 : 8;
    const std::size_t to = pick(bytes.size() - width + 1);
    std::uint64_t word = static_cast<std::uint64_t>(number());
    if (pick(2) == 0) std::memcpy(&word, &bytes[pick(bytes.size() - width + 1)], width);
    if (pick(4) == 0) word += 8 * pick(16);
    std::memcpy(&bytes[to], &word, width);
  }

  void change_limits() {
    const auto memory = std::ranges::find(parts_, std::uint8_t{5}, &Part::id);
    if (memory == parts_.end()) return;
    Writer out;
    const unsigned count = pick(8) == 0 ? pick(3) : 1;
    out.uleb(count);
    for (unsigned i = 0; i < std::max(count, 1u); ++i) {
      const unsigned flags = pick(4) == 0 ? pick(16) : pick(2);
      out.u8(static_cast<std::uint8_t>(flags))
          .uleb(pick(3) == 0 ? static_cast<std::uint64_t>(number()) : pick(300));
      if ((flags & 1) != 0) out.uleb(pick(3) == 0 ? static_cast<std::uint64_t>(number()) : 100 + pick(65437));
      if ((flags & 8) != 0) out.uleb(pick(70));
    }
    memory->payload = out.take();
  }

  std::mt19937 random_;
  BlindMutator blind_;
  std::vector<Part> parts_;
  ByteList rest_;
};

}  // namespace

std::size_t mutate_module(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                          BlindMutator blind) {
  return Mutation(seed, blind).run(data, size, max_size);
}

}  // namespace heapbump::fuzz
