#include "wasm/code.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "base/work_counts.h"

namespace heapbump {
namespace {

/// bit 6 of the alignment: a memory index follows (multi-memory)
constexpr std::uint32_t kMemargHasMemory = 0x40;

/// What engines accept (web embedding limits). A target takes four times its byte in memory, and there may be
/// one for each byte.
constexpr std::uint32_t kMaxTargets = 65'520;

Error too_many_targets(std::uint64_t offset, std::uint32_t count) {
  return {Code::kWorkLimit,
          "an instruction has " + std::to_string(count) + " branch targets; engines take " +
              std::to_string(kMaxTargets),
          offset};
}

/// Whether the last byte that a LEB128 integer of kBits bits may have carries no bits beyond the type.
template <bool kSigned, unsigned kBits>
constexpr bool last_byte_fits(std::uint8_t byte) {
  constexpr unsigned kUsed = kBits - (kBits + 6) / 7 * 7 + 7;  // bits of the type in the last byte
  if (!kSigned) return byte >> kUsed == 0;
  const unsigned extra = byte >> (kUsed - 1);
  return extra == 0 || extra == 0x7fu >> (kUsed - 1);
}

}  // namespace

InstructionReader::InstructionReader(const Module& module, const FunctionBody& body, Budget& budget)
    : InstructionReader(module.bytes_at(body.file_offset, body.size), body.file_offset) {
  auto status = budget.charge(body.size);
  if (status) status = read_locals();
  if (!status) (void)fail(std::move(status).error());
}

InstructionReader::InstructionReader(const Module& module, const FunctionBody& body)
    : InstructionReader(module.bytes_at(body.file_offset, body.size), body.file_offset) {
  if (auto status = read_locals(); !status) (void)fail(std::move(status).error());
}

InstructionReader::InstructionReader(Bytes body, std::uint64_t file_offset) {
  count(work_counts.bodies_decoded);
  count(work_counts.bytes_decoded, body.size());
  at_ = reinterpret_cast<const std::uint8_t*>(body.data());
  end_ = at_ + body.size();
  bias_ = file_offset - reinterpret_cast<std::uintptr_t>(at_);
}

Status InstructionReader::read_locals() {
  Cursor cursor = rest();
  HEAPBUMP_TRY(const auto groups, cursor.read_count("local group count", 2));
  locals_.groups.reserve(groups);
  for (std::uint32_t i = 0; i < groups; ++i) {
    const std::uint64_t at = cursor.offset();
    HEAPBUMP_TRY(const auto count, cursor.read_uleb32("local count"));
    HEAPBUMP_TRY(const auto type, cursor.read_u8("local type"));
    locals_.total += count.value;
    if (locals_.total > std::numeric_limits<std::uint32_t>::max())
      return fail_at(Code::kBadInstruction, at, "a function declares more than 2^32 - 1 locals");
    if (!is_value_type(type))
      return fail_at(Code::kGcTypes, cursor.offset() - 1, "local type " + hex(type) + " is not known");
    locals_.groups.push_back({count.value, static_cast<ValueType>(type)});
  }
  locals_.code_offset = cursor.offset();
  go_to(cursor);
  return {};
}

[[gnu::cold]] bool InstructionReader::fail(Error error) {
  error_ = std::move(error);
  at_ = end_;
  return false;
}

/// What a cursor read, or its error, for all that is not read on the fast path.
template <typename Value>
bool InstructionReader::take(const Cursor& cursor, Result<Value> read, Value& out) {
  if (!read) return fail(std::move(read).error());
  out = *read;
  go_to(cursor);
  return true;
}

inline bool InstructionReader::read_u8(std::uint8_t& out, std::string_view what) {
  if (at_ != end_) {
    out = *at_++;
    return true;
  }
  Cursor cursor = rest();
  return take(cursor, cursor.read_u8(what), out);
}

/// A LEB128 integer of kBits bits. Whatever is not well formed goes the slow way, which finds the error.
template <typename T, unsigned kBits>
inline bool InstructionReader::read_leb(Leb<T>& out, std::string_view what) {
  constexpr unsigned kMaxWidth = (kBits + 6) / 7;
  constexpr bool kSigned = std::is_signed_v<T>;
  if (at_ != end_ && *at_ < 0x80) {
    const std::int64_t byte = *at_++;
    out = {static_cast<T>(kSigned ? (byte ^ 0x40) - 0x40 : byte), 1};
    return true;
  }
  std::uint64_t value = 0;
  const auto most = static_cast<unsigned>(std::min<std::ptrdiff_t>(kMaxWidth, end_ - at_));
  for (unsigned i = 0; i < most; ++i) {
    const std::uint8_t byte = at_[i];
    value |= std::uint64_t{byte & 0x7fu} << 7 * i;
    if (byte >= 0x80) continue;
    if (i + 1 == kMaxWidth && !last_byte_fits<kSigned, kBits>(byte)) break;
    if (kSigned && (byte & 0x40) != 0 && i < 9) value |= ~std::uint64_t{0} << 7 * (i + 1);
    at_ += i + 1;
    out = {static_cast<T>(value), static_cast<std::uint8_t>(i + 1)};
    return true;
  }
  return read_odd_leb<T, kBits>(out, what);
}

template <typename T, unsigned kBits>
[[gnu::noinline, gnu::cold]] bool InstructionReader::read_odd_leb(Leb<T>& out, std::string_view what) {
  Cursor cursor = rest();
  if constexpr (!std::is_signed_v<T>)
    return take(cursor, cursor.read_uleb32(what), out);
  else if constexpr (kBits == 32)
    return take(cursor, cursor.read_sleb32(what), out);
  else if constexpr (kBits == 33)
    return take(cursor, cursor.read_sleb33(what), out);
  else
    return take(cursor, cursor.read_sleb64(what), out);
}

template <typename T, unsigned kBits>
inline bool InstructionReader::read_value(Instruction& out, std::string_view what) {
  Leb<T> leb;
  if (!read_leb<T, kBits>(leb, what)) return false;
  out.value = static_cast<std::int64_t>(leb.value);
  out.immediate_width = leb.width;
  return true;
}

inline bool InstructionReader::read_index(std::uint32_t& out, std::string_view what) {
  Leb<std::uint32_t> leb;
  if (!read_leb<std::uint32_t, 32>(leb, what)) return false;
  out = leb.value;
  return true;
}

inline bool InstructionReader::nest(OpcodeClass kind) {
  if (kind == OpcodeClass::block_start) ++depth_;
  if (kind != OpcodeClass::block_end || --depth_ != 0 || at_ == end_) return true;
  return fail({Code::kBadInstruction, "bytes are left over after a function body's end", offset()});
}

[[gnu::cold]] bool InstructionReader::not_known(const Instruction& instruction, bool later) {
  return fail({later ? Code::kGcTypes : Code::kBadInstruction,
               "opcode " + hex(instruction.opcode) + " is not known", instruction.offset});
}

[[gnu::noinline]] bool InstructionReader::read_cast(Instruction& out) {
  std::uint8_t flags = 0;
  Leb<std::int64_t> type;
  return read_u8(flags, "cast flags") && read_value<std::uint32_t, 32>(out, "label") &&
         read_leb<std::int64_t, 33>(type, "heap type") && read_leb<std::int64_t, 33>(type, "heap type");
}

[[gnu::always_inline]] inline bool InstructionReader::read_memarg(Instruction& out) {
  std::uint32_t align = 0;
  if (!read_index(align, "alignment")) return false;
  out.second = align & ~kMemargHasMemory;
  out.memory = 0;
  if ((align & kMemargHasMemory) != 0 && !read_index(out.memory, "memory index")) return false;
  out.immediate_offset = offset();
  // 64-bit memories have 64-bit offsets; they are refused before any code is looked at.
  return read_value<std::uint32_t, 32>(out, "offset");
}

[[gnu::noinline]] bool InstructionReader::read_fixed(Instruction& out, unsigned width) {
  Cursor cursor = rest();
  Bytes bytes;
  if (!take(cursor, cursor.read_bytes(width, "immediate"), bytes)) return false;
  out.immediate_width = width;
  return true;
}

[[gnu::noinline]] bool InstructionReader::read_branch_table(Instruction& out) {
  const std::uint64_t at = offset();
  std::uint32_t count = 0;
  Cursor cursor = rest();
  if (!take(cursor, cursor.read_count("branch table size"), count)) return false;
  if (count > kMaxTargets) return fail(too_many_targets(at, count));
  out.targets.resize(std::size_t{count} + 1);
  return std::ranges::all_of(out.targets,
                             [&](std::uint32_t& target) { return read_index(target, "branch target"); });
}

[[gnu::noinline]] bool InstructionReader::read_select_types() {
  std::uint32_t count = 0;
  Cursor cursor = rest();
  if (!take(cursor, cursor.read_count("select type count"), count)) return false;
  Bytes types;
  return take(cursor, cursor.read_bytes(count, "select type"), types);
}

[[gnu::noinline]] bool InstructionReader::read_try_table(Instruction& out) {
  if (!read_value<std::int64_t, 33>(out, "block type")) return false;
  const std::uint64_t catches_at = offset();
  std::uint32_t catches = 0;
  Cursor cursor = rest();
  if (!take(cursor, cursor.read_count("catch count", 2), catches)) return false;
  if (catches > kMaxTargets) return fail(too_many_targets(catches_at, catches));
  out.targets.clear();
  for (std::uint32_t i = 0; i < catches; ++i) {
    const std::uint64_t at = offset();
    std::uint8_t kind = 0;
    std::uint32_t tag = 0, label = 0;
    if (!read_u8(kind, "catch kind")) return false;
    if (kind > 3) return fail({Code::kBadInstruction, "catch kind " + hex(kind) + " is not known", at});
    if (kind < 2 && !read_index(tag, "tag")) return false;
    if (!read_index(label, "catch label")) return false;
    out.targets.push_back(label);
  }
  return true;
}

[[gnu::always_inline]] inline bool InstructionReader::read_immediate(Instruction& out) {
  std::uint8_t byte = 0;
  switch (out.immediate) {
    case Immediate::invalid:
    case Immediate::none:
      return true;
    case Immediate::br_on_cast:
      return read_cast(out);
    case Immediate::block_type:
    case Immediate::heap_type:
      return read_value<std::int64_t, 33>(out, "block type");
    case Immediate::index:
      return read_value<std::uint32_t, 32>(out, "index");
    case Immediate::index_pair:
      return read_value<std::uint32_t, 32>(out, "index") && read_index(out.second, "index");
    case Immediate::br_table:
      return read_branch_table(out);
    case Immediate::select_types:
      return read_select_types();
    case Immediate::memarg:
      return read_memarg(out);
    case Immediate::memarg_lane:
      return read_memarg(out) && read_u8(byte, "lane");
    case Immediate::i32:
      return read_value<std::int32_t, 32>(out, "i32.const");
    case Immediate::i64:
      return read_value<std::int64_t, 64>(out, "i64.const");
    case Immediate::f32:
      return read_fixed(out, 4);
    case Immediate::f64:
      return read_fixed(out, 8);
    case Immediate::v128:
      return read_fixed(out, 16);
    case Immediate::lane:
      if (!read_u8(byte, "lane")) return false;
      out.value = byte;
      out.immediate_width = 1;
      return true;
    case Immediate::try_table:
      return read_try_table(out);
  }
  return false;
}

[[gnu::noinline]] bool InstructionReader::at_end() {
  return error_ || depth_ == 0
             ? false
             : fail({Code::kBadInstruction, "a function body ends without its `end`", offset()});
}

[[gnu::noinline]] bool InstructionReader::read_sub_opcode(Instruction& out) {
  std::uint32_t sub = 0;
  if (!read_index(sub, "opcode")) return false;
  out.opcode = out.opcode << 16 | std::min(sub, 0xffffu);
  return true;
}

bool InstructionReader::next(Instruction& out) {
  if (at_ == end_) return at_end();
  out.offset = offset();
  const std::uint8_t first = *at_++;
  out.opcode = first;
  const OpcodeFacts* facts = &kOpcodeFacts[first];
  if (op::is_prefix(first)) [[unlikely]] {
    if (!read_sub_opcode(out)) return false;
    facts = &facts_of(out.opcode);
  }
  if (facts->feature >= Feature::typed_references) [[unlikely]]
    return not_known(out, facts->feature != Feature::unknown || first == op::kPrefixGc);
  out.immediate = facts->immediate;
  out.immediate_offset = offset();
  out.immediate_width = 0;
  out.value = 0;
  if (out.immediate != Immediate::none && !read_immediate(out)) return false;
  out.end_offset = offset();
  return facts->kind > OpcodeClass::block_end || nest(facts->kind);
}

namespace {

constexpr std::uint64_t kScannedPerUnit =
    16;  // bytes that the search passes in the time that decoding one takes
constexpr std::size_t kMaxConstants = 65536;

}  // namespace

Result<std::vector<Occurrence>> find_constants(const Module& module, std::int64_t value, Budget& budget) {
  std::vector<Occurrence> hits;
  const bool searchable = value >= 1 << 14 || value < -(1 << 14);
  // For |value| >= 2^14 every encoding is at least three bytes, the first two of which carry the low 14 bits.
  const auto low = static_cast<char>((static_cast<std::uint64_t>(value) & 0x7f) | 0x80);
  const auto next = static_cast<char>((static_cast<std::uint64_t>(value) >> 7 & 0x7f) | 0x80);
  for (std::size_t i = 0; i < module.bodies.size(); ++i) {
    const FunctionBody& body = module.bodies[i];
    const std::string_view text = as_text(module.bytes_at(body.file_offset, body.size));
    bool candidate = !searchable;
    std::uint64_t stops = 0;  // of the search; what costs time besides the bytes
    for (const char* at = text.data(); !candidate; ++at) {
      at = find_pair(at, text.data() + text.size(), low, next);
      ++stops;
      if (at == nullptr) break;
      candidate = at > text.data() && (at[-1] == char(op::i32_const) || at[-1] == char(op::i64_const));
    }
    HEAPBUMP_CHECK(budget.charge(body.size / kScannedPerUnit + stops));
    if (!candidate) continue;
    InstructionReader reader(module, body, budget);
    Instruction instruction;
    while (reader.next(instruction)) {
      if ((instruction.immediate == Immediate::i32 || instruction.immediate == Immediate::i64) &&
          instruction.value == value) {
        if (hits.size() == kMaxConstants) {
          return fail_at(Code::kWorkLimit, instruction.offset,
                         "the constant " + std::to_string(value) + " occurs in more than " +
                             std::to_string(kMaxConstants) + " places");
        }
        hits.push_back(occurrence_of(instruction, module.imported_functions + static_cast<std::uint32_t>(i)));
      }
    }
    if (reader.error()) return std::unexpected(*reader.error());
  }
  return hits;
}

Result<std::vector<Occurrence>> find_constants(const Module& module, std::int64_t value) {
  Budget budget(module.file.size());
  return find_constants(module, value, budget);
}

}  // namespace heapbump
