#include "component/bridge_described.h"

namespace heapbump {
namespace {

using emit::Body;
using emit::ModuleBuilder;
using emit::Op;
using emit::Signature;
using emit::Type;

constexpr std::uint32_t kNowhere = 0xffffffff;  // an address that leads to nothing
constexpr std::uint32_t kNullPage = 0x10000;    // bytes at address 0 of the stand-in's memory
constexpr std::uint32_t kPointerSize = 4;

const Signature kPut{{Type::i32, Type::i32}, {}}, kGet{{Type::i32}, {Type::i32}},
    kInside{{Type::i32, Type::i32, Type::i32}, {Type::i32}}, kBack{{Type::i32, Type::i32, Type::i32}, {}},
    kWalk{{Type::i32, Type::i32, Type::i32, Type::i32}, {Type::i32}};

// (at, value): a word of the stand-in's memory, a byte at a time so that nothing beside it is touched.
Body store32_code(std::uint32_t store8) {
  Body code(2);
  for (std::uint32_t i = 0; i < kPointerSize; ++i)
    code.get(0).i32(i).op(Op::i32_add).get(1).i32(8 * i).op(Op::i32_shr_u).call(store8);
  return code;
}

Body load32_code(std::uint32_t load8) {
  Body code(1);
  code.i32(0);
  for (std::uint32_t i = 0; i < kPointerSize; ++i)
    code.get(0).i32(i).op(Op::i32_add).call(load8).i32(8 * i).op(Op::i32_shl).op(Op::i32_or);
  return code;
}

// (address, count, size) -> whether so many elements from there on are inside the program's memory.
Body inside_code(unsigned page_size_log2) {
  Body code(3);
  code.get(1).op(Op::i64_extend_i32_u).get(2).op(Op::i64_extend_i32_u).op(Op::i64_mul);
  code.get(0).op(Op::i64_extend_i32_u).op(Op::i64_add);
  code.memory_size().op(Op::i64_extend_i32_u).i64(page_size_log2).op(Op::i64_shl);
  code.op(Op::i64_gt_u).op(Op::i32_eqz);
  return code;
}

/// Writes a function that goes through `count` elements in the program's memory (parameter 0) and their
/// copies (parameter 1) and, for each, through the pointers in it. Parameter 3 is where what follows is
/// copied to; it is the result as well. On the way in it copies what the pointers lead to; on the way back it
/// goes the same way again and copies what the call may have written.
class Walker {
 public:
  /// `written`: the call may write the elements themselves.
  Walker(ModuleBuilder& module, const BridgeFunctions& functions, const MemoryShape& shape, bool back,
         bool written)
      : module_(module), functions_(functions), shape_(shape), back_(back), written_(written), code_(4) {}

  /// The function's index.
  std::uint32_t write();

 private:
  void write_field(const PointerField& field);
  void read_pointer(const PointerField& field);
  void find_place(const PointerField& field);
  void copy(const PointerField& field);

