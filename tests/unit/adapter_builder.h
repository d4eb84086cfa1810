// Small adapters for unit tests, in the shape of wasmtime's: three named globals, a shadow stack, one request
// for State. Each switch makes one thing different, so that a test can say which difference it is about.
#pragma once

#include "module_builder.h"

namespace heapbump::test {

struct AdapterShape {
  bool names = true;
  bool allocation_state = true;
  std::int32_t stack_init = 0;
  std::string_view stack_name = "__stack_pointer";
  std::string_view realloc_name = "cabi_realloc";
  bool asks_for_state = true;
  std::int32_t state_size = 65536;
  std::int32_t state_align = 8;
  bool computed_size = false;
  bool asks_twice = false;
  unsigned call_width = 5;  // bytes of the call's operand; linkers pad it to 5
  bool grows_memory = false;
  bool data_segment = false;
  bool start_function = false;
  bool extra_global = false;
  std::uint32_t frame = 32;  // bytes of stack its fd_write takes
  bool recursive = false;
  std::string_view foreign_import = "wasi:io/streams@0.2.0";
  std::size_t padding_functions = 0;  // makes function indices large
};

inline std::vector<std::byte> build_adapter(const AdapterShape& shape = {}) {
  ModuleBuilder m;
  const auto realloc_type = m.type({kI32, kI32, kI32, kI32}, {kI32});
  const auto getter = m.type({}, {kI32});
  const auto action = m.type({kI32}, {});
  const auto realloc = m.import("__main_module__", shape.realloc_name, realloc_type);
  m.import(shape.foreign_import, "write", action);
  m.import_memory("env", "memory", 0);

  const auto stack = m.global(shape.stack_init, true);
  const auto state_pointer = m.global(0, true);
  const auto allocation = m.global(0, true);
  if (shape.extra_global) m.global(0, true);

  for (std::size_t i = 0; i < shape.padding_functions; ++i) m.function(action, 0, Body());
  // State::new: asks for its page and remembers it.
  Body make_state;
  const auto ask = [&] {
    make_state.i32_const(0).i32_const(0).i32_const(shape.state_align);
    if (shape.computed_size) {
      make_state.i32_const(shape.state_size).i32_const(1).op({0x74});
    } else {
      make_state.i32_const(shape.state_size);
    }
    make_state.call(realloc, shape.call_width);
  };
  if (shape.asks_for_state) {
    ask();
    make_state.global_set(state_pointer);
    if (shape.asks_twice) {
      ask();
      make_state.op({0x1a});
    }
    make_state.i32_const(4).global_set(allocation);
  }
  make_state.global_get(state_pointer);
  const auto state = m.function(getter, 0, make_state);

  // An export that uses the stack: make room, take State, give the room back.
  const auto with_stack = [&](std::uint32_t frame, bool recursive) {
    Body code;
    code.global_get(stack)
        .i32_const(static_cast<std::int32_t>(frame))
        .op({0x6b})
        .local_tee(1)
        .global_set(stack);
    code.call(state).op({0x1a});
    if (recursive) code.local_get(0).call(state + 1);
    if (shape.grows_memory) code.i32_const(1).op({0x40, 0x00, 0x1a});
    code.local_get(1).i32_const(static_cast<std::int32_t>(frame)).op({0x6a}).global_set(stack);
    return code;
  };
  const auto fd_write = m.function(action, 1, with_stack(shape.frame, shape.recursive));
  const auto plain = m.function(action, 1, with_stack(16, false));
  m.exported("fd_write", 0, fd_write);
  for (const std::string_view name : {"cabi_import_realloc", "clock_time_get", "proc_exit", "random_get"})
    m.exported(name, 0, plain);
  if (shape.data_segment) m.data(0, "x");
  if (shape.start_function) m.start(m.function(m.type({}, {}), 0, Body()));
  if (shape.names) {
    m.names(1, {{realloc, "cabi_realloc"}, {state, "State::new"}});
    if (shape.allocation_state) {
      m.names(7, {{stack, shape.stack_name},
                  {state_pointer, "internal_state_ptr"},
                  {allocation, "allocation_state"}});
    } else {
      m.names(
          7,
          {{stack, shape.stack_name}, {state_pointer, "internal_state_ptr"}, {allocation, "stderr_stream"}});
    }
  }
  return m.build();
}

}  // namespace heapbump::test
