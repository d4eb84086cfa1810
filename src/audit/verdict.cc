#include "audit/verdict.h"

#include <algorithm>

#include "base/names.h"

namespace heapbump::audit {
namespace {

constexpr std::string_view kMake =
    "heapbump component FILE -o OUT; all of them at once: heapbump audit IN... --component FOLDER";

constexpr std::string_view kOwnRealloc =
    "wasm-tools component new FILE --adapt ADAPTER -o OUT, or heapbump component FILE -o OUT";
constexpr std::string_view kNoAdapter = "nothing: no adapter is needed";

constexpr std::array<VerdictInfo, kVerdicts> kVerdictTable = {{
    {Verdict::relocated, "ready (relocated)", Group::can_move,
     "a component can be made; its adapter gets a region in the module's own memory", kMake},
    {Verdict::apart, "ready (apart)", Group::can_move,
     "a component can be made; its adapter gets a memory of its own beside the unchanged module", kMake},
    {Verdict::not_needed, "not-needed", Group::can_move,
     "it has an allocator that the adapter may ask, so the stock tools are safe", kOwnRealloc},
    {Verdict::already, "already", Group::done, "heapbump has reserved it or made it", "nothing"},
    {Verdict::preview0, "preview0", Group::can_move,
     "it imports wasi_unstable, which no stock adapter serves; heapbump translates it", kMake},
    {Verdict::not_wasi, "not-wasi", Group::nothing_to_move, "it imports nothing of WASI", kNoAdapter},
    {Verdict::needs_host, "needs-host-interfaces", Group::cannot_move,
     "it imports functions that no preview1 adapter gives",
     "get an adapter for these imports from whoever made the host, then heapbump component FILE -o OUT "
     "--adapter NAME=ADAPTER (docs/components.md); or build the module anew without them"},
    {Verdict::refused, "refused", Group::cannot_move, "heapbump cannot show that a change would be safe",
     "leave it where it runs today, or build it anew for WASI 0.2; heapbump explain with the reason's id "
     "says what is in the way"},
    {Verdict::malformed, "malformed", Group::cannot_move, "its bytes are not a valid module or component",
     "fetch or build the file again; compare its SHA-256 with the one it was published with"},
    {Verdict::unreadable, "unreadable", Group::cannot_move, "it could not be read",
     "mend the permissions or the disk, then run again with --resume"},
}};

constexpr std::array<ReasonInfo, 17> kReasonTable = {{
    {"region-bump", "the heap's start is moved up, and the region is where it was",
     "A detector explained every use of the heap's start, and the edited module passed `verify`.", kMake},
    {"region-tail", "the memory begins larger, and the region is above its old end",
     "The allocator takes whatever memory.grow returns, so that it never comes to the new pages.", kMake},
    {"region-gap", "the module has pages that it never touches, and the region is there",
     "The toolchain leaves a hole in the memory; no heap address changes.", kMake},
    {"wit-exports", "the module has WIT exports and can be relocated",
     "Its exports work on its own memory. An encoder that reads component types has to make the component.",
     "heapbump component FILE -o OUT --encoder wasm-tools"},
    {"reactor", "it is a reactor, and relocating it for a component would gain nothing",
     "A module without `_start` exports plain functions. A component made of it runs its `_initialize`, if "
     "there is one, and exports nothing; so it is made apart. `heapbump reserve` can still reserve a "
     "region in it for a host that links modules itself.",
     kMake},
    {"start-function", "its start function could call the host before the adapter is there",
     "The function in the start section runs while the module is instantiated. Apart, it is called later.",
     kMake},
    {"preview0", "it imports wasi_unstable, the interface of 2019",
     "No stock adapter serves this name. heapbump translates its calls, with the adapter apart.", kMake},
    {"own-realloc", "it exports a realloc of its own, which the stock adapter uses",
     "The adapter asks `cabi_realloc` for its memory and gets it from the module's own allocator.",
     kOwnRealloc},
    {"reserved-before", "it carries the record of a reservation", "`heapbump undo` gives the original back.",
     "make the component with wasm-tools component new or heapbump component, or nothing if that is done"},
    {"no-wasi-imports", "it imports nothing of WASI",
     "Neither wasi_snapshot_preview1 nor wasi_unstable is imported, so there is nothing to adapt.",
     kNoAdapter},
    {"adapter", "it is an adapter from preview1, not a program",
     "It exports preview1's functions and imports the interfaces that came after.",
     "nothing: it is given to an encoder beside a program"},
    {"component-checked", "it is a component that heapbump made, and it passes `check`",
     "No adapter in it uses memory of the program but its region.", "nothing"},
    {"component-native", "it is a component in which nothing imports preview1",
     "It was built for WASI 0.2 or later, so there is nothing to adapt.", "nothing: it is a component"},
    {"component-own-realloc", "it is a component whose program has a realloc of its own",
     "Its adapter asks the program's own allocator for memory.", "nothing: it is a component"},
    {"component-unreserved", "it is a component whose adapter has no region of its own",
     "A core module in it imports preview1 and carries no record of a reservation. Its adapter takes pages "
     "by memory.grow, behind the back of the module's allocator. Whether that is safe was not shown.",
     "make it again from the core module: heapbump component MODULE -o OUT (wasm-tools component unbundle "
     "takes a component apart)"},
    {kTimeLimit, "the time for one file was used up",
     "The process that worked on the file was ended. Nothing was written for this file.",
     "run again with --resume and a larger --max-seconds"},
    {kWorkerDied, "the process that worked on the file died, twice",
     "A crash, or the system's own guard of memory, ended it. Nothing was written for this file.",
     "run again with --resume, fewer --jobs and a larger --max-memory; if it dies again, please report it"},
}};

}  // namespace

const std::array<VerdictInfo, kVerdicts>& all_verdicts() {
  return kVerdictTable;
}

const VerdictInfo& info(Verdict verdict) {
  return kVerdictTable[static_cast<std::size_t>(verdict)];
}

std::optional<Verdict> find_verdict(std::string_view name) {
  const auto found = std::ranges::find(kVerdictTable, name, &VerdictInfo::name);
  if (found == kVerdictTable.end()) return std::nullopt;
  return found->verdict;
}

std::string_view to_string(Group group) {
  return name_of<Group::cannot_move>(group, {"can-move", "done", "nothing-to-move", "cannot-move"});
}

Group group_of(Verdict verdict, bool is_component) {
  return is_component && verdict == Verdict::not_needed ? Group::done : info(verdict).group;
}

std::span<const ReasonInfo> all_reasons() {
  return kReasonTable;
}

std::optional<ReasonInfo> find_reason(std::string_view id) {
  if (const auto own = std::ranges::find(kReasonTable, id, &ReasonInfo::id); own != kReasonTable.end())
    return *own;
  if (const auto code = std::ranges::find(all_codes(), id, &CodeInfo::name); code != all_codes().end())
    return ReasonInfo{code->name, code->summary, code->explanation, ""};
  return std::nullopt;
}

std::string_view next_step(Verdict verdict, std::string_view reason) {
  const auto known = find_reason(reason);
  if (known && !known->next.empty()) return known->next;
  return info(verdict).next;
}

Reason reason_of(const Error& error) {
  return {std::string(code_info(error.code).name), error.message, error.offset, std::string(error.rule)};
}

Reason reason_of(std::string_view id) {
  const auto known = find_reason(id);
  return {std::string(id), known ? std::string(known->summary) : std::string()};
}

Verdict verdict_of(const Error& error) {
  if (error.code == Code::kForeignImports) return Verdict::needs_host;
  if (error.code == Code::kIoRead) return Verdict::unreadable;
  constexpr int kMalformedExit = 3;
  return exit_code(error.code) == kMalformedExit ? Verdict::malformed : Verdict::refused;
}

bool is_passing(std::string_view reason) {
  return reason == kTimeLimit || reason == kWorkerDied || reason == code_info(Code::kOutOfMemory).name ||
         reason == code_info(Code::kIoRead).name;
}

}  // namespace heapbump::audit
