// Verify's own reading of what a constant in code is used for. It knows no toolchain: it follows the value
// through its function and says which of the few uses that need no edit it has, or that it has none of them.
#pragma once

#include <cstdint>
#include <optional>

#include "flow/flow.h"
#include "verify/context.h"

namespace heapbump::verify {

enum class Use {
  access,    ///< it is an address that a load, store or bulk operation uses
  root_end,  ///< the end of a range that begins in static data: of what a collector scans for roots, or of an
             ///< object
  stack,     ///< the stack pointer is set to it or compared with it
  number,    ///< only arithmetic that makes no sense on an address
  unknown,
};

struct Landmarks {
  std::uint64_t data_start = 0;               ///< lowest address of any active segment
  std::uint64_t data_end = 0;                 ///< where static data ends: the old heap start
  std::optional<std::uint32_t> stack_global;  ///< index of the stack pointer
  std::optional<std::uint64_t> stack_top;     ///< its initial value
  bool stack_moved = false;                   ///< its initial value changed, so that it is none
};

/// `module`: the one of the two in which constants are looked at.
[[nodiscard]] Landmarks find_landmarks(const Context& context, const Module& module);

/// All code of the original is decoded at the first question.
[[nodiscard]] const CodeHabits& habits_of_code(Context& context);

/// What the constant whose immediate stands at `immediate_offset` is used for; the first use that is not
/// `number` decides, an access before all. `size` and `at` of the access are left to the caller: `address` is
/// where it goes, if that is known.
struct Reading {
  Use use = Use::number;
  std::uint64_t address = 0;  ///< for an access
  std::uint64_t offset = 0;   ///< file offset of the instruction that decided
};
[[nodiscard]] Reading read_use(Context& context, const Flow& flow, std::uint64_t immediate_offset,
                               const Landmarks& landmarks);

}  // namespace heapbump::verify
