#include "component/bridge_call.h"

#include <algorithm>

namespace heapbump {
namespace {

using emit::Body;
using emit::Op;
using emit::Type;
using enum Passing;

constexpr std::uint32_t kNoMemory = 48;  // errno nomem
constexpr std::uint32_t kPairSize = 8;   // an iovec or ciovec: pointer, length
constexpr std::uint32_t kWhenceValues = 3;
// One call gathers no more than this, so that its result cannot wrap around.
constexpr std::uint32_t kMostGathered = 1u << 30;
// Subscriptions and events (preview1 and preview0 witx, "subscription" and "event").
constexpr std::uint32_t kSubscription = 48, kOldSubscription = 56, kEvent = 32;
constexpr std::uint32_t kOldFilestat = 56;

/// Writes one body. Locals hold the call's core parameters, in order; `first_[i]` is the one where parameter
/// i begins.
class CallWriter {
 public:
  CallWriter(const BridgeCall& call, const BridgeFunctions& functions)
      : call_(*call.service.call),
        preview0_(call.preview0),
        functions_(functions),
        target_(functions.services.at(stand_in::name_of(call.service))),
        code_(static_cast<std::uint32_t>(call_.signature().parameters.size())) {
    if (!call_.sizes_from.empty())
      sizes_ = functions.services.at(call.service.module + "." + call_.sizes_from);
    std::uint32_t local = 0;
    for (const Parameter& parameter : call_.parameters) {
      first_.push_back(local);
      const HostCall one{{}, {parameter}, false, {}};
      local += static_cast<std::uint32_t>(one.signature().parameters.size());
    }
  }

  Body write() {
    if (has(gathered)) {
      write_gathered();
    } else if (has(scattered)) {
      write_scattered();
    } else if (has(filled)) {
      write_filled();
    } else if (has(strings)) {
      write_strings();
    } else if (has(subscriptions)) {
      write_subscriptions();
    } else {
      write_plain();
    }
    return std::move(code_);
  }

 private:
  [[nodiscard]] bool has(Passing passing) const {
    return std::ranges::any_of(call_.parameters, [&](const Parameter& p) { return p.passing == passing; });
  }
  [[nodiscard]] std::size_t position(Passing passing) const {
    return static_cast<std::size_t>(std::ranges::find(call_.parameters, passing, &Parameter::passing) -
                                    call_.parameters.begin());
  }
  /// Where in the stand-in's memory the i-th parameter's result goes.
  [[nodiscard]] static std::uint32_t result_at(std::size_t i) {
    return kScratchOut + 64 * static_cast<std::uint32_t>(i);
  }
  [[nodiscard]] std::uint32_t result() const { return result_at(position(out)); }

  Body& constant(std::uint32_t value) { return code_.i32(value); }
  Body& load_word(std::uint32_t at) { return code_.i32(at).call(functions_.load64).op(Op::i32_wrap_i64); }
  void assign(std::uint32_t to, std::uint32_t from) { code_.get(from).set(to); }
  void add(std::uint32_t to, std::uint32_t by) { code_.get(to).get(by).op(Op::i32_add).set(to); }
  void lower(std::uint32_t value, std::uint32_t bound) {
    code_.get(value).get(bound).op(Op::i32_gt_u).if_([&] { assign(value, bound); });
  }
  void return_if_not_zero(std::uint32_t local) {
    code_.get(local).if_([&] { code_.get(local).op(Op::return_); });
  }
  /// local = room(at, length); returns from the function where there is none.
  void make_room(std::uint32_t next, std::uint32_t at, std::uint32_t length) {
    code_.get(at).get(length).call(functions_.room).set(next);
    code_.get(next).op(Op::i32_eqz).if_([&] { constant(kNoMemory).op(Op::return_); });
  }
  void touch(std::uint32_t address, std::uint32_t length) {
    code_.get(address).get(length).call(functions_.touch);
  }
  void touch_array(std::uint32_t address, std::uint32_t count, std::uint32_t size) {
    code_.get(address).get(count);
    constant(size).call(functions_.touch_array);
  }

