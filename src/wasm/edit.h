// Edits: the whole of what heapbump does to a module. An edit replaces bytes at a file offset of the input by
// others (heapbump/input.h). Applying is dumb: the output is the input with the list applied, nothing is
// re-encoded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "heapbump/input.h"
#include "wasm/module.h"

namespace heapbump {

/// Collects the edits of one plan and keeps the module well formed: it counts what each section gains, so
/// that sizes and counts follow by themselves.
class EditBuilder {
 public:
  /// `allow_moved_code`: the code section's count may become wider, which moves every code offset.
  explicit EditBuilder(const Module& module, bool allow_moved_code = false)
      : module_(&module), allow_moved_code_(allow_moved_code) {}

  /// Replaces `old_size` bytes at `offset`, inside a section's payload.
  void replace(std::uint64_t offset, std::uint64_t old_size, std::vector<std::byte> new_bytes,
               std::string reason);
  /// Inserts bytes at an offset inside a section's payload.
  void insert(std::uint64_t offset, std::vector<std::byte> new_bytes, std::string reason);
  /// Rewrites an unsigned LEB128 with a new value: in its old width if that fits, else wider.
  void replace_uleb(std::uint64_t offset, unsigned width, std::uint64_t value, std::string reason);
  /// Rewrites a LEB128 of 32 or 64 bits in its own width. kLebWidth if the value does not fit.
  [[nodiscard]] Status replace_in_place(std::uint64_t offset, unsigned width, std::int64_t value,
                                        bool is_signed, unsigned bits, std::string reason);
  /// Appends one entry to a vector-shaped section (one that begins with a count), making the section where
  /// there is none.
  void append_entry(SectionId id, std::vector<std::byte> entry, std::string reason);

  /// Adds the edits of counts and section sizes, sorts, and checks the list against the file. kLebWidth where
  /// code would move, kInternal if edits overlap.
  [[nodiscard]] Result<EditList> finish() &&;

 private:
  struct Appended {
    SectionId id{};
    std::vector<std::byte> bytes;
    std::uint32_t count = 0;
    std::string reason;
  };
  struct Pending {
    Edit edit;
    std::uint64_t section_offset = 0;  // of the section that grows; 0 where none does
    unsigned order = 0;  // among insertions at one offset: inside a section first, then new sections by rank
  };
  Status finish_appended(const Appended& appended);
  Status finish_sizes();

  const Module* module_;
  bool allow_moved_code_;
  std::vector<Pending> pending_;
  std::vector<Appended> appended_;
};

/// {file_offset, old_hex, new_hex, reason}
[[nodiscard]] Json to_json(const Edit& edit);

/// The pieces of the output in order: views into `input` and into the edits. Needs no copy of the input.
[[nodiscard]] std::vector<Bytes> apply_edits(Bytes input, const EditList& edits);
[[nodiscard]] std::vector<std::byte> join(const std::vector<Bytes>& pieces);

}  // namespace heapbump
