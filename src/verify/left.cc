// What was left as it was: no access goes into the region by a constant address, and no constant or data word
// that equals the old heap start remains unless its use is one that must not move. Constants are found by
// their bytes, so that only the functions that hold one are decoded. docs/verify.md gives the reasons for
// each rule.
#include <algorithm>
#include <array>
#include <span>

#include "flow/known_operands.h"
#include "verify/constants.h"
#include "verify/context.h"
#include "verify/roles.h"
#include "wasm/code.h"
#include "wasm/data_image.h"

namespace heapbump::verify {
namespace {

constexpr std::uint64_t kReach = 64;       // addends that are folded into the heap start
constexpr std::size_t kMostNear = 65'536;  // constants near the heap start in one function
constexpr std::uint64_t kObject = 512;     // from an object's constant base to a field of it

struct Hit {
  std::uint32_t function = 0;
  std::uint64_t offset = 0;  ///< of the immediate
  std::uint64_t address = 0;
  bool narrow = false;  ///< shorter than a relocated immediate of 32 bits
};

class Checker {
 public:
  explicit Checker(Context& context) : c_(context), marks_(find_landmarks(context, context.reserved)) {
    const Region& region = c_.manifest().region;
    low_ = region.base;
    high_ = region.end();
    if (c_.moved_by() != 0) {
      near_begin_ = c_.heap_symbol;
      near_end_ = near_begin_ + kReach;
      low_ = std::min(low_, near_begin_);
    }
  }

  void run() {
    code();
    if (c_.moved_by() != 0) {
      beside_moved();
      data();
      globals();
    }
    stack();
  }

 private:
  bool is_near(std::uint64_t address) const { return address >= near_begin_ && address < near_end_; }
  bool in_region(std::uint64_t address) const {
    return address >= c_.manifest().region.base && address < high_;
  }

  // Code.

  void code() {
    for (const std::uint32_t function : functions_that_may_hold(c_, low_, high_))
      if (!is_shim(function) && !c_.gave_up) look_into(function);
  }

  bool is_shim(std::uint32_t function) const { return c_.manifest().function_index == function; }

  /// Decodes one function: near constants are followed, constant addresses of accesses are held against the
  /// region.
  void look_into(std::uint32_t function) {
    InstructionReader reader(c_.reserved, *c_.reserved.body(function), c_.budget);
    KnownOperands operands;
    std::vector<Hit> near;
    Instruction instruction;
    while (reader.next(instruction)) {
      const std::uint64_t value = as_address(instruction, instruction.value);
      const bool holds = is_constant(instruction)
                             ? is_near(value) || is_near(as_address(instruction, negated(instruction.value)))
                             : instruction.immediate == Immediate::memarg && is_near(value);
      if (holds && near.size() == kMostNear) return c_.give_up();
      if (holds)
        near.push_back({function, instruction.immediate_offset, value,
                        instruction.immediate_width < 5 && instruction.opcode != op::i64_const});
      operands.step(instruction,
                    [&](std::uint64_t address) { access(function, instruction.offset, address); });
    }
    if (reader.error()) c_.mismatch(reader.error()->offset.value_or(0), reader.error()->message);
    if (!near.empty()) follow(function, near);
  }

  void access(std::uint32_t function, std::uint64_t offset, std::uint64_t address) {
    if (!in_region(address) || (!c_.gave_up && is_on_no_path(function, offset))) return;
    c_.mismatch(offset, "an instruction reads or writes the region at a constant address",
                "no access to " + show_range(c_.manifest().region.base, high_), hex(address));
  }

  /// Whether an access stands where no way leads, as behind the test for a weak symbol that is not there.
  bool is_on_no_path(std::uint32_t function, std::uint64_t offset) {
    if (!accesses_ || accesses_->function != function) {
      accesses_.emplace(function);
      if (const auto flow = evaluate_flow(c_.reserved, function, c_.budget); flow && c_.spend_walk(*flow)) {
        accesses_->offsets.emplace();
        for (const Effect& effect : flow->effects) accesses_->offsets->push_back(effect.offset);
        std::ranges::sort(*accesses_->offsets);
      }
    }
    return accesses_->offsets && !std::ranges::binary_search(*accesses_->offsets, offset);
  }