  // What the call gets for a parameter that is no pointer, or whose result has a fixed size.
  void pass_fixed(std::size_t i) {
    switch (call_.parameters[i].passing) {
      case whence:
        pass_whence(first_[i]);
        return;
      case out:
      case filestat:
        constant(result_at(i));
        return;
      default:
        code_.get(first_[i]);
    }
  }
  // preview0: current 0, end 1, set 2. preview1: set 0, current 1, end 2.
  void pass_whence(std::uint32_t local) {
    if (preview0_) {
      code_.get(local).i32(kWhenceValues).op(Op::i32_lt_u);
      code_.if_(
          [&] { code_.get(local).i32(1).op(Op::i32_add).i32(kWhenceValues).op(Op::i32_rem_u).set(local); });
    }
    code_.get(local);
  }

  [[nodiscard]] bool is_old(const Parameter& parameter) const {
    return parameter.passing == filestat && preview0_;
  }
  // Results of a fixed size begin as what stands there, so that padding stays what it is.
  void prepare_results() {
    for (std::size_t i = 0; i < call_.parameters.size(); ++i) {
      const Parameter& parameter = call_.parameters[i];
      if (parameter.passing != out && parameter.passing != filestat) continue;
      code_.get(first_[i]);
      if (is_old(parameter)) {
        constant(kOldFilestat).call(functions_.touch);
        continue;
      }
      constant(parameter.size).call(functions_.touch);
      code_.get(first_[i]);
      constant(result_at(i));
      constant(parameter.size).call(functions_.copy_in);
    }
  }
  void return_results() {
    for (std::size_t i = 0; i < call_.parameters.size(); ++i) {
      const Parameter& parameter = call_.parameters[i];
      if (is_old(parameter)) {
        return_old_filestat(first_[i], result_at(i));
      } else if (parameter.passing == out || parameter.passing == filestat) {
        copy_result(result_at(i), first_[i], 0, parameter.size);
      }
    }
  }
  void copy_result(std::uint32_t at, std::uint32_t address, std::uint32_t plus, std::uint32_t size) {
    constant(at);
    code_.get(address).i32(plus).op(Op::i32_add).i32(size).call(functions_.copy_out);
  }
  // preview0 has nlink as a u32 at 20, where preview1 has a u64 at 24, and all that follows 8 bytes lower.
  void return_old_filestat(std::uint32_t address, std::uint32_t at) {
    constexpr std::uint32_t kFiletype = 16, kOldLinks = 20, kLinks = 24, kOldSize = 24, kSize = 32;
    copy_result(at, address, 0, kFiletype + 1);
    code_.get(address);
    load_word(at + kLinks).store(Op::i32_store, kOldLinks);
    copy_result(at + kSize, address, kOldSize, kOldFilestat - kOldSize);
  }

  void write_plain();
  void write_gathered();
  void write_scattered();
  void write_filled();
  void write_strings();
  void write_subscriptions();
  void copy_old_subscriptions(std::uint32_t from, std::uint32_t at, std::uint32_t count);
  void call_part(std::size_t pair, std::uint32_t count, std::uint32_t done);

