// Writes the body of one function of the bridge. Locals hold the call's core parameters, in order. One member
// function a way in which calls pass memory; they are defined in bridge_call.cc and bridge_vectors.cc.
#pragma once

#include <algorithm>
#include <vector>

#include "component/bridge.h"
#include "component/bridge_helpers.h"

namespace heapbump {

inline constexpr std::uint32_t kNoMemory = 48;  // errno nomem
inline constexpr std::uint32_t kWhenceValues = 3;
inline constexpr std::uint32_t kOldFilestat = 56;  // preview0 witx

/// Locals hold the call's core parameters, in order; `first_[i]` is the one where parameter i begins.
class CallWriter {
  using enum Passing;

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
      const HostCall one{{}, {parameter}, false, {}, {}};
      local += static_cast<std::uint32_t>(one.signature().parameters.size());
    }
  }

  emit::Body write() {
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
  [[nodiscard]] std::uint32_t result_at(std::size_t i) const {
    return functions_.scratch.out + 64 * static_cast<std::uint32_t>(i);
  }
  [[nodiscard]] std::uint32_t result() const { return result_at(position(out)); }

  emit::Body& constant(std::uint32_t value) { return code_.i32(value); }
  emit::Body& load_word(std::uint32_t at) {
    return code_.i32(at).call(functions_.load64).op(emit::Op::i32_wrap_i64);
  }
  void assign(std::uint32_t to, std::uint32_t from) { code_.get(from).set(to); }
  void add(std::uint32_t to, std::uint32_t by) { code_.get(to).get(by).op(emit::Op::i32_add).set(to); }
  void lower(std::uint32_t value, std::uint32_t bound) {
    code_.get(value).get(bound).op(emit::Op::i32_gt_u).if_([&] { assign(value, bound); });
  }
  void return_if_not_zero(std::uint32_t local) {
    code_.get(local).if_([&] { code_.get(local).op(emit::Op::return_); });
  }
  /// local = room(at, length); returns from the function where there is none.
  void make_room(std::uint32_t next, std::uint32_t at, std::uint32_t length) {
    code_.get(at).get(length).call(functions_.room).set(next);
    code_.get(next).op(emit::Op::i32_eqz).if_([&] { constant(kNoMemory).op(emit::Op::return_); });
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
      code_.get(local).i32(kWhenceValues).op(emit::Op::i32_lt_u);
      code_.if_([&] {
        code_.get(local).i32(1).op(emit::Op::i32_add).i32(kWhenceValues).op(emit::Op::i32_rem_u).set(local);
      });
    }
    code_.get(local);
  }

  [[nodiscard]] bool is_old(const Parameter& parameter) const {
    return parameter.passing == filestat && preview0_;
  }
  // Results of a fixed size begin as what is there, so that padding stays what it is.
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
  // The one pair that a vector of the stand-in's copy has: the room, and `length` bytes of it.
  void store_pair(std::uint32_t length) {
    constant(functions_.scratch.pair)
        .get(length)
        .op(emit::Op::i64_extend_i32_u)
        .i64(32)
        .op(emit::Op::i64_shl)
        .i64(functions_.scratch.room)
        .op(emit::Op::i64_or);
    code_.call(functions_.store64);
  }
  void copy_result(std::uint32_t at, std::uint32_t address, std::uint32_t plus, std::uint32_t size) {
    constant(at);
    code_.get(address).i32(plus).op(emit::Op::i32_add).i32(size).call(functions_.copy_out);
  }
  // preview0 has nlink as a u32 at 20, where preview1 has a u64 at 24, and all that follows 8 bytes lower.
  void return_old_filestat(std::uint32_t address, std::uint32_t at) {
    constexpr std::uint32_t kFiletype = 16, kOldLinks = 20, kLinks = 24, kOldSize = 24, kSize = 32;
    copy_result(at, address, 0, kFiletype + 1);
    code_.get(address);
    load_word(at + kLinks).store(emit::Op::i32_store, kOldLinks);
    copy_result(at + kSize, address, kOldSize, kOldFilestat - kOldSize);
  }

  void write_plain();
  void write_gathered();
  void write_scattered();
  void write_filled();
  void write_strings();
  void keep_inside(std::uint32_t distance, std::uint32_t bytes, std::uint32_t size);
  void write_subscriptions();
  void copy_old_subscriptions(std::uint32_t from, std::uint32_t at, std::uint32_t count);
  void call_part(std::size_t pair, std::uint32_t count, std::uint32_t done);

  const HostCall& call_;
  bool preview0_;
  const BridgeFunctions& functions_;
  std::uint32_t target_;
  std::uint32_t sizes_ = 0;
  emit::Body code_;
  std::vector<std::uint32_t> first_;
};

}  // namespace heapbump
