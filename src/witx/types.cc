#include "witx/types.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/shown.h"

namespace heapbump::witx {
namespace {

using Kind = Type::Kind;

std::string quoted(std::string_view text) {
  return "`" + std::string(shown(text)) + "`";
}

TypeRef made(Type type) {
  return std::make_shared<const Type>(std::move(type));
}

TypeRef number(NumberType type, std::uint64_t size) {
  Type out;
  out.number = type;
  out.size = out.align = size;
  return made(std::move(out));
}

struct Builtin {
  std::string_view name;
  NumberType type;
  std::uint64_t size;
  bool is_byte = false, is_size = false;
};
constexpr std::array kBuiltins = {
    Builtin{"u8", NumberType::i32, 1, true},
    Builtin{"s8", NumberType::i32, 1, true},
    Builtin{"u16", NumberType::i32, 2},
    Builtin{"s16", NumberType::i32, 2},
    Builtin{"u32", NumberType::i32, 4, false, true},
    Builtin{"s32", NumberType::i32, 4},
    Builtin{"u64", NumberType::i64, 8},
    Builtin{"s64", NumberType::i64, 8},
    Builtin{"f32", NumberType::f32, 4},
    Builtin{"f64", NumberType::f64, 8},
    Builtin{"char", NumberType::i32, 4},
    Builtin{"bool", NumberType::i32, 4},
};

TypeRef byte_type() {
  Type type;
  type.size = 1;
  type.is_byte = true;
  return made(std::move(type));
}

TypeRef list_of(TypeRef element) {
  Type type;
  type.kind = Kind::list;
  type.size = 8;
  type.align = 4;
  type.element = std::move(element);
  return made(std::move(type));
}

constexpr std::size_t kMaxPointerDepth = 8;  // a record in JSON is no deeper than 32

std::size_t pointer_depth(const std::vector<PointerField>& fields) {
  std::size_t depth = 0;
  for (const PointerField& field : fields)
    depth = std::max(depth, 1 + pointer_depth(field.to.element.pointers));
  return depth;
}

std::size_t pointers_in(const std::vector<PointerField>& fields) {
  std::size_t count = fields.size();
  for (const PointerField& field : fields) count += pointers_in(field.to.element.pointers);
  return count;
}

/// The layout of items one after the other.
Type in_order(Kind kind, const std::vector<Item>& items) {
  Type out;
  out.kind = kind;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (out.size > kMaxSize || out.pointers.size() > kMaxPointers) break;  // refused by Types::read
    const Type& type = *items[i].type;
    const std::uint64_t offset = align_up(out.size, type.align);
    out.align = std::max(out.align, type.align);
    out.size = offset + type.size;
    if (out.trouble.empty()) out.trouble = type.trouble;
    const Item* next = i + 1 < items.size() ? &items[i + 1] : nullptr;
    if (type.kind == Kind::list || type.kind == Kind::pointer) {
      auto to = pointed(items[i], next);
      if (!to) {
        if (out.trouble.empty()) out.trouble = std::move(to).error();
        continue;
      }
      const auto at = static_cast<std::uint32_t>(offset);
      const std::uint32_t count_at = to->counted ? at + 4 : 0;
      out.pointers.push_back({at, count_at, *std::move(to)});
    } else {
      for (PointerField field : type.pointers) {
        field.offset += static_cast<std::uint32_t>(offset);
        if (field.to.counted) field.count_offset += static_cast<std::uint32_t>(offset);
        out.pointers.push_back(std::move(field));
      }
    }
  }
  out.size = align_up(out.size, out.align);
  return out;
}

bool ends_in_len(std::string_view name) {
  return name.ends_with("len");
}

}  // namespace

bool is_length_of_buffer(const Item& item, const Item* next) {
  return item.type->kind == Kind::pointer && item.type->element->is_byte && next != nullptr &&
         next->type->is_size && ends_in_len(next->name);
}

bool counts(const Item& item) {
  constexpr std::array<std::string_view, 4> kEnds = {"len", "count", "size", "num"};
  if (!item.type->is_size) return false;
  return item.type->is_usize || item.name.starts_with("n") ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return item.name.ends_with(end); });
}

