// The functions of a description and how each is called in WebAssembly (WebAssembly/WASI,
// legacy/tools/witx/src/abi.rs, wasm_signature): numbers as they are; lists as pointer and count; records and
// variants by pointer; of `expected` the error as an i32, and the good result through pointers that come
// last.
#include "heapbump/description.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/sha256.h"
#include "base/shown.h"
#include "witx/types.h"

namespace heapbump {

bool MemoryShape::operator==(const MemoryShape&) const = default;
bool PointedMemory::operator==(const PointedMemory&) const = default;
bool PointerField::operator==(const PointerField&) const = default;
bool DescribedParameter::operator==(const DescribedParameter&) const = default;
bool DescribedCall::operator==(const DescribedCall&) const = default;

namespace witx {
namespace {

using Kind = Type::Kind;

std::string quoted(std::string_view text) {
  return "`" + std::string(shown(text)) + "`";
}

constexpr std::size_t kMostParameters = 64;    // of a function
constexpr std::size_t kMostPointers = 20'000;  // in memory, of all functions

std::size_t pointers_in(const MemoryShape& shape) {
  std::size_t count = shape.pointers.size();
  for (const PointerField& field : shape.pointers) count += pointers_in(field.to.element);
  return count;
}

/// One function: its parts in the order of the text, then its call.
class FunctionReader {
 public:
  FunctionReader(std::string_view file, const Types& types, DescribedFunction& out)
      : file_(file), types_(types), out_(out) {}

  /// `node`: `(@interface func (export "name") ...)`.
  Status run(const Node& node);

 private:
  Status read_part(const Node& part);
  void add_parameters();
  void add_pointed(const Item& item, const Item* next);
  void add_result();
  void add_out(const TypeRef& type);
  void add_number(NumberType type) { out_.call.parameters.push_back({type, {}}); }
  void refuse(const std::string& why) {
    if (out_.refusal.empty()) out_.refusal = why;
  }

  std::string_view file_;
  const Types& types_;
  DescribedFunction& out_;
  std::vector<Item> parameters_;
  std::vector<TypeRef> results_;
};

Status FunctionReader::read_part(const Node& part) {
  if (part.starts("@witx", "noreturn") && part.items.size() == 2) return {};
  const bool is_parameter = part.starts("param");
  if (!(is_parameter || part.starts("result")) || part.items.size() != 3 ||
      part.items[1].kind != Node::Kind::name)
    return fail_in(file_, part.at, "a `(param $name TYPE)` or `(result $name TYPE)` is expected here");
  HEAPBUMP_TRY(TypeRef type, types_.read(file_, part.items[2]));
  if (is_parameter) {
    if (parameters_.size() == kMostParameters)
      return fail_in(file_, part.at, "the function has too many parameters");
    parameters_.push_back({part.items[1].text, std::move(type)});
  } else {
    results_.push_back(std::move(type));
  }
  return {};
}

Status FunctionReader::run(const Node& node) {
  const auto& items = node.items;
  if (items.size() < 3 || !items[2].starts("export") || items[2].items.size() != 2 ||
      items[2].items[1].kind != Node::Kind::string)
    return fail_in(file_, node.at, "an interface function begins with `func (export \"name\")`");
  out_.call.name = items[2].items[1].text;
  for (std::size_t i = 3; i < items.size(); ++i) HEAPBUMP_CHECK(read_part(items[i]));
  add_parameters();
  add_result();
  if (out_.call.parameters.size() > kMostParameters) refuse("it has too many parameters");
  return {};
}

// The text does not say of a pointer to anything but bytes whether it leads to one or to several. Where a
// number that no buffer has for its length could count them, as in poll_oneoff of WASI, nothing is assumed.
void FunctionReader::add_parameters() {
  const Item* counter = nullptr;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const bool used = i != 0 && is_length_of_buffer(parameters_[i - 1], &parameters_[i]);
    if (!used && counts(parameters_[i])) counter = &parameters_[i];
  }
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Item& item = parameters_[i];
    if (counter != nullptr && item.type->kind == Kind::pointer && !item.type->element->is_byte)
      refuse(quoted("$" + item.name) + " could lead to one or to as many as " + quoted("$" + counter->name) +
             " says");
    const Item* next = i + 1 < parameters_.size() ? &parameters_[i + 1] : nullptr;
    add_pointed(item, next);
    if (is_length_of_buffer(item, next)) ++i;
  }
}

void FunctionReader::add_pointed(const Item& item, const Item* next) {
  const Type& type = *item.type;
  if (type.kind == Kind::number) {
    add_number(type.number);
    return;
  }
  if (type.kind == Kind::list || type.kind == Kind::pointer) {
    auto to = pointed(item, next);
    if (!to) refuse(to.error());
    out_.call.parameters.push_back({std::nullopt, to ? *std::move(to) : PointedMemory{}});
    return;
  }
  // By pointer, for the call to read.
  if (!type.trouble.empty()) refuse(quoted("$" + item.name) + ": " + type.trouble);
  if (type.size == 0) refuse(quoted("$" + item.name) + " has no size");
  out_.call.parameters.push_back(
      {std::nullopt, {{static_cast<std::uint32_t>(type.size), type.pointers}, false, false}});
}

void FunctionReader::add_out(const TypeRef& type) {
  if (!type->trouble.empty()) refuse("a result: " + type->trouble);
  if (!type->pointers.empty() || type->kind == Kind::list || type->kind == Kind::pointer)
    refuse("a result holds a pointer into memory that only the callee knows");
  if (type->size == 0) refuse("a result has no size");
  out_.call.parameters.push_back({std::nullopt, {{static_cast<std::uint32_t>(type->size), {}}, false, true}});
}

void FunctionReader::add_result() {
  if (results_.empty()) return;
  if (results_.size() > 1) {
    refuse("it has several results");
    return;
  }
  const Type& type = *results_.front();
  if (type.kind == Kind::number) {
    out_.call.result = type.number;
    return;
  }
  if (type.kind != Kind::expected || !type.is_result) {
    refuse("its result is neither a number nor an `expected` whose error is a number");
    return;
  }
  out_.call.result = NumberType::i32;
  if (type.element == nullptr) return;
  if (type.element->kind != Kind::tuple) {
    add_out(type.element);
    return;
  }
  for (const TypeRef& member : type.element->members) add_out(member);
}

class DescriptionReader {
 public:
  Status add(const DescriptionText& text);
  Description take() { return std::move(out_); }

