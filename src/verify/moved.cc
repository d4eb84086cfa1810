// What was changed in code, data and globals, number by number: does each look like the heap's start or end,
// and did it move exactly as the heap did? What the program does with it is in_step.h's question.
#include <algorithm>

#include "verify/context.h"
#include "wasm/code.h"
#include "wasm/data_image.h"

namespace heapbump::verify {
namespace {

constexpr std::uint64_t kReach =
    64;  // how far linkers fold an addend into a heap address in the code that was seen

class Checker {
 public:
  explicit Checker(Context& context) : c_(context), moved_(context.moved_by()) {}

  void run() {
    if (moved_ != 0) c_.heap_symbol = heap();
    for (const ChangedImmediate& change : c_.immediates)
      if (!c_.gave_up) immediate(change);
    data();
    for (const std::uint32_t index : c_.changed_globals) global(index);
    // A global that cannot change is there for hosts: code holds its number. One that can is a variable of
    // the program's.
    const bool variable = std::ranges::any_of(
        c_.changed_globals, [&](std::uint32_t index) { return c_.original.globals[index].is_mutable; });
    if (moved_ != 0 && c_.immediates.empty() && c_.data_bytes.empty() && !variable)
      c_.mismatch(c_.reserved.memories.front().min.file_offset,
                  "the heap start is said to have moved, and nothing that the program reads did",
                  "a changed constant, variable or data word", "none");
  }

 private:
  std::uint64_t heap() const { return *c_.manifest().heap_base_before; }
  std::uint64_t heap_end() const { return c_.original.memory_bytes(); }

  bool near_heap(std::uint64_t value) const {
    return (value >= heap() && value < heap() + kReach) ||
           (value + kReach >= heap_end() && value <= heap_end());
  }

  /// Such an end of static data may be what a runtime rounds up to a page to get its heap start.
  bool rounds_up_to_heap(const DataImage& image, std::uint64_t word) const {
    return ends_bounds(image, word) && align_up(image.load64(word), kPageSize) == heap();
  }

  /// The last of several bounds of 8 bytes in ascending order (data, bss, ... end).
  static bool ends_bounds(const DataImage& image, std::uint64_t word) {
    if (word % 8 != 0 || word < 32) return false;
    for (std::uint64_t at = word; at > word - 32; at -= 8)
      if (image.load64(at - 8) > image.load64(at) || image.load64(at - 8) == 0) return false;
    return true;
  }

  void immediate(const ChangedImmediate& change) {
    const auto show_value = [](std::int64_t v) { return std::to_string(v); };
    if (moved_ == 0)
      return c_.mismatch(change.reserved_offset, "a constant in code changed, and this strategy moves none",
                         show_value(change.old_value), show_value(change.new_value));
    const bool wide = change.opcode == op::i64_const;
    const auto before =
        wide ? static_cast<std::uint64_t>(change.old_value) : static_cast<std::uint32_t>(change.old_value);
    const auto after =
        wide ? static_cast<std::uint64_t>(change.new_value) : static_cast<std::uint32_t>(change.new_value);
    const auto wrap = [&](std::uint64_t v) { return wide ? v : v & 0xffffffff; };
    const bool up = after == wrap(before + moved_);
    const bool constant = change.opcode == op::i32_const || wide;
    const bool down = constant && after == wrap(before - moved_);
    if (!up && !down)
      return c_.mismatch(change.reserved_offset, "a constant in code did not move as the heap did",
                         show_value(change.old_value + static_cast<std::int64_t>(moved_)),
                         show_value(change.new_value));
    const std::uint64_t address = up ? before : wrap(0 - before);
    // A padded LEB128 of five bytes is what a relocation leaves; such a constant is an address with an
    // addend.
    const bool relocated = change.width == 5 && address >= heap() && address <= heap_end();
    const bool below = address < heap() && address + kReach >= heap();
    if (!near_heap(address) && !relocated && !below)
      return c_.mismatch(change.reserved_offset,
                         "a constant moved that is no address of the heap's start or end",
                         show_value(change.old_value), show_value(change.new_value));
  }

  void data() {
    if (c_.data_bytes.empty()) return;
    const auto before = DataImage::make(c_.original);
    const auto after = DataImage::make(c_.reserved);
    if (!before || !after)
      return c_.mismatch(c_.data_bytes.front().reserved_offset,
                         "data changed, and what memory will hold is not certain: " +
                             (before ? after : before).error().message);
    auto bytes = c_.data_bytes;
    std::ranges::sort(bytes, {}, &ChangedByte::address);
    std::uint64_t done = 0;
    std::size_t words = 0;
    for (const ChangedByte& byte : bytes) {
      if (byte.address < done) continue;
      ++words;
      const std::uint64_t word = byte.address & ~std::uint64_t{3};
      done = word + 4;
      const std::uint64_t old_value = before->load32(word);
      const std::uint64_t new_value = after->load32(word);
      if (moved_ == 0)
        c_.mismatch(byte.reserved_offset, "a data word changed, and this strategy moves none", hex(old_value),
                    hex(new_value));
      else if (new_value != ((old_value + moved_) & 0xffffffff))
        c_.mismatch(byte.reserved_offset, "the data word at " + hex(word) + " did not move as the heap did",
                    hex(old_value + moved_), hex(new_value));
      else if (!near_heap(old_value) && rounds_up_to_heap(*before, word))
        c_.heap_symbol = old_value;
      else if (!near_heap(old_value))
        c_.mismatch(byte.reserved_offset,
                    "the data word at " + hex(word) + " moved and is no address of the heap's start or end",
                    hex(old_value), hex(new_value));
    }
    c_.bound_alone =
        words == 1 && c_.immediates.empty() && c_.changed_globals.empty() && ends_bounds(*before, done - 4);
  }

  void global(std::uint32_t index) {
    const Global& before = c_.original.globals[index];
    const Global& after = c_.reserved.globals[index];
    const auto old_value = static_cast<std::uint32_t>(*before.init.value);
    const auto new_value = static_cast<std::uint32_t>(*after.init.value);
    const std::uint64_t at = after.init.immediate_offset;
    if (moved_ == 0 || new_value != ((old_value + moved_) & 0xffffffff) || before.type != ValueType::i32)
      return c_.mismatch(at, "global " + std::to_string(index) + " did not move as the heap did",
                         hex(old_value + moved_), hex(new_value));
    if (!near_heap(old_value))
      return c_.mismatch(
          at, "global " + std::to_string(index) + " moved and is no address of the heap's start or end",
          hex(old_value), hex(new_value));
  }

  Context& c_;
  std::uint64_t moved_;
};

}  // namespace

void check_moved_values(Context& context) {
  Checker(context).run();
}

}  // namespace heapbump::verify
