// The seam to wabt's interpreter. wabt 1.0.32's interpreter headers are not C++20, so the file behind this
// seam is built as C++17 and nothing newer may be used here. It knows how to load, link, step and stop; what
// the imports do, what is written where and what is compared is the host's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "run/calls.h"

namespace heapbump::run {

struct MemoryView {
  unsigned char* data = nullptr;
  std::size_t size = 0;
};

class WabtHost {
 public:
  WabtHost() = default;
  WabtHost(const WabtHost&) = delete;
  WabtHost& operator=(const WabtHost&) = delete;
  virtual ~WabtHost() = default;

  /// An imported function; `params` and `results` have one letter a value: i, I (64-bit), f, F, or ? for
  /// others. Gives the number under which `call` will get it, or -1 when the module cannot be run, after
  /// noting why.
  virtual int link(const std::string& module, const std::string& name, const std::string& params,
                   const std::string& results) = 0;
  /// Memory is as instantiation left it; no instruction of a function body has run yet.
  virtual void instantiated(MemoryView memory) = 0;
  /// False stops the program for good. `results` comes with as many zeros as the function has results.
  virtual bool call(int function, const std::vector<Number>& arguments, MemoryView memory,
                    std::vector<std::uint64_t>& results) = 0;
  /// A call from outside came back.
  virtual void returned(const std::string& label, const std::vector<Number>& results) = 0;
  virtual void progress(std::uint64_t instructions) = 0;
  virtual void finished(MemoryView memory) = 0;
};

enum class WabtEnd { returned, stopped, trapped, limit, unsupported, read_watched };

/// Bytes of linear memory.
struct MemoryRange {
  std::uint64_t base = 0;
  std::uint64_t size = 0;
};

struct WabtResult {
  WabtEnd end = WabtEnd::unsupported;
  std::string message;
  std::uint64_t instructions = 0;
  MemoryRange read;  ///< for read_watched: the watched bytes that an instruction was about to read
};

struct WabtJob {
  const void* module = nullptr;
  std::size_t size = 0;
  std::vector<Invocation> invoke;  ///< after _start or _initialize
  std::uint64_t instruction_limit = 0;
  MemoryRange watched;  ///< the first instruction that reads these ends the run; nothing if of no size
};

WabtResult run_wabt_interpreter(const WabtJob& job, WabtHost& host);

}  // namespace heapbump::run
