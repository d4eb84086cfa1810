// What a host call does with the memory of its caller, parameter by parameter: the table from which the
// bridge's copying is generated. One row a function; 46 rows for preview1. Source: WebAssembly/WASI,
// legacy/preview1/witx (sizes and layouts) and legacy/preview0/witx for what was different in 2019.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "component/emit.h"
#include "heapbump/description.h"

namespace heapbump {

inline constexpr std::string_view kPreview1 = "wasi_snapshot_preview1";
inline constexpr std::string_view kPreview0 = "wasi_unstable";

enum class Passing : std::uint8_t {
  value32,        ///< an i32 that is no pointer
  value64,        ///< an i64
  offset,         ///< an i64: where in a file the first byte goes, so a call's later parts go further on
  whence,         ///< an i32; preview0 numbers it differently
  text,           ///< pointer and length: the call reads those bytes
  in_out,         ///< pointer and length: the call may write any of those bytes
  filled,         ///< pointer and length: the call writes all of those bytes, so it can be made in parts
  buffer,         ///< pointer and length: the call writes as many bytes as the next `out` then says
  out,            ///< pointer: the call writes `size` bytes
  filestat,       ///< pointer: the call writes a filestat, 64 bytes, in preview0 56
  gathered,       ///< pointer and count: (pointer, length) pairs whose bytes the call reads
  scattered,      ///< pointer and count: (pointer, length) pairs whose bytes the call may write
  strings,        ///< two pointers: the call writes an array of pointers, and at the second the strings
  subscriptions,  ///< two pointers and a count: subscriptions in, as many events out
};

struct Parameter {
  Passing passing = Passing::value32;
  std::uint32_t size = 0;  ///< bytes, for `out`
};

struct HostCall {
  std::string name;
  std::vector<Parameter> parameters;
  bool gives_errno = true;  ///< its result is an errno, 0 for success; else it has no result
  std::string sizes_from;   ///< `strings`: the call that gives their count and total size
  /// A call of another interface than preview1: then this says all, and the fields above but `name` nothing.
  std::optional<DescribedCall> described{};

  [[nodiscard]] emit::Signature signature() const;
  [[nodiscard]] bool uses_memory() const;
};

/// All 46 functions of preview1, in the order of their names.
[[nodiscard]] const std::vector<HostCall>& preview1_calls();
/// nullptr if there is no such function.
[[nodiscard]] const HostCall* find_preview1(std::string_view name);
/// Whether preview0 had it: all of preview1 but sock_accept.
[[nodiscard]] bool is_in_preview0(std::string_view name);

}  // namespace heapbump
