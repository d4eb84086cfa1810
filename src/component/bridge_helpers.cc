#include "component/bridge_helpers.h"

namespace heapbump {
namespace {

using emit::Body;
using emit::Op;
using emit::Signature;
using emit::Type;

const Signature kTwo{{Type::i32, Type::i32}, {}}, kThree{{Type::i32, Type::i32, Type::i32}, {}},
    kRoom{{Type::i32, Type::i32}, {Type::i32}};

// Loads the last byte, having shown that the range does not wrap around.
Body touch_code() {
  constexpr std::uint32_t address = 0, length = 1;
  Body code(2);
  const std::uint32_t last = code.local(Type::i32);
  code.get(length).op(Op::i32_eqz).if_([&] { code.op(Op::return_); });
  code.get(address).get(length).op(Op::i32_add).i32(1).op(Op::i32_sub).set(last);
  code.get(last).get(address).op(Op::i32_lt_u).if_([&] { code.op(Op::unreachable); });
  code.get(last).load(Op::i32_load8_u).op(Op::drop);
  return code;
}

Body touch_array_code(std::uint32_t touch) {
  constexpr std::uint32_t address = 0, count = 1, size = 2;
  constexpr std::uint64_t kMost = 0xffffffff;
  Body code(3);
  code.get(count).op(Op::i64_extend_i32_u).get(size).op(Op::i64_extend_i32_u).op(Op::i64_mul);
  code.i64(kMost).op(Op::i64_gt_u).if_([&] { code.op(Op::unreachable); });
  code.get(address).get(count).get(size).op(Op::i32_mul).call(touch);
  return code;
}

// A word at a time, then a byte at a time. `move` copies one such piece from parameter 0 to parameter 1.
template <typename Move>
Body copy_code(Move move) {
  constexpr std::uint32_t from = 0, to = 1, length = 2;
  Body code(3);
  const auto advance = [&](std::uint32_t by) {
    code.get(from).i32(by).op(Op::i32_add).set(from);
    code.get(to).i32(by).op(Op::i32_add).set(to);
    code.get(length).i32(by).op(Op::i32_sub).set(length);
  };
  for (const std::uint32_t piece : {8u, 1u}) {
    code.block([&] {
      code.loop([&] {
        code.get(length).i32(piece).op(Op::i32_lt_u).br_if(1);
        move(code, piece == 8);
        advance(piece);
        code.br(0);
      });
    });
  }
  return code;
}

Body room_code(std::uint32_t reserve, const Scratch& scratch) {
  constexpr std::uint32_t at = 0, length = 1;
  constexpr std::uint32_t kMask = 7;
  Body code(2);
  const std::uint32_t end = code.local(Type::i32);
  code.get(at).get(length).op(Op::i32_add).i32(kMask).op(Op::i32_add).i32(~kMask).op(Op::i32_and).set(end);
  // Too long for 32 bits, or for the rounding.
  code.get(length).i32(~scratch.room).op(Op::i32_gt_u);
  code.get(end).get(at).op(Op::i32_lt_u).op(Op::i32_or).if_([&] { code.i32(0).op(Op::return_); });
  code.get(end).call(reserve).op(Op::i32_eqz).if_([&] { code.i32(0).op(Op::return_); });
  code.get(end);
  return code;
}

}  // namespace

void add_bridge_helpers(emit::ModuleBuilder& module, BridgeFunctions& functions) {
  functions.touch = module.function(kTwo, touch_code());
  functions.touch_array = module.function(kThree, touch_array_code(functions.touch));
  functions.copy_in = module.function(kThree, copy_code([&](Body& code, bool word) {
                                        code.get(1).get(0);
                                        code.load(word ? Op::i64_load : Op::i32_load8_u);
                                        code.call(word ? functions.store64 : functions.store8);
                                      }));
  functions.copy_out = module.function(kThree, copy_code([&](Body& code, bool word) {
                                         code.get(1).get(0);
                                         code.call(word ? functions.load64 : functions.load8);
                                         code.store(word ? Op::i64_store : Op::i32_store8);
                                       }));
  functions.room = module.function(kRoom, room_code(functions.reserve, functions.scratch));
  module.name(functions.touch, "heapbump.touch");
  module.name(functions.touch_array, "heapbump.touch_array");
  module.name(functions.copy_in, "heapbump.copy_in");
  module.name(functions.copy_out, "heapbump.copy_out");
  module.name(functions.room, "heapbump.room");
}

}  // namespace heapbump