  void follow(std::uint32_t function, const std::vector<Hit>& near) {
    const auto flow = evaluate_flow(c_.reserved, function, c_.budget);
    for (const Hit& hit : near) {
      if (c_.gave_up) return;
      if (flow && !c_.spend_walk(*flow)) return;
      if (!flow) {
        unexplained(hit, "the function cannot be followed: " + flow.error().message);
        continue;
      }
      const Reading reading = read_use(c_, *flow, hit.offset, marks_);
      switch (reading.use) {
        case Use::access:
          if (in_region(reading.address)) unexplained(hit, "it is the address of an access");
          break;
        case Use::unknown:
          if (hit.narrow && habits_of_code(c_).padded)
            note(hit, "a number: the linker's addresses have five bytes in this module");
          else
            unexplained(hit, "its use at " + hex(reading.offset) + " may be that of an address");
          break;
        case Use::root_end:
          note(hit, "the end of a range that begins in static data");
          break;
        case Use::stack:
          note(hit, "a bound of the stack");
          break;
        case Use::number:
          note(hit, "used as a number");
          break;
      }
    }
  }

  void unexplained(const Hit& hit, const std::string& why) {
    c_.mismatch(hit.offset,
                "function " + std::to_string(hit.function) + " still holds the old heap start: " + why,
                "a value that moved, or a use that needs no heap", hex(hit.address));
  }
  void note(const Hit& hit, const std::string& use) {
    c_.note("function " + std::to_string(hit.function) + ": " + hex(hit.address) + " at " + hex(hit.offset) +
            " stays: " + use);
  }

  // Functions in which a heap constant moved. What was left beside it must still fit.

  void beside_moved() {
    const std::span<const ChangedImmediate> all = c_.immediates;  // by function, as they stand in the file
    for (std::size_t begin = 0; begin < all.size();) {
      std::size_t end = begin + 1;
      while (end < all.size() && all[end].function == all[begin].function) ++end;
      const auto changes = all.subspan(begin, end - begin);
      begin = end;
      const auto flow = evaluate_flow(c_.reserved, changes.front().function, c_.budget);
      if (!flow) continue;  // noted by check_moved_values
      heap_end_left(*flow);
      added_back(*flow, changes);
    }
  }

  /// The heap's end is a constant where its start is: one at the old end that is stored beside a start that
  /// moved would leave a heap that ends before it begins.
  void heap_end_left(const Flow& flow) {
    const std::uint64_t end = c_.original.memory_bytes();
    for (const Effect& effect : flow.effects) {
      if (effect.kind != EffectKind::store) continue;
      for (const NodeId operand : flow.operands_of(effect)) {
        const Node& node = flow.nodes[operand];
        const auto value = static_cast<std::uint32_t>(node.value);
        if (node.kind != NodeKind::constant || value > end || value + kReach < end) continue;
        c_.mismatch(node.immediate_offset,
                    "function " + std::to_string(flow.function) +
                        " still holds the old end of the heap beside a heap start that moved",
                    hex(value + c_.moved_by()), hex(value));
      }
    }
  }

  /// `end - heap` where the heap moved, and then `+ (heap - 52)` where it did not: the sum would be off by
  /// the bump.
  void added_back(const Flow& flow, std::span<const ChangedImmediate> changes) {
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::constant || node.width == 0) continue;
      const auto change =
          std::ranges::lower_bound(changes, node.immediate_offset, {}, &ChangedImmediate::reserved_offset);
      if (change == changes.end() || change->reserved_offset != node.immediate_offset) continue;
      if (!c_.spend_walk(flow)) return;
      subtracted(flow, id, change->old_value < 0);
    }
  }

  void subtracted(const Flow& flow, NodeId constant, bool negated) {
    std::vector<NodeId> distances;
    for (const User& user : flow.users(constant)) {
      if (user.is_effect) continue;
      const std::uint32_t opcode = flow.nodes[user.index].opcode;
      if ((opcode == op::i32_sub && user.position == 1) || (opcode == op::i32_add && negated))
        distances.push_back(user.index);
    }
    const auto through = [&](const Node& node, std::uint32_t position) {
      const bool sum = node.opcode == op::i32_add || (node.opcode == op::i32_sub && position == 0);
      return sum && flow.constant(flow.operands_of(node)[1 - position]).has_value();
    };
    for (const NodeId id : reach(flow, distances, through)) {
      const Node& node = flow.nodes[id];
      if (node.opcode != op::i32_add) continue;
      for (const NodeId operand : flow.operands_of(node)) {
        const Node& other = flow.nodes[operand];
        const auto value = static_cast<std::uint32_t>(other.value);
        if (other.kind != NodeKind::constant || value + kObject < near_begin_ || value >= near_end_) continue;
        c_.mismatch(other.immediate_offset,
                    "function " + std::to_string(flow.function) +
                        " adds back a heap address that did not move to a distance from one that did",
                    hex(value + c_.moved_by()), hex(value));
      }
    }
  }

  // Data.

