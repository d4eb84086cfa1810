// Which files are audited, and under which names: folders are walked, links in them are not followed, and
// what does not begin as WebAssembly is left out unless it was named. Names are relative, and the list is
// sorted by them, so that the same files give the same list whatever the order of the arguments.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace heapbump::audit {

struct FileRequest {
  std::vector<std::string> inputs;     ///< files and folders
  std::vector<std::string> named;      ///< files of a list (--files-from)
  std::string root{};                  ///< names are relative to it; empty: the one folder, else where we are
  std::vector<std::string> include{};  ///< globs; empty: everything
  std::vector<std::string> exclude{};
};

struct AuditFile {
  std::string path;              ///< to open
  std::string name;              ///< in the report; relative, with /
  std::optional<Error> fault{};  ///< it is known already that it cannot be read
};

/// What was passed over in folders. A name belongs to one shard, so that the shards' numbers add up.
struct Skipped {
  std::uint64_t not_wasm = 0;
  std::uint64_t links = 0;
  std::uint64_t special = 0;   ///< pipes, devices, sockets
  std::uint64_t excluded = 0;  ///< files and whole folders
};

/// One part of several, by a hash.
struct Shard {
  std::uint64_t index = 1, count = 1;  ///< 1 to count
  /// `sha256`: in hexadecimal.
  [[nodiscard]] bool has(std::string_view sha256) const;
  [[nodiscard]] bool has_name(std::string_view name) const;
};

struct FileList {
  std::vector<AuditFile> files;  ///< by name, each name once
  Skipped skipped;
};

/// Errors: kIoRead for an input that does not exist; kUsage for a root that does not.
[[nodiscard]] Result<FileList> list_files(const FileRequest& request, const Shard& shard);

/// The order of names: folder by folder.
[[nodiscard]] bool comes_before(std::string_view a, std::string_view b);

/// The names of a list: one a line, or ended by a zero byte each. Empty lines are left out.
[[nodiscard]] std::vector<std::string> split_names(std::string_view text, bool by_zero);

}  // namespace heapbump::audit
