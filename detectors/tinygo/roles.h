// What an occurrence of the heap base is for. An occurrence is followed through its function, into functions
// that it is passed to and back out of those that return it, and every use is judged by the rules (rules.h).
// One use that no rule decides makes the whole occurrence unexplained; nothing is decided by value alone.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "detectors/tinygo/rules.h"
#include "detectors/tinygo/shapes.h"

namespace heapbump::tinygo {

class Roles {
 public:
  explicit Roles(Shapes& shapes) : shapes_(shapes), program_(shapes.program()) {}

  /// Of the heap base, or a value a few bytes from it.
  [[nodiscard]] Verdict near(const Carrier& carrier);
  /// Of a constant farther above the heap base than any folded offset: unrelated unless it is used as an
  /// address or together with the heap's bounds.
  [[nodiscard]] Verdict far(Value constant);
  /// Of a constant just below the heap base, where objects end too: heap_start only where it is compared or
  /// subtracted as a bound of the heap.
  [[nodiscard]] Verdict below(Value constant, std::int32_t offset);
  /// Of a word in the data image that holds the heap base.
  [[nodiscard]] Verdict word(std::uint32_t address);

 private:
  using Verdicts = std::vector<Verdict>;
  void follow(const Carrier& carrier, int depth, Verdicts& out);
  void follow_node(const Carrier& carrier, const User& user, int depth, Verdicts& out);
  void follow_sum(const Carrier& carrier, int depth, Verdicts& out);
  void follow_constant_sum(const Carrier& carrier, const Sum& sum, int depth, Verdicts& out);
  void follow_effect(const Carrier& carrier, const User& user, int depth, Verdicts& out);
  void follow_call(const Carrier& carrier, const Effect& call, std::uint32_t position, int depth,
                   Verdicts& out);
  void follow_return(const Carrier& carrier, int depth, Verdicts& out);
  void read_word(std::uint32_t address, Verdicts& out, bool& read);

  Shapes& shapes_;
  Program& program_;
  std::set<Value> seen_;  ///< by the occurrence at hand
};

}  // namespace heapbump::tinygo