  void data() {
    const auto image = DataImage::make(c_.reserved);
    if (!image) return;  // the plan cannot have moved a word then, and check_region looks at the segments
    if (!c_.spend(image->bytes() / kPassedPerUnit)) return;
    std::uint64_t words = 0;
    std::uint64_t next = 0;
    for (const DataImage::Piece& piece : image->pieces()) {
      // Tools that trim zeros cut words at both ends of a segment; those count as well.
      std::uint64_t at = std::max(next, piece.address & ~std::uint64_t{c_.pointer_size - 1});
      for (; at < piece.end() && !c_.gave_up; at += c_.pointer_size) {
        next = at + c_.pointer_size;
        const std::uint64_t value = word_at(*image, piece, at);
        if (value < low_ || value >= high_) continue;
        ++words;
        if (value != near_begin_ || bounds_table(*image, at) || ends_data_range(*image, at)) continue;
        if (!c_.immediates.empty() && only_read(at)) {
          c_.note("the data word at " + hex(at) +
                  " equals the old heap start; code reads it and neither writes it nor goes where it points");
        } else if (!named_in_code(at)) {
          c_.note("the data word at " + hex(at) +
                  " equals the old heap start, and no code names its address: the end of an object");
        } else {
          c_.mismatch(piece.file_offset + (at < piece.address ? 0 : at - piece.address),
                      "the data word at " + hex(at) + " still holds the old heap start",
                      hex(value + c_.moved_by()), hex(value));
        }
      }
    }
    if (words != 0)
      c_.note(std::to_string(words) +
              " words of data hold numbers in the region's range; the linker placed nothing there");
  }

  /// Nearly every word lies in one piece whole, and there is no need to look for the piece then.
  std::uint64_t word_at(const DataImage& image, const DataImage::Piece& piece, std::uint64_t at) const {
    const bool wide = c_.pointer_size == 8;
    if (at < piece.address || piece.end() - at < c_.pointer_size)
      return wide ? image.load64(at) : image.load32(at);
    const Bytes bytes = piece.bytes.subspan(static_cast<std::size_t>(at - piece.address));
    return wide ? load_u64(bytes) : load_u32(bytes);
  }

  /// The second of two words that say where static data begins and ends: what a collector scans for roots.
  bool ends_data_range(const DataImage& image, std::uint64_t at) const {
    if (c_.pointer_size != 4 || at < 4) return false;
    const std::uint32_t begin = image.load32(at - 4);
    return begin != 0 && (begin == marks_.data_start || begin == marks_.stack_top);
  }

  /// One of several bounds in ascending order (data, bss, ...) that ends in the word that moved: an end of
  /// static data that happens to be where the heap began. Words of 8 bytes (Go) or 4.
  bool bounds_table(const DataImage& image, std::uint64_t at) const {
    for (const std::uint64_t size : {8ULL, 4ULL}) {
      const auto load = [&](std::uint64_t address) {
        return size == 8 ? image.load64(address) : image.load32(address);
      };
      std::uint64_t next = at;
      while (load(next) == near_begin_ && next - at < 8 * size) next += size;
      if (load(next) != near_begin_ + c_.moved_by()) continue;
      unsigned ascending = 0;
      for (std::uint64_t a = at;
           ascending < 4 && a >= size && load(a - size) <= load(a) && load(a - size) != 0; a -= size)
        ++ascending;
      if (ascending >= 4) return true;
    }
    return false;
  }

  /// Whether code uses the word's address as a constant, or reads or writes the word at a constant address.
  /// An allocator does so with its own variables; a word that is only reached through pointers is a field of
  /// some object, and what it points to is where static data ends. A function that cannot be read may name
  /// it.
  bool named_in_code(std::uint64_t address) const {
    for (const std::uint32_t function :
         functions_that_may_hold(c_, address - std::min(address, kObject), address + 4)) {
      InstructionReader reader(c_.reserved, *c_.reserved.body(function), c_.budget);
      KnownOperands operands;
      Instruction instruction;
      bool named = false;
      while (reader.next(instruction)) {
        const bool address_like = is_constant(instruction) || instruction.immediate == Immediate::memarg;
        if (address_like && as_address(instruction, instruction.value) == address) return true;
        operands.step(instruction,
                      [&](std::uint64_t at) { named = named || (at <= address && address - at < 8); });
        if (named) return true;
      }
      if (reader.error()) return true;
    }
    return false;
  }