  const HostCall& call_;
  bool preview0_;
  const BridgeFunctions& functions_;
  std::uint32_t target_;
  std::uint32_t sizes_ = 0;
  Body code_;
  std::vector<std::uint32_t> first_;
};

// Every parameter is copied at once, then the call is made.
void CallWriter::write_plain() {
  std::vector<std::uint32_t> places(call_.parameters.size());
  const auto in_memory = [&](std::size_t i) {
    const Passing passing = call_.parameters[i].passing;
    return passing == text || passing == in_out || passing == buffer;
  };
  const bool copies =
      std::ranges::any_of(call_.parameters, [](const Parameter& p) { return p.passing > whence; });
  if (copies) prepare_results();
  const std::uint32_t next = copies ? code_.local(Type::i32) : 0;
  if (copies) constant(kScratchRoom).set(next);
  for (std::size_t i = 0; i < call_.parameters.size(); ++i) {
    if (!in_memory(i)) continue;
    const std::uint32_t address = first_[i], length = first_[i] + 1;
    places[i] = code_.local(Type::i32);
    touch(address, length);
    assign(places[i], next);
    make_room(next, places[i], length);
    if (call_.parameters[i].passing != buffer)
      code_.get(address).get(places[i]).get(length).call(functions_.copy_in);
  }
  for (std::size_t i = 0; i < call_.parameters.size(); ++i) {
    if (in_memory(i)) {
      code_.get(places[i]).get(first_[i] + 1);
    } else {
      pass_fixed(i);
    }
  }
  code_.call(target_);
  if (!call_.gives_errno) return;
  if (!copies) return;
  const std::uint32_t error = code_.local(Type::i32);
  code_.set(error);
  return_if_not_zero(error);
  for (std::size_t i = 0; i < call_.parameters.size(); ++i) {
    if (!in_memory(i) || call_.parameters[i].passing == text) continue;
    const std::uint32_t length = first_[i] + 1;
    if (call_.parameters[i].passing == buffer) {
      const std::uint32_t used = code_.local(Type::i32);
      load_word(result()).set(used);
      code_.get(used).get(length).op(Op::i32_lt_u).if_([&] { assign(length, used); });
    }
    code_.get(places[i]).get(first_[i]).get(length).call(functions_.copy_out);
  }
  return_results();
  code_.get(error);
}

// The call with `count` pairs (0 or 1) at kScratch. `done`: bytes of earlier parts, which an offset moves on
// by.
void CallWriter::call_part(std::size_t pair, std::uint32_t count, std::uint32_t done) {
  for (std::size_t i = 0; i < call_.parameters.size(); ++i) {
    if (i == pair) {
      constant(kScratch);
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
// own, in parts, for as long as all of a part is taken. An error after something was written is told by the
// next call.
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
          code_.get(address).i32(kScratchRoom).get(part).call(functions_.copy_in);
          constant(kScratch)
              .get(part)
              .op(Op::i64_extend_i32_u)
              .i64(32)
              .op(Op::i64_shl)
              .i64(kScratchRoom)
              .op(Op::i64_or);
          code_.call(functions_.store64);
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
  code_.get(count).i32(0).op(Op::i32_ne).set(count);  // one pair, or none
  // Where the memory cannot grow, fewer bytes are read, which every reader must expect.
  constant(kScratchRoom).get(length).call(functions_.room).op(Op::i32_eqz);
  code_.if_([&] { constant(kScratchPart).set(length); });
  constant(kScratch)
      .get(length)
      .op(Op::i64_extend_i32_u)
      .i64(32)
      .op(Op::i64_shl)
      .i64(kScratchRoom)
      .op(Op::i64_or);
  code_.call(functions_.store64);
  call_part(pair, count, used);
  code_.set(error);
  return_if_not_zero(error);
  load_word(result()).set(used);
  lower(used, length);
  constant(kScratchRoom).get(address).get(used).call(functions_.copy_out);
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
        constant(kScratchRoom).get(part);
      } else {
        pass_fixed(i);
      }
    }
    code_.call(target_).set(error);
    return_if_not_zero(error);
    constant(kScratchRoom).get(address).get(part).call(functions_.copy_out);
    add(address, part);
    code_.get(length).get(part).op(Op::i32_sub).set(length);
    code_.get(length).br_if(0);
  });
  code_.get(error);
}

