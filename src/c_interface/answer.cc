#include "c_interface/answer.h"

#include <exception>
#include <new>

namespace heapbump::c {
namespace {

/// What is given out where there is no memory for a result, made before it can be missing. It is never
/// freed.
const heapbump_result& out_of_memory() {
  static const heapbump_result result{.exit_code = heapbump::exit_code(Code::kOutOfMemory),
                                      .code = "HB0104",
                                      .message = "the machine has no memory left for this",
                                      .offset = {},
                                      .module = {},
                                      .component = {},
                                      .manifest = {},
                                      .report = {}};
  return result;
}
[[maybe_unused]] const heapbump_result& made_early = out_of_memory();

heapbump_result* no_memory() noexcept {
  // Nobody writes to a result: the interface takes it as const, and frees it by release().
  return const_cast<heapbump_result*>(&out_of_memory());
}

}  // namespace

void set_error(heapbump_result& result, const Error& error) {
  result.exit_code = exit_code(error.code);
  result.code = code_info(error.code).name;
  result.message = error.message;
  result.offset = place_of(error);
}

void set_report(heapbump_result& result, Json report, std::string_view verb) {
  report["verb"] = verb;
  result.report = report.dump() + "\n";
}

std::span<const std::byte> bytes_of(const void* data, std::size_t size) {
  return data == nullptr ? std::span<const std::byte>()
                         : std::span(static_cast<const std::byte*>(data), size);
}

std::string_view text_of(const char* data, std::size_t size) {
  return data == nullptr ? std::string_view() : std::string_view(data, size);
}

#if defined(__cpp_exceptions)
heapbump_result* answer(Verb verb, const void* arguments) noexcept {
  heapbump_result* result = nullptr;
  try {
    result = new heapbump_result;
    if (const Status done = verb(*result, arguments); !done) set_error(*result, done.error());
    return result;
  } catch (const std::bad_alloc&) {
    delete result;
    return no_memory();
  } catch (const std::exception& e) {
    try {
      *result = {};
      set_error(*result, {Code::kInternal, e.what()});
      return result;
    } catch (...) {
    }
  } catch (...) {
  }
  delete result;
  return no_memory();
}
#else
// In WebAssembly there are no exceptions: where memory is missing the instance traps, and whoever runs it
// makes a new one.
heapbump_result* answer(Verb verb, const void* arguments) noexcept {
  heapbump_result* result = new (std::nothrow) heapbump_result;
  if (result == nullptr) return no_memory();
  if (const Status done = verb(*result, arguments); !done) set_error(*result, done.error());
  return result;
}
#endif

void release(heapbump_result* result) noexcept {
  if (result != no_memory()) delete result;
}

}  // namespace heapbump::c
