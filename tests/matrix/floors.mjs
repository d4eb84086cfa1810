// The share of modules of each group that must be reserved. Refusing everything would pass every other check. A group that
// is in no line has no floor: what it is reserved by is a matter of luck so far, and the table says how much it is.

const FLOORS = [
  // Not the newer libc of npm: where wasm-opt merges what describes the stack with the program, a stack that ends at the heap
  // is refused (wasm-ld.start-elsewhere).
  [/^(c|c\+\+|rust) dlmalloc, system/, 0.9],
  [/^rust dlmalloc-rs/, 0.9],
  [/^c none/, 0.9],
  // emmalloc has no floor: programs of these groups are few.
  // Allocators without a model are refused, whatever they are: programs/bump.c has four.
];

export function floorOf(group) {
  return FLOORS.find(([pattern]) => pattern.test(group))?.[1] ?? 0;
}
