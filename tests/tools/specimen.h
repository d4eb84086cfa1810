// A small program that uses its heap in every way a site can be in a module: a data word, constants with
// and without an addend, a negated one, a memarg offset, an exported global, the heap's end; and beside them
// what must not move: the end of the root range, the stack pointer, a number in the region's range. It runs,
// writes over its whole heap and prints a sum, so that both checks of `verify` have something to find when it
// is broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heapbump/detect.h"
#include "heapbump/verify.h"
#include "reserve/plan.h"
#include "wasm/edit.h"

namespace heapbump::test {

inline constexpr std::uint32_t kHeapBase = 67984;
inline constexpr std::uint32_t kHeapEnd = 131072;
inline constexpr std::uint32_t kStackTop = 65536;

struct Specimen {
  std::vector<std::byte> original;
  std::vector<std::byte> reserved;
  Manifest manifest;  ///< with the output's hash
  EditList edits;
};

/// The program, and what a right detector would say about it.
[[nodiscard]] std::vector<std::byte> specimen_program();
[[nodiscard]] Finding specimen_finding(const Module& module);

/// Reserved with that finding. Aborts on an error: the plan's own tests are elsewhere.
[[nodiscard]] Specimen make_specimen(const Request& request = {});
/// The program with what a test put behind it, such as custom sections.
[[nodiscard]] Specimen make_specimen(std::vector<std::byte> program, const Request& request = {});
/// Another program, with what a detector, right or wrong, says about it.
[[nodiscard]] Specimen reserve_as_found(std::vector<std::byte> program, const Finding& finding,
                                        const Request& request = {});
/// The plan's edits in a program that has the same layout: what a plan that overlooked the difference would
/// have written.
[[nodiscard]] Specimen reserve_like(const Specimen& other, std::vector<std::byte> program);

/// Every i32.const of that value as a heap start that moves, up to `most` of them: what a detector by
/// equality would say.
[[nodiscard]] std::vector<Site> constants_as_heap_starts(const std::vector<std::byte>& program,
                                                         std::int64_t value, std::size_t most = SIZE_MAX);
/// A verification's mismatches, a line each, for the messages of tests.
[[nodiscard]] std::string messages(const Verification& verification);

}  // namespace heapbump::test