std::expected<PointedMemory, std::string> pointed(const Item& item, const Item* next) {
  const Type& type = *item.type;
  const Type& element = *type.element;
  const std::string name = item.name.empty() ? "a pointer" : quoted("$" + item.name);
  if (!element.trouble.empty()) return std::unexpected(name + ": " + element.trouble);
  PointedMemory to;
  to.written = type.kind == Kind::pointer && !type.is_const;
  to.counted = type.kind == Kind::list || is_length_of_buffer(item, next);
  if (!to.counted && element.is_byte)
    return std::unexpected(name + " points to bytes, and no length is behind it");
  if (!to.counted && next != nullptr && next->type->is_size && ends_in_len(next->name))
    return std::unexpected(name + " points to something larger than a byte, so " + quoted("$" + next->name) +
                           " could count bytes or elements");
  // A list or pointer as the element has nothing beside it that could say its length.
  const Type shape = element.kind == Kind::list || element.kind == Kind::pointer
                         ? in_order(Kind::tuple, {Item{{}, type.element}})
                         : element;
  if (!shape.trouble.empty()) return std::unexpected(name + ": " + shape.trouble);
  if (shape.size == 0) return std::unexpected(name + " points to something of no size");
  to.element = {static_cast<std::uint32_t>(shape.size), shape.pointers};
  return to;
}

Status Types::define(std::string_view file, const Node& name, const Node& definition) {
  if (name.kind != Node::Kind::name) return fail_in(file, name.at, "a `$name` is expected here");
  HEAPBUMP_TRY(TypeRef type, read(file, definition));
  if (!names_.try_emplace(name.text, std::move(type)).second)
    return fail_in(file, name.at, quoted("$" + name.text) + " is defined twice");
  return {};
}

Result<TypeRef> Types::read(std::string_view file, const Node& node) const {
  if (node.kind != Node::Kind::list) return read_word(file, node);
  using Reader = Result<TypeRef> (Types::*)(std::string_view, const Node&) const;
  static constexpr std::array<std::pair<std::string_view, Reader>, 8> kReaders = {{
      {"@witx", &Types::read_annotated},
      {"record", &Types::read_record},
      {"tuple", &Types::read_tuple},
      {"union", &Types::read_variant},
      {"variant", &Types::read_variant},
      {"expected", &Types::read_expected},
      {"enum", &Types::read_integers},
      {"flags", &Types::read_integers},
  }};
  for (const auto& [word, reader] : kReaders) {
    if (!node.starts(word)) continue;
    HEAPBUMP_TRY(TypeRef type, (this->*reader)(file, node));
    if (type->size > kMaxSize) return fail_in(file, node.at, "a value of this type is too large");
    if (pointers_in(type->pointers) > kMaxPointers)
      return fail_in(file, node.at, "a value of this type holds too many pointers");
    if (pointer_depth(type->pointers) > kMaxPointerDepth)
      return fail_in(file, node.at, "a value of this type holds pointers to pointers, too deep");
    return type;
  }
  if (node.starts("handle") && node.items.size() == 1) return number(NumberType::i32, 4);
  if (node.starts("list") && node.items.size() == 2) {
    // A list of characters is a string, whose length is counted in bytes.
    if (node.items[1].is_word("char")) return list_of(byte_type());
    HEAPBUMP_TRY(TypeRef element, read(file, node.items[1]));
    return list_of(std::move(element));
  }
  return fail_in(file, node.at, "this is no type that is known");
}

Result<TypeRef> Types::read_word(std::string_view file, const Node& node) const {
  if (node.kind == Node::Kind::name) {
    const auto found = names_.find(node.text);
    if (found != names_.end()) return found->second;
    return fail_in(file, node.at,
                   quoted("$" + node.text) +
                       " is not defined before this place; the file that defines it has to be given first");
  }
  if (node.is_word("string")) return list_of(byte_type());
  const auto found = std::ranges::find(kBuiltins, node.text, &Builtin::name);
  if (node.kind != Node::Kind::word || found == kBuiltins.end())
    return fail_in(file, node.at, quoted(node.text) + " is no type that is known");
  Type type;
  type.number = found->type;
  type.size = type.align = found->size;
  type.is_byte = found->is_byte;
  type.is_size = found->is_size;
  return made(std::move(type));
}

Result<TypeRef> Types::read_annotated(std::string_view file, const Node& node) const {
  const auto& items = node.items;
  if (items.size() == 2 && items[1].is_word("char8")) return byte_type();
  Type type;
  type.size = type.align = 4;
  if (items.size() == 2 && items[1].is_word("usize")) {
    type.is_size = type.is_usize = true;
    return made(std::move(type));
  }
  const bool is_const = items.size() == 3 && items[1].is_word("const_pointer");
  if (!is_const && !(items.size() == 3 && items[1].is_word("pointer")))
    return fail_in(file, node.at, "this is no `@witx` type that is known");
  type.kind = Kind::pointer;
  type.is_const = is_const;
  HEAPBUMP_TRY(type.element, read(file, items[2]));
  return made(std::move(type));
}

