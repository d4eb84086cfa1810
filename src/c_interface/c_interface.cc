// The functions of include/heapbump.h: each reads its arguments, asks the library, and keeps the answer as
// the bytes that the program would write.
#include <array>
#include <utility>

#include "base/sha256.h"
#include "c_interface/answer.h"
#include "component/kind.h"
#include "detectors/detect.h"
#include "heapbump/check.h"
#include "heapbump/component.h"
#include "record/record.h"
#include "report/report.h"
#include "reserve/reserve.h"
#include "reserve/undo.h"
#include "verify/verify.h"

namespace heapbump::c {
namespace {

/// The value of an option, by its number in heapbump.h.
template <typename T, std::size_t N>
Result<T> choose(std::string_view option, std::uint32_t value, const std::array<T, N>& values) {
  if (value < N) return values[value];
  return fail(Code::kUsage, "the option " + std::string(option) + " has no value " + std::to_string(value));
}

using OptionalStrategy = std::optional<Strategy>;
constexpr std::array<OptionalStrategy, 4> kStrategies = {std::nullopt, Strategy::bump, Strategy::tail,
                                                         Strategy::gap};
constexpr std::array<std::optional<Placement>, 4> kPlacements = {std::nullopt, Placement::shim,
                                                                 Placement::adapter, Placement::none};
constexpr std::array<Confidence, 3> kConfidences = {Confidence::strong, Confidence::weak, Confidence::proven};
constexpr std::uint64_t kMaxPages = 65536;
constexpr std::uint32_t kMaxAdapters = 1024;

Result<Request> request_of(const heapbump_reserve_options& options) {
  Request request;
  if (options.pages > kMaxPages || options.adapters > kMaxAdapters)
    return fail(Code::kUsage, "at most 65536 pages and 1024 adapters can be asked for");
  if (options.pages != 0) request.pages = options.pages;
  if (options.adapters != 0) request.adapters = options.adapters;
  HEAPBUMP_TRY(request.strategy, choose("strategy", options.strategy, kStrategies));
  HEAPBUMP_TRY(request.placement, choose("placement", options.placement, kPlacements));
  HEAPBUMP_TRY(request.min_confidence, choose("min_confidence", options.min_confidence, kConfidences));
  request.allow_moved_code = options.allow_moved_code != 0;
  return request;
}

Result<ComponentRequest> request_of(const heapbump_component_options& options) {
  ComponentRequest request;
  request.encoder = "builtin";
  const bool apart = options.strategy == HEAPBUMP_STRATEGY_APART;
  request.may_relocate = !apart;
  request.may_stand_apart = apart || options.strategy == HEAPBUMP_STRATEGY_AUTO;
  if (!apart) {
    HEAPBUMP_TRY(request.strategy, choose("strategy", options.strategy, kStrategies));
  }
  HEAPBUMP_TRY(request.min_confidence, choose("min_confidence", options.min_confidence, kConfidences));
  if (options.flavor != nullptr) request.flavor = options.flavor;
  request.adapter = bytes_of(options.adapter, options.adapter_size);
  if (!request.flavor.empty() && !request.adapter.empty())
    return fail(Code::kUsage, "flavor and adapter exclude each other");
  return request;
}

Status refuse(heapbump_result& result, std::string_view verb, const Error& error, const Module* module,
              const Finding* finding = nullptr) {
  set_report(result,
             failure_report(error, module, finding,
                            module == nullptr ? std::nullopt : std::optional(sha256_hex(module->file))),
             verb);
  return std::unexpected(error);
}

Status detect_verb(heapbump_result& result, Bytes file) {
  const auto module = read_main_module(file);
  if (!module) return refuse(result, "detect", module.error(), nullptr);
  const Result<Finding> finding = detect(*module);
  set_report(result, detect_report(*module, finding, sha256_hex(file)), "detect");
  if (!finding) return std::unexpected(finding.error());
  if (!finding->refusals.empty()) return std::unexpected(finding->refusals.front());
  return {};
}

Status reserve_verb(heapbump_result& result, Bytes file, const heapbump_reserve_options* given) {
  const auto options = read_options(given);
  const auto request = options ? request_of(*options) : std::unexpected(options.error());
  if (!request) return refuse(result, "reserve", request.error(), nullptr);
  const auto module = read_main_module(file);
  if (!module) return refuse(result, "reserve", module.error(), nullptr);
  const auto fail_with = [&](const Error& error) {
    // Why it was refused is worth its cost, as for the program's report.
    std::optional<Finding> finding;
    if (exit_code(error.code) >= 4) {
      if (auto found = detect(*module)) finding = *std::move(found);
    }
    return refuse(result, "reserve", error, &*module, finding ? &*finding : nullptr);
  };
  const auto reservation = reserve(*module, *request);
  if (!reservation) return fail_with(reservation.error());
  std::vector<std::byte> output = reservation->output(file);
  if (reservation->plan.outcome == Plan::Outcome::reserve && options->skip_verify == 0) {
    if (const auto proved = prove_reservation(*module, *reservation, output); !proved)
      return fail_with(proved.error());
  }
  set_report(result, reserve_report(*module, *reservation, *request), "reserve");
  result.manifest = manifest_json(*reservation, *module).dump() + "\n";
  result.module = std::move(output);
  return {};
}

Status verify_verb(heapbump_result& result, Bytes original, Bytes reserved, std::string_view text) {
  const auto fail_with = [&](const Error& error) { return refuse(result, "verify", error, nullptr); };
  std::optional<Manifest> manifest;
  if (!text.empty()) {
    auto read = read_manifest(text);
    if (!read) return fail_with(read.error());
    manifest = *std::move(read);
  }
  for (const Bytes file : {original, reserved})
    if (const auto kind = expect_main_module(file); !kind) return fail_with(kind.error());
  const auto verification = verify_modules(original, reserved, manifest);
  if (!verification) return fail_with(verification.error());
  const int status = verification->ok() ? 0 : exit_code(Code::kVerifyMismatch);
  set_report(result, verify_report(*verification, status), "verify");
  if (status == 0) return {};
  const Mismatch& first = verification->mismatches.front();
  return std::unexpected(Error{.code = Code::kVerifyMismatch, .message = first.what, .offset = first.offset});
}

Status check_verb(heapbump_result& result, Bytes file, std::string_view text) {
  const auto fail_with = [&](const Error& error) { return refuse(result, "check", error, nullptr); };
  std::optional<Manifest> expected;
  std::string record;
  if (!text.empty()) {
    auto manifest = read_manifest(text);
    if (!manifest) return fail_with(manifest.error());
    expected = *std::move(manifest);
    auto kept = record_in_manifest(text);
    if (!kept) return fail_with(kept.error());
    record = *std::move(kept);
  }
  if (const auto kind = expect_component(file); !kind) return fail_with(kind.error());
  const auto check = expected ? check_component(file, *expected, record) : check_component(file, nullptr);
  if (!check) return fail_with(check.error());
  set_report(result, to_json(*check), "check");
  if (check->passed()) return {};
  return std::unexpected(*check->first_fault());
}

Status component_verb(heapbump_result& result, Bytes file, const heapbump_component_options* given) {
  const auto options = read_options(given);
  const auto request = options ? request_of(*options) : std::unexpected(options.error());
  if (!request) return refuse(result, "component", request.error(), nullptr);
  auto made = make_component(file, *request);
  if (!made) return refuse(result, "component", made.error(), nullptr);
  set_report(result, to_json(*made), "component");
  result.manifest = component_manifest(*made).dump() + "\n";
  result.module = std::move(made->module);
  result.component = std::move(made->component);
  return {};
}

Status undo_verb(heapbump_result& result, Bytes file, std::string_view manifest) {
  const auto fail_with = [&](const Error& error) { return refuse(result, "undo", error, nullptr); };
  const auto module = read_main_module(file);
  if (!module) return fail_with(module.error());
  std::string record;
  if (!manifest.empty()) {
    auto kept = record_in_manifest(manifest);
    if (!kept) return fail_with(kept.error());
    if (kept->empty())
      return fail_with(
          {Code::kBadManifest, "the manifest keeps no record, so nothing can be undone with it"});
    record = *std::move(kept);
  }
  auto original = undo_with(*module, record);
  if (!original) return fail_with(original.error());
  set_report(result, undo_report(file, *original), "undo");
  result.module = *std::move(original);
  return {};
}

template <typename Container>
heapbump_bytes given_out(const Container& bytes) {
  return bytes.empty() ? heapbump_bytes{nullptr, 0} : heapbump_bytes{bytes.data(), bytes.size()};
}

}  // namespace
}  // namespace heapbump::c

