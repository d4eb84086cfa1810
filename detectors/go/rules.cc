#include "detectors/go/rules.h"

#include <array>

namespace heapbump::go {
namespace {

constexpr std::array<std::string_view, 13> kSectionFields = {
    "text", "etext",    "noptrdata", "enoptrdata", "data",     "edata", "bss",
    "ebss", "noptrbss", "enoptrbss", "covctrs",    "ecovctrs", "end"};
constexpr std::array<std::string_view, 5> kTables = {"funcnametab", "cutab", "filetab", "pctab", "pclntable"};
// Offsets of those five slices in moduledata from Go 1.16 on. A slice is pointer, length, capacity.
constexpr std::array<unsigned, 5> kTableSlices = {8, 32, 56, 80, 104};
// Go 1.11 to 1.15: the one slice pclntable, after the structure's first word.
constexpr unsigned kPclntableLength = 8, kPclntableCapacity = 16;
constexpr unsigned kHeaderBytes =
    16;  // of the pclntab of Go 1.2 to 1.15: magic and flags, number of functions
constexpr unsigned kHeaderFunctions = 8;  // offset of the number of functions, in every version
// Words of the structure's sections.
constexpr unsigned kEtext = 1, kNoptrdata = 2, kBss = 6;

std::uint64_t word(const Candidate& at, const StructureContext& in, unsigned offset) {
  return in.image.load64(at.address + offset);
}

std::uint64_t section_word(const Candidate& at, const StructureContext& in, unsigned index) {
  return word(at, in, at.layout->sections + index * 8);
}

std::string section_name(const Layout& layout, unsigned index) {
  return std::string(index + 1 == layout.section_words ? kSectionFields.back() : kSectionFields[index]);
}

bool in_data(const StructureContext& in, std::uint64_t pointer, std::uint64_t length) {
  return pointer < in.image.end() && length <= in.image.end() - pointer;
}

Check first_pc(const Candidate& at, const StructureContext& in) {
  const std::uint64_t minpc = word(at, in, at.layout->minpc);
  if (minpc != kFirstPc) return fails("minpc is " + hex(minpc) + ", not " + hex(kFirstPc));
  return holds();
}

Check last_pc(const Candidate& at, const StructureContext& in) {
  const std::uint64_t minpc = word(at, in, at.layout->minpc);
  const std::uint64_t maxpc = word(at, in, at.layout->minpc + 8);
  if (maxpc <= minpc || maxpc > 0xffffffff) return fails("maxpc is " + hex(maxpc));
  return holds({"minpc = " + hex(minpc) + " < maxpc = " + hex(maxpc)});
}

Check function_count(const Candidate& at, const StructureContext& in) {
  const std::uint64_t length = word(at, in, at.layout->ftab + 8);
  const std::uint64_t capacity = word(at, in, at.layout->ftab + 16);
  const std::uint64_t described = in.image.load64(at.header + kHeaderFunctions);
  if (described == 0 || length != described + 1 || capacity < length)
    return fails("ftab has " + std::to_string(length) + " entries for " + std::to_string(described) +
                 " functions");
  std::vector<std::string> evidence = {"ftab has one entry more than the pclntab's " +
                                       std::to_string(described) + " functions"};
  if (described == in.module.bodies.size())
    evidence.emplace_back("as many function bodies as the pclntab describes");
  return holds(std::move(evidence));
}

Check function_table(const Candidate& at, const StructureContext& in) {
  if (!in_data(in, word(at, in, at.layout->ftab), word(at, in, at.layout->ftab + 8)))
    return fails("ftab lies outside the data");
  return holds();
}

Check one_table(const Candidate& at, const StructureContext& in) {
  if (at.layout->header_tables != 0) return not_applicable();
  if (word(at, in, at.layout->ftab) != at.header + kHeaderBytes)
    return fails("ftab does not follow the pclntab's header");
  const std::uint64_t length = word(at, in, kPclntableLength);
  if (length < word(at, in, at.layout->ftab + 8) || word(at, in, kPclntableCapacity) < length)
    return fails("pclntable's length");
  return holds({"pclntable and ftab are one table"});
}

Check tables(const Candidate& at, const StructureContext& in) {
  if (at.layout->header_tables == 0) return not_applicable();
  for (unsigned i = 0; i < kTables.size(); ++i) {
    const std::uint64_t expected =
        at.header + in.image.load64(at.header + at.layout->header_tables + std::uint64_t{i} * 8);
    const std::uint64_t pointer = word(at, in, kTableSlices[i]);
    const std::uint64_t length = word(at, in, kTableSlices[i] + 8);
    if (pointer != expected)
      return fails(std::string(kTables[i]) + " is not where the pclntab's header says");
    if (word(at, in, kTableSlices[i] + 16) < length)
      return fails(std::string(kTables[i]) + " has a length beyond its capacity");
    if (!in_data(in, pointer, length)) return fails(std::string(kTables[i]) + " lies outside the data");
  }
  return holds();
}

Check function_table_first(const Candidate& at, const StructureContext& in) {
  if (at.layout->header_tables == 0) return not_applicable();
  if (word(at, in, at.layout->ftab) != word(at, in, kTableSlices.back()))
    return fails("ftab is not at pclntable's start");
  return holds({"funcnametab, cutab, filetab, pctab and pclntable are where the pclntab's header says"});
}

Check sections_ascend(const Candidate& at, const StructureContext& in) {
  std::uint64_t previous = 0;
  for (unsigned i = 0; i < at.layout->section_words; ++i) {
    const std::uint64_t value = section_word(at, in, i);
    if (i == kEtext && value <= previous) return fails("etext is " + hex(value));
    // text and etext are no addresses of linear memory, so noptrdata has nothing before it.
    if (i > kNoptrdata && value < previous)
      return fails(section_name(*at.layout, i) + " = " + hex(value) + " is below " +
                   section_name(*at.layout, i - 1));
    previous = value;
  }
  return holds();
}

Check data_start(const Candidate& at, const StructureContext& in) {
  const std::uint64_t noptrdata = section_word(at, in, kNoptrdata);
  if (noptrdata == 0 || noptrdata >= in.image.end())
    return fails("noptrdata = " + hex(noptrdata) + " is outside the data");
  return holds();
}

Check bss_empty(const Candidate& at, const StructureContext& in) {
  const std::uint64_t bss = section_word(at, in, kBss);
  if (in.image.end() > align_up(bss, 8))
    return fails("data is at " + hex(in.image.end() - 1) + ", in the bss");
  return holds({"noptrdata = " + hex(section_word(at, in, kNoptrdata)) +
                " to enoptrbss are in ascending order; the file's data ends at " + hex(in.image.end()) +
                ", at or below bss = " + hex(bss)});
}

Check end_addressable(const Candidate& at, const StructureContext& in) {
  const std::uint64_t end = word(at, in, at.layout->end_offset());
  if (end >= std::uint64_t{1} << 31) return fails("end = " + hex(end) + " is beyond 2 GiB");
  return holds();
}

Check end_in_memory(const Candidate& at, const StructureContext& in) {
  const std::uint64_t end = word(at, in, at.layout->end_offset());
  if (end > in.module.memory_bytes()) return fails("end = " + hex(end) + " is beyond the memory's minimum");
  return holds({"end = " + hex(end) + " is inside the declared memory"});
}

constexpr auto kStructureChecks = std::to_array<CheckRule<Candidate, const StructureContext>>({
    {{"go.first-pc", "minpc is 0x10000000.",
      "Go's linker numbers functions from 0x1000, and a program counter is that number times 65536, so every "
      "program begins there. Another number means that the field is not minpc, and the layout is another "
      "one.",
      "golang/go src/cmd/link/internal/wasm/asm.go (funcValueOffset), src/cmd/internal/obj/wasm/wasmobj.go; "
      "Go 1.11 to 1.27"},
     first_pc},
    {{"go.last-pc", "maxpc is above minpc and fits 32 bits.",
      "A program has at least one function, and a function's number fits 16 bits above the block's.",
      "golang/go src/runtime/symtab.go (moduledataverify1)"},
     last_pc},
    {{"go.function-count", "ftab has one entry more than the pclntab's header counts functions.",
      "The runtime itself refuses to start where the two disagree. Two counts that are written in different "
      "places agree by accident only in a structure that is what it seems.",
      "golang/go src/runtime/symtab.go (moduledataverify1: nftab is len(ftab) - 1)"},
     function_count},
    {{"go.function-table", "ftab lies in the static data.",
      "The linker writes the table, so its bytes are in the data segments; a slice that points elsewhere is "
      "another field.",
      "golang/go src/cmd/link/internal/ld/pcln.go"},
     function_table},
    {{"go.one-table", "Until Go 1.15, ftab follows the pclntab's header and pclntable holds both.",
      "The linker of these versions writes one table; ftab is a slice of it that begins after the 16 bytes "
      "of the header.",
      "golang/go src/cmd/link/internal/ld/symtab.go, release-branch.go1.15"},
     one_table},
    {{"go.tables",
      "From Go 1.16 on, each of the five tables is where the pclntab's header says, in the data.",
      "The header holds the tables' distances and the structure their addresses: five pairs that agree only "
      "if the structure belongs to the header.",
      "golang/go src/cmd/link/internal/ld/symtab.go, src/runtime/symtab.go (pcHeader, moduledata)"},
     tables},
    {{"go.function-table-first", "From Go 1.16 on, ftab is where pclntable begins.",
      "The linker makes both slices from the same symbol, runtime.functab in runtime.pclntab.",
      "golang/go src/cmd/link/internal/ld/symtab.go (moduledata.AddAddr of pclntab for both)"},
     function_table_first},
    {{"go.sections-ascend", "The sections' addresses ascend from noptrdata to end.",
      "The linker lays the sections out in this order and `end` is behind the last of them. Only so is every "
      "static object below the heap that starts at `end`.",
      "golang/go src/cmd/link/internal/ld/data.go (address); src/runtime/symtab.go (moduledata)"},
     sections_ascend},
    {{"go.data-start", "noptrdata is an address in the static data.",
      "The section holds the runtime's own variables, so it is never empty and its bytes are in the file.",
      "golang/go src/cmd/link/internal/ld/data.go"},
     data_start},
    {{"go.bss-empty", "No data segment fills a byte of the bss or above.",
      "The bss and the heap above it are zeros at the start. Data there means that the program had run when "
      "this module was saved, and then live objects lie where the region would be.",
      "golang/go src/cmd/link/internal/wasm/asm.go (writeDataSec: noptrdata and data only)"},
     bss_empty},
    {{"go.end-addressable", "end is below 2 GiB.",
      "The runtime computes with signed sizes and the linker lays out static data in the low half of the "
      "address space; above, an address rounded up could overflow.",
      "golang/go src/cmd/link/internal/wasm/asm.go (writeMemorySec: initial size of 16 MB)"},
     end_addressable},
    {{"go.end-in-memory", "end is within the declared memory.",
      "The linker declares a memory that holds all static data, so a number beyond it is another field or "
      "the module was rewritten.",
      "golang/go src/cmd/link/internal/wasm/asm.go (writeMemorySec)"},
     end_in_memory},
});

// ---- Eras ----

/// Nothing of its own: what the rules look at is in EndUse.
struct Nothing {};
constexpr Nothing kNothing;
using EraRule = Rule<std::optional<Era>, EndUse, const Nothing>;

std::optional<Era> from_pointer(const EndUse& use, const Nothing&) {
  if (!use.by_pointer || use.by_address || !use.memory_size) return std::nullopt;
  return Era::from_pointer;
}

bool kept_in_break(const EndUse& use) {
  return use.by_address && !use.second_read && use.rounds_up && use.bloc;
}

std::optional<Era> own_pages(const EndUse& use, const Nothing&) {
  if (!kept_in_break(use) || use.bloc_hands_out || use.memory_size) return std::nullopt;
  return Era::own_pages;
}

std::optional<Era> from_break(const EndUse& use, const Nothing&) {
  if (!kept_in_break(use) || !use.bloc_hands_out || !use.memory_size) return std::nullopt;
  return Era::from_break;
}

constexpr auto kEraRules = std::to_array<EraRule>({
    {{"go.heap-from-pointer",
      "`end` is read through a variable that points at the structure, never by its address, and memory.size "
      "is asked for: reservations begin at `end`, so the heap moves with the word.",
      "sysReserve of these versions takes address space from lastmoduledatap.end up and from nowhere else. "
      "No instruction holds the number, so the word is the only source of the heap's start.",
      "golang/go src/runtime/mem_js.go (sysReserve), Go 1.11 to 1.20"},
     from_pointer},
    {{"go.heap-own-pages",
      "`end` is rounded up to a page and stored to a variable from which no address is made, and memory.size "
      "is not asked for: the heap is only what memory.grow returns, and stays.",
      "The allocator never owns the bytes from `end` to the declared minimum: the variable is compared for "
      "equality or a block is given back to it, no more. Without memory.size it cannot see pages that "
      "someone else added, either.",
      "golang/go src/runtime/mem_sbrk.go (sbrk, sysFreeOS, sysReserveAligned), mem_wasm.go; Go 1.21 to 1.23"},
     own_pages},
    {{"go.heap-from-break",
      "`end` is rounded up to a page and stored to the break from which allocations are made, and "
      "memory.size is asked for: the break moves with the word.",
      "The break starts at `end` rounded up and ends at memory.size; both rise by the same whole pages, so "
      "the runtime has as much heap as before, congruent to a page.",
      "golang/go src/runtime/mem_sbrk.go (initBloc, memRound), os_wasm.go; Go 1.24 on"},
     from_break},
});

// ---- The memory's size ----

using MemoryRule = CheckRule<EndUse, const Nothing>;

// One function has the instruction, and only returns its result.
Check one_function(const EndUse& use, bool grows, const std::string& name) {
  const MemoryUse* first = nullptr;
  for (const MemoryUse& memory : use.memory) {
    if (memory.grows != grows) continue;
    const std::string place =
        " at file offset " + hex(memory.offset) + " in function " + std::to_string(memory.function);
    if (first != nullptr)
      return fails(name + place + " is a second one; the runtime has one function for it",
                   Code::kUnexplained);
    if (!memory.only_returned)
      return fails("the result of " + name + place + " is used there, where the runtime only returns it",
                   Code::kUnexplained);
    first = &memory;
  }
  if (first == nullptr) return not_applicable();
  return holds({name + " is only in function " + std::to_string(first->function) + ", which returns it"});
}

Check memory_size(const EndUse& use, const Nothing&) {
  return one_function(use, false, "memory.size");
}

Check memory_grow(const EndUse& use, const Nothing&) {
  return one_function(use, true, "memory.grow");
}

constexpr auto kMemoryRules = std::to_array<MemoryRule>({
    {{"go.memory-size", "memory.size is in one function, which only returns it on Go's stack.",
      "runtime.currentMemory is the only function with the instruction, since the compiler makes none. Its "
      "callers are the runtime's; a second one would be a program's own view of the memory's size, which "
      "rises with the region.",
      "golang/go src/runtime/sys_wasm.s (currentMemory)"},
     memory_size},
    {{"go.memory-grow", "memory.grow is in one function, which only returns its result on Go's stack.",
      "runtime.growMemory is the only function with the instruction; a second owner of new pages would not "
      "be known to the runtime, whose break assumes that they adjoin.",
      "golang/go src/runtime/sys_wasm.s (growMemory)"},
     memory_grow},
});

// ---- Equal numbers ----

using NumberRule = DecisionRule<EqualNumber, const ModuleData>;

Result<Ruling> end_word(const EqualNumber& number, const ModuleData& data) {
  if (number.in_code || number.address != data.end_address()) return undecided();
  return move_with_heap("runtime.firstmoduledata.end, from which the runtime takes its heap");
}

Result<Ruling> section_end(const EqualNumber& number, const ModuleData& data) {
  const std::uint64_t first = data.address + data.layout->sections;
  if (number.in_code || number.address < first || number.address >= data.end_address()) return undecided();
  return stay(Role::unrelated,
              "the end of a section in runtime.firstmoduledata that happens to be the last one; no heap "
              "follows from it");
}

Result<Ruling> entry_stack(const EqualNumber& number, const ModuleData&) {
  if (!number.in_code || !number.sets_stack) return undecided();
  return stay(Role::stack_top,
              "Go's linker bakes runtime.end into no instruction; this is the end of the last object, the "
              "entry's stack, which stays");
}

constexpr auto kNumberRules = std::to_array<NumberRule>({
    {{"go.end-word", "The word `end` of the structure moves by the region.",
      "It is the one word from which the runtime takes the start of its heap; which code reads it and how "
      "was decided before (go.heap-from-pointer, go.heap-own-pages, go.heap-from-break).",
      "golang/go src/runtime/symtab.go (moduledata.end)"},
     end_word},
    {{"go.section-end", "A section's end in the structure that equals `end` stays.",
      "enoptrbss, covctrs and ecovctrs bound the last section, in which the collector looks for roots; the "
      "section does not grow when the heap moves away from it.",
      "golang/go src/runtime/symtab.go (moduledata), mbitmap.go and mgcmark.go for their uses"},
     section_end},
    {{"go.entry-stack",
      "A constant in code that equals `end`, is stored in Go's stack pointer and addresses at most the 16 "
      "bytes above it stays.",
      "The linker has no relocation that puts runtime.end into an instruction on this architecture. In Go "
      "1.12 and 1.13 the entry's stack is the last object, and its end, the initial stack pointer, is this "
      "number.",
      "golang/go src/cmd/link/internal/wasm/asm.go (relocations), src/runtime/rt0_js_wasm.s"},
     entry_stack},
});

constexpr auto kRuleTables = std::to_array<RuleTable>({
    {"Is this structure runtime.firstmoduledata, and whole?", true, kInfosOf<kStructureChecks>},
    {"How does the runtime get its heap from `end`?", false, kInfosOf<kEraRules>},
    {"Is the memory's size only the runtime's?", true, kInfosOf<kMemoryRules>},
    {"Does this number, which equals `end`, move with the heap?", false, kInfosOf<kNumberRules>},
});

}  // namespace

std::optional<Failure> check_structure(const Candidate& candidate, const StructureContext& context,
                                       std::vector<Evidence>& evidence) {
  return first_failure(kStructureChecks, candidate, context, "moduledata-field", evidence);
}

Result<DecidedEra> decide_era(const EndUse& use) {
  if (const auto decided = first_decision(kEraRules, use, kNothing))
    return DecidedEra{decided->first, decided->second};
  return fail(
      Code::kLayoutMismatch,
      "runtime.firstmoduledata checks out, but how the code uses its `end` word and memory.size is not how "
      "any known version does (" +
          std::string(use.by_address || use.by_pointer ? describe(use) : "no reader of the word was found") +
          (use.memory_size ? "; memory.size is used)" : "; memory.size is not used)"));
}

std::optional<Failure> check_memory(const EndUse& use, std::vector<Evidence>& evidence) {
  return first_failure(kMemoryRules, use, kNothing, "memory-size", evidence);
}

Result<Decided> judge_number(const EqualNumber& number, const ModuleData& data) {
  return decide(kNumberRules, number, data,
                "it equals the word `end` and is none of the numbers that Go's linker makes equal");
}

std::span<const RuleTable> rule_tables() {
  return kRuleTables;
}

}  // namespace heapbump::go
