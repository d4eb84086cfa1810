// The only file that knows wabt's interpreter. Its public call path runs to completion on a stack of about a
// thousand frames with no budget, which is too little for real programs and too much for hostile ones; so the
// stacks are enlarged and the thread is driven in steps through members that are not public, reached by
// explicit instantiation (the one place where the language does not apply access control, [temp.spec]). The
// signatures are those of wabt 1.0.32 to 1.0.36; a version that differs does not compile, rather than
// misbehave.
#include "run/wabt_engine.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "wabt/binary-reader.h"
#include "wabt/cast.h"
#include "wabt/error.h"
#include "wabt/interp/binary-reader-interp.h"
#include "wabt/interp/interp.h"

namespace heapbump::run {
namespace {

namespace wi = wabt::interp;

template <typename Tag, typename Tag::Type Member>
struct Expose {
  friend constexpr typename Tag::Type member(Tag) { return Member; }
};
#define HEAPBUMP_EXPOSE(tag, type, name) \
  struct tag {                           \
    using Type = type;                   \
    friend constexpr Type member(tag);   \
  };                                     \
  template struct Expose<tag, &wi::Thread::name>
using PushCallType = wi::RunResult (wi::Thread::*)(const wi::DefinedFunc&, wi::Trap::Ptr*);
using FramesType = std::vector<wi::Frame> wi::Thread::*;
using ValuesType = std::vector<wi::Value> wi::Thread::*;
HEAPBUMP_EXPOSE(PushCall, PushCallType, PushCall);
HEAPBUMP_EXPOSE(Frames, FramesType, frames_);
HEAPBUMP_EXPOSE(Values, ValuesType, values_);
#undef HEAPBUMP_EXPOSE

constexpr std::size_t kFrames = 200'000;    // deeper than a browser's default stack
constexpr std::size_t kValues = 4'000'000;  // 64 MiB of address space, touched only as far as it is used
constexpr int kStep = 4096;                 // instructions between two looks at the budget
constexpr std::uint64_t kProgressEvery = 50'000'000;

char letter(wabt::Type type) {
  if (type == wabt::Type::I32) return 'i';
  if (type == wabt::Type::I64) return 'I';
  if (type == wabt::Type::F32) return 'f';
  if (type == wabt::Type::F64) return 'F';
  return '?';
}

std::string letters(const wi::ValueTypes& types) {
  std::string text;
  for (const wabt::Type type : types) text += letter(type);
  return text;
}

template <typename Bits, typename Float>
Bits bits_of(Float value) {
  Bits bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

Number number(char type, const wi::Value& value) {
  switch (type) {
    case 'i':
      return {type, value.Get<std::uint32_t>()};
    case 'I':
      return {type, value.Get<std::uint64_t>()};
    case 'f':
      return {type, bits_of<std::uint32_t>(value.Get<float>())};
    case 'F':
      return {type, bits_of<std::uint64_t>(value.Get<double>())};
    default:  // a reference or a vector: no host function looks at it
      return {type, 0};
  }
}

wi::Value value_of(char type, std::uint64_t bits) {
  if (type == 'I') return wi::Value::Make(bits);
  if (type == 'F') return wi::Value::Make(bits_of<double>(bits));
  const auto low = static_cast<std::uint32_t>(bits);
  return type == 'f' ? wi::Value::Make(bits_of<float>(low)) : wi::Value::Make(low);
}

wabt::Features features() {
  wabt::Features all;
  all.EnableAll();
  return all;
}

/// Finds the instructions that read linear memory, so that a run can stop before one that reads watched
/// bytes. The interpreter has no hook for that: it is driven from one such instruction to the next, with what
/// lies between them on a straight line executed in one go. That takes up to twice as long as without.
class ReadWatch {
 public:
  ReadWatch(const wi::Istream& code, MemoryRange watched) : code_(code), watched_(watched) {
    if (watched.size == 0) return;
    std::vector<std::uint32_t> starts;
    for (wi::Istream::Offset at = 0; at < code.end(); code.Read(&at)) starts.push_back(at);
    ahead_.resize(code.end());
    std::uint8_t next = 0;
    for (std::size_t i = starts.size(); i-- != 0; ahead_[starts[i]] = next) {
      wi::Istream::Offset at = starts[i];
      const wi::Instr instruction = code.Read(&at);
      if (reads(instruction)) {
        next = 0;
      } else if (is_straight(instruction)) {
        next = static_cast<std::uint8_t>(std::min<unsigned>(next + 1U, UINT8_MAX));
      } else {
        next = 1;
      }
    }
  }

  bool on() const { return !ahead_.empty(); }
  /// Instructions from `at` on that read nothing, one after the other; 0 where the first one reads.
  int ahead(wi::Istream::Offset at) const { return ahead_[at]; }

  /// The watched bytes that the instruction at `at` would read; of no size if none.
  MemoryRange met(wi::Istream::Offset at, const std::vector<wi::Value>& values, bool wide) const {
    const wi::Instr instruction = code_.Read(&at);
    const bool copies = instruction.op == wabt::Opcode::MemoryCopy;
    const auto operand = [&](std::size_t from_top) -> std::uint64_t {
      const wi::Value& value = values[values.size() - from_top];
      return wide ? value.Get<std::uint64_t>() : value.Get<std::uint32_t>();
    };
    if (values.size() < operands(instruction)) return {};
    const std::uint64_t first =
        copies ? operand(2) : operand(operands(instruction)) + instruction.imm_u32x2.snd;
    const std::uint64_t size = copies ? operand(1) : instruction.op.GetMemorySize();
    const std::uint64_t begin = std::max(first, watched_.base);
    const std::uint64_t end = std::min(first + size, watched_.base + watched_.size);
    return begin < end && first + size >= first ? MemoryRange{begin, end - begin} : MemoryRange{};
  }

 private:
  static std::size_t operands(const wi::Instr& instruction) {
    switch (instruction.kind) {
      case wi::InstrKind::Imm_Index_Offset_Op_1:
        return 1;
      case wi::InstrKind::Imm_Index_Offset_Op_2:
      case wi::InstrKind::Imm_Index_Offset_Lane_Op_2:
        return 2;
      default:
        return 3;  // cmpxchg, memory.copy
    }
  }
  static bool reads(const wi::Instr& instruction) {
    if (instruction.op == wabt::Opcode::MemoryCopy) return true;
    const bool accesses = instruction.kind == wi::InstrKind::Imm_Index_Offset_Op_1 ||
                          instruction.kind == wi::InstrKind::Imm_Index_Offset_Op_2 ||
                          instruction.kind == wi::InstrKind::Imm_Index_Offset_Op_3 ||
                          instruction.kind == wi::InstrKind::Imm_Index_Offset_Lane_Op_2;
    return accesses && instruction.op.GetResultType() != wabt::Type::Void;  // a store has no result
  }
  /// Execution goes on with the instruction behind it, or ends in a trap. What is not known may branch.
  static bool is_straight(const wi::Instr& instruction) {
    switch (instruction.kind) {
      case wi::InstrKind::Imm_0_Op_1:
      case wi::InstrKind::Imm_0_Op_2:
      case wi::InstrKind::Imm_I32_Op_0:
      case wi::InstrKind::Imm_I64_Op_0:
      case wi::InstrKind::Imm_F32_Op_0:
      case wi::InstrKind::Imm_F64_Op_0:
      case wi::InstrKind::Imm_Index_Offset_Op_2:
        return true;
      default:
        return instruction.op == wabt::Opcode::LocalGet || instruction.op == wabt::Opcode::LocalSet ||
               instruction.op == wabt::Opcode::LocalTee || instruction.op == wabt::Opcode::GlobalGet ||
               instruction.op == wabt::Opcode::GlobalSet || instruction.op == wabt::Opcode::Select ||
               instruction.op == wabt::Opcode::InterpDropKeep;
    }
  }

  const wi::Istream& code_;
  MemoryRange watched_;
  std::vector<std::uint8_t> ahead_;  ///< by offset in the code
};

class Runner {
 public:
  Runner(const WabtJob& job, WabtHost& host) : job_(job), host_(host), store_(features()) {}

  WabtResult run() {
    if (load() && link() && instantiate()) {
      run_functions();
      host_.finished(view());
    }
    return std::move(result_);
  }

 private:
  bool end(WabtEnd how, std::string text) {
    result_.end = how;
    result_.message = std::move(text);
    return false;
  }
  static std::string message(const wi::Trap::Ptr& trap) { return trap ? trap->message() : "no reason given"; }

  bool load() {
    // wabt keeps a memory back to front there (interp.cc, WABT_BIG_ENDIAN), so the host would read other
    // bytes.
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
      return end(WabtEnd::unsupported,
                 "the interpreter serves little-endian machines alone; use --engine node");
    wabt::ReadBinaryOptions options;
    options.features = store_.features();
    options.fail_on_custom_section_error = false;
    wabt::Errors errors;
    wi::ModuleDesc desc;
    if (wabt::Failed(wi::ReadBinaryInterp("module", job_.module, job_.size, options, &errors, &desc))) {
      return end(WabtEnd::unsupported,
                 "the interpreter cannot read the module: " +
                     (errors.empty() ? std::string("no reason given") : errors.front().message));
    }
    // The start function is taken out and called later, when the host has seen the memory.
    if (!desc.starts.empty()) {
      has_start_ = true;
      start_ = desc.starts.front().func_index;
    }
    desc.starts.clear();
    module_ = wi::Module::New(store_, std::move(desc));
    return true;
  }

  bool link() {
    for (const wi::ImportDesc& import : module_->desc().imports) {
      const std::string& from = import.type.module;
      const std::string& name = import.type.name;
      if (import.type.type->kind != wi::ExternKind::Func)
        return end(WabtEnd::unsupported, "imports " + from + "." + name + ", which is not a function");
      const auto& type = *wabt::cast<wi::FuncType>(import.type.type.get());
      const std::string params = letters(type.params);
      const std::string types = letters(type.results);
      const int function = host_.link(from, name, params, types);
      if (function < 0) return end(WabtEnd::stopped, "");
      auto callback = [this, function, params, types](wi::Thread&, const wi::Values& values,
                                                      wi::Values& results, wi::Trap::Ptr* trap) {
        std::vector<Number> arguments;
        for (std::size_t i = 0; i < values.size(); ++i) arguments.push_back(number(params[i], values[i]));
        std::vector<std::uint64_t> answer(types.size());
        if (!host_.call(function, arguments, view(), answer)) {
          stopped_ = true;
          *trap = wi::Trap::New(store_, "stopped by the host");
          return wabt::Result::Error;
        }
        results.clear();
        for (std::size_t i = 0; i < types.size(); ++i) results.push_back(value_of(types[i], answer[i]));
        return wabt::Result::Ok;
      };
      imports_.push_back(wi::HostFunc::New(store_, type, callback).ref());
    }
    return true;
  }

  bool instantiate() {
    wi::Trap::Ptr trap;
    instance_ = wi::Instance::Instantiate(store_, module_.ref(), imports_, &trap);
    if (!instance_) return end(WabtEnd::trapped, "at instantiation: " + message(trap));
    if (!instance_->memories().empty()) memory_ = store_.UnsafeGet<wi::Memory>(instance_->memories().front());
    host_.instantiated(view());
    return true;
  }

  MemoryView view() {
    if (!memory_) return {};
    return {memory_->UnsafeData(), static_cast<std::size_t>(memory_->ByteSize())};
  }

  bool exported_function(const std::string& name, wabt::Index& index) const {
    for (const wi::ExportDesc& desc : module_->desc().exports) {
      if (desc.type.name != name || desc.type.type->kind != wi::ExternKind::Func) continue;
      index = desc.index;
      return true;
    }
    return false;
  }

  bool run_functions() {
    if (has_start_ && !call(start_, "start function", {})) return false;
    wabt::Index index = 0;
    bool entered = has_start_;
    for (const char* name : {"_start", "_initialize"}) {
      if (!exported_function(name, index)) continue;
      if (!call(index, name, {})) return false;
      entered = true;
      break;
    }
    for (const Invocation& invocation : job_.invoke) {
      if (!exported_function(invocation.name, index))
        return end(WabtEnd::unsupported, "has no exported function " + invocation.name);
      if (!call(index, invocation.label, invocation.arguments)) return false;
      entered = true;
    }
    if (entered) return end(WabtEnd::returned, "");
    return end(WabtEnd::unsupported,
               "exports neither _start nor _initialize, and no export to invoke was named");
  }

  static bool takes(const wi::DefinedFunc& function, const std::vector<Number>& arguments) {
    std::string given;
    for (const Number& argument : arguments) given += argument.type;
    return letters(function.type().params) == given;
  }

  bool call(wabt::Index index, const std::string& name, const std::vector<Number>& arguments) {
    const wi::Ref ref = instance_->funcs()[index];
    if (!store_.Is<wi::DefinedFunc>(ref)) return end(WabtEnd::unsupported, name + " is an imported function");
    const wi::DefinedFunc::Ptr function{store_, ref};
    if (!takes(*function, arguments)) return end(WabtEnd::unsupported, name + " takes other parameters");
    wi::Thread thread(store_);
    auto& values = thread.*member(Values{});
    (thread.*member(Frames{})).reserve(kFrames);
    values.reserve(kValues);
    for (const Number& argument : arguments) values.push_back(value_of(argument.type, argument.bits));
    wi::Trap::Ptr trap;
    const ReadWatch watch(module_->desc().istream, job_.watched);
    wi::RunResult result = (thread.*member(PushCall{}))(*function, &trap);
    while (result == wi::RunResult::Ok) {
      if (result_.instructions >= job_.instruction_limit)
        return end(WabtEnd::limit, "the instruction budget is used up");
      result = watch.on() ? step(thread, watch, &trap) : thread.Run(kStep, &trap);
      result_.instructions += kStep;
      if (result_.instructions % kProgressEvery < kStep) host_.progress(result_.instructions);
    }
    if (result_.read.size != 0) return end(WabtEnd::read_watched, "");
    if (stopped_) return end(WabtEnd::stopped, "");
    if (result == wi::RunResult::Exception) return end(WabtEnd::trapped, "uncaught exception");
    if (result != wi::RunResult::Return) return end(WabtEnd::trapped, message(trap));
    const std::string types = letters(function->type().results);
    std::vector<Number> results;
    for (std::size_t i = 0; i < types.size() && types.size() <= values.size(); ++i)
      results.push_back(number(types[i], values[values.size() - types.size() + i]));
    host_.returned(name, results);
    return true;
  }

  /// As many instructions as a step has, or fewer. Stops, with the trap that makes the thread end, before one
  /// that reads watched bytes.
  wi::RunResult step(wi::Thread& thread, const ReadWatch& watch, wi::Trap::Ptr* trap) {
    const auto& frames = thread.*member(Frames{});
    const auto& values = thread.*member(Values{});
    const bool wide = memory_ && memory_->type().limits.is_64;
    for (int left = kStep; left > 0;) {
      const wi::Istream::Offset at = frames.back().offset;
      int count = watch.ahead(at);
      if (count == 0) {
        result_.read = watch.met(at, values, wide);
        if (result_.read.size != 0) return wi::RunResult::Trap;
        count = 1;
      }
      count = std::min(count, left);
      const wi::RunResult result = thread.Run(count, trap);
      if (result != wi::RunResult::Ok) return result;
      left -= count;
    }
    return wi::RunResult::Ok;
  }

  const WabtJob& job_;
  WabtHost& host_;
  wi::Store store_;
  wi::Module::Ptr module_;
  wi::Instance::Ptr instance_;
  wi::Memory::Ptr memory_;
  wi::RefVec imports_;
  bool has_start_ = false;
  wabt::Index start_ = 0;
  bool stopped_ = false;
  WabtResult result_;
};

}  // namespace

WabtResult run_wabt_interpreter(const WabtJob& job, WabtHost& host) {
  return Runner(job, host).run();
}

}  // namespace heapbump::run
