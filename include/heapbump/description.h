// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A description of host interfaces in the old WITX format, as WASI's own legacy interfaces and Fastly's
// compute ABI are published: from it comes what each function does with its caller's memory. The text is
// untrusted. What the text leaves open (how long a buffer is, who allocates) is not guessed: the function is
// kept with the reason why no bridge can be made for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heapbump/error.h"

namespace heapbump {

/// Types of WebAssembly 1.0, by their bytes in the format.
enum class NumberType : std::uint8_t { i32 = 0x7f, i64 = 0x7e, f32 = 0x7d, f64 = 0x7c };
[[nodiscard]] std::string_view to_string(NumberType value);

struct PointerField;

/// One element of memory that a pointer leads to.
struct MemoryShape {
  std::uint32_t size = 0;              ///< bytes
  std::vector<PointerField> pointers;  ///< that are in it, by rising offset
  bool operator==(const MemoryShape&) const;
};

/// What a pointer leads to: one element, or as many as a number beside the pointer says.
struct PointedMemory {
  MemoryShape element;
  bool counted = false;  ///< else one
  bool written = false;  ///< the call may write it; it may read it in any case
  bool operator==(const PointedMemory&) const;
};

struct PointerField {
  std::uint32_t offset = 0;        ///< of the pointer, 4 bytes
  std::uint32_t count_offset = 0;  ///< of the count, 4 bytes; only if counted
  PointedMemory to;
  bool operator==(const PointerField&) const;
};

/// A number, or a pointer (i32) and, if it is counted, its count (i32) behind it.
struct DescribedParameter {
  std::optional<NumberType> number;
  PointedMemory memory;  ///< only without `number`
  bool operator==(const DescribedParameter&) const;
};

struct DescribedCall {
  std::string module;
  std::string name;
  std::vector<DescribedParameter> parameters;  ///< those of results that go into memory last
  std::optional<NumberType> result;
  bool operator==(const DescribedCall&) const;
};

/// A function of the description; `refusal` says why no bridge can be made for it, or is empty.
struct DescribedFunction {
  DescribedCall call;
  std::string refusal;
};

struct Description {
  std::string sha256;  ///< of the texts, one after the other
  std::vector<DescribedFunction> functions;
  /// nullptr if there is none.
  [[nodiscard]] const DescribedFunction* find(std::string_view module, std::string_view name) const;
};

struct DescriptionText {
  std::string name;  ///< as messages have it: the file's name
  std::string_view text;
};

/// Several texts are read one after the other, as one: what is used must be defined before it, and a `use`
/// must name one of the texts before it by its file's name. Errors: kBadDescription, whose message begins
/// with NAME:LINE:COLUMN.
[[nodiscard]] Result<std::shared_ptr<const Description>> read_description(
    std::span<const DescriptionText> texts);

}  // namespace heapbump
