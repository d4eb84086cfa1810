// Files: read whole with a ceiling on their size, or mapped, and written by a temporary file in the target's
// folder and a rename, so that a target is either as it was or complete. `-` is standard input or output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/pages.h"
#include "heapbump/input.h"

namespace heapbump {

/// A file's bytes: in one allocation that is not cleared first, or mapped.
class FileBytes {
 public:
  FileBytes() = default;
  FileBytes(std::shared_ptr<const std::byte[]> data, std::size_t size)
      : data_(std::move(data)), size_(size) {}
  [[nodiscard]] Bytes view() const { return {data_.get(), size_}; }

 private:
  std::shared_ptr<const std::byte[]> data_;
  std::size_t size_ = 0;
};

struct InputFile {
  FileBytes bytes;
  std::optional<unsigned> mode;  ///< permission bits, for regular files
  std::shared_ptr<const struct MappedFile> mapped = nullptr;

  /// kIoRead if the file is mapped and was written to since then. To be asked before something is made of it.
  [[nodiscard]] Status unchanged() const;
  /// The pages of a mapped file, for whoever passes over it and keeps few of them at once.
  [[nodiscard]] PagesUsed pages() const;
};

/// How a file's bytes come into memory.
enum class Reading : std::uint8_t {
  copied,  ///< they stay as they are, whatever becomes of the file
  /// Large regular files as the system keeps them, which costs no copy. For programs that have called
  /// clean_up_on_signals: one that reads what is no longer there ends with kIoRead's exit code.
  mapped,
  passed,  ///< as mapped, but a page is only read when it is asked for (pages.h)
};

/// The pages of a mapping of a file, which is not written through and begins at a page.
[[nodiscard]] PagesUsed pages_of(Bytes mapped);

/// Errors: kIoRead (missing, a directory, changed its size while it was read), kTooLarge beyond `max_size`
/// bytes.
[[nodiscard]] Result<InputFile> read_file(const std::string& path,
                                          std::uint64_t max_size = kDefaultMaxFileSize,
                                          Reading how = Reading::copied);

struct WriteOptions {
  std::optional<unsigned>
      mode;            ///< permission bits of the new file; else those of a new file under the umask
  bool binary = true;  ///< binary output is refused on a terminal
};

/// Writes the pieces, one after the other, to `path`. A symbolic link is followed, so the link stays; a
/// device or FIFO is written to directly. Errors: kIoWrite, kTerminal.
[[nodiscard]] Status write_file(const std::string& path, const std::vector<Bytes>& pieces,
                                const WriteOptions& options);

/// An output that is whole under a temporary name beside its target and waits for write_files to put it in
/// its place; without that it is removed. Its bytes can be read, mapped from the file.
class StagedFile {
 public:
  /// Writes the pieces. Nothing if `path` is no regular file, such as `-` or a device: that is written once
  /// and not read. Errors: as write_file.
  [[nodiscard]] static Result<std::shared_ptr<StagedFile>> make(const std::string& path,
                                                                const std::vector<Bytes>& pieces,
                                                                const WriteOptions& options);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  /// What was written; nothing where the file cannot be mapped. It stays until the StagedFile goes.
  [[nodiscard]] std::optional<Bytes> bytes() const { return bytes_; }
  /// The pages of these bytes.
  [[nodiscard]] PagesUsed pages() const;

 private:
  friend std::expected<void, struct FailedOutput> write_files(std::span<const struct Output> outputs);
  struct Place;
  explicit StagedFile(std::unique_ptr<Place> place);

  std::unique_ptr<Place> place_;
  std::optional<Bytes> bytes_;
};

struct Output {
  std::string path;
  std::vector<Bytes> pieces;
  WriteOptions options;
  std::shared_ptr<StagedFile> staged = nullptr;  ///< written already, by StagedFile::make for this path
};

struct FailedOutput {
  std::size_t index = 0;  ///< of the output that could not be written
  Error error;
};

/// Writes all of the outputs or none: every file is whole under a temporary name before the first is renamed,
/// and what was renamed is taken back when a later one fails. What goes to a pipe or a device cannot be taken
/// back, so it is written between the two. The paths must name different files (same_file). Errors: as
/// write_file.
[[nodiscard]] std::expected<void, FailedOutput> write_files(std::span<const Output> outputs);

/// Whether two paths name one regular file, now or once it is written: by device and inode where both exist,
/// else by folder and name after links are followed. `-` is no file.
[[nodiscard]] bool same_file(const std::string& a, const std::string& b);

/// Whether a path names a regular file, also over links.
[[nodiscard]] bool is_regular_file(const std::string& path);

/// From now on SIGINT, SIGTERM and SIGHUP remove the temporary files of running write_file calls before they
/// end the process, and a file-size limit is an error of writing. SIGBUS, by a mapped file that was cut, does
/// so with an error. For programs, not for libraries: it sets signal handlers.
void clean_up_on_signals();

}  // namespace heapbump