  /// Whether every function that names the word, or an object around it, only loads it, and never uses what
  /// it loaded as an address or holds it against memory.size. With a heap start that moved in code, such a
  /// word is a table's entry.
  bool only_read(std::uint64_t word) {
    for (const std::uint32_t function :
         functions_that_may_hold(c_, word - std::min(word, kObject), word + 4)) {
      const auto flow = evaluate_flow(c_.reserved, function, c_.budget);
      if (!flow || !c_.spend_walk(*flow)) return false;
      for (NodeId id = 0; id < flow->nodes.size(); ++id) {
        const Node& node = flow->nodes[id];
        if (node.kind == NodeKind::constant && static_cast<std::uint32_t>(node.value) == word &&
            handed_out(*flow, id))
          return false;
        if (node.kind == NodeKind::load && may_be(*flow, flow->operand(id, 0), node.value, word) &&
            (!c_.spend_walk(*flow) || goes_there(*flow, id)))
          return false;
      }
      for (const Effect& effect : flow->effects)
        if (effect.kind == EffectKind::store &&
            may_be(*flow, flow->operands_of(effect)[0], effect.value, word))
          return false;
    }
    return true;
  }

  /// Whether an access with that address and offset may be one of the word: at its address, or at an index
  /// from an object's start that lies before it.
  static bool may_be(const Flow& flow, NodeId address, std::int64_t offset, std::uint64_t word) {
    const Linear form = linear_form(flow, address);
    const std::uint64_t at = std::uint64_t{form.offset} + static_cast<std::uint64_t>(offset);
    if (form.base == kNoNode) return at <= word && word - at < 8;
    return at <= word && word - at < kObject;
  }

  static bool handed_out(const Flow& flow, NodeId constant) {
    return std::ranges::any_of(flow.users(constant), [&](const User& user) {
      if (!user.is_effect) return false;
      const EffectKind kind = flow.effects[user.index].kind;
      const bool address = user.position == 0 && (kind == EffectKind::load || kind == EffectKind::store);
      return !address && kind != EffectKind::drop && kind != EffectKind::branch;
    });
  }

  static bool goes_there(const Flow& flow, NodeId loaded) {
    const NodeId roots[] = {loaded};
    const auto sums = [](const Node& node, std::uint32_t) {
      return node.opcode == op::i32_add || node.opcode == op::i32_sub || node.opcode == op::i32_and;
    };
    for (const NodeId id : reach(flow, roots, sums)) {
      for (const User& user : flow.users(id)) {
        if (user.is_effect) {
          const EffectKind kind = flow.effects[user.index].kind;
          const bool access = kind == EffectKind::load || kind == EffectKind::store ||
                              kind == EffectKind::bulk || kind == EffectKind::atomic;
          if (access && user.position == 0) return true;
          continue;
        }
        const Node& node = flow.nodes[user.index];
        if (node.kind != NodeKind::binary) continue;
        for (const NodeId operand : flow.operands_of(node))
          if (flow.nodes[operand].kind == NodeKind::memory_size) return true;
      }
    }
    return false;
  }

  // Globals.

  void globals() {
    std::vector<const Export*> exported(c_.original.globals.size());  // the first export of each
    for (const Export& e : c_.reserved.exports)
      if (e.kind == ExternalKind::global && e.index < exported.size() && exported[e.index] == nullptr)
        exported[e.index] = &e;
    for (std::size_t i = 0; i < c_.original.globals.size(); ++i) {
      const Global& global = c_.reserved.globals[i];
      if (global.imported || global.type != ValueType::i32 || !global.init.value) continue;
      const auto value = static_cast<std::uint32_t>(*global.init.value);
      if (global.is_mutable || value != near_begin_) continue;
      const bool other_symbol = exported[i] != nullptr && exported[i]->name != "__heap_base";
      if (!other_symbol)
        c_.mismatch(global.init.immediate_offset,
                    "global " + std::to_string(i) + " still holds the old heap start",
                    hex(value + c_.moved_by()), hex(value));
    }
  }

  /// No mutable global may begin inside the region: a stack would grow down from there.
  void stack() {
    for (std::size_t i = 0; i < c_.original.globals.size(); ++i) {
      const Global& global = c_.reserved.globals[i];
      if (global.imported || !global.is_mutable || global.type != ValueType::i32 || !global.init.value ||
          i != marks_.stack_global)
        continue;
      const auto value = static_cast<std::uint32_t>(*global.init.value);
      if (value > c_.manifest().region.base && value <= high_)
        c_.mismatch(global.init.immediate_offset, "the stack pointer begins inside the region",
                    "at most " + hex(c_.manifest().region.base), hex(value));
    }
  }

  /// The effects of a function, by file offset; none of one that cannot be followed.
  struct Effects {
    std::uint32_t function = 0;
    std::optional<std::vector<std::uint64_t>> offsets = std::nullopt;
  };

  Context& c_;
  Landmarks marks_;
  std::optional<Effects> accesses_;
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
  std::uint64_t near_begin_ = 0;
  std::uint64_t near_end_ = 0;
};

}  // namespace

void check_left_values(Context& context) {
  Checker(context).run();
}

}  // namespace heapbump::verify
