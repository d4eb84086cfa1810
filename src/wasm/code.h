// The instruction decoder: one function body, from its first byte, so that every immediate it reports is
// known to be on an instruction boundary. It reports where each immediate is in the file and how wide
// it is, which is what an edit needs; it does not type-check. The table
// of opcodes drives it. Opcodes of typed references and garbage collection are in the table and refused here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"
#include "wasm/byte_pair.h"
#include "wasm/module.h"
#include "wasm/opcodes.h"

namespace heapbump {

/// The negative of an immediate; of INT64_MIN itself, as i64.sub gives it.
[[nodiscard]] constexpr std::int64_t negated(std::int64_t value) {
  return static_cast<std::int64_t>(std::uint64_t{0} - static_cast<std::uint64_t>(value));
}

/// As much of an instruction as a pass over all code looks at.
struct BriefInstruction {
  std::uint32_t opcode = 0;
  Immediate immediate = Immediate::none;
  unsigned immediate_width = 0;
  std::uint64_t offset = 0;  ///< file offset of the opcode's first byte
  /// i32/i64: the constant, sign-extended. index: the index. memarg: the offset (bytes, unsigned). block_type
  /// and heap_type: the s33. lane: the lane.
  std::int64_t value = 0;
  /// File offset and bytes of the immediate `value` was read from; for floats and v128, of their bytes.
  std::uint64_t immediate_offset = 0;
};

struct Instruction : BriefInstruction {
  std::uint64_t end_offset = 0;  ///< file offset of the next instruction
  std::uint32_t second = 0;      ///< index_pair: the second index. memarg: log2 of the alignment
  std::uint32_t memory = 0;      ///< memarg: the memory's index
  /// br_table: all targets, the default last.
  std::vector<std::uint32_t> targets;
};

struct LocalGroup {
  std::uint32_t count = 0;
  ValueType type = ValueType::i32;
};

/// The local declarations at a body's front. A body may declare 2^32 - 1 locals in ten bytes, so they stay
/// grouped.
struct Locals {
  std::vector<LocalGroup> groups;
  std::uint64_t total = 0;
  std::uint64_t code_offset = 0;  ///< file offset of the first instruction
};

/// Whether a body's bytes may hold memory.size or memory.grow of memory 0, whose index may be written in more
/// bytes than it needs. False is certain.
[[nodiscard]] inline bool may_hold_on_memory(std::string_view body, std::uint8_t opcode) {
  const auto follows = [&](char index) {
    return find_pair(body.data(), body.data() + body.size(), static_cast<char>(opcode), index) != nullptr;
  };
  return follows('\x00') || follows('\x80');
}

/// Iterates over one body's instructions.
///   InstructionReader reader(module, body, budget);
///   Instruction instruction;
///   while (reader.next(instruction)) { ... }
///   if (reader.error()) ...
/// The iteration ends after the `end` that closes the body. Errors: kBadInstruction, kBadLeb, kTruncated,
/// kGcTypes, kWorkLimit.
class InstructionReader {
 public:
  /// Charges the body's size.
  InstructionReader(const Module& module, const FunctionBody& body, Budget& budget);
  /// Charges nothing: for one body, or for a caller that decodes each body once.
  InstructionReader(const Module& module, const FunctionBody& body);

  /// Reads one instruction into `out`, reusing its storage. False at the end or on an error.
  [[nodiscard]] bool next(Instruction& out);
  /// Gives `visit` each instruction that is left, until it says false. As next, and for passes over all code
  /// several times as quick.
  template <typename Visit>
  void each(Visit visit);
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const Locals& locals() const { return locals_; }
  /// Open blocks, the body itself included, after the last instruction.
  [[nodiscard]] std::uint32_t depth() const { return depth_; }