  static constexpr std::uint32_t kAddress = 0, kAt = 1, kCount = 2, kNext = 3;
  ModuleBuilder& module_;
  const BridgeFunctions& functions_;
  const MemoryShape& shape_;
  bool back_, written_;
  Body code_;
  std::uint32_t pointer_ = code_.local(Type::i32), count_ = code_.local(Type::i32),
                bytes_ = code_.local(Type::i32), place_ = code_.local(Type::i32),
                after_ = code_.local(Type::i32);
};

/// (at, address, count): copies elements back, all but the pointers in them.
std::uint32_t add_copy_back(ModuleBuilder& module, const BridgeFunctions& functions,
                            const MemoryShape& shape) {
  Body code(3);
  const auto piece = [&](std::uint32_t from, std::uint32_t to) {
    if (from == to) return;
    code.get(0).i32(from).op(Op::i32_add).get(1).i32(from).op(Op::i32_add).i32(to - from);
    code.call(functions.copy_out);
  };
  code.block([&] {
    code.loop([&] {
      code.get(2).op(Op::i32_eqz).br_if(1);
      std::uint32_t done = 0;
      for (const PointerField& field : shape.pointers) {
        piece(done, field.offset);
        done = field.offset + kPointerSize;
      }
      piece(done, shape.size);
      for (const std::uint32_t walked : {0u, 1u})
        code.get(walked).i32(shape.size).op(Op::i32_add).set(walked);
      code.get(2).i32(1).op(Op::i32_sub).set(2);
      code.br(0);
    });
  });
  const std::uint32_t function = module.function(kBack, code);
  module.name(function, "heapbump.elements_out");
  return function;
}

std::uint32_t Walker::write() {
  code_.block([&] {
    code_.loop([&] {
      code_.get(kCount).op(Op::i32_eqz).br_if(1);
      for (const PointerField& field : shape_.pointers) write_field(field);
      for (const std::uint32_t walked : {kAddress, kAt})
        code_.get(walked).i32(shape_.size).op(Op::i32_add).set(walked);
      code_.get(kCount).i32(1).op(Op::i32_sub).set(kCount);
      code_.br(0);
    });
  });
  code_.get(kNext);
  const std::uint32_t function = module_.function(kWalk, code_);
  module_.name(function, back_ ? "heapbump.pointers_out" : "heapbump.pointers_in");
  return function;
}

void Walker::read_pointer(const PointerField& field) {
  code_.get(kAddress).load(Op::i32_load, field.offset).set(pointer_);
  if (field.to.counted) {
    code_.get(kAddress).load(Op::i32_load, field.count_offset).set(count_);
  } else {
    code_.i32(1).set(count_);
  }
}

// A place for the copy, or kNowhere where the pointer does not lead into the memory or no room is left.
void Walker::find_place(const PointerField& field) {
  const std::uint32_t size = field.to.element.size;
  code_.i32(kNowhere).set(place_);
  code_.get(pointer_).get(count_).i32(size).call(functions_.inside);
  code_.if_([&] {
    code_.get(count_).i32(size).op(Op::i32_mul).set(bytes_);
    code_.get(pointer_).op(Op::i32_eqz).get(bytes_).i32(kNullPage).op(Op::i32_le_u).op(Op::i32_and);
    code_.if_else([&] { code_.i32(0).set(place_); },
                  [&] {
                    code_.get(kNext).get(bytes_).call(functions_.room).set(after_);
                    code_.get(after_).if_([&] {
                      code_.get(kNext).set(place_);
                      code_.get(after_).set(kNext);
                    });
                  });
  });
}

void Walker::copy(const PointerField& field) {
  const MemoryShape& shape = field.to.element;
  if (!back_) code_.get(pointer_).get(place_).get(bytes_).call(functions_.copy_in);
  if (!shape.pointers.empty()) {
    const std::uint32_t inner = Walker(module_, functions_, shape, back_, field.to.written).write();
    code_.get(pointer_).get(place_).get(count_).get(kNext).call(inner).set(kNext);
  }
  if (!back_ || !field.to.written) return;
  if (shape.pointers.empty()) {
    code_.get(place_).get(pointer_).get(bytes_).call(functions_.copy_out);
  } else {
    const std::uint32_t copy_back = add_copy_back(module_, functions_, shape);
    code_.get(place_).get(pointer_).get(count_).call(copy_back);
  }
}

void Walker::write_field(const PointerField& field) {
  read_pointer(field);
  find_place(field);
  code_.get(place_).i32(kNowhere).op(Op::i32_ne).if_([&] { copy(field); });
  if (!back_) {
    code_.get(kAt).i32(field.offset).op(Op::i32_add).get(place_).call(functions_.store32);
  } else if (written_) {
    code_.get(kAt).i32(field.offset).op(Op::i32_add).call(functions_.load32);
    code_.get(place_).op(Op::i32_ne).if_([&] { code_.op(Op::unreachable); });
  }
}

class DescribedWriter {
 public:
  DescribedWriter(ModuleBuilder& module, const BridgeCall& call, const BridgeFunctions& functions)
      : module_(module),
        call_(*call.service.call->described),
        functions_(functions),
        target_(functions.services.at(stand_in::name_of(call.service))),
        code_(static_cast<std::uint32_t>(call.service.call->signature().parameters.size())) {}

  Body write();

