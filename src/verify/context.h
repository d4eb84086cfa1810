// What the parts of the static check share: the two modules, what was found so far, and the numbers that the
// manifest in the reserved module claims.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"
#include "flow/flow.h"
#include "heapbump/verify.h"
#include "record/record.h"

namespace heapbump::verify {

/// A changed byte of linear memory's initial image.
struct ChangedByte {
  std::uint64_t address = 0;
  std::uint64_t reserved_offset = 0;
};

/// A constant or memarg offset in code that differs.
struct ChangedImmediate {
  std::uint32_t function = 0;
  std::uint32_t opcode = 0;
  std::int64_t old_value = 0;
  std::int64_t new_value = 0;
  std::uint64_t original_offset = 0;  ///< of the immediate
  std::uint64_t reserved_offset = 0;
  unsigned width = 0;
};

struct Context {
  const Module& original;
  const Module& reserved;
  const Record& record;
  Verification& result;
  Budget& budget;    ///< for looking at both modules
  PagesUsed& pages;  ///< of the reserved file

  std::vector<ChangedImmediate> immediates = {};  ///< by file offset
  std::vector<ChangedByte> data_bytes = {};       ///< by file offset
  std::vector<std::uint32_t> changed_globals = {};

  /// What the linker knew as the heap's start, for a bump: the heap base itself, or the end of static data
  /// that the runtime rounds up to it. Set by check_moved_values.
  std::uint64_t heap_symbol = 0;
  /// One word moved and nothing else: the last of a runtime's table of the bounds of its sections (Go's
  /// moduledata). Set by check_moved_values.
  bool bound_alone = false;
  bool gave_up = false;  ///< see spend and mismatch

  [[nodiscard]] const Manifest& manifest() const { return record.manifest; }
  /// Bytes by which the heap start moved; 0 unless the strategy is bump.
  [[nodiscard]] std::uint64_t moved_by() const {
    const Manifest& m = record.manifest;
    if (m.strategy != Strategy::bump || !m.heap_base_before || !m.heap_base_after) return 0;
    return *m.heap_base_after - *m.heap_base_before;
  }

  /// Charges work to the budget. False beyond its limit: whoever asked gives up,
  /// and the module does not pass, since what was not looked at is not known.
  [[nodiscard]] bool spend(std::uint64_t units) {
    if (gave_up) return false;
    if (budget.charge(units)) return true;
    give_up();
    return false;
  }
  /// The same for a walk along everything that becomes of one value, or past all nodes.
  [[nodiscard]] bool spend_walk(const Flow& flow) {
    return spend((flow.nodes.size() + flow.operands.size() + flow.effects.size()) / kPassedPerUnit);
  }
  void give_up() {
    mismatch(reserved.custom_section(kRecordSection)->offset,
             "the check takes more work than modules of this size may cost, so it was not finished");
    gave_up = true;
  }

  /// Listed up to here; one more would not change the verdict.
  static constexpr std::size_t kMostListed = 10'000;

  void mismatch(std::uint64_t offset, std::string what, std::string expected = "", std::string found = "") {
    if (result.mismatches.size() >= kMostListed) {
      gave_up = true;
      return;
    }
    result.mismatches.push_back(
        {VerifiedFile::reserved, offset, std::move(what), std::move(expected), std::move(found), false});
  }
  /// What the two programs were not shown to do alike.
  void not_alike(std::uint64_t offset, std::string what, std::string found = "") {
    mismatch(offset, std::move(what), "", std::move(found));
    if (!gave_up) result.mismatches.back().behaviour = true;
  }
  /// Index of the first differing byte of two views of the same length, from `from` on; the length if there
  /// is none. The second view is the reserved file's.
  [[nodiscard]] std::size_t first_difference(Bytes a, Bytes b, std::size_t from = 0);
  /// A plan makes a handful of changes; a file that differs in more places than this is another program.
  static constexpr std::size_t kMostChanges = 100'000;
  bool too_many(std::uint64_t offset) {
    if (result.changes.size() + result.mismatches.size() < kMostChanges) return false;
    mismatch(offset, "the files differ in too many places",
             "at most " + std::to_string(kMostChanges) + " changes");
    return true;
  }
  void note(std::string what) {
    if (result.notes.size() < kMostListed) result.notes.push_back(std::move(what));
  }
  void change(ChangeKind kind, std::uint64_t original_offset, std::uint64_t old_size,
              std::uint64_t reserved_offset, std::uint64_t new_size, std::string reading) {
    result.changes.push_back({kind, original_offset, original.bytes_at(original_offset, old_size),
                              reserved_offset, reserved.bytes_at(reserved_offset, new_size),
                              std::move(reading)});
  }
};

/// Sections, entries and bytes: finds every difference and puts it under one of the allowed kinds or reports
/// it.
void compare_structure(Context& context);
/// Decodes both bodies in step. False when they differ in more than constants and memarg offsets of the
/// same width.
bool compare_bodies(Context& context, std::uint32_t function);
/// Numbers in code and data that differ: are they the heap's, and did they move as the heap did?
void check_moved_values(Context& context);
/// Globals that were left as they were: does one still hold the old heap start, or a stack begin in the
/// region?
void check_left_values(Context& context);
/// Both modules evaluated in step (in_step.h): does the program do the same with the heap elsewhere?
void check_in_step(Context& context);
/// Pages that a heap which doubles its memory needs to come as far as it did: the last doubling at or below
/// the maximum of `before`, which must have one, begun from a minimum that is `pages` higher.
std::uint64_t last_doubling(const Memory& before, std::uint64_t pages);
/// The region's place, the memory's limits, data segments and globals.
void check_region(Context& context);
/// The shim, instruction by instruction, and the entries that go with it.
void check_shim(Context& context);
/// The record in the module against the difference that was found, and the hashes.
void check_record(Context& context);

[[nodiscard]] std::string show(Bytes bytes);
[[nodiscard]] std::string show_range(std::uint64_t begin, std::uint64_t end);  ///< "[0x10, 0x20)"

}  // namespace heapbump::verify