 private:
  InstructionReader(Bytes body, std::uint64_t file_offset);
  [[nodiscard]] std::uint64_t offset() const { return bias_ + reinterpret_cast<std::uintptr_t>(at_); }
  /// What is left of the body, for what the fast path does not read.
  [[nodiscard]] Cursor rest() const {
    return {as_bytes({reinterpret_cast<const char*>(at_), static_cast<std::size_t>(end_ - at_)}), offset()};
  }
  void go_to(const Cursor& cursor) { at_ = end_ - cursor.remaining(); }
  /// Ends the iteration. False.
  bool fail(Error error);
  bool at_end();
  bool nest(OpcodeClass kind);
  bool not_known(const Instruction& instruction, bool later);
  Status read_locals();
  template <typename Value>
  bool take(const Cursor& cursor, Result<Value> read, Value& out);
  bool read_u8(std::uint8_t& out, std::string_view what);
  template <typename T, unsigned kBits>
  bool read_leb(Leb<T>& out, std::string_view what);
  template <typename T, unsigned kBits>
  bool read_odd_leb(Leb<T>& out, std::string_view what);
  template <typename T, unsigned kBits>
  bool read_value(Instruction& out, std::string_view what);
  bool read_sub_opcode(Instruction& out);
  bool read_index(std::uint32_t& out, std::string_view what);
  bool read_immediate(Instruction& out);
  bool read_memarg(Instruction& out);
  bool read_fixed(Instruction& out, unsigned width);
  bool read_branch_table(Instruction& out);
  bool read_select_types();
  bool read_try_table(Instruction& out);
  bool read_cast(Instruction& out);

  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t bias_ = 0;  ///< a byte's file offset is its address plus this, modulo 2^64
  Locals locals_;
  std::optional<Error> error_;
  std::uint32_t depth_ = 1;
};

template <typename Visit>
void InstructionReader::each(Visit visit) {
  Instruction whole;
  const std::uint8_t* at = at_;
  std::uint32_t depth = depth_;
  for (;;) {
    BriefInstruction brief;
    const ShortForm form = end_ - at < 3 ? ShortForm{} : kShortForms[at[0]];
    const unsigned nested = depth + static_cast<unsigned>(form.opens);
    if (form.before != 0 && nested != 0 && ((at[1] & form.first_limit) | (at[2] & form.second_limit)) == 0) {
      brief.opcode = at[0];
      brief.immediate = form.immediate;
      brief.immediate_width = form.bits != 0;
      brief.value = ((at[form.before] & form.bits) ^ form.sign) - std::int64_t{form.sign};
      brief.offset = bias_ + reinterpret_cast<std::uintptr_t>(at);
      brief.immediate_offset = brief.offset + form.before;
      depth = nested;
      at += form.before + brief.immediate_width;
    } else {
      at_ = at;
      depth_ = depth;
      if (!next(whole)) return;
      brief = whole;
      at = at_;
      depth = depth_;
    }
    if (!visit(brief)) break;
  }
  at_ = at;
  depth_ = depth;
}

/// The kind of a constant's or an access's immediate.
[[nodiscard]] constexpr OccurrenceKind occurrence_kind(std::uint32_t opcode) {
  return opcode == op::i32_const   ? OccurrenceKind::i32_const
         : opcode == op::i64_const ? OccurrenceKind::i64_const
                                   : OccurrenceKind::memarg_offset;
}

/// An i32.const, an i64.const or a memory access, as the occurrence of its number.
[[nodiscard]] inline Occurrence occurrence_of(const BriefInstruction& instruction, std::uint32_t function) {
  return {.kind = occurrence_kind(instruction.opcode),
          .file_offset = instruction.immediate_offset,
          .width = instruction.immediate_width,
          .function = function,
          .value = instruction.value};
}

/// Every i32.const and i64.const whose value is `value`, in file order. For a magnitude of at least 2^14 all
/// legal encodings share their first two immediate bytes, so bodies without those bytes are never decoded;
/// for smaller ones all are. Errors: those of InstructionReader for a body that had to be decoded; kWorkLimit
/// beyond 65,536 hits.
[[nodiscard]] Result<std::vector<Occurrence>> find_constants(const Module& module, std::int64_t value,
                                                             Budget& budget);
/// With a budget of its own.
[[nodiscard]] Result<std::vector<Occurrence>> find_constants(const Module& module, std::int64_t value);

}  // namespace heapbump
