#include "heapbump/verify.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/names.h"
#include "base/sha256.h"
#include "verify/context.h"
#include "verify/own_realloc.h"
#include "verify/verify.h"

namespace heapbump {
namespace verify {

std::string show(Bytes bytes) {
  constexpr std::size_t kShown = 16;
  std::string text = to_hex(bytes.first(std::min(bytes.size(), kShown)));
  if (bytes.size() > kShown) text += "...";
  return text;
}

std::string show_range(std::uint64_t begin, std::uint64_t end) {
  std::string text = "[";
  return text.append(hex(begin)).append(", ").append(hex(end)).append(")");
}

std::size_t Context::first_difference(Bytes a, Bytes b, std::size_t from) {
  // Equal stretches are the rule, so they are skipped in blocks that the library compares at memory speed.
  constexpr std::size_t kBlock = 4096;
  std::size_t counted = from;
  while (from < a.size()) {
    const std::size_t size = std::min(kBlock, a.size() - from);
    if (std::memcmp(a.data() + from, b.data() + from, size) != 0)
      return static_cast<std::size_t>(std::mismatch(a.begin() + static_cast<std::ptrdiff_t>(from), a.end(),
                                                    b.begin() + static_cast<std::ptrdiff_t>(from))
                                          .first -
                                      a.begin());
    from += size;
    if (from - counted < PagesUsed::kBlock) continue;
    pages.add(from - counted);
    counted = from;
  }
  return a.size();
}

}  // namespace verify

namespace {

void check_manifest_file(Verification& result, const Manifest& given) {
  const auto mismatch = [&](std::string what, std::string expected, std::string found) {
    result.mismatches.push_back(
        {VerifiedFile::manifest, std::nullopt, std::move(what), std::move(expected), std::move(found)});
  };
  if (given.input_sha256 != result.original_sha256)
    mismatch("the manifest is of another original", result.original_sha256, given.input_sha256);
  if (!given.output_sha256.empty() && given.output_sha256 != result.reserved_sha256)
    mismatch("the manifest is of another reserved module", result.reserved_sha256, given.output_sha256);
  Manifest carried = *result.manifest;
  carried.output_sha256 = given.output_sha256;
  const Json a = to_json(carried);
  const Json b = to_json(given);
  if (a != b) mismatch("the manifest is not the one that the module carries", a.dump(-1), b.dump(-1));
}

/// The reserved file's hash, and on the way the checkpoints that the record claims.
std::string hash_reserved(const Module& reserved, const Record& record, Verification& result,
                          PagesUsed& pages) {
  Sha256 hash;
  if (!record.checkpoints) {
    hash.update(reserved.file);
    return hash.hex();
  }
  const Section& section = *reserved.custom_section(kRecordSection);
  const auto body_size = static_cast<std::size_t>(section.offset);
  const std::array<Bytes, 1> body{reserved.file.first(body_size)};
  const Checkpoints taken = take_checkpoints(body, record.checkpoints->every, hash, &pages);
  if (taken != *record.checkpoints) {
    const std::string& claimed = record.checkpoints->digests;
    const auto differs = std::ranges::mismatch(taken.digests, claimed);
    const auto at = static_cast<std::size_t>(differs.in1 - taken.digests.begin()) / kCheckpointDigits;
    const auto show_digest = [&](const std::string& digests) {
      return at * kCheckpointDigits < digests.size()
                 ? digests.substr(at * kCheckpointDigits, kCheckpointDigits)
                 : std::string("none");
    };
    result.mismatches.push_back(
        {VerifiedFile::reserved, section.offset,
         "the record's checkpoints are not those of the module, first for what follows " +
             hex(at * taken.every),
         show_digest(taken.digests), show_digest(claimed)});
  }
  hash.update(reserved.file.subspan(body_size));
  return hash.hex();
}

void check_all(const Module& original, const Module& reserved, const Record& record, Verification& result,
               Budget& budget, PagesUsed& pages) {
  verify::Context context{.original = original,
                          .reserved = reserved,
                          .record = record,
                          .result = result,
                          .budget = budget,
                          .pages = pages};
  verify::compare_structure(context);
  const bool same_shape = result.ok();
  verify::check_region(context);
  verify::check_record(context);
  if (!same_shape) return;  // the rest compares entry with entry
  verify::check_shim(context);
  verify::check_moved_values(context);
  verify::check_left_values(context);
  verify::check_in_step(context);
}

/// `known`: nullptr where the files are to be hashed here.
Result<Verification> verify_files(const Module& original, Bytes reserved_bytes, const KnownHashes* known,
                                  const std::optional<Manifest>& manifest, PagesUsed& pages) {
  const Bytes original_bytes = original.file;
  Verification result;
  result.original_sha256 = known != nullptr ? known->original_sha256 : sha256_hex(original_bytes);
  result.reading_work = original_bytes.size() + reserved_bytes.size();
  const auto mismatch = [&](std::optional<std::uint64_t> offset, std::string what, std::string expected = "",
                            std::string found = "") {
    result.mismatches.push_back(
        {VerifiedFile::reserved, offset, std::move(what), std::move(expected), std::move(found)});
  };
  const auto reserved = read_module(reserved_bytes, &pages);
  const auto record = reserved ? read_record(*reserved) : std::optional<Record>{};
  // Each file is hashed once.
  result.reserved_sha256 = known != nullptr    ? known->reserved_sha256
                           : record && *record ? hash_reserved(*reserved, **record, result, pages)
                                               : sha256_hex(reserved_bytes);
  if (const Section* section = original.custom_section(kRecordSection)) {
    result.mismatches.push_back({VerifiedFile::original, section->offset,
                                 "the original is itself a reserved module", "no heapbump section", "one"});
    return result;
  }
  if (!reserved) {
    mismatch(reserved.error().offset, "the reserved module cannot be read: " + reserved.error().message,
             "a well-formed module", "");
    return result;
  }
  Budget budget(BudgetLimits::of_file(original_bytes.size()) + BudgetLimits::of_file(reserved_bytes.size()));
  if (result.original_sha256 == result.reserved_sha256) {
    // A module whose own realloc serves a stock adapter needs no region, so its copy is a right answer.
    const std::string why = manifest ? "a manifest was given" : verify::needs_region(original, budget);
    result.nothing_reserved = why.empty();
    if (!why.empty())
      mismatch(reserved_bytes.size(), "nothing is reserved: the two files are the same, and " + why,
               "a heapbump section", "the file's end");
    return result;
  }
  if (!record || !*record) {
    const Section* section = reserved->custom_section(kRecordSection);
    mismatch(section != nullptr ? section->offset : reserved_bytes.size(),
             record ? "the module carries no heapbump section" : record.error().message, "a heapbump section",
             record ? "none" : "one that cannot be read");
    return result;
  }
  result.manifest = (*record)->manifest;
  HEAPBUMP_TRY(const Held facts, Held::take(budget, original.facts_size + reserved->facts_size));
  check_all(original, *reserved, **record, result, budget, pages);
  // The difference is taken once in step and once by the record.
  result.checking_work = budget.work() + 2 * reserved_bytes.size() / kPassedPerUnit;
  if (manifest) check_manifest_file(result, *manifest);
  std::ranges::stable_sort(result.mismatches, {},
                           [](const Mismatch& m) { return m.offset.value_or(UINT64_MAX); });
  return result;
}

}  // namespace

Result<Verification> verify_modules(Bytes original_bytes, Bytes reserved_bytes,
                                    const std::optional<Manifest>& manifest) {
  return verify_modules(original_bytes, reserved_bytes, manifest, PagesUsed());
}

Result<Verification> verify_modules(Bytes original_bytes, Bytes reserved_bytes,
                                    const std::optional<Manifest>& manifest, PagesUsed pages) {
  HEAPBUMP_TRY(const Module original, read_module(original_bytes));
  return verify_files(original, reserved_bytes, nullptr, manifest, pages);
}

Result<Verification> verify_modules(const Module& original, Bytes reserved, const KnownHashes& known,
                                    const std::optional<Manifest>& manifest, PagesUsed pages) {
  return verify_files(original, reserved, &known, manifest, pages);
}

std::string to_string(const Mismatch& mismatch) {
  std::string text = mismatch.what;
  if (!mismatch.expected.empty()) text += ": expected " + mismatch.expected;
  if (!mismatch.found.empty()) text += (mismatch.expected.empty() ? ": found " : ", found ") + mismatch.found;
  return text;
}

std::string_view to_string(VerifiedFile value) {
  return name_of<VerifiedFile::manifest>(value, {"original", "reserved", "manifest"});
}

std::string_view to_string(ChangeKind value) {
  return name_of<ChangeKind::record>(
      value, {"section_size", "entry_count", "code_immediate", "memarg_offset", "data_word", "segment_length",
              "data_segment", "memory_limit", "global_initial", "shim_type", "shim_function", "shim_global",
              "shim_export", "shim_body", "record"});
}

}  // namespace heapbump