namespace c = heapbump::c;

extern "C" {

const char* heapbump_version(void) {
  return heapbump::version().data();
}

heapbump_result* heapbump_detect(const void* module, size_t size) {
  return c::answer(
      [&](heapbump_result& result) { return c::detect_verb(result, c::bytes_of(module, size)); });
}

heapbump_result* heapbump_reserve(const void* module, size_t size, const heapbump_reserve_options* options) {
  return c::answer(
      [&](heapbump_result& result) { return c::reserve_verb(result, c::bytes_of(module, size), options); });
}

heapbump_result* heapbump_verify(const void* original, size_t original_size, const void* reserved,
                                 size_t reserved_size, const char* manifest, size_t manifest_size) {
  return c::answer([&](heapbump_result& result) {
    return c::verify_verb(result, c::bytes_of(original, original_size), c::bytes_of(reserved, reserved_size),
                          c::text_of(manifest, manifest_size));
  });
}

heapbump_result* heapbump_check(const void* component, size_t size, const char* manifest,
                                size_t manifest_size) {
  return c::answer([&](heapbump_result& result) {
    return c::check_verb(result, c::bytes_of(component, size), c::text_of(manifest, manifest_size));
  });
}

heapbump_result* heapbump_component(const void* module, size_t size,
                                    const heapbump_component_options* options) {
  return c::answer(
      [&](heapbump_result& result) { return c::component_verb(result, c::bytes_of(module, size), options); });
}

heapbump_result* heapbump_undo(const void* reserved, size_t size, const char* manifest,
                               size_t manifest_size) {
  return c::answer([&](heapbump_result& result) {
    return c::undo_verb(result, c::bytes_of(reserved, size), c::text_of(manifest, manifest_size));
  });
}

int heapbump_result_exit_code(const heapbump_result* result) {
  return result->exit_code;
}

const char* heapbump_result_code(const heapbump_result* result) {
  return result->code.c_str();
}

const char* heapbump_result_message(const heapbump_result* result) {
  return result->message.c_str();
}

int heapbump_result_offset(const heapbump_result* result, uint64_t* offset) {
  if (result->offset && offset != nullptr) *offset = *result->offset;
  return result->offset ? 1 : 0;
}

heapbump_bytes heapbump_result_get(const heapbump_result* result, uint32_t what) {
  switch (what) {
    case HEAPBUMP_MODULE:
      return c::given_out(result->module);
    case HEAPBUMP_COMPONENT:
      return c::given_out(result->component);
    case HEAPBUMP_MANIFEST:
      return c::given_out(result->manifest);
    case HEAPBUMP_REPORT:
      return c::given_out(result->report);
    default:
      return {nullptr, 0};
  }
}

void heapbump_result_free(heapbump_result* result) {
  c::release(result);
}

}  // extern "C"
