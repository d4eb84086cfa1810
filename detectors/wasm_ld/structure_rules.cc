// What is asked of the module as a whole besides the rules of uses. Each is named where it is asked: bump.cc,
// tail.cc, judgement.cc, reasoning.cc, function_reasoning.cc and fixed_addresses.cc.
#include <array>

#include "detectors/wasm_ld/rule_parts.h"

namespace heapbump::wasm_ld {
namespace {

constexpr auto kStructure = std::to_array<RuleInfo>({
    {"wasm-ld.growth-in-place",
     "Where memory grows, the new memory is taken to begin where memory.grow says.",
     "What is only asked whether there is memory extends something in place, and would run through the "
     "region.",
     "core specification, memory.grow"},
    {"wasm-ld.coarse-rounding",
     "In a function of the allocator nothing from memory is rounded to more than a page.",
     "A compiler may have merged the program with it, and a block that is aligned to more than a page would "
     "lie "
     "elsewhere in its memory.",
     "docs/soundness.md"},
    {"wasm-ld.below-growth",
     "Memory just below what was grown is not used unless the code has found that the two adjoin.",
     "It belongs to what lay before, and the region lies between.",
     "wasi-libc emmalloc/emmalloc.c, claim_more_memory"},
    {"wasm-ld.mixed-place",
     "A word or global that keeps an address of the heap or the memory's size keeps no number elsewhere.",
     "Whatever reads it could not tell which moves.", "docs/soundness.md"},
    {"wasm-ld.place-starts-set",
     "A word or global that keeps an address of the heap or the memory's size starts as nothing.",
     "What it starts as would not move.", "docs/soundness.md"},
    {"wasm-ld.size-through-table",
     "No function that is exported or called through a table returns the memory's size.",
     "Its callers cannot be seen.", "docs/soundness.md"},
    {"wasm-ld.returned-number",
     "No function returns a page number or another number of the heap, or else something different.",
     "Its callers could not tell which moves.", "docs/soundness.md"},
    {"wasm-ld.known-allocator", "Memory grows, and its size is read, for known allocators alone.",
     "What an unknown allocator does with addresses elsewhere is not known: it may mask them, count by them, "
     "or continue memory below the declared minimum.",
     "docs/soundness.md"},
    {"wasm-ld.wide-root", "No vector lane, float or 64-bit number is where the heap starts or memory ends.",
     "Nothing tells whether it is an address.", "docs/soundness.md"},
    {"wasm-ld.constant-address",
     "No constant address in the heap, or above the declared minimum, is accessed.", "It does not move.",
     "LLVM lld/wasm/Writer.cpp, layoutMemory"},
    {"wasm-ld.low-heap", "No allocator has its first memory below the declared minimum.",
     "New memory would not continue it: blocks come to lie elsewhere and in another order, and realloc moves "
     "others.",
     "wasi-libc dlmalloc/src/malloc.c, try_init_allocator"},
    {"wasm-ld.new-memory", "An allocator that is known takes all its memory from memory.grow.",
     "Memory from elsewhere, as from a break that starts at the heap's start, goes on through the region.",
     "Doug Lea's malloc 2.8.6, MORECORE"},
    {"wasm-ld.maximum", "Zig's page allocator has no maximum to run into.",
     "Which of its pages it keeps for its own table depends on their numbers.",
     "Zig lib/std/heap/WasmPageAllocator.zig"},
    {"wasm-ld.two-starts", "One known allocator starts at a constant, and an exported __heap_base agrees.",
     "Two owners of one heap cannot both be right.", "LLVM lld/wasm/Writer.cpp, layoutMemory"},
    {"wasm-ld.start-elsewhere",
     "Nothing outside the allocator is the heap's start, or within 64 bytes above it.",
     "It would be another address of the heap, or an equal number.", "docs/soundness.md"},
    {"wasm-ld.allocator-start",
     "In a function of the allocator, the heap's start and what is within 64 bytes above it moves.",
     "Afterwards every use of it there is decided by these rules.",
     "wasi-libc dlmalloc/src/malloc.c, try_init_allocator"},
    {"wasm-ld.first-block-end",
     "What is just below the start and added to the first block's size to address memory moves.",
     "(start - 52) + (end - start) is where dlmalloc ends its first block.",
     "Binaryen OptimizeInstructions.cpp"},
    {"wasm-ld.below-start", "What is just below the start is added to nothing else in the allocator.",
     "Whether that is a distance from the start cannot be told.", "Binaryen OptimizeInstructions.cpp"},
    {"wasm-ld.heap-end",
     "Where the allocator has the end of its first memory as a number, that is used as an address alone, and "
     "moves.",
     "It is compared with the start, has the start taken from it, or is where memory is accessed. What was "
     "worked out from both before is a size, which stays.",
     "wasi-libc dlmalloc/src/malloc.c, try_init_allocator; emmalloc/emmalloc.c"},
    {"wasm-ld.snapshot", "No data lies in the heap, and the allocator's state is not set.",
     "What was saved in use holds addresses that nothing names.", "Wizer"},
    {"wasm-ld.fixed-address",
     "No number in the heap's initial memory is added to an index to address memory, static data is not "
     "filled beyond its end, and no function returns where the declared memory ends.",
     "It would be memory that the program uses beside its allocator: the region would lie there, or the "
     "allocator's first memory move over it.",
     "docs/soundness.md"},
    {"wasm-ld.number-in-heap",
     "A number in the heap's initial memory is a factor, a divisor, a bit mask, the end of a count, a "
     "length, or "
     "what is asked of the allocator; or it is the end of Unicode.",
     "Elsewhere it may be an address of memory that the program uses beside its allocator, or that addresses "
     "are "
     "compared with, and it would not move.",
     "docs/soundness.md"},
    {"wasm-ld.coarse-alignment", "No alignment of more than a page is asked for.",
     "Where such a block lies, and how much is left beside it, depends on where the heap starts.",
     "wasi-libc dlmalloc/src/malloc.c, internal_memalign"},
    {"wasm-ld.address-in-data", "No word of data that is read lies in the heap's initial memory.",
     "It may be where memory of the program's own begins or ends, which would not move.",
     "docs/soundness.md"},
    {"wasm-ld.start-in-data", "No word of data is the heap's start, or within 64 bytes above it.",
     "Whether it is an address cannot be told.", "docs/soundness.md"},
    {"wasm-ld.start-in-global",
     "No global starts in the heap's range, but for the stack pointer and the linker's exported symbols.",
     "Whether it is an address cannot be told.", "LLVM lld/wasm/Driver.cpp, createOptionalSymbols"},
    {"wasm-ld.stack-pointer",
     "The first variable global may start as the heap's start: the stack ends there, and stays.",
     "The stack grows down from there, away from the region.", "LLVM lld/wasm/Writer.cpp, layoutMemory"},
    {"wasm-ld.exported-symbol",
     "__heap_base and __heap_end move in their exported globals, __data_end and the stack's bounds stay.",
     "No code reads them; hosts do.", "LLVM lld/wasm/Driver.cpp, createOptionalSymbols"},
});

}  // namespace

std::span<const RuleInfo> structure_infos() {
  return kStructure;
}

}  // namespace heapbump::wasm_ld
