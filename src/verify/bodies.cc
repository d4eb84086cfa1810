// The body of one function in both files, instruction by instruction.
#include <algorithm>

#include "verify/context.h"
#include "wasm/code.h"

namespace heapbump::verify {

namespace {

/// Whether an instruction differs in nothing but the bytes of one constant or memarg offset, so that an
/// alignment or a memory index cannot hide there.
bool differs_in_immediate(const Instruction& a, Bytes old_bytes, const Instruction& b, Bytes new_bytes) {
  const bool constant = a.immediate == Immediate::i32 || a.immediate == Immediate::i64;
  if ((!constant && a.immediate != Immediate::memarg) || a.immediate_width != b.immediate_width ||
      a.value == b.value)
    return false;
  const auto before = static_cast<std::size_t>(a.immediate_offset - a.offset);
  const std::size_t after = before + a.immediate_width;
  return b.immediate_offset - b.offset == before &&
         std::ranges::equal(old_bytes.first(before), new_bytes.first(before)) &&
         std::ranges::equal(old_bytes.subspan(after), new_bytes.subspan(after));
}

}  // namespace

bool compare_bodies(Context& context, std::uint32_t function) {
  const FunctionBody* x = context.original.body(function);
  const FunctionBody* y = context.reserved.body(function);
  if (x == nullptr || y == nullptr || x->size != y->size) return false;
  InstructionReader left(context.original, *x, context.budget);
  InstructionReader right(context.reserved, *y, context.budget);
  if (left.locals().code_offset - x->file_offset != right.locals().code_offset - y->file_offset) return false;
  const auto head = left.locals().code_offset - x->file_offset;
  if (!std::ranges::equal(context.original.bytes_at(x->file_offset, head),
                          context.reserved.bytes_at(y->file_offset, head)))
    return false;
  Instruction a;
  Instruction b;
  while (left.next(a)) {
    if (!right.next(b)) return false;
    const std::uint64_t size = a.end_offset - a.offset;
    if (a.opcode != b.opcode || size != b.end_offset - b.offset) return false;
    const Bytes old_bytes = context.original.bytes_at(a.offset, size);
    const Bytes new_bytes = context.reserved.bytes_at(b.offset, size);
    if (std::ranges::equal(old_bytes, new_bytes)) continue;
    if (!differs_in_immediate(a, old_bytes, b, new_bytes)) return false;
    const bool constant = a.immediate != Immediate::memarg;
    context.change(constant ? ChangeKind::code_immediate : ChangeKind::memarg_offset, a.immediate_offset,
                   a.immediate_width, b.immediate_offset, b.immediate_width,
                   "function " + std::to_string(function) + ": " + std::to_string(a.value) + " -> " +
                       std::to_string(b.value));
    if (context.too_many(b.offset)) return true;
    context.immediates.push_back(
        {function, a.opcode, a.value, b.value, a.immediate_offset, b.immediate_offset, a.immediate_width});
  }
  Instruction rest;
  return !left.error() && !right.next(rest) && !right.error();
}

}  // namespace heapbump::verify
