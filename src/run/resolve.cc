#include "run/resolve.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

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

std::string_view type_name(char type) {
  return type == 'i' ? "i32" : type == 'I' ? "i64" : type == 'f' ? "f32" : "f64";
}

/// "i32, i64"
std::string type_names(const std::string& types) {
  std::string text;
  for (const char type : types) text.append(text.empty() ? "" : ", ").append(type_name(type));
  return text;
}

/// An integer from -2^(bits-1) to 2^bits - 1, decimal or after 0x.
std::optional<std::uint64_t> integer(std::string_view word, unsigned bits) {
  const bool negative = word.starts_with('-');
  if (negative) word.remove_prefix(1);
  const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
  if (hexadecimal) word.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  const std::uint64_t all = bits == 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1;
  if (value > (negative ? std::uint64_t{1} << (bits - 1) : all)) return std::nullopt;
  return (negative ? ~value + 1 : value) & all;
}

template <typename Float>
std::optional<Float> real(std::string_view word) {
  Float value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<Number> number(std::string_view word, char type) {
  if (type == 'i' || type == 'I') {
    const auto value = integer(word, type == 'i' ? 32 : 64);
    return value ? std::optional(Number{type, *value}) : std::nullopt;
  }
  if (type == 'f') {
    const auto value = real<float>(word);
    return value ? std::optional(Number{type, std::bit_cast<std::uint32_t>(*value)}) : std::nullopt;
  }
  const auto value = real<double>(word);
  return value ? std::optional(Number{type, std::bit_cast<std::uint64_t>(*value)}) : std::nullopt;
}

/// The words as numbers of these types. `what` begins the sentence: "`malloc` takes", "`env.f` gives".
Result<std::vector<Number>> numbers(const std::vector<std::string>& words, const std::string& types,
                                    const std::string& what) {
  if (types.find('?') != std::string::npos)
    return fail(Code::kUsage, what + " a value that is no number, so it cannot be written here");
  if (words.size() != types.size())
    return fail(Code::kUsage,
                what + " " + std::to_string(types.size()) + (types.size() == 1 ? " number" : " numbers") +
                    (types.empty() ? "" : " (" + type_names(types) + ")") + ", and " +
                    std::to_string(words.size()) + (words.size() == 1 ? " was" : " were") + " given");
  std::vector<Number> values;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = number(words[i], types[i]);
    if (!value)
      return fail(Code::kUsage, what + " " + type_names(types) + ", and `" + words[i] + "` is no " +
                                    std::string(type_name(types[i])));
    values.push_back(*value);
  }
  return values;
}

Result<Invocation> resolve(const Outline& outline, const InvokeText& text) {
  const OutlineExport* found = outline.find_export(text.name, ExternalKind::function);
  const OutlineType* type = found == nullptr ? nullptr : outline.function_type(found->index);
  if (type == nullptr) return fail(Code::kUsage, "the module exports no function `" + text.name + "`");
  if (!type->plain)
    return fail(Code::kUsage, "`" + text.name + "` has a type of a later proposal, so it cannot be called");
  Invocation call{text.name, text.name, {}, letters(type->results)};
  HEAPBUMP_TRY(call.arguments,
               numbers(text.arguments, letters(type->parameters), "`" + text.name + "` takes"));
  std::string list;
  for (const std::string& word : text.arguments) list += (list.empty() ? "" : ", ") + word;
  if (!list.empty()) call.label += "(" + list + ")";
  return call;
}

std::string full_name(const OutlineImport& import) {
  return std::string(import.module) + "." + std::string(import.name);
}

bool host_has(const OutlineImport& import) {
  return import.module == kPreview1Module && find_host_function(import.name) != nullptr;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    words.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return words;
}

/// `words`: nothing for zeros.
Result<Stub> stub_of(const Outline& outline, const OutlineImport& import,
                     const std::optional<std::vector<std::string>>& words) {
  const OutlineType* type = import.type < outline.types.size() ? &outline.types[import.type] : nullptr;
  const std::string what = "`" + full_name(import) + "`";
  if (type == nullptr || !type->plain || letters(type->parameters).find('?') != std::string::npos)
    return fail(Code::kUsage, what + " takes a value that is no number, so no stub can answer it");
  const std::string results = letters(type->results);
  Stub stub{std::string(import.module), std::string(import.name), letters(type->parameters), {}};
  const std::vector<std::string> zeros(results.size(), "0");
  HEAPBUMP_TRY(stub.results, numbers(words ? *words : zeros, results, what + " gives"));
  return stub;
}

Result<Stub> resolve_stub(const Outline& outline, const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const std::string name = text.substr(0, equals);
  const auto found = std::ranges::find_if(outline.imports, [&](const OutlineImport& import) {
    return import.kind == ExternalKind::function && full_name(import) == name;
  });
  if (found == outline.imports.end())
    return fail(Code::kUsage, "the module imports no function `" + name + "` (write MODULE.NAME=NUMBER)");
  if (host_has(*found))
    return fail(Code::kUsage, "`" + name + "` is answered by the host itself, so no stub can answer it");
  return stub_of(outline, *found,
                 equals == std::string::npos ? std::vector<std::string>{} : split(text.substr(equals + 1)));
}

}  // namespace

std::string to_string(const Number& number) {
  if (number.type == 'i') return std::to_string(static_cast<std::int32_t>(number.bits));
  if (number.type == 'I') return std::to_string(static_cast<std::int64_t>(number.bits));
  char text[40];
  const auto end =
      number.type == 'f'
          ? std::to_chars(text, std::end(text), std::bit_cast<float>(static_cast<std::uint32_t>(number.bits)))
          : std::to_chars(text, std::end(text), std::bit_cast<double>(number.bits));
  return {text, end.ptr};
}

std::string shown(const std::vector<Number>& numbers) {
  std::string text;
  for (const Number& value : numbers) {
    const bool nan =
        (value.type == 'f' && std::isnan(std::bit_cast<float>(static_cast<std::uint32_t>(value.bits)))) ||
        (value.type == 'F' && std::isnan(std::bit_cast<double>(value.bits)));
    text += (nan ? "nan" : std::to_string(value.bits)) + " ";
  }
  return text;
}

Result<Calls> resolve_calls(Bytes module, const CallTexts& texts) {
  Calls calls;
  if (texts.invoke.empty() && texts.stubs.empty() && !texts.stub_imports) return calls;
  HEAPBUMP_TRY(const Outline outline, read_outline(module));
  for (const InvokeText& text : texts.invoke) {
    HEAPBUMP_TRY(Invocation call, resolve(outline, text));
    calls.invoke.push_back(std::move(call));
  }
  std::set<std::string> answered;
  for (const std::string& text : texts.stubs) {
    HEAPBUMP_TRY(Stub stub, resolve_stub(outline, text));
    if (!answered.insert(stub.module + "." + stub.name).second)
      return fail(Code::kUsage, "`" + stub.module + "." + stub.name + "` has two stubs");
    calls.stubs.push_back(std::move(stub));
  }
  if (!texts.stub_imports) return calls;
  for (const OutlineImport& import : outline.imports) {
    if (import.kind != ExternalKind::function || host_has(import)) continue;
    if (!answered.insert(full_name(import)).second) continue;
    // What no stub can answer ends the run only if it is called.
    if (auto stub = stub_of(outline, import, std::nullopt)) calls.stubs.push_back(*std::move(stub));
  }
  return calls;
}

bool is_number(std::string_view word) {
  return integer(word, 64).has_value() || real<double>(word).has_value();
}

}  // namespace heapbump::run