Result<TypeRef> Types::read_record(std::string_view file, const Node& node) const {
  std::vector<Item> items;
  for (std::size_t i = 1; i < node.items.size(); ++i) {
    const Node& field = node.items[i];
    if (!field.starts("field") || field.items.size() != 3 || field.items[1].kind != Node::Kind::name)
      return fail_in(file, field.at, "a `(field $name TYPE)` is expected here");
    HEAPBUMP_TRY(TypeRef type, read(file, field.items[2]));
    items.push_back({field.items[1].text, std::move(type)});
  }
  return made(in_order(Kind::aggregate, items));
}

Result<TypeRef> Types::read_tuple(std::string_view file, const Node& node) const {
  std::vector<Item> items;
  for (std::size_t i = 1; i < node.items.size(); ++i) {
    HEAPBUMP_TRY(TypeRef type, read(file, node.items[i]));
    items.push_back({{}, std::move(type)});
  }
  Type tuple = in_order(Kind::tuple, items);
  for (const Item& item : items) tuple.members.push_back(item.type);
  return made(std::move(tuple));
}

Result<TypeRef> Types::read_tag(std::string_view file, const Node& node, std::size_t& items) const {
  items = 1;
  if (node.items.size() < 2 ||
      !(node.items[1].starts("@witx", "tag") || node.items[1].starts("@witx", "repr")))
    return number(NumberType::i32, 4);
  const Node& tag = node.items[1];
  if (tag.items.size() != 3) return fail_in(file, tag.at, "a tag has one type");
  items = 2;
  HEAPBUMP_TRY(TypeRef type, read(file, tag.items[2]));
  if (type->kind != Kind::number || type->number == NumberType::f32 || type->number == NumberType::f64)
    return fail_in(file, tag.at, "a tag is an integer or an enumeration");
  return type;
}

Result<TypeRef> Types::read_integers(std::string_view file, const Node& node) const {
  std::size_t first = 0;
  HEAPBUMP_TRY(const TypeRef tag, read_tag(file, node, first));
  for (std::size_t i = first; i < node.items.size(); ++i) {
    if (node.items[i].kind != Node::Kind::name)
      return fail_in(file, node.items[i].at, "a `$name` is expected here");
  }
  // abi.rs passes an enumeration as an i32 whatever its tag, and flags by their representation.
  return number(node.starts("enum") ? NumberType::i32 : tag->number, tag->size);
}

Result<TypeRef> Types::read_variant(std::string_view file, const Node& node) const {
  std::size_t first = 0;
  HEAPBUMP_TRY(const TypeRef tag, read_tag(file, node, first));
  Type out;
  out.kind = Kind::aggregate;
  out.size = out.align = tag->size;
  for (std::size_t i = first; i < node.items.size(); ++i) {
    const Node* payload = &node.items[i];
    if (node.starts("variant")) {
      if (!payload->starts("case") || payload->items.size() < 2 || payload->items.size() > 3)
        return fail_in(file, payload->at, "a `(case $name TYPE)` is expected here");
      if (payload->items.size() == 2) continue;
      payload = &payload->items[2];
    }
    HEAPBUMP_TRY(TypeRef type, read(file, *payload));
    const Type one = in_order(Kind::aggregate, {Item{{}, tag}, Item{{}, type}});
    out.size = std::max(out.size, one.size);
    out.align = std::max(out.align, one.align);
    if (!one.pointers.empty() || !one.trouble.empty())
      out.trouble = "a variant in which there are pointers, so what is there depends on the tag";
  }
  out.size = align_up(out.size, out.align);
  return made(std::move(out));
}

// As a value in memory a variant with a tag of 32 bits; as a result, see description.cc.
Result<TypeRef> Types::read_expected(std::string_view file, const Node& node) const {
  const std::size_t last = node.items.size() - 1;
  const bool has_good = node.items.size() == 3;
  if (node.items.size() < 2 || node.items.size() > 3 || !node.items[last].starts("error") ||
      node.items[last].items.size() > 2)
    return fail_in(file, node.at, "`(expected TYPE (error TYPE))` is expected here, each TYPE if it has one");
  Type out;
  out.kind = Kind::expected;
  out.size = out.align = 4;
  out.is_result = true;
  out.trouble = "an `expected` that is no result of a function";
  const auto add = [&](const Node& payload) -> Result<TypeRef> {
    HEAPBUMP_TRY(TypeRef type, read(file, payload));
    const Type one = in_order(Kind::aggregate, {Item{{}, number(NumberType::i32, 4)}, Item{{}, type}});
    out.size = std::max(out.size, one.size);
    out.align = std::max(out.align, one.align);
    return type;
  };
  if (has_good) {
    HEAPBUMP_TRY(out.element, add(node.items[1]));
  }
  if (node.items[last].items.size() == 2) {
    HEAPBUMP_TRY(const TypeRef error, add(node.items[last].items[1]));
    out.is_result = error->kind == Kind::number;
  }
  out.size = align_up(out.size, out.align);
  return made(std::move(out));
}

}  // namespace heapbump::witx
