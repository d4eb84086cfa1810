#include "wasm/code.h"

#include <array>
#include <cstring>
#include <limits>
#include <string>

namespace heapbump {
namespace {

// Opcode tables: ranges of opcodes that share their immediates. What is not listed is invalid.
struct OpcodeRange {
  std::uint32_t first;
  std::uint32_t last;
  Immediate immediate;
};

constexpr OpcodeRange kPlain[] = {
    {0x00, 0x01, Immediate::none},         {0x02, 0x04, Immediate::block_type},
    {0x05, 0x05, Immediate::none},         {0x06, 0x06, Immediate::block_type},
    {0x07, 0x09, Immediate::index},        {0x0a, 0x0b, Immediate::none},
    {0x0c, 0x0d, Immediate::index},        {0x0e, 0x0e, Immediate::br_table},
    {0x0f, 0x0f, Immediate::none},         {0x10, 0x10, Immediate::index},
    {0x11, 0x11, Immediate::index_pair},   {0x12, 0x12, Immediate::index},
    {0x13, 0x13, Immediate::index_pair},   {0x14, 0x15, Immediate::index},
    {0x18, 0x18, Immediate::index},        {0x19, 0x1b, Immediate::none},
    {0x1c, 0x1c, Immediate::select_types}, {0x1f, 0x1f, Immediate::try_table},
    {0x20, 0x26, Immediate::index},        {0x28, 0x3e, Immediate::memarg},
    {0x3f, 0x40, Immediate::index},        {0x41, 0x41, Immediate::i32},
    {0x42, 0x42, Immediate::i64},          {0x43, 0x43, Immediate::f32},
    {0x44, 0x44, Immediate::f64},          {0x45, 0xc4, Immediate::none},
    {0xd0, 0xd0, Immediate::heap_type},    {0xd1, 0xd1, Immediate::none},
    {0xd2, 0xd2, Immediate::index},
};

constexpr OpcodeRange kMisc[] = {
    // prefix 0xfc: saturating truncation, bulk memory, tables
    {0, 7, Immediate::none},         {8, 8, Immediate::index_pair},   {9, 9, Immediate::index},
    {10, 10, Immediate::index_pair}, {11, 11, Immediate::index},      {12, 12, Immediate::index_pair},
    {13, 13, Immediate::index},      {14, 14, Immediate::index_pair}, {15, 17, Immediate::index},
};

constexpr OpcodeRange kSimd[] = {
    // prefix 0xfd: 128-bit vectors, and relaxed ones from 0x100
    {0x00, 0x0b, Immediate::memarg}, {0x0c, 0x0d, Immediate::v128}, {0x0e, 0x14, Immediate::none},
    {0x15, 0x22, Immediate::lane},   {0x23, 0x53, Immediate::none}, {0x54, 0x5b, Immediate::memarg_lane},
    {0x5c, 0x5d, Immediate::memarg}, {0x5e, 0xff, Immediate::none}, {0x100, 0x113, Immediate::none},
};

constexpr OpcodeRange kAtomic[] = {
    // prefix 0xfe: threads
    {0x00, 0x02, Immediate::memarg},
    {0x03, 0x03, Immediate::lane},
    {0x10, 0x4e, Immediate::memarg},
};

template <std::size_t N>
constexpr Immediate look_up(const OpcodeRange (&ranges)[N], std::uint32_t opcode) {
  for (const OpcodeRange& range : ranges) {
    if (opcode >= range.first && opcode <= range.last) return range.immediate;
  }
  return Immediate::invalid;
}

constexpr std::array<Immediate, 256> kPlainTable = [] {
  std::array<Immediate, 256> table{};
  for (std::uint32_t opcode = 0; opcode < table.size(); ++opcode) table[opcode] = look_up(kPlain, opcode);
  return table;
}();

constexpr std::uint32_t kPrefixGc = 0xfb, kPrefixMisc = 0xfc, kPrefixSimd = 0xfd, kPrefixAtomic = 0xfe;
constexpr std::uint32_t kMemargHasMemory =
    0x40;  // bit 6 of the alignment: a memory index follows (multi-memory)

bool opens_block(std::uint32_t opcode) {
  return opcode == op::block || opcode == op::loop || opcode == op::if_ || opcode == op::try_ ||
         opcode == op::try_table;
}

/// What engines accept (web embedding limits). A target takes four times its byte in memory, and there may be
/// one for each byte.
constexpr std::uint32_t kMaxTargets = 65'520;

std::unexpected<Error> too_many_targets(std::uint64_t offset, std::uint32_t count) {
  return fail_at(Code::kWorkLimit, offset,
                 "an instruction has " + std::to_string(count) + " branch targets; engines take " +
                     std::to_string(kMaxTargets));
}

}  // namespace

Immediate immediate_of(std::uint32_t opcode) {
  if (opcode < 0x100) return kPlainTable[opcode];
  switch (opcode >> 16) {
    case kPrefixMisc:
      return look_up(kMisc, opcode & 0xffff);
    case kPrefixSimd:
      return look_up(kSimd, opcode & 0xffff);
    case kPrefixAtomic:
      return look_up(kAtomic, opcode & 0xffff);
    default:
      return Immediate::invalid;
  }
}

InstructionReader::InstructionReader(const Module& module, const FunctionBody& body)
    : cursor_(module.bytes_at(body.file_offset, body.size), body.file_offset) {
  auto status = module.work->charge(body.size);
  if (status) status = read_locals();
  if (!status) error_ = std::move(status).error();
}

Status InstructionReader::read_locals() {
  HEAPBUMP_TRY(const auto groups, cursor_.read_count("local group count", 2));
  locals_.groups.reserve(groups);
  for (std::uint32_t i = 0; i < groups; ++i) {
    const std::uint64_t at = cursor_.offset();
    HEAPBUMP_TRY(const auto count, cursor_.read_uleb32("local count"));
    HEAPBUMP_TRY(const auto type, cursor_.read_u8("local type"));
    locals_.total += count.value;
    if (locals_.total > std::numeric_limits<std::uint32_t>::max())
      return fail_at(Code::kBadInstruction, at, "a function declares more than 2^32 - 1 locals");
    switch (type) {
      case 0x7f:
      case 0x7e:
      case 0x7d:
      case 0x7c:
      case 0x7b:
      case 0x70:
      case 0x6f:
      case 0x69:
        break;
      default:
        return fail_at(Code::kGcTypes, cursor_.offset() - 1, "local type " + hex(type) + " is not known");
    }
    locals_.groups.push_back({count.value, static_cast<ValueType>(type)});
  }
  locals_.code_offset = cursor_.offset();
  return {};
}

bool InstructionReader::next(Instruction& out) {
  if (error_ || depth_ == 0) return false;
  if (auto status = read_instruction(out); !status) {
    error_ = std::move(status).error();
    return false;
  }
  if (opens_block(out.opcode)) ++depth_;
  // `delegate` closes a legacy try block as `end` does.
  if (out.opcode == op::end || out.opcode == op::delegate) --depth_;
  if (depth_ == 0 && !cursor_.empty()) {
    error_ =
        Error{Code::kBadInstruction, "bytes are left over after a function body's end", cursor_.offset()};
    return false;
  }
  return true;
}

Status InstructionReader::read_instruction(Instruction& out) {
  out.offset = cursor_.offset();
  if (cursor_.empty())
    return fail_at(Code::kBadInstruction, out.offset, "a function body ends without its `end`");
  HEAPBUMP_TRY(const auto first, cursor_.read_u8("opcode"));
  out.opcode = first;
  if (first >= kPrefixGc && first <= kPrefixAtomic) {
    HEAPBUMP_TRY(const auto sub, cursor_.read_uleb32("opcode"));
    out.opcode = static_cast<std::uint32_t>(first) << 16 | (sub.value > 0xffff ? 0xffff : sub.value);
  }
  out.immediate = immediate_of(out.opcode);
  out.immediate_offset = cursor_.offset();
  out.immediate_width = 0;
  out.value = 0;
  if (out.immediate == Immediate::invalid) {
    const Code code =
        first == kPrefixGc || (first >= 0xd3 && first <= 0xd6) ? Code::kGcTypes : Code::kBadInstruction;
    return fail_at(code, out.offset, "opcode " + hex(out.opcode) + " is not known");
  }
  if (out.immediate != Immediate::none) HEAPBUMP_CHECK(read_immediate(out));
  out.end_offset = cursor_.offset();
  return {};
}

Status InstructionReader::read_memarg(Instruction& out) {
  HEAPBUMP_TRY(const auto align, cursor_.read_uleb32("alignment"));
  out.second = align.value & ~kMemargHasMemory;
  out.memory = 0;
  if ((align.value & kMemargHasMemory) != 0) {
    HEAPBUMP_TRY(const auto memory, cursor_.read_uleb32("memory index"));
    out.memory = memory.value;
  }
  out.immediate_offset = cursor_.offset();
  // 64-bit memories have 64-bit offsets; they are refused before any code is looked at.
  HEAPBUMP_TRY(const auto offset, cursor_.read_uleb32("offset"));
  out.value = offset.value;
  out.immediate_width = offset.width;
  return {};
}

Status InstructionReader::read_immediate(Instruction& out) {
  const auto take = [&](const auto& leb) {
    out.value = static_cast<std::int64_t>(leb.value);
    out.immediate_width = leb.width;
  };
  const auto take_bytes = [&](std::uint64_t count) -> Status {
    HEAPBUMP_TRY(const Bytes bytes, cursor_.read_bytes(count, "immediate"));
    out.immediate_width = static_cast<unsigned>(bytes.size());
    return {};
  };
  switch (out.immediate) {
    case Immediate::invalid:
    case Immediate::none:
      return {};
    case Immediate::block_type:
    case Immediate::heap_type: {
      HEAPBUMP_TRY(const auto type, cursor_.read_sleb33("block type"));
      take(type);
      return {};
    }
    case Immediate::index: {
      HEAPBUMP_TRY(const auto index, cursor_.read_uleb32("index"));
      take(index);
      return {};
    }
    case Immediate::index_pair: {
      HEAPBUMP_TRY(const auto index, cursor_.read_uleb32("index"));
      take(index);
      HEAPBUMP_TRY(const auto second, cursor_.read_uleb32("index"));
      out.second = second.value;
      return {};
    }
    case Immediate::br_table: {
      const std::uint64_t at = cursor_.offset();
      HEAPBUMP_TRY(const auto count, cursor_.read_count("branch table size"));
      if (count > kMaxTargets) return too_many_targets(at, count);
      out.targets.clear();
      out.targets.reserve(std::size_t{count} + 1);
      for (std::uint64_t i = 0; i <= count; ++i) {
        HEAPBUMP_TRY(const auto label, cursor_.read_uleb32("branch target"));
        out.targets.push_back(label.value);
      }
      return {};
    }
    case Immediate::select_types: {
      HEAPBUMP_TRY(const auto count, cursor_.read_count("select type count"));
      for (std::uint32_t i = 0; i < count; ++i) {
        HEAPBUMP_TRY([[maybe_unused]] const auto type, cursor_.read_u8("select type"));
      }
      return {};
    }
    case Immediate::memarg:
      return read_memarg(out);
    case Immediate::memarg_lane: {
      HEAPBUMP_CHECK(read_memarg(out));
      HEAPBUMP_TRY([[maybe_unused]] const auto lane, cursor_.read_u8("lane"));
      return {};
    }
    case Immediate::i32: {
      HEAPBUMP_TRY(const auto constant, cursor_.read_sleb32("i32.const"));
      take(constant);
      return {};
    }
    case Immediate::i64: {
      HEAPBUMP_TRY(const auto constant, cursor_.read_sleb64("i64.const"));
      take(constant);
      return {};
    }
    case Immediate::f32:
      return take_bytes(4);
    case Immediate::f64:
      return take_bytes(8);
    case Immediate::v128:
      return take_bytes(16);
    case Immediate::lane: {
      HEAPBUMP_TRY(const auto lane, cursor_.read_u8("lane"));
      out.value = lane;
      out.immediate_width = 1;
      return {};
    }
    case Immediate::try_table: {
      HEAPBUMP_TRY(const auto type, cursor_.read_sleb33("block type"));
      take(type);
      const std::uint64_t catches_at = cursor_.offset();
      HEAPBUMP_TRY(const auto catches, cursor_.read_count("catch count", 2));
      if (catches > kMaxTargets) return too_many_targets(catches_at, catches);
      out.targets.clear();
      for (std::uint32_t i = 0; i < catches; ++i) {
        const std::uint64_t at = cursor_.offset();
        HEAPBUMP_TRY(const auto kind, cursor_.read_u8("catch kind"));
        if (kind > 3) return fail_at(Code::kBadInstruction, at, "catch kind " + hex(kind) + " is not known");
        if (kind < 2) {
          HEAPBUMP_TRY([[maybe_unused]] const auto tag, cursor_.read_uleb32("tag"));
        }
        HEAPBUMP_TRY(const auto label, cursor_.read_uleb32("catch label"));
        out.targets.push_back(label.value);
      }
      return {};
    }
  }
  return {};
}

namespace {

constexpr std::uint64_t kScannedPerUnit = 16;  // bytes that memchr passes in the time that decoding one takes
constexpr std::size_t kMaxConstants = 65536;

}  // namespace

Result<std::vector<CodeImmediate>> find_constants(const Module& module, std::int64_t value) {
  std::vector<CodeImmediate> hits;
  const bool searchable = value >= 1 << 14 || value < -(1 << 14);
  // For |value| >= 2^14 every encoding is at least three bytes, the first two of which carry the low 14 bits.
  const auto low = static_cast<char>((static_cast<std::uint64_t>(value) & 0x7f) | 0x80);
  const auto next = static_cast<char>((static_cast<std::uint64_t>(value) >> 7 & 0x7f) | 0x80);
  for (std::size_t i = 0; i < module.bodies.size(); ++i) {
    const FunctionBody& body = module.bodies[i];
    const std::string_view text = as_text(module.bytes_at(body.file_offset, body.size));
    bool candidate = !searchable;
    std::uint64_t stops = 0;  // of the search; what costs time besides the bytes
    for (const char* at = text.data(); !candidate;) {
      const char* const end = text.data() + text.size();
      at = static_cast<const char*>(std::memchr(at, low, static_cast<std::size_t>(end - at)));
      ++stops;
      if (at == nullptr || end - at < 3) break;
      candidate = at[1] == next && at > text.data() &&
                  (at[-1] == char(op::i32_const) || at[-1] == char(op::i64_const));
      ++at;
    }
    HEAPBUMP_CHECK(module.work->charge(body.size / kScannedPerUnit + stops));
    if (!candidate) continue;
    InstructionReader reader(module, body);
    Instruction instruction;
    while (reader.next(instruction)) {
      if ((instruction.immediate == Immediate::i32 || instruction.immediate == Immediate::i64) &&
          instruction.value == value) {
        if (hits.size() == kMaxConstants) {
          return fail_at(Code::kWorkLimit, instruction.offset,
                         "the constant " + std::to_string(value) + " stands in more than " +
                             std::to_string(kMaxConstants) + " places");
        }
        hits.push_back({module.imported_functions + static_cast<std::uint32_t>(i), instruction.opcode,
                        instruction.value, instruction.immediate_offset, instruction.immediate_width});
      }
    }
    if (reader.error()) return std::unexpected(*reader.error());
  }
  return hits;
}

}  // namespace heapbump
