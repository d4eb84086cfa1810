// The share of modules of each group that must be reserved. Refusing everything would pass every other check. A group that
// stands in no line has no floor: what it is reserved by is a matter of luck so far, and the table says how much it is.

const FLOORS = [
  // heap.c grows memory of its own beside malloc, and the newer libc describes its stack by the heap's start: where wasm-opt folds that
  // and all stands in one function, tail cannot tell whose memory is whose.
  [/^c dlmalloc, npm libc/, 0.5],
  [/^(c|c\+\+|rust) dlmalloc/, 0.9],
  [/^rust dlmalloc-rs/, 0.9],
  [/^c none/, 0.9],
  [/^c emmalloc, zig libc/, 0.9],
  [/^c emmalloc, system libc/, 0.5],
  [/^c bump[24],/, 0.9],
];

export function floorOf(group) {
  return FLOORS.find(([pattern]) => pattern.test(group))?.[1] ?? 0;
}
