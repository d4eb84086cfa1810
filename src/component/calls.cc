#include "component/calls.h"

#include <algorithm>

namespace heapbump {
namespace {

constexpr Parameter value32{Passing::value32}, value64{Passing::value64}, offset{Passing::offset},
    whence{Passing::whence}, text{Passing::text}, in_out{Passing::in_out}, filled{Passing::filled},
    buffer{Passing::buffer}, filestat{Passing::filestat, 64}, gathered{Passing::gathered},
    scattered{Passing::scattered}, strings{Passing::strings}, subscriptions{Passing::subscriptions};

constexpr Parameter out(std::uint32_t size) {
  return {Passing::out, size};
}

std::vector<HostCall> make_calls() {
  std::vector<HostCall> calls;
#define HEAPBUMP_CALL(name, ...) calls.push_back({#name, {__VA_ARGS__}, true, {}, {}});
#include "wasm/preview1.def"
#undef HEAPBUMP_CALL
  for (HostCall& call : calls) {
    call.gives_errno = call.name != "proc_exit";
    if (call.name == "args_get") call.sizes_from = "args_sizes_get";
    if (call.name == "environ_get") call.sizes_from = "environ_sizes_get";
  }
  return calls;
}

void add_core_types(Passing passing, std::vector<emit::Type>& types) {
  using enum Passing;
  switch (passing) {
    case value64:
    case offset:
      types.push_back(emit::Type::i64);
      return;
    case value32:
    case whence:
    case Passing::out:
    case filestat:
      types.push_back(emit::Type::i32);
      return;
    case text:
    case in_out:
    case filled:
    case buffer:
    case gathered:
    case scattered:
    case strings:
      types.insert(types.end(), 2, emit::Type::i32);
      return;
    case subscriptions:
      types.insert(types.end(), 3, emit::Type::i32);
      return;
  }
}

emit::Type type_of(NumberType type) {
  return static_cast<emit::Type>(type);  // both are the bytes of the format
}

emit::Signature described_signature(const DescribedCall& call) {
  emit::Signature signature;
  for (const DescribedParameter& parameter : call.parameters) {
    signature.parameters.push_back(parameter.number ? type_of(*parameter.number) : emit::Type::i32);
    if (!parameter.number && parameter.memory.counted) signature.parameters.push_back(emit::Type::i32);
  }
  if (call.result) signature.results.push_back(type_of(*call.result));
  return signature;
}

}  // namespace

emit::Signature HostCall::signature() const {
  if (described) return described_signature(*described);
  emit::Signature signature;
  for (const Parameter& parameter : parameters) add_core_types(parameter.passing, signature.parameters);
  if (gives_errno) signature.results.push_back(emit::Type::i32);
  return signature;
}

bool HostCall::uses_memory() const {
  if (described)
    return std::ranges::any_of(described->parameters, [](const DescribedParameter& p) { return !p.number; });
  return std::ranges::any_of(parameters,
                             [](const Parameter& parameter) { return parameter.passing > Passing::whence; });
}

const std::vector<HostCall>& preview1_calls() {
  static const std::vector<HostCall> calls = make_calls();
  return calls;
}

const HostCall* find_preview1(std::string_view name) {
  const auto found = std::ranges::find(preview1_calls(), name, &HostCall::name);
  return found == preview1_calls().end() ? nullptr : &*found;
}

bool is_in_preview0(std::string_view name) {
  return name != "sock_accept" && find_preview1(name) != nullptr;
}

}  // namespace heapbump
