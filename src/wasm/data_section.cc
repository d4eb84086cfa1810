#include "wasm/data_section.h"

#include "wasm/opcodes.h"

namespace heapbump {
namespace {

/// A LEB128 integer of at most four bytes, which any of them may be; nothing for a longer one.
template <bool kSigned>
std::optional<std::int32_t> read_short_leb(Bytes bytes, std::size_t& at) {
  constexpr unsigned kMost = 4, kBits = 7;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < kMost && at < bytes.size(); ++i) {
    const std::uint8_t byte = u8(bytes[at++]);
    value |= std::uint32_t{byte & 0x7fu} << kBits * i;
    if (byte >= 0x80) continue;
    if (kSigned && (byte & 0x40) != 0) value |= ~std::uint32_t{0} << kBits * (i + 1);
    return static_cast<std::int32_t>(value);
  }
  return std::nullopt;
}

}  // namespace

bool read_plain_data(Module& module, bool memory, PagesUsed* pages) {
  const Section* section = module.section(SectionId::data);
  if (section == nullptr || !memory) return false;
  const Bytes bytes = module.content(*section);
  const std::uint64_t bias = section->content_offset;
  PagesPassed passed(pages);
  std::size_t at = 0;
  const auto read = [&](DataSegment& segment) {
    segment.file_offset = bias + at;
    if (bytes.size() - at < 2 || u8(bytes[at]) != 0 || u8(bytes[at + 1]) != op::i32_const) return false;
    at += 2;
    const auto start = read_short_leb<true>(bytes, at);
    if (!start || at == bytes.size() || u8(bytes[at]) != op::end) return false;
    ++at;
    const std::size_t size_at = at;
    const auto size = read_short_leb<false>(bytes, at);
    if (!size || static_cast<std::size_t>(*size) > bytes.size() - at) return false;
    segment.constant = true;
    segment.start = static_cast<std::uint32_t>(*start);
    segment.size = static_cast<std::uint32_t>(*size);
    segment.size_width = static_cast<std::uint8_t>(at - size_at);
    segment.data_offset = bias + at;
    at += static_cast<std::size_t>(*size);
    passed.at(bias + at);
    return true;
  };
  bool plain = true;
  if (const auto count = read_short_leb<false>(bytes, at)) {
    for (std::int32_t i = 0; plain && i < *count; ++i) plain = read(module.data.emplace_back());
    plain = plain && at == bytes.size();
  } else {
    plain = false;
  }
  if (!plain) module.data.clear();
  return plain;
}

}  // namespace heapbump
