#include "component/bridge_call.h"

#include "component/bridge_writer.h"

namespace heapbump {
namespace {

// Subscriptions and events (preview1 and preview0 witx, "subscription" and "event").
constexpr std::uint32_t kSubscription = 48, kOldSubscription = 56, kEvent = 32;

}  // namespace

using emit::Op;
using emit::Type;

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
  if (copies) constant(functions_.scratch.room).set(next);
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

// A string is `distance` bytes into the buffer. An empty one may have a pointer to somewhere else: jco's host
// asks for no memory for it. No byte of the buffer was used for its end, so the buffer's last one is free.
void CallWriter::keep_inside(std::uint32_t distance, std::uint32_t bytes, std::uint32_t size) {
  code_.get(distance).get(size).op(Op::i32_ge_u).if_([&] {
    constant(0).set(distance);
    code_.get(size).if_([&] {
      code_.get(size).i32(1).op(Op::i32_sub).set(distance);
      code_.get(bytes).get(distance).op(Op::i32_add).i32(0).store(Op::i32_store8);
    });
  });
}

// Pointers come back into the stand-in's copy of the strings, and are moved to the program's.
void CallWriter::write_strings() {
  const std::uint32_t pointers = 0, bytes = 1;
  const std::uint32_t count = code_.local(Type::i32), size = code_.local(Type::i32),
                      error = code_.local(Type::i32), pointers_size = code_.local(Type::i32),
                      at_pointers = code_.local(Type::i32), at_bytes = code_.local(Type::i32),
                      end = code_.local(Type::i32), distance = code_.local(Type::i32);
  constexpr std::uint32_t kPointer = 4;
  constant(result_at(0)).i32(result_at(1)).call(sizes_).set(error);
  return_if_not_zero(error);
  load_word(result_at(0)).set(count);
  load_word(result_at(1)).set(size);
  touch_array(pointers, count, kPointer);
  touch(bytes, size);
  code_.get(count).i32(kPointer).op(Op::i32_mul).set(pointers_size);
  constant(functions_.scratch.room).set(at_pointers);
  make_room(at_bytes, at_pointers, pointers_size);
  make_room(end, at_bytes, size);
  code_.get(at_pointers).get(at_bytes).call(target_).set(error);
  return_if_not_zero(error);
  code_.get(at_bytes).get(bytes).get(size).call(functions_.copy_out);
  code_.block([&] {
    code_.loop([&] {
      code_.get(count).op(Op::i32_eqz).br_if(1);
      code_.get(at_pointers).call(functions_.load64).op(Op::i32_wrap_i64);
      code_.get(at_bytes).op(Op::i32_sub).set(distance);
      keep_inside(distance, bytes, size);
      code_.get(pointers).get(distance).get(bytes).op(Op::i32_add).store(Op::i32_store);
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
  constant(functions_.scratch.room).set(from);
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
  // The adapter sets the count to 0 before anything can fail (wasi-preview1-component-adapter, poll_oneoff).
  code_.get(error).if_([&] { copy_result(result(), told, 0, 4); });
  return_if_not_zero(error);
  load_word(result()).set(walk);
  lower(walk, count);
  code_.get(to).get(events).get(walk).i32(kEvent).op(Op::i32_mul).call(functions_.copy_out);
  copy_result(result(), told, 0, 4);
  code_.get(error);
}

emit::Body bridge_code(const BridgeCall& call, const BridgeFunctions& functions) {
  return CallWriter(call, functions).write();
}

}  // namespace heapbump
