#include "run/guest_calls.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "base/shown.h"
#include "run/preview1.h"
#include "wasm/outline.h"

namespace heapbump::run {
namespace {

char letter(std::byte type) {
  switch (static_cast<ValueType>(u8(type))) {
    case ValueType::i32:
      return 'i';
    case ValueType::i64:
      return 'I';
    case ValueType::f32:
      return 'f';
    case ValueType::f64:
      return 'F';
    default:
      return '?';
  }
}

std::string letters(Bytes types) {
  std::string text;
  for (const std::byte type : types) text += letter(type);
  return text;
}

std::string_view type_name(char letter) {
  return letter == 'i' ? "i32" : letter == 'I' ? "i64" : letter == 'f' ? "f32" : letter == 'F' ? "f64" : "?";
}

std::string names(std::string_view types) {
  std::string text;
  for (const char type : types) text += (text.empty() ? "" : ", ") + std::string(type_name(type));
  return text.empty() ? "none" : text;
}

/// Decimal or 0x hexadecimal, with a sign, in 64 bits: what fits i64 or u64.
std::optional<std::uint64_t> read_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  if (is_hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (negative && value > std::uint64_t{1} << 63U) return std::nullopt;
  return negative ? std::uint64_t{0} - value : value;
}

std::optional<double> read_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The bits of a number in a type; nothing where it does not fit.
std::optional<std::uint64_t> read_value(char type, std::string_view text) {
  if (type == 'f' || type == 'F') {
    const auto value = read_float(text);
    if (!value) return std::nullopt;
    return type == 'F' ? std::bit_cast<std::uint64_t>(*value)
                       : std::uint64_t{std::bit_cast<std::uint32_t>(static_cast<float>(*value))};
  }
  const auto value = read_integer(text);
  if (!value || type == 'I') return value;
  const auto wide = static_cast<std::int64_t>(*value);
  const bool fits = text.starts_with('-') ? wide >= INT32_MIN : *value <= UINT32_MAX;
  return fits && type == 'i' ? std::optional<std::uint64_t>(static_cast<std::uint32_t>(*value))
                             : std::nullopt;
}

std::string quoted(std::string_view text) {
  return "`" + std::string(shown(text)) + "`";
}

bool host_answers(const OutlineImport& import) {
  return import.module == kPreview1Module && find_host_function(std::string(import.name)) != nullptr;
}

/// Splits "env.f=0" at its last "=".
std::pair<std::string, std::string> split_stub(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos) return {text, "0"};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Result<Stub> make_stub(const Outline& outline, const OutlineImport& import, const std::string& value) {
  const std::string full = std::string(import.module) + "." + std::string(import.name);
  const OutlineType* type = import.type < outline.types.size() ? &outline.types[import.type] : nullptr;
  if (type == nullptr || !type->plain || type->results.size() > 1)
    return fail(Code::kUsage, quoted(full) + " has a type that no stub can have");
  Stub stub{std::string(import.module),
            std::string(import.name),
            letters(type->parameters),
            letters(type->results),
            0,
            value};
  const bool known = stub.params.find('?') == std::string::npos && stub.results != "?";
  const auto bits =
      stub.results.empty() ? std::optional<std::uint64_t>(0) : read_value(stub.results[0], value);
  if (!known || !bits)
    return fail(Code::kUsage,
                quoted(full) + " gives " + names(stub.results) + ", which " + quoted(value) + " is not");
  stub.bits = *bits;
  return stub;
}

}  // namespace

bool is_number(std::string_view text) {
  return read_integer(text).has_value() || read_float(text).has_value();
}

Result<GuestCall> read_guest_call(Bytes module, const std::string& text) {
  HEAPBUMP_TRY(const Outline outline, read_outline(module));
  // A name may hold spaces; arguments do not, and stand at the end.
  GuestCall call{text, {}, {}};
  std::vector<std::string> words;
  const OutlineExport* found = outline.find_export(call.name, ExternalKind::function);
  for (std::size_t space = 0; found == nullptr;
       found = outline.find_export(call.name, ExternalKind::function)) {
    space = call.name.rfind(' ');
    if (space == std::string::npos || !is_number(std::string_view(call.name).substr(space + 1)))
      return fail(Code::kUsage, "the module exports no function " + quoted(call.name));
    words.insert(words.begin(), call.name.substr(space + 1));
    call.name.resize(call.name.find_last_not_of(' ', space) + 1);
  }
  const OutlineType* type = outline.function_type(found->index);
  if (type == nullptr || !type->plain)
    return fail(Code::kUsage, quoted(call.name) + " has a type that cannot be called from here");
  call.types = letters(type->parameters);
  if (words.size() != call.types.size())
    return fail(Code::kUsage, quoted(call.name) + " takes " + std::to_string(call.types.size()) +
                                  " arguments (" + names(call.types) + "), " + std::to_string(words.size()) +
                                  " were given");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto bits = read_value(call.types[i], words[i]);
    if (!bits)
      return fail(Code::kUsage, quoted(call.name) + " takes " + std::string(type_name(call.types[i])) +
                                    " as argument " + std::to_string(i + 1) + ", which " + quoted(words[i]) +
                                    " is not");
    call.bits.push_back(*bits);
  }
  return call;
}

Result<std::vector<Stub>> read_stubs(Bytes module, const std::vector<std::string>& stubs, bool all) {
  HEAPBUMP_TRY(const Outline outline, read_outline(module));
  std::vector<Stub> out;
  std::vector<bool> used(stubs.size());
  for (const OutlineImport& import : outline.imports) {
    if (import.kind != ExternalKind::function) continue;
    const std::string full = std::string(import.module) + "." + std::string(import.name);
    std::optional<std::string> value;
    for (std::size_t i = 0; i < stubs.size(); ++i) {
      const auto [name, text] = split_stub(stubs[i]);
      if (name != full) continue;
      used[i] = true;
      value = text;
    }
    if (value && host_answers(import))
      return fail(Code::kUsage, quoted(full) + " is answered by the preview1 host, not by a stub");
    if (!value && all && !host_answers(import)) value = "0";
    if (!value) continue;
    HEAPBUMP_TRY(Stub stub, make_stub(outline, import, *value));
    out.push_back(std::move(stub));
  }
  const auto missing = std::ranges::find(used, false);
  if (missing != used.end())
    return fail(Code::kUsage,
                "the module does not import " +
                    quoted(split_stub(stubs[static_cast<std::size_t>(missing - used.begin())]).first));
  return out;
}

}  // namespace heapbump::run