// Pointers come back into the stand-in's copy of the strings, and are moved to the program's.
void CallWriter::write_strings() {
  const std::uint32_t pointers = 0, bytes = 1;
  const std::uint32_t count = code_.local(Type::i32), size = code_.local(Type::i32),
                      error = code_.local(Type::i32), pointers_size = code_.local(Type::i32),
                      at_pointers = code_.local(Type::i32), at_bytes = code_.local(Type::i32),
                      end = code_.local(Type::i32);
  constexpr std::uint32_t kPointer = 4;
  constant(result_at(0)).i32(result_at(1)).call(sizes_).set(error);
  return_if_not_zero(error);
  load_word(result_at(0)).set(count);
  load_word(result_at(1)).set(size);
  touch_array(pointers, count, kPointer);
  touch(bytes, size);
  code_.get(count).i32(kPointer).op(Op::i32_mul).set(pointers_size);
  constant(kScratchRoom).set(at_pointers);
  make_room(at_bytes, at_pointers, pointers_size);
  make_room(end, at_bytes, size);
  code_.get(at_pointers).get(at_bytes).call(target_).set(error);
  return_if_not_zero(error);
  code_.get(at_bytes).get(bytes).get(size).call(functions_.copy_out);
  code_.block([&] {
    code_.loop([&] {
      code_.get(count).op(Op::i32_eqz).br_if(1);
      code_.get(pointers);
      code_.get(at_pointers).call(functions_.load64).op(Op::i32_wrap_i64);
      code_.get(at_bytes).op(Op::i32_sub).get(bytes).op(Op::i32_add).store(Op::i32_store);
      code_.get(pointers).i32(kPointer).op(Op::i32_add).set(pointers);
      code_.get(at_pointers).i32(kPointer).op(Op::i32_add).set(at_pointers);
      code_.get(count).i32(1).op(Op::i32_sub).set(count);
      code_.br(0);
    });
  });
  code_.get(error);
}

// preview0's clock has an identifier before the fields of preview1's; a subscription to a file descriptor is
// the same in both.
void CallWriter::copy_old_subscriptions(std::uint32_t from, std::uint32_t at, std::uint32_t count) {
  constexpr std::uint32_t kTag = 8, kClock = 0, kUnion = 16, kOldClock = 24;
  const std::uint32_t left = code_.local(Type::i32), skipped = code_.local(Type::i32);
  assign(left, count);
  code_.block([&] {
    code_.loop([&] {
      code_.get(left).op(Op::i32_eqz).br_if(1);
      code_.get(from).get(at).i32(kUnion).call(functions_.copy_in);
      code_.get(from).load(Op::i32_load8_u, kTag);
      if constexpr (kClock == 0) code_.op(Op::i32_eqz);
      code_.i32(kOldClock - kUnion).op(Op::i32_mul).set(skipped);
      code_.get(from).i32(kUnion).op(Op::i32_add).get(skipped).op(Op::i32_add);
      code_.get(at).i32(kUnion).op(Op::i32_add).i32(kSubscription - kUnion).call(functions_.copy_in);
      code_.get(from).i32(kOldSubscription).op(Op::i32_add).set(from);
      code_.get(at).i32(kSubscription).op(Op::i32_add).set(at);
      code_.get(left).i32(1).op(Op::i32_sub).set(left);
      code_.br(0);
    });
  });
}

void CallWriter::write_subscriptions() {
  const std::uint32_t subscriptions_at = 0, events = 1, count = 2, told = first_[position(out)];
  const std::uint32_t from = code_.local(Type::i32), to = code_.local(Type::i32),
                      end = code_.local(Type::i32), size = code_.local(Type::i32),
                      error = code_.local(Type::i32), walk = code_.local(Type::i32);
  touch_array(subscriptions_at, count, preview0_ ? kOldSubscription : kSubscription);
  touch_array(events, count, kEvent);
  prepare_results();
  constant(kScratchRoom).set(from);
  code_.get(count).i32(kSubscription).op(Op::i32_mul).set(size);
  make_room(to, from, size);
  if (preview0_) {
    assign(walk, from);
    copy_old_subscriptions(subscriptions_at, walk, count);
  } else {
    code_.get(subscriptions_at).get(from).get(size).call(functions_.copy_in);
  }
  code_.get(count).i32(kEvent).op(Op::i32_mul).set(size);
  make_room(end, to, size);
  code_.get(events).get(to).get(size).call(functions_.copy_in);
  code_.get(from).get(to).get(count);
  constant(result()).call(target_).set(error);
  return_if_not_zero(error);
  load_word(result()).set(walk);
  lower(walk, count);
  code_.get(to).get(events).get(walk).i32(kEvent).op(Op::i32_mul).call(functions_.copy_out);
  copy_result(result(), told, 0, 4);
  code_.get(error);
}

}  // namespace

emit::Body bridge_code(const BridgeCall& call, const BridgeFunctions& functions) {
  return CallWriter(call, functions).write();
}

}  // namespace heapbump
