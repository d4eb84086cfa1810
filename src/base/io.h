// Files: read whole with a ceiling on their size, written by a temporary file in the target's folder and a
// rename, so that a target is either as it was or complete. `-` is standard input or output.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "heapbump/input.h"

namespace heapbump {

/// A file's bytes in one allocation that is not cleared first.
class FileBytes {
 public:
  FileBytes() = default;
  FileBytes(std::unique_ptr<std::byte[]> data, std::size_t size) : data_(std::move(data)), size_(size) {}
  [[nodiscard]] Bytes view() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
};

struct InputFile {
  FileBytes bytes;
  std::optional<unsigned> mode;  ///< permission bits, for regular files
};

/// Errors: kIoRead (missing, a directory, changed its size while it was read), kTooLarge beyond `max_size`
/// bytes.
[[nodiscard]] Result<InputFile> read_file(const std::string& path,
                                          std::uint64_t max_size = kDefaultMaxFileSize);

struct WriteOptions {
  std::optional<unsigned>
      mode;            ///< permission bits of the new file; else those of a new file under the umask
  bool binary = true;  ///< binary output is refused on a terminal
};

/// Writes the pieces, one after the other, to `path`. A symbolic link is followed, so the link stays; a
/// device or FIFO is written to directly. Errors: kIoWrite, kTerminal.
[[nodiscard]] Status write_file(const std::string& path, const std::vector<Bytes>& pieces,
                                const WriteOptions& options);

/// From now on SIGINT, SIGTERM and SIGHUP remove the temporary files of running write_file calls before they
/// end the process, and a file-size limit is an error of writing. For programs, not for libraries: it sets
/// signal handlers.
void clean_up_on_signals();

}  // namespace heapbump
