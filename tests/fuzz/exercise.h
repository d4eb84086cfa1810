// What must hold for any bytes whatever, one function a room: the fuzz targets call these with bytes that a
// fuzzer made, the property tests with every change of a small file, the regression test with every input
// that once broke one. Each returns the promise that was broken; memory errors are left to the sanitizers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace heapbump::exercise {

using Broken = std::optional<std::string>;

/// An error names no offset beyond the file, says something, and is never an internal one.
[[nodiscard]] Broken check_error(const Error& error, std::uint64_t size);

/// Sections, facts, names, producers, data image, record; every body decoded.
[[nodiscard]] Broken reader(Bytes file);
/// One detector: its sites lie in the file and hold the values that it says.
[[nodiscard]] Broken detector(std::string_view name, Bytes file);
/// Whatever reserve accepts reads, verifies (unless its code is malformed), undoes to the input, and is left
/// alone by a second reserve.
[[nodiscard]] Broken reserve(Bytes file);
/// The quick part of `reserve`, for many changes of one file: what is accepted with the default request
/// verifies, which proves the way back too. No room of the fuzzers; its name is "reserve-once".
[[nodiscard]] Broken reserve_once(Bytes file);
/// A reserved module that was changed in any byte does not verify.
[[nodiscard]] Broken unnoticed(Bytes original, Bytes changed);
/// Two unrelated files: the first half against the second, split at a length that the first four bytes give.
[[nodiscard]] Broken verify(Bytes file);
/// What is undone has the hash that the record says.
[[nodiscard]] Broken undo(Bytes file);
/// The bytes as an adapter, for a sound manifest.
[[nodiscard]] Broken place(Bytes file);
[[nodiscard]] Broken check(Bytes file);
/// What is read as a manifest is written and read again as the same one; places the small adapter by it.
[[nodiscard]] Broken manifest(Bytes file);
/// The bytes as the content of a module's heapbump section.
[[nodiscard]] Broken record(Bytes file);

/// The bytes as a WITX description: what is read is read again as the same, and each pointer lies in its
/// element.
[[nodiscard]] Broken describe(Bytes file);
/// The bytes as a report of an audit: every form that it is converted to is well formed.
[[nodiscard]] Broken audit_report(Bytes file);

/// By name, for targets and regression files: "reader", "detect-go", "reserve"...; nothing if there is no
/// such room.
using Room = Broken (*)(Bytes);
[[nodiscard]] std::vector<std::string> rooms();
/// Whether a room reads modules, so that a mutator that knows them is of use.
[[nodiscard]] bool reads_modules(std::string_view room);
[[nodiscard]] Broken run(std::string_view room, Bytes file);

}  // namespace heapbump::exercise