 private:
  Status add_module(std::string_view file, const Node& node);
  Status add_use(std::string_view file, const Node& node) const;

  Types types_;
  std::vector<std::string> files_;
  std::set<std::pair<std::string, std::string>> functions_;
  std::size_t pointers_ = 0;
  Description out_;
};

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

// `(use "typenames.witx")`, or `(use $name from $file)` of the format's last years.
Status DescriptionReader::add_use(std::string_view file, const Node& node) const {
  const auto& items = node.items;
  if (items.size() != 2 || items[1].kind != Node::Kind::string) {
    if (items.size() == 4 && items[2].is_word("from")) return {};  // each name is looked up where it is used
    return fail_in(file, node.at, "`(use \"file.witx\")` is expected here");
  }
  const auto same = [&](const std::string& given) { return base_name(given) == base_name(items[1].text); };
  if (std::ranges::any_of(files_, same)) return {};
  return fail_in(file, node.at,
                 quoted(items[1].text) + " is used; give that file as well, before this one (--describe)");
}

Status DescriptionReader::add_module(std::string_view file, const Node& node) {
  const auto& items = node.items;
  if (items.size() < 2 || items[1].kind != Node::Kind::name)
    return fail_in(file, node.at, "`(module $name ...)` is expected here");
  for (std::size_t i = 2; i < items.size(); ++i) {
    if (items[i].starts("import")) continue;  // of its caller's memory
    if (!items[i].starts("@interface", "func"))
      return fail_in(file, items[i].at, "`(@interface func ...)` is expected here");
    DescribedFunction function;
    function.call.module = items[1].text;
    HEAPBUMP_CHECK(FunctionReader(file, types_, function).run(items[i]));
    if (!functions_.emplace(function.call.module, function.call.name).second)
      return fail_in(file, items[i].at, quoted(function.call.name) + " is described twice");
    for (const DescribedParameter& parameter : function.call.parameters)
      pointers_ += pointers_in(parameter.memory.element);
    if (pointers_ > kMostPointers) return fail_in(file, items[i].at, "the description has too many pointers");
    out_.functions.push_back(std::move(function));
  }
  return {};
}

Status DescriptionReader::add(const DescriptionText& text) {
  HEAPBUMP_TRY(const std::vector<Node> nodes, read_text(text.name, text.text));
  for (const Node& node : nodes) {
    if (node.starts("use")) {
      HEAPBUMP_CHECK(add_use(text.name, node));
    } else if (node.starts("typename") && node.items.size() == 3) {
      HEAPBUMP_CHECK(types_.define(text.name, node.items[1], node.items[2]));
    } else if (node.starts("module")) {
      HEAPBUMP_CHECK(add_module(text.name, node));
    } else if (!node.starts("@witx", "const")) {
      return fail_in(text.name, node.at, "`use`, `typename` or `module` is expected here");
    }
  }
  files_.push_back(text.name);
  return {};
}

}  // namespace
}  // namespace witx

std::string_view to_string(NumberType value) {
  switch (value) {
    case NumberType::i32:
      return "i32";
    case NumberType::i64:
      return "i64";
    case NumberType::f32:
      return "f32";
    case NumberType::f64:
      return "f64";
  }
  std::unreachable();
}

namespace {

std::pair<std::string_view, std::string_view> key_of(const DescribedFunction& function) {
  return {function.call.module, function.call.name};
}

}  // namespace

// read_description leaves them in order.
const DescribedFunction* Description::find(std::string_view module, std::string_view name) const {
  const std::pair key(module, name);
  const auto found = std::ranges::lower_bound(functions, key, {}, key_of);
  return found == functions.end() || key_of(*found) != key ? nullptr : &*found;
}

Result<std::shared_ptr<const Description>> read_description(std::span<const DescriptionText> texts) {
  witx::DescriptionReader reader;
  std::string all;
  for (const DescriptionText& text : texts) {
    HEAPBUMP_CHECK(reader.add(text));
    all += text.text;
  }
  auto description = std::make_shared<Description>(reader.take());
  std::ranges::sort(description->functions, {}, key_of);
  description->sha256 = sha256_hex(as_bytes(all));
  return description;
}

}  // namespace heapbump
