// The calls whose memory is passed in parts: (pointer, length) pairs, and buffers that may be filled piece by
// piece.
#include "component/bridge_writer.h"

namespace heapbump {
namespace {

constexpr std::uint32_t kPairSize = 8;  // an iovec or ciovec: pointer, length
// One call gathers no more than this, so that its result cannot wrap around.
constexpr std::uint32_t kMostGathered = 1u << 30;

}  // namespace

using emit::Op;
using emit::Type;

// The call with `count` pairs (0 or 1) at functions_.scratch.pair. `done`: bytes of earlier parts, which an
// offset moves on by.
void CallWriter::call_part(std::size_t pair, std::uint32_t count, std::uint32_t done) {
  for (std::size_t i = 0; i < call_.parameters.size(); ++i) {
    if (i == pair) {
      constant(functions_.scratch.pair);
      code_.get(count);
    } else if (call_.parameters[i].passing == offset) {
      code_.get(first_[i]).get(done).op(Op::i64_extend_i32_u).op(Op::i64_add);
    } else {
      pass_fixed(i);
    }
  }
  code_.call(target_);
}

// The adapter looks at the first buffer that is not empty and no further; so each is written by calls of its
// own, in parts, for as long as all of a part is taken. An error after something was written is reported by
// the next call. Where there is nothing to write, the adapter is given one empty buffer: without any it does
// not look at the descriptor.
void CallWriter::write_gathered() {
  const std::size_t pair = position(gathered);
  const std::uint32_t pairs = first_[pair], count = first_[pair] + 1;
  const std::uint32_t done = code_.local(Type::i32), address = code_.local(Type::i32),
                      length = code_.local(Type::i32), part = code_.local(Type::i32),
                      taken = code_.local(Type::i32), error = code_.local(Type::i32),
                      calls = code_.local(Type::i32);
  touch_array(pairs, count, kPairSize);
  prepare_results();
  code_.block([&] {   // 2 from inside both loops
    code_.loop([&] {  // over the pairs
      code_.get(count).op(Op::i32_eqz).br_if(1);
      code_.get(pairs).load(Op::i32_load).set(address);
      code_.get(pairs).load(Op::i32_load, 4).set(length);
      touch(address, length);
      code_.block([&] {
        code_.loop([&] {  // over the parts of one buffer
          code_.get(length).op(Op::i32_eqz).br_if(1);
          code_.get(done).i32(kMostGathered).op(Op::i32_ge_u).br_if(3);
          constant(kScratchPart).set(part);
          lower(part, length);
          code_.get(address).i32(functions_.scratch.room).get(part).call(functions_.copy_in);
          store_pair(part);
          constant(1).set(calls);
          call_part(pair, calls, done);
          code_.set(error);
          code_.get(error).if_([&] {
            code_.get(done).br_if(4);
            code_.get(error).op(Op::return_);
          });
          load_word(result()).set(taken);
          lower(taken, part);
          add(done, taken);
          code_.get(taken).get(part).op(Op::i32_lt_u).br_if(3);
          add(address, part);
          code_.get(length).get(part).op(Op::i32_sub).set(length);
          code_.br(0);
        });
      });
      code_.get(pairs).i32(kPairSize).op(Op::i32_add).set(pairs);
      code_.get(count).i32(1).op(Op::i32_sub).set(count);
      code_.br(0);
    });
  });
  code_.get(calls).op(Op::i32_eqz).if_([&] {  // nothing but empty buffers
    store_pair(part);
    constant(1).set(calls);
    call_part(pair, calls, done);
    code_.set(error);
    return_if_not_zero(error);
    load_word(result()).set(done);
  });
  code_.get(first_[position(out)]).get(done).store(Op::i32_store);
  constant(0);
}

// One call for the first buffer that is not empty, as the adapter does: going on to the next could wait for
// bytes where the caller would rather have those that are there.
void CallWriter::write_scattered() {
  const std::size_t pair = position(scattered);
  const std::uint32_t pairs = first_[pair], count = first_[pair] + 1;
  const std::uint32_t address = code_.local(Type::i32), length = code_.local(Type::i32),
                      error = code_.local(Type::i32), used = code_.local(Type::i32);
  touch_array(pairs, count, kPairSize);
  prepare_results();
  code_.block([&] {
    code_.loop([&] {
      code_.get(count).op(Op::i32_eqz).br_if(1);
      code_.get(pairs).load(Op::i32_load).set(address);
      code_.get(pairs).load(Op::i32_load, 4).set(length);
      code_.get(length).br_if(1);
      code_.get(pairs).i32(kPairSize).op(Op::i32_add).set(pairs);
      code_.get(count).i32(1).op(Op::i32_sub).set(count);
      code_.br(0);
    });
  });
  touch(address, length);
  constant(1).set(count);  // also where all are empty: without a pair the adapter ignores the descriptor
  // Where the memory cannot grow, fewer bytes are read, which every reader must expect.
  constant(functions_.scratch.room).get(length).call(functions_.room).op(Op::i32_eqz);
  code_.if_([&] { constant(kScratchPart).set(length); });
  store_pair(length);
  call_part(pair, count, used);
  code_.set(error);
  return_if_not_zero(error);
  load_word(result()).set(used);
  lower(used, length);
  constant(functions_.scratch.room).get(address).get(used).call(functions_.copy_out);
  return_results();
  code_.get(error);
}

// A part at a time; at least one call, also for no bytes.
void CallWriter::write_filled() {
  const std::size_t pair = position(filled);
  const std::uint32_t address = first_[pair], length = first_[pair] + 1;
  const std::uint32_t part = code_.local(Type::i32), error = code_.local(Type::i32);
  touch(address, length);
  code_.loop([&] {
    constant(kScratchPart).set(part);
    lower(part, length);
    for (std::size_t i = 0; i < call_.parameters.size(); ++i) {
      if (i == pair) {
        constant(functions_.scratch.room).get(part);
      } else {
        pass_fixed(i);
      }
    }
    code_.call(target_).set(error);
    return_if_not_zero(error);
    constant(functions_.scratch.room).get(address).get(part).call(functions_.copy_out);
    add(address, part);
    code_.get(length).get(part).op(Op::i32_sub).set(length);
    code_.get(length).br_if(0);
  });
  code_.get(error);
}

}  // namespace heapbump
