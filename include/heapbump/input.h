// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A core module as the library's functions take it: bytes that were read once and found well formed. Reading
// decodes no instruction. An Input cannot be changed after it was made, so copies share what was read and
// several threads may use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "heapbump/error.h"

namespace heapbump {

class Module;  // the facts that were read; internal

inline constexpr std::uint64_t kDefaultMaxFileSize = std::uint64_t{1} << 30;  ///< bytes

class Input {
 public:
  /// Reads bytes that the caller keeps: they must outlive the Input and what is made from it. Errors: HB03xx
  /// for a malformed module, HB04xx for one that is valid and not supported.
  [[nodiscard]] static Result<Input> view(std::span<const std::byte> bytes);
  /// As view, with bytes that the Input keeps.
  [[nodiscard]] static Result<Input> read(std::vector<std::byte> bytes);
  /// As read, with a file's bytes; "-" is standard input. Errors also: kIoRead, kTooLarge above `max_size`
  /// bytes.
  [[nodiscard]] static Result<Input> open(const std::string& path,
                                          std::uint64_t max_size = kDefaultMaxFileSize);

  [[nodiscard]] std::span<const std::byte> bytes() const;
  /// For the library's own code.
  [[nodiscard]] const Module& module() const;

 private:
  struct Contents;
  explicit Input(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}
  std::shared_ptr<const Contents> contents_;
};

/// One change of a file: the bytes at `offset` are replaced. An insertion has no old bytes.
struct Edit {
  std::uint64_t offset = 0;  ///< file offset in the input
  std::vector<std::byte> old_bytes;
  std::vector<std::byte> new_bytes;
  std::string reason;
  [[nodiscard]] std::uint64_t end() const { return offset + old_bytes.size(); }
};

/// Ascending by offset, not overlapping. Several insertions at one offset are in the order in which they are
/// applied.
using EditList = std::vector<Edit>;

}  // namespace heapbump
