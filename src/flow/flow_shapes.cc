#include "flow/flow_shapes.h"

#include <algorithm>
#include <array>

namespace heapbump {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
  Shape shape;
};

constexpr Shape kUnary{1, 1, Access::none};
constexpr Shape kBinary{2, 1, Access::none};
constexpr Shape kTernary{3, 1, Access::none};
constexpr Shape kLoad{1, 1, Access::load};
constexpr Shape kStore{2, 0, Access::store};

// Ascending and disjoint: looked up by binary search.
constexpr Range kRanges[] = {
    {0x25, 0x25, {1, 1, Access::none}},  // table.get
    {0x26, 0x26, {2, 0, Access::none}},  // table.set
    {0x28, 0x35, kLoad},
    {0x36, 0x3e, kStore},
    {0x45, 0x45, kUnary},  // i32.eqz
    {0x46, 0x4f, kBinary},
    {0x50, 0x50, kUnary},  // i64.eqz
    {0x51, 0x66, kBinary},
    {0x67, 0x69, kUnary},  // i32.clz ctz popcnt
    {0x6a, 0x78, kBinary},
    {0x79, 0x7b, kUnary},  // i64.clz ctz popcnt
    {0x7c, 0x8a, kBinary},
    {0x8b, 0x91, kUnary},  // f32.abs .. sqrt
    {0x92, 0x98, kBinary},
    {0x99, 0x9f, kUnary},  // f64.abs .. sqrt
    {0xa0, 0xa6, kBinary},
    {0xa7, 0xc4, kUnary},                        // conversions, sign extension
    {0xd0, 0xd0, {0, 1, Access::none}},          // ref.null
    {0xd1, 0xd1, kUnary},                        // ref.is_null
    {0xd2, 0xd2, {0, 1, Access::none}},          // ref.func
    {0xfc0000, 0xfc0007, kUnary},                // saturating truncation
    {0xfc0009, 0xfc0009, {0, 0, Access::none}},  // data.drop
    {0xfc000c, 0xfc000c, {3, 0, Access::none}},  // table.init
    {0xfc000d, 0xfc000d, {0, 0, Access::none}},  // elem.drop
    {0xfc000e, 0xfc000e, {3, 0, Access::none}},  // table.copy
    {0xfc000f, 0xfc000f, kBinary},               // table.grow
    {0xfc0010, 0xfc0010, {0, 1, Access::none}},  // table.size
    {0xfc0011, 0xfc0011, {3, 0, Access::none}},  // table.fill
    {0xfd0000, 0xfd000a, kLoad},
    {0xfd000b, 0xfd000b, kStore},
    {0xfd000c, 0xfd000c, {0, 1, Access::none}},  // v128.const
    {0xfd000d, 0xfd000e, kBinary},               // i8x16.shuffle swizzle
    {0xfd000f, 0xfd0016, kUnary},                // splat, i8x16.extract_lane
    {0xfd0017, 0xfd0017, kBinary},               // replace_lane
    {0xfd0018, 0xfd0019, kUnary},
    {0xfd001a, 0xfd001a, kBinary},
    {0xfd001b, 0xfd001b, kUnary},
    {0xfd001c, 0xfd001c, kBinary},
    {0xfd001d, 0xfd001d, kUnary},
    {0xfd001e, 0xfd001e, kBinary},
    {0xfd001f, 0xfd001f, kUnary},
    {0xfd0020, 0xfd0020, kBinary},
    {0xfd0021, 0xfd0021, kUnary},
    {0xfd0022, 0xfd004c, kBinary},  // f64x2.replace_lane, comparisons
    {0xfd004d, 0xfd004d, kUnary},   // v128.not
    {0xfd004e, 0xfd0051, kBinary},
    {0xfd0052, 0xfd0052, kTernary},              // v128.bitselect
    {0xfd0053, 0xfd0053, kUnary},                // v128.any_true
    {0xfd0054, 0xfd0057, {2, 1, Access::load}},  // load lane
    {0xfd0058, 0xfd005b, kStore},                // store lane
    {0xfd005c, 0xfd005d, kLoad},                 // load32_zero load64_zero
    {0xfd005e, 0xfd0064, kUnary},
    {0xfd0065, 0xfd0066, kBinary},
    {0xfd0067, 0xfd006a, kUnary},
    {0xfd006b, 0xfd0073, kBinary},
    {0xfd0074, 0xfd0075, kUnary},
    {0xfd0076, 0xfd0079, kBinary},
    {0xfd007a, 0xfd007a, kUnary},
    {0xfd007b, 0xfd007b, kBinary},
    {0xfd007c, 0xfd0081, kUnary},
    {0xfd0082, 0xfd0082, kBinary},
    {0xfd0083, 0xfd0084, kUnary},
    {0xfd0085, 0xfd0086, kBinary},
    {0xfd0087, 0xfd008a, kUnary},
    {0xfd008b, 0xfd0093, kBinary},
    {0xfd0094, 0xfd0094, kUnary},
    {0xfd0095, 0xfd009f, kBinary},
    {0xfd00a0, 0xfd00a1, kUnary},
    {0xfd00a3, 0xfd00a4, kUnary},
    {0xfd00a7, 0xfd00aa, kUnary},
    {0xfd00ab, 0xfd00bf, kBinary},
    {0xfd00c0, 0xfd00c1, kUnary},
    {0xfd00c3, 0xfd00c4, kUnary},
    {0xfd00c7, 0xfd00ca, kUnary},
    {0xfd00cb, 0xfd00df, kBinary},
    {0xfd00e0, 0xfd00e3, kUnary},
    {0xfd00e4, 0xfd00eb, kBinary},
    {0xfd00ec, 0xfd00ef, kUnary},
    {0xfd00f0, 0xfd00f7, kBinary},
    {0xfd00f8, 0xfd00ff, kUnary},
    {0xfd0100, 0xfd0100, kBinary},   // relaxed swizzle
    {0xfd0101, 0xfd0104, kUnary},    // relaxed truncation
    {0xfd0105, 0xfd010c, kTernary},  // madd, nmadd, laneselect
    {0xfd010d, 0xfd0112, kBinary},   // min, max, q15mulr, dot
    {0xfd0113, 0xfd0113, kTernary},
    {0xfe0000, 0xfe0000, {2, 1, Access::atomic}},  // memory.atomic.notify
    {0xfe0001, 0xfe0002, {3, 1, Access::atomic}},  // wait
    {0xfe0003, 0xfe0003, {0, 0, Access::none}},    // fence
    {0xfe0010, 0xfe0016, {1, 1, Access::atomic}},
    {0xfe0017, 0xfe001d, {2, 0, Access::atomic}},
    {0xfe001e, 0xfe0047, {2, 1, Access::atomic}},
    {0xfe0048, 0xfe004e, {3, 1, Access::atomic}},
};

}  // namespace

std::optional<Shape> instruction_shape(std::uint32_t opcode) {
  const auto* found = std::ranges::lower_bound(kRanges, opcode, {}, &Range::last);
  if (found == std::end(kRanges) || opcode < found->first) return std::nullopt;
  return found->shape;
}

}  // namespace heapbump
