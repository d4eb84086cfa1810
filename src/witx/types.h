// Types of a description: how a value is passed, and how it lies in memory. Sizes and alignments are those of
// WebAssembly/WASI, legacy/tools/witx (layout.rs, validate.rs). A type is complete when it is made, and uses
// only types that were made before, so nothing here recurs by names and no cycle can be.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heapbump/description.h"
#include "witx/text.h"

namespace heapbump::witx {

inline constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 20;  ///< bytes of one value
inline constexpr std::size_t kMaxPointers = 256;                   ///< in one value, at all depths

struct Type;
using TypeRef = std::shared_ptr<const Type>;

struct Type {
  /// `number`: numbers, handles, flags, enumerations, characters. `aggregate`: records and variants.
  enum class Kind : std::uint8_t { number, aggregate, tuple, expected, list, pointer };
  Kind kind = Kind::number;
  NumberType number = NumberType::i32;  ///< as a value; of a number
  std::uint64_t size = 0, align = 1;    ///< in memory
  bool is_byte = false;                 ///< u8, s8, char8: what buffers are made of
  bool is_size = false;                 ///< u32 or usize: what a length can be
  bool is_usize = false;
  bool is_const = false;               ///< of a pointer: the call only reads
  bool is_result = false;              ///< of `expected`: its error is a number, so a function can return it
  TypeRef element;                     ///< of a list or pointer; of `expected` the good result, or nothing
  std::vector<TypeRef> members;        ///< of a tuple
  std::vector<PointerField> pointers;  ///< that are in it
  std::string trouble;                 ///< why such a value cannot be copied from one memory to another
};

/// A parameter or field: what is behind a pointer decides whether it is a buffer.
struct Item {
  std::string name;  ///< empty where it has none
  TypeRef type;
};

/// What `item` points to, a list or a pointer; `next` is what is behind it, or nullptr. A pointer to
/// bytes is a buffer whose length is the next item, where that is a size whose name ends in `len`; a pointer
/// to something else is to one of it. The text says neither, so these are the readings under which all of
/// WASI's and Fastly's interfaces are right; whatever else could be meant is an error with what is unclear.
[[nodiscard]] std::expected<PointedMemory, std::string> pointed(const Item& item, const Item* next);
/// Whether its name says that it counts or measures something.
[[nodiscard]] bool counts(const Item& item);
[[nodiscard]] bool is_length_of_buffer(const Item& item, const Item* next);

class Types {
 public:
  /// Errors: kBadDescription; `file` is for messages.
  Status define(std::string_view file, const Node& name, const Node& definition);
  [[nodiscard]] Result<TypeRef> read(std::string_view file, const Node& node) const;

 private:
  [[nodiscard]] Result<TypeRef> read_word(std::string_view file, const Node& node) const;
  [[nodiscard]] Result<TypeRef> read_annotated(std::string_view file, const Node& node) const;
  [[nodiscard]] Result<TypeRef> read_record(std::string_view file, const Node& node) const;
  [[nodiscard]] Result<TypeRef> read_tuple(std::string_view file, const Node& node) const;
  [[nodiscard]] Result<TypeRef> read_variant(std::string_view file, const Node& node) const;
  [[nodiscard]] Result<TypeRef> read_expected(std::string_view file, const Node& node) const;
  [[nodiscard]] Result<TypeRef> read_integers(std::string_view file, const Node& node) const;
  /// The tag at items[1], or u32; `items` is what follows it.
  [[nodiscard]] Result<TypeRef> read_tag(std::string_view file, const Node& node, std::size_t& items) const;

  std::map<std::string, TypeRef, std::less<>> names_;
};

}  // namespace heapbump::witx