 private:
  /// One parameter that points to memory; all but `memory` are locals.
  struct Copy {
    const PointedMemory& memory;
    std::uint32_t address, count, bytes, at, next;
  };
  void copy_in(const Copy& copy, std::uint32_t next);
  void copy_back(const Copy& copy);

  ModuleBuilder& module_;
  const DescribedCall& call_;
  const BridgeFunctions& functions_;
  std::uint32_t target_;
  Body code_;
};

void DescribedWriter::copy_in(const Copy& copy, std::uint32_t next) {
  const MemoryShape& shape = copy.memory.element;
  if (!copy.memory.counted) code_.i32(1).set(copy.count);
  code_.get(copy.address).get(copy.count).i32(shape.size).call(functions_.touch_array);
  code_.get(copy.count).i32(shape.size).op(Op::i32_mul).set(copy.bytes);
  code_.get(copy.address).op(Op::i32_eqz).get(copy.bytes).i32(kNullPage).op(Op::i32_le_u).op(Op::i32_and);
  code_.if_else([&] { code_.i32(0).set(copy.at); },
                [&] {
                  code_.get(next).set(copy.at);
                  code_.get(copy.at).get(copy.bytes).call(functions_.room).set(next);
                  code_.get(next).op(Op::i32_eqz).if_([&] { code_.op(Op::unreachable); });
                });
  code_.get(copy.address).get(copy.at).get(copy.bytes).call(functions_.copy_in);
  if (shape.pointers.empty()) return;
  code_.get(next).set(copy.next);
  const std::uint32_t walk = Walker(module_, functions_, shape, false, copy.memory.written).write();
  code_.get(copy.address).get(copy.at).get(copy.count).get(next).call(walk).set(next);
}

void DescribedWriter::copy_back(const Copy& copy) {
  const MemoryShape& shape = copy.memory.element;
  if (!copy.memory.written) return;
  if (shape.pointers.empty()) {
    code_.get(copy.at).get(copy.address).get(copy.bytes).call(functions_.copy_out);
  } else {
    const std::uint32_t back = add_copy_back(module_, functions_, shape);
    code_.get(copy.at).get(copy.address).get(copy.count).call(back);
  }
}

Body DescribedWriter::write() {
  std::vector<Copy> copies;
  std::uint32_t local = 0;
  for (const DescribedParameter& parameter : call_.parameters) {
    const std::uint32_t first = local++;
    if (parameter.number) continue;
    const std::uint32_t count = parameter.memory.counted ? local++ : code_.local(Type::i32);
    copies.push_back({parameter.memory, first, count, code_.local(Type::i32), code_.local(Type::i32),
                      code_.local(Type::i32)});
  }
  if (!copies.empty()) {
    const std::uint32_t next = code_.local(Type::i32);
    code_.i32(functions_.scratch.room).set(next);
    for (const Copy& copy : copies) copy_in(copy, next);
  }
  auto copy = copies.begin();
  local = 0;
  for (const DescribedParameter& parameter : call_.parameters) {
    code_.get(parameter.number ? local : copy->at);
    ++local;
    if (parameter.number) continue;
    if (parameter.memory.counted) code_.get(local++);
    ++copy;
  }
  code_.call(target_);  // its result stays where it is, below what follows
  for (const Copy& item : copies) {
    if (item.memory.element.pointers.empty()) continue;
    const std::uint32_t walk =
        Walker(module_, functions_, item.memory.element, true, item.memory.written).write();
    code_.get(item.address).get(item.at).get(item.count).get(item.next).call(walk).op(Op::drop);
  }
  for (const Copy& item : copies) copy_back(item);
  return std::move(code_);
}

}  // namespace

void add_described_helpers(ModuleBuilder& module, BridgeFunctions& functions, unsigned page_size_log2) {
  functions.store32 = module.function(kPut, store32_code(functions.store8));
  functions.load32 = module.function(kGet, load32_code(functions.load8));
  functions.inside = module.function(kInside, inside_code(page_size_log2));
  module.name(functions.store32, "heapbump.store32");
  module.name(functions.load32, "heapbump.load32");
  module.name(functions.inside, "heapbump.inside");
}

Body described_code(ModuleBuilder& module, const BridgeCall& call, const BridgeFunctions& functions) {
  return DescribedWriter(module, call, functions).write();
}

}  // namespace heapbump
