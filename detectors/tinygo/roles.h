// What an occurrence of the heap base is for. An occurrence is followed through its function, into functions
// that it is passed to and back out of those that return it, and every use is judged by what stands on the
// other side: a block number, the heap's end, a pointer that walks from __global_base. One use that fits
// nothing makes the whole occurrence unexplained; nothing is decided by value alone.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "detectors/tinygo/runtime.h"
#include "wasm/data_image.h"

namespace heapbump::tinygo {

enum class Use {
  heap_start,   ///< moves with the heap
  gc_root_end,  ///< the end of what the collector scans for roots: stays
  object_end,   ///< one past a static object: stays
  unrelated,    ///< a number
  saved,        ///< put on asyncify's stack, from where it comes back into the same local
  unknown,
};

struct Verdict {
  Use use = Use::unknown;
  std::string why;
};

/// What is being followed: `sign * (base + offset)`.
struct Carrier {
  Value value;
  int sign = 1;
  std::int32_t offset = 0;
};

class Roles {
 public:
  Roles(Program& program, const Runtime& runtime, const DataImage& image, std::uint32_t base,
        std::optional<std::uint32_t> global_base)
      : program_(program), runtime_(runtime), image_(image), base_(base), global_base_(global_base) {
    for (const FunctionBody& body : program.module().bodies) steps_left_ += 16 * body.size;
  }

  /// Of the heap base, or a value a few bytes from it.
  [[nodiscard]] Verdict near(const Carrier& carrier);
  /// Of a constant farther above the heap base than any folded offset: unrelated unless it is used as an
  /// address or together with the heap's bounds.
  [[nodiscard]] Verdict far(Value constant);
  /// Of a constant just below the heap base, where objects end too: heap_start only where it is compared or
  /// subtracted as a bound of the heap.
  [[nodiscard]] Verdict below(Value constant, std::int32_t offset);
  /// Whether a constant that is as much as the heap base lies above __global_base is passed on beside
  /// __global_base.
  [[nodiscard]] bool is_root_length(Value constant);
  /// Of a word in the data image that holds the heap base.
  [[nodiscard]] Verdict word(std::uint32_t address);

 private:
  using Verdicts = std::vector<Verdict>;
  void follow(const Carrier& carrier, int depth, Verdicts& out);
  void follow_node(const Carrier& carrier, const User& user, int depth, Verdicts& out);
  void follow_sum(const Carrier& carrier, int depth, Verdicts& out);
  void follow_effect(const Carrier& carrier, const User& user, int depth, Verdicts& out);
  void follow_call(const Carrier& carrier, const Effect& call, std::uint32_t position, int depth,
                   Verdicts& out);
  void follow_return(const Carrier& carrier, int depth, Verdicts& out);
  [[nodiscard]] Verdict store(const Carrier& carrier, const Effect& store);
  [[nodiscard]] Verdict comparison(const Carrier& carrier, Value other);
  /// The value and what it becomes through phis and selects; empty when that is too much to follow.
  [[nodiscard]] std::vector<Value> spread(Value value);
  [[nodiscard]] bool is_heap_pointer(Value value);
  [[nodiscard]] bool is_block_offset(Value value);
  [[nodiscard]] bool is_block_difference(Value difference);
  [[nodiscard]] bool indexes_metadata(Value block);
  [[nodiscard]] std::optional<std::vector<std::uint32_t>> walk_starts(Value value);
  [[nodiscard]] bool is_pointer_word(std::uint32_t address);
  [[nodiscard]] bool is_global_base(Value value);
  [[nodiscard]] bool meets_bounds(Value value);
  [[nodiscard]] bool is_accessed(Value address);
  [[nodiscard]] static Verdict settle(const Verdicts& verdicts);

  Program& program_;
  const Runtime& runtime_;
  const DataImage& image_;
  const std::uint32_t base_;
  const std::optional<std::uint32_t> global_base_;
  std::set<Value> seen_;          ///< by the occurrence at hand
  std::uint64_t steps_left_ = 0;  ///< over all occurrences: 16 for each byte of code
};

}  // namespace heapbump::tinygo
