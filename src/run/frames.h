// The wire between a running child and heapbump: a frame is one type byte, a 32-bit little-endian length and
// that many bytes. Numbers are little-endian, strings have a 32-bit length in front. The Node engine's script
// writes the same frames.
//   'P' progress: instructions u64
//   'E' event:    result u32, call, detail, bytes
//   'X' outcome:  end u8, exit code u32, pages u32, instructions u64, touched at u64, touched count u64,
//   message
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "run/trace.h"

namespace heapbump::run {

[[nodiscard]] std::string encode_event(const Event& event);
[[nodiscard]] std::string encode_outcome(const Outcome& outcome);
[[nodiscard]] std::string encode_progress(std::uint64_t instructions);

/// Takes bytes as they come from the pipe and gives complete frames to the trace.
class FrameReader {
 public:
  /// False when the bytes are not frames; the trace then ends as crashed.
  [[nodiscard]] bool feed(std::string_view bytes, Trace& trace);
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] std::uint64_t instructions() const { return instructions_; }

 private:
  bool take(char type, std::string_view payload, Trace& trace);

  std::string pending_;
  bool finished_ = false;
  std::uint64_t instructions_ = 0;
};

}  // namespace heapbump::run
